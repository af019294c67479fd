"""Views: what one reader sees of a member and their firm, as its owners chose. The one place that decides it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from directory.audit import record
from directory.db import bump_world
from directory.errors import Invalid
from directory.facts.introduction import Introduction, introduced_to
from directory.people.audience import BY_NAME, FIELDS, Audience, audience_of
from directory.people.business import index_business
from directory.people.tables import Business, Member
from directory.translation import gettext as _


@dataclass(frozen=True)
class MemberView:
    """The circles of ``member`` a reader stands in; ``sees`` and ``get`` answer for its fields."""

    member: Member
    circles: frozenset[Audience]
    is_own: bool = False

    def sees(self, name: str) -> bool:
        """Whether the reader may see the field. Raises KeyError where there is no such field."""
        holder = self.member if BY_NAME[name].of == "member" else self.member.business
        return self.is_own or audience_of(holder, name) in self.circles

    def get(self, name: str) -> Any:
        """The value of a field of one column; an empty text where the reader may not see it, or nothing stands."""
        field = BY_NAME[name]
        holder = self.member if field.of == "member" else self.member.business
        return (self.sees(name) and getattr(holder, field.columns[0])) or ""


@dataclass(frozen=True)
class FirmView:
    """The same for a firm itself: ``sees`` and ``get`` answer for its own fields, and are silent on people's."""

    business: Business
    circles: frozenset[Audience]
    is_own: bool = False

    def sees(self, name: str) -> bool:
        """Whether the reader may see the field. Raises KeyError where there is no such field."""
        if BY_NAME[name].of != "business":
            return False
        return self.is_own or audience_of(self.business, name) in self.circles

    def get(self, name: str) -> Any:
        """The value of a field of one column; an empty text where the reader may not see it, or nothing stands."""
        return (self.sees(name) and getattr(self.business, BY_NAME[name].columns[0])) or ""


def member_view(
    session: Session, *, reader: Member | None, member: Member, introductions: Collection[Introduction] | None = None
) -> MemberView:
    """What ``reader`` (None: the open web) sees of ``member``.

    One query, none for oneself, the web, or where the ``introductions`` of the two are known.
    """
    if reader is None:
        return MemberView(member, frozenset({Audience.PUBLIC}))
    if reader.id == member.id:
        return MemberView(member, frozenset(), is_own=True)
    if introductions is None:
        return member_views(session, reader=reader, members=[member])[member.id]
    return _seen(reader, member, any(each.is_accepted for each in introductions))


def member_views(session: Session, *, reader: Member, members: list[Member]) -> dict[int, MemberView]:
    """The same for many members at once, by member id, in one query."""
    known = introduced_to(session, member=reader)
    return {member.id: _seen(reader, member, member.id in known) for member in members}


def _seen(reader: Member, member: Member, is_introduced: bool) -> MemberView:
    circles = {Audience.PUBLIC, Audience.MEMBERS}
    chapter = member.business.chapter_id
    if chapter is not None and chapter == reader.business.chapter_id:
        circles.add(Audience.CHAPTER)
    if is_introduced:
        circles |= {Audience.CHAPTER, Audience.INTRODUCED}
    return MemberView(member, frozenset(circles), is_own=member.id == reader.id)


def firm_view(session: Session, *, reader: Member, business: Business) -> FirmView:
    """What ``reader`` sees of a firm: as much as of any of its people, and of one without people as a member does."""
    circles = {Audience.PUBLIC, Audience.MEMBERS}
    if business.chapter_id is not None and business.chapter_id == reader.business.chapter_id:
        circles.add(Audience.CHAPTER)
    people = [member for member in business.members if member.is_active]
    for seen in member_views(session, reader=reader, members=people).values() if people else ():
        circles |= seen.circles
    return FirmView(business, frozenset(circles), is_own=reader.business_id == business.id)


def visible_to(member: Member, audience: Audience) -> MemberView:
    """What somebody of that circle, and of no closer one, sees: the preview of one's own page."""
    circles = list(Audience)
    return MemberView(member, frozenset(circles[: circles.index(audience) + 1]) - {Audience.NOBODY})


def set_audiences(session: Session, *, member: Member, audiences: dict[str, str], now: datetime) -> None:
    """Say who may see which field of oneself and one's firm. Raises Invalid, and then changes nothing."""
    names = {field.name for field in FIELDS}
    if not audiences.keys() <= names or not set(audiences.values()) <= {*Audience}:
        raise Invalid(_("Choose one of the audiences that are offered."), field="audiences")
    rows: tuple[Member | Business, ...] = (member, member.business)
    for row, of in zip(rows, ("member", "business"), strict=True):
        chosen = {name: value for name, value in audiences.items() if BY_NAME[name].of == of}
        row.audiences = {**(row.audiences or {}), **chosen}
    index_business(session, member.business)
    record(session, actor_id=member.id, action="member.audiences", object=f"member {member.public_id}", now=now)
    bump_world(session)
