"""Member views: which fields of a member and their firm one reader sees. The one place that decides it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Invalid
from directory.facts.introduction import Introduction, introduced_to
from directory.people.audience import Audience, audience_choices, audience_of
from directory.people.business import index_business
from directory.people.tables import Business, Member
from directory.translation import gettext as _


@dataclass(frozen=True)
class FirmView:
    """The audiences of a firm that a reader belongs to. ``sees`` and ``get`` answer for its fields, not a person's."""

    business: Business
    audiences: frozenset[Audience]
    is_own: bool = False

    def sees(self, name: str) -> bool:
        """Whether the reader may see the field. Raises KeyError where there is no such field."""
        holder = self._holder(name)
        return holder is not None and (self.is_own or audience_of(holder, name) in self.audiences)

    def get(self, name: str) -> Any:
        """Return the value of a one-column field; an empty text where it is empty or the reader may not see it."""
        return (self.sees(name) and getattr(self._holder(name), audience_choices()[name].columns[0])) or ""

    def _holder(self, name: str) -> Member | Business | None:
        return self.business if audience_choices()[name].of == "business" else None


@dataclass(frozen=True)
class MemberView(FirmView):
    """The same for a member together with their firm: ``sees`` and ``get`` answer for the fields of both."""

    member: Member = field(kw_only=True)

    def _holder(self, name: str) -> Member | Business:
        return super()._holder(name) or self.member


def member_view(
    session: Session, *, reader: Member | None, member: Member, introductions: Collection[Introduction] | None = None
) -> MemberView:
    """Return what ``reader`` (None: the open web) sees of ``member``.

    One query; none for oneself, the open web, or where the two members' ``introductions`` are given.
    """
    if reader is None:
        return MemberView(member.business, frozenset({Audience.PUBLIC}), member=member)
    if reader.id == member.id:
        return MemberView(member.business, frozenset(), is_own=True, member=member)
    if introductions is None:
        return member_views(session, reader=reader, members=[member])[member.id]
    return _view(reader, member, any(each.is_accepted for each in introductions))


def member_views(session: Session, *, reader: Member, members: list[Member]) -> dict[int, MemberView]:
    """Return the views of many members, by member id, in one query."""
    introduced = introduced_to(session, member=reader)
    return {member.id: _view(reader, member, member.id in introduced) for member in members}


def _view(reader: Member, member: Member, is_introduced: bool) -> MemberView:
    audiences = _audiences(reader, member.business)
    if is_introduced:
        audiences |= {Audience.CHAPTER, Audience.INTRODUCED}
    return MemberView(member.business, frozenset(audiences), is_own=member.id == reader.id, member=member)


def _audiences(reader: Member, business: Business) -> set[Audience]:
    """Return the audiences of a firm that every member belongs to, or every member of its chapter."""
    is_near = business.chapter_id is not None and business.chapter_id == reader.business.chapter_id
    return {Audience.PUBLIC, Audience.MEMBERS, *([Audience.CHAPTER] if is_near else [])}


def firm_view(session: Session, *, reader: Member, business: Business) -> FirmView:
    """Return what ``reader`` sees of a firm: all that they see of it through any of its active members.

    A firm without members is seen as any member sees it, or any of its chapter.
    """
    audiences = _audiences(reader, business)
    members = [member for member in business.members if member.is_active]
    for view in member_views(session, reader=reader, members=members).values() if members else ():
        audiences |= view.audiences
    return FirmView(business, frozenset(audiences), is_own=reader.business_id == business.id)


def visible_to(member: Member, audience: Audience) -> MemberView:
    """Return what a reader of that audience, and of none closer, sees: the preview of one's own page."""
    audiences = list(Audience)
    seen = frozenset(audiences[: audiences.index(audience) + 1]) - {Audience.NOBODY}
    return MemberView(member.business, seen, member=member)


def set_audiences(session: Session, *, member: Member, audiences: dict[str, str], now: datetime) -> None:
    """Set who may see which fields of oneself and one's firm. Raises Invalid, and then changes nothing."""
    choices = audience_choices()
    if not audiences.keys() <= choices.keys() or not set(audiences.values()) <= {*Audience}:
        raise Invalid(_("Choose one of the audiences on the list."), field="audiences")
    rows: tuple[Member | Business, ...] = (member, member.business)
    for row in rows:
        chosen = {name: value for name, value in audiences.items() if choices[name].of == row.__tablename__}
        row.audiences = {**(row.audiences or {}), **chosen}
    index_business(session, member.business)
    record(session, actor_id=member.id, action="member.audiences", object=member, now=now)
