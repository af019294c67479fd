"""The missing seat: what is asked for in a chapter and nobody there does, told without a client or a member."""

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

LOOKS_BACK = timedelta(days=180)  # a lead that is older asks for nothing any more, open or lost


def top_capability_gap(
    session: Session, *, chapter: Chapter, now: datetime, besides: Collection[int] = ()
) -> Capability | None:
    """What the chapter's leads need most and no firm of its members does; None where nothing is missing.

    ``besides`` are capabilities that are told already. Each is told once in LOOKS_BACK. One lead that its bringer
    keeps for themselves does not count: that two need the same speaks of neither.
    """
    asked = {"chapter_id": chapter.id, "since": now - LOOKS_BACK, "besides": list(besides)}
    return session.scalars(_asked(), asked).first()


@cache
def _asked() -> Select[Capability]:
    """What to ask the database; built once, since building it takes longer than the answer."""
    below, holder = aliased(Capability), aliased(Business)
    chapter_id: BindParameter[int] = bindparam("chapter_id")
    since: BindParameter[datetime] = bindparam("since")
    told = select(Occurrence.seat_id).where(
        Occurrence.chapter_id == chapter_id, Occurrence.posted_at > since, Occurrence.seat_id.is_not(None)
    )
    held = (
        select(Claim.id)
        .join(holder, holder.id == Claim.business_id)
        .join(below, below.id == Claim.capability_id)
        .where(holder.chapter_id == chapter_id, holder.members.any(Member.is_active))
        .where(or_(below.id == Capability.id, below.parent_id == Capability.id))
    )
    return (
        select(Capability)
        .join(Need, Need.capability_id == Capability.id)
        .join(Lead, Lead.id == Need.lead_id)
        .join(Business, Business.id == Lead.business_id)
        .where(Business.chapter_id == chapter_id, Lead.created_at > since, Need.is_must)
        .where(
            Capability.scheme == CURATED,
            Capability.id.not_in(told),
            Capability.id.not_in(bindparam("besides", expanding=True)),
            ~held.exists(),
        )
        .group_by(Capability.id)
        .having(or_(func.count(Lead.asked_at) > 0, func.count(Lead.id) > 1))
        .order_by(func.count(Lead.id).desc(), Capability.id)
        .limit(1)
    )
