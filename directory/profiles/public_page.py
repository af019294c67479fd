"""Public pages: members and chapters on the open web, each with their own or their lead's consent while it lasts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.facts.claim_level import HeldCapability, strongest_claims
from directory.facts.vouch import Vouch, shown_vouches
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.profiles.member_view import MemberView, member_view
from directory.taxonomy.capability import CURATED, OWN, Capability


@dataclass(frozen=True)
class PublicCard:
    """A member as the open web sees them.

    ``vouches`` are paired with whether the giver is named, which only a public giver is.
    """

    view: MemberView
    held: list[HeldCapability]
    vouches: list[tuple[Vouch, bool]]

    @property
    def member(self) -> Member:
        return self.view.member


def set_public(
    session: Session, *, row: Member | Chapter, by: Member, is_public: bool, is_indexed: bool, now: datetime
) -> None:
    """Put a member or chapter on the open web or take it off; only what is public may be indexed."""
    public_at = (row.public_at or now) if is_public else None
    indexed_at = (row.indexed_at or now) if is_public and is_indexed else None
    if (public_at, indexed_at) != (row.public_at, row.indexed_at):
        row.public_at, row.indexed_at = public_at, indexed_at
        state = "indexed" if indexed_at else "public" if public_at else "private"
        record(session, actor_id=by.id, action=f"{row.__tablename__}.{state}", object=row, now=now)


def public_member(session: Session, public_id: str) -> Member | None:
    """Return the member of that public id, if they are on the open web."""
    return session.scalar(select(Member).where(Member.public_id == public_id, *_is_public()))


def public_card(session: Session, *, member: Member) -> PublicCard:
    """Return the public card of a member, as it is, or as it would be."""
    return PublicCard(
        view=member_view(session, reader=None, member=member),
        held=strongest_claims(session, [member.business])[member.business_id],
        vouches=[(vouch, vouch.giver.public_at is not None) for vouch in shown_vouches(session, member=member)],
    )


def public_chapter(session: Session, public_id: str) -> Chapter | None:
    """Return the chapter of that public id, if it is on the open web."""
    return session.scalar(select(Chapter).where(Chapter.public_id == public_id, Chapter.public_at.is_not(None)))


def public_chapters(session: Session) -> Sequence[Chapter]:
    """Return every chapter on the open web, by name."""
    return session.scalars(select(Chapter).where(Chapter.public_at.is_not(None)).order_by(Chapter.name)).all()


def public_people(session: Session, *, chapter: Chapter) -> Sequence[Member]:
    """Return the chapter's members on the open web, by name."""
    here = select(Member).join(Member.business).where(Business.chapter_id == chapter.id, *_is_public())
    return session.scalars(here.options(joinedload(Member.business)).order_by(Member.name, Member.id)).all()


def active_members_of(session: Session, *, chapter: Chapter) -> Sequence[Member]:
    """Return all active members of the chapter, by firm and name."""
    here = select(Member).join(Member.business).where(Business.chapter_id == chapter.id, Member.is_active)
    return session.scalars(here.options(joinedload(Member.business)).order_by(Business.name, Member.name)).all()


def category_counts(session: Session, *, people: Sequence[Member]) -> list[tuple[str, int]]:
    """Return (category, number of firms) for what these people's firms claim, the most first, then by name."""
    nodes = session.execute(
        select(Capability.id, Capability.parent_id, Capability.name).where(Capability.scheme.in_((CURATED, OWN)))
    ).all()
    parents = {id: parent for id, parent, _name in nodes}
    names = {id: name for id, _parent, name in nodes}
    firms = {member.business_id for member in people}
    claims = session.execute(select(Claim.business_id, Claim.capability_id).where(Claim.business_id.in_(firms)))
    categories = {(firm, _category(capability, parents)) for firm, capability in claims if capability in parents}
    counts = Counter(category for _firm, category in categories)
    return sorted(((names[id], count) for id, count in counts.items()), key=lambda row: (-row[1], row[0]))


def indexed_pages(session: Session) -> tuple[Sequence[Chapter], Sequence[Member]]:
    """Return the chapters and members that search engines may index."""
    people = select(Member).where(*_is_public(), Member.indexed_at.is_not(None)).order_by(Member.id)
    chapters = [chapter for chapter in public_chapters(session) if chapter.indexed_at]
    return chapters, session.scalars(people).all()


def _is_public() -> tuple[Any, ...]:
    return (Member.is_active, Member.public_at.is_not(None))


def _category(id: int, parents: dict[int, int | None]) -> int:
    while (parent := parents[id]) is not None:
        id = parent
    return id
