"""The capability gap: what a chapter's leads need and no firm there does, named without a client or a member."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from directory.leads.lead import Lead, Need
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.taxonomy.capability import CURATED, Capability

LOOKBACK = timedelta(days=180)  # older leads do not count, whether open or lost


def top_capability_gap(
    session: Session, *, chapter: Chapter, now: datetime, exclude: Collection[int] = ()
) -> Capability | None:
    """Return the capability that the chapter's leads need most and no firm with active members has; None without a gap.

    ``exclude`` are ids of capabilities that the posts name already. A gap is named once in LOOKBACK. A single lead
    counts only with its bringer's consent; two leads with the same need point at neither.
    """
    parameters = {"chapter_id": chapter.id, "since": now - LOOKBACK, "exclude": list(exclude)}
    return session.scalars(_gap_query(), parameters).first()


@cache
def _gap_query() -> Select[Capability]:
    """The query, built once, since building it takes longer than running it."""
    claimed, firm = aliased(Capability), aliased(Business)
    chapter_id: BindParameter[int] = bindparam("chapter_id")
    since: BindParameter[datetime] = bindparam("since")
    named_lately = select(Occurrence.seat_id).where(
        Occurrence.chapter_id == chapter_id, Occurrence.posted_at > since, Occurrence.seat_id.is_not(None)
    )
    has_claim = (
        select(Claim.id)
        .join(firm, firm.id == Claim.business_id)
        .join(claimed, claimed.id == Claim.capability_id)
        .where(firm.chapter_id == chapter_id, firm.members.any(Member.is_active))
        .where(or_(claimed.id == Capability.id, claimed.parent_id == Capability.id))
    )
    return (
        select(Capability)
        .join(Need, Need.capability_id == Capability.id)
        .join(Lead, Lead.id == Need.lead_id)
        .join(Business, Business.id == Lead.business_id)
        .where(Business.chapter_id == chapter_id, Lead.created_at > since, Need.is_must)
        .where(
            Capability.scheme == CURATED,
            Capability.id.not_in(named_lately),
            Capability.id.not_in(bindparam("exclude", expanding=True)),
            ~has_claim.exists(),
        )
        .group_by(Capability.id)
        .having(or_(func.count(Lead.asked_at) > 0, func.count(Lead.id) > 1))
        .order_by(func.count(Lead.id).desc(), Capability.id)
        .limit(1)
    )
