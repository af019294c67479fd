"""Members: the people of the network and the roles they hold in a chapter."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Invalid
from directory.people.business import index_business
from directory.people.field_declaration import clean_fields
from directory.people.namesake import note_renaming
from directory.people.tables import ChapterRole, Member, Role
from directory.text import confusable_skeleton
from directory.translation import gettext as _


def edit_profile(session: Session, *, member: Member, changes: Mapping[str, Any], now: datetime) -> None:
    """Change what a member says of themselves; what ``changes`` leaves out stays.

    Raises Invalid, and then changes nothing, and KeyError for what is no profile field of a member.
    """
    cleaned = clean_fields(Member, changes)
    new_name = cleaned.get("name", member.name)
    _check_name(session, member, new_name)
    is_renamed = confusable_skeleton(new_name) != confusable_skeleton(member.name)
    for name, value in cleaned.items():
        setattr(member, name, value)
    index_business(session, member.business)
    if is_renamed:
        note_renaming(session, business=member.business, now=now)
    record(session, actor_id=member.id, action="member.edit", object=member, now=now)


def _check_name(session: Session, member: Member, name: str) -> None:
    """Raises Invalid for a name that looks like a colleague's."""
    others = select(Member.name).where(Member.business_id == member.business_id, Member.id != member.id)
    if confusable_skeleton(name) in {
        confusable_skeleton(other) for other in session.scalars(others.where(Member.is_active))
    }:
        message = _("Somebody at your firm has this name. Add an initial, so that people can tell you apart.")
        raise Invalid(message, field="name")


def set_spotlight(session: Session, *, member: Member, is_allowed: bool, now: datetime) -> None:
    """Give or take back the member's consent to be named in the weekly post; an earlier consent keeps its date."""
    if is_allowed != (member.spotlight_at is not None):
        member.spotlight_at = now if is_allowed else None
        action = "spotlight.allow" if is_allowed else "spotlight.forbid"
        record(session, actor_id=member.id, action=action, object=member, now=now)


def holders_of_roles(session: Session, *, chapter_id: int, roles: Collection[Role]) -> list[Member]:
    """The active members who hold one of ``roles`` in a chapter."""
    held = select(ChapterRole.member_id).where(ChapterRole.chapter_id == chapter_id, ChapterRole.role.in_(roles))
    return list(session.scalars(select(Member).where(Member.id.in_(held), Member.is_active).order_by(Member.id)))


def chapter_roles(session: Session, *, member: Member) -> list[ChapterRole]:
    """The roles a member holds, by chapter."""
    held = select(ChapterRole).where(ChapterRole.member_id == member.id)
    return list(session.scalars(held.order_by(ChapterRole.chapter_id, ChapterRole.role)))


def lock_members(session: Session, *members: Member) -> None:
    """Lock these members, always in the same order, so that two acts between them come one after the other.

    Rows that only refer to a member may be written meanwhile.
    """
    ids = sorted(member.id for member in members)
    session.execute(select(Member.id).where(Member.id.in_(ids)).order_by(Member.id).with_for_update(key_share=True))
