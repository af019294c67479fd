"""Publicity: what stands on the open web, because a member or a chapter's lead said so, and only while they do."""

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
from directory.taxonomy.capability import CURATED, Capability


@dataclass(frozen=True)
class PublicCard:
    """A member as the open web sees them. ``vouches`` go with their giver's name only where the giver is public too."""

    view: MemberView
    held: list[HeldCapability]
    vouches: list[tuple[Vouch, bool]]

    @property
    def member(self) -> Member:
        return self.view.member


def set_public(
    session: Session, *, row: Member | Chapter, by: Member, is_public: bool, is_indexed: bool, now: datetime
) -> None:
    """Stand on the open web or not, from this moment on; search engines may only find who stands there."""
    public_at = (row.public_at or now) if is_public else None
    indexed_at = (row.indexed_at or now) if is_public and is_indexed else None
    if (public_at, indexed_at) != (row.public_at, row.indexed_at):
        row.public_at, row.indexed_at = public_at, indexed_at
        how = "indexed" if indexed_at else "public" if public_at else "private"
        what = f"{row.__tablename__} {row.public_id}"
        record(session, actor_id=by.id, action=f"{row.__tablename__}.{how}", object=what, now=now)


def public_member(session: Session, public_id: str) -> Member | None:
    """The member of that public id, if they stand on the open web."""
    return session.scalar(select(Member).where(Member.public_id == public_id, *_stands()))


def public_card(session: Session, *, member: Member) -> PublicCard:
    """The public card of a member, as it is, or as it would be."""
    return PublicCard(
        view=member_view(session, reader=None, member=member),
        held=strongest_claims(session, [member.business])[member.business_id],
        vouches=[(word, word.giver.public_at is not None) for word in shown_vouches(session, member=member)],
    )


def public_chapter(session: Session, public_id: str) -> Chapter | None:
    """The chapter of that public id, if it has a page on the open web."""
    return session.scalar(select(Chapter).where(Chapter.public_id == public_id, Chapter.public_at.is_not(None)))


def public_chapters(session: Session) -> Sequence[Chapter]:
    """Every chapter with a page on the open web, by name."""
    return session.scalars(select(Chapter).where(Chapter.public_at.is_not(None)).order_by(Chapter.name)).all()


def public_people(session: Session, *, chapter: Chapter) -> Sequence[Member]:
    """The chapter's members who stand on the open web, by name."""
    here = select(Member).join(Member.business).where(Business.chapter_id == chapter.id, *_stands())
    return session.scalars(here.options(joinedload(Member.business)).order_by(Member.name, Member.id)).all()


def active_members_of(session: Session, *, chapter: Chapter) -> Sequence[Member]:
    """All active members of the chapter, by firm and name."""
    here = select(Member).join(Member.business).where(Business.chapter_id == chapter.id, Member.is_active)
    return session.scalars(here.options(joinedload(Member.business)).order_by(Business.name, Member.name)).all()


def category_counts(session: Session, *, people: Sequence[Member]) -> list[tuple[str, int]]:
    """What the firms of these people can do: category -> how many firms, the most first."""
    known = session.execute(
        select(Capability.id, Capability.parent_id, Capability.name).where(Capability.scheme == CURATED)
    ).all()
    above = {id: parent for id, parent, _name in known}
    name = {id: name for id, _parent, name in known}
    firms = {member.business_id for member in people}
    claims = session.execute(select(Claim.business_id, Claim.capability_id).where(Claim.business_id.in_(firms)))
    categories = {(firm, _top(capability, above)) for firm, capability in claims if capability in above}
    counts = Counter(category for _firm, category in categories)
    return sorted(((name[id], count) for id, count in counts.items()), key=lambda row: (-row[1], row[0]))


def indexed_pages(session: Session) -> tuple[Sequence[Chapter], Sequence[Member]]:
    """Whom search engines may find."""
    people = select(Member).where(*_stands(), Member.indexed_at.is_not(None)).order_by(Member.id)
    chapters = [chapter for chapter in public_chapters(session) if chapter.indexed_at]
    return chapters, session.scalars(people).all()


def _stands() -> tuple[Any, ...]:
    return (Member.is_active, Member.public_at.is_not(None))


def _top(id: int, above: dict[int, int | None]) -> int:
    while (parent := above[id]) is not None:
        id = parent
    return id
