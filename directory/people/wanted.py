"""Wanted: whom a member wants to meet, and why; and what a member offers to whoever wants it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.content_policy import policy_errors
from directory.errors import Conflict, Invalid
from directory.people.business import index_business
from directory.people.tables import Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from directory.text import LONG_TEXT, clean_line
from directory.translation import gettext as _

MOST_LIVE = 12  # asks a member may have at a time: a list longer than that asks for nothing


def add_wanted(
    session: Session,
    *,
    member: Member,
    kind: WantedKind,
    text: str,
    why: str = "",
    capability: Capability | None = None,
    now: datetime,
) -> Wanted:
    """A member says whom they want to meet. Raises Invalid, or Conflict where they ask for too many already."""
    wanted = Wanted(
        member_id=member.id,
        kind=kind,
        capability_id=capability.id if capability else None,
        text=clean_line(text, field="text", what=_("who you want to meet"), limit=LONG_TEXT),
        why=clean_line(why, field="why", what=_("why you want to meet them"), limit=300, required=False),
        wanted_at=now,
    )
    live = select(func.count()).where(Wanted.member_id == member.id, Wanted.ended_at.is_(None))
    if (session.scalar(live) or 0) >= MOST_LIVE:
        raise Conflict(_("You already ask for %(most)s. Remove one first.", most=MOST_LIVE), field="text")
    session.add(wanted)
    index_business(session, member.business)
    return wanted


def end_wanted(session: Session, *, wanted: Wanted, now: datetime) -> None:
    """The ask is no longer live; it leaves the post as well."""
    wanted.ended_at = wanted.ended_at or now
    index_business(session, wanted.member.business)


def resume_wanted(session: Session, *, wanted: Wanted) -> None:
    """Make an ended ask live again."""
    wanted.ended_at = None
    index_business(session, wanted.member.business)


def share_wanted(session: Session, *, wanted: Wanted, now: datetime) -> None:
    """The member's consent that the ask stands in the weekly post.

    Raises Conflict for an ended one, Invalid for words that must not be repeated in public.
    """
    if wanted.ended_at is not None:
        raise Conflict(_("This ask was removed. Add it again to share it."))
    if faults := policy_errors(f"{wanted.text}\n{wanted.why}", wanted.member.business.country):
        raise Invalid(" ".join(faults), field="text")
    if wanted.shared_at is None:
        wanted.shared_at = now
        record(session, actor_id=wanted.member_id, action="wanted.share", object=wanted, now=now)


def unshare_wanted(session: Session, *, wanted: Wanted, now: datetime) -> None:
    """Take that consent back."""
    if wanted.shared_at is not None:
        wanted.shared_at = None
        record(session, actor_id=wanted.member_id, action="wanted.unshare", object=wanted, now=now)


def live_wanteds(session: Session, *, member: Member) -> list[Wanted]:
    """The live asks of a member, newest first."""
    live = select(Wanted).where(Wanted.member_id == member.id, Wanted.ended_at.is_(None))
    live = live.where(Wanted.kind != WantedKind.OFFER)
    order = (Wanted.wanted_at.desc(), Wanted.id.desc())
    return list(session.scalars(live.options(joinedload(Wanted.capability)).order_by(*order)))
