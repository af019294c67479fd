"""Suspension: a suspended member is hidden, signed out and unreachable until reinstated."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.errors import Conflict, Refused
from directory.people.business import index_business
from directory.people.chapter import Chapter
from directory.people.member import chapter_roles, lock_members
from directory.people.one_time_link import end_links
from directory.people.role import require_another_admin
from directory.people.tables import Business, Member, MemberState, Role
from directory.translation import gettext as _


def suspend(session: Session, *, member: Member, by: Member, now: datetime) -> None:
    """Suspend ``member``.

    Raises Refused for oneself, and for a lead or admin unless ``by`` is an admin; Conflict if the member is not active
    or is the last admin. The caller ends the member's sessions in the same transaction.
    """
    _require_authority(session, member, by)
    if member.state != MemberState.ACTIVE:
        raise Conflict(_("%(name)s is not an active member right now.", name=member.name))
    if member.is_admin:
        require_another_admin(session, without=member)
    end_links(session, member=member, now=now)
    _set_state(session, member, MemberState.SUSPENDED, by, "member.suspend", now)


def reinstate(session: Session, *, member: Member, by: Member, now: datetime) -> None:
    """Reinstate a suspended ``member`` with all they had. Raises Refused as ``suspend`` does, else Conflict."""
    _require_authority(session, member, by)
    if member.state != MemberState.SUSPENDED:
        raise Conflict(_("%(name)s is not suspended.", name=member.name))
    _set_state(session, member, MemberState.ACTIVE, by, "member.reinstate", now)


def _require_authority(session: Session, member: Member, by: Member) -> None:
    lock_members(session, member)
    session.refresh(member)
    if member.id == by.id:
        raise Refused(_("Somebody else has to do this for you."))
    is_lead = any(held.role is Role.LEAD for held in chapter_roles(session, member=member))
    if (member.is_admin or is_lead) and not by.is_admin:
        raise Refused(_("%(name)s runs part of this network. Only an admin can do this.", name=member.name))


def _set_state(session: Session, member: Member, state: MemberState, by: Member, action: str, now: datetime) -> None:
    member.state = state
    index_business(session, member.business)
    record(session, actor_id=by.id, action=action, object=member, now=now)


def suspended_members(session: Session, *, chapter: Chapter) -> list[Member]:
    """Return the suspended members of a chapter by name. No other list shows them."""
    rows = select(Member).join(Business)
    rows = rows.where(Business.chapter_id == chapter.id, Member.state == MemberState.SUSPENDED)
    return list(session.scalars(rows.options(joinedload(Member.business)).order_by(Member.name, Member.id)))
