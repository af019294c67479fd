"""Roles: grants and revokes a member's role in a chapter, and the admin flag."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Conflict
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role
from directory.translation import gettext as _


def grant_role(
    session: Session, *, member: Member, chapter: Chapter, role: Role, by: Member | None, now: datetime
) -> None:
    """Give ``member`` a role in a chapter; does nothing if they have it. ``by`` None: the command line.

    Raises Conflict if the member is not active.
    """
    _require_active(member)
    if _find_role(session, member, chapter, role) is None:
        session.add(ChapterRole(member_id=member.id, chapter_id=chapter.id, role=role))
        _record(session, "role.grant", member, f"{role.value} of chapter {chapter.public_id}", by, now)


def revoke_role(session: Session, *, member: Member, chapter: Chapter, role: Role, by: Member, now: datetime) -> None:
    """Take a role in a chapter away; does nothing if the member does not have it."""
    if (existing := _find_role(session, member, chapter, role)) is not None:
        session.delete(existing)
        _record(session, "role.revoke", member, f"{role.value} of chapter {chapter.public_id}", by, now)


def grant_admin(session: Session, *, member: Member, by: Member | None, now: datetime) -> None:
    """Make ``member`` an admin; ``by`` None: the command line. Raises Conflict if the member is not active."""
    _require_active(member)
    if not member.is_admin:
        member.is_admin = True
        _record(session, "role.grant", member, "admin", by, now)


def revoke_admin(session: Session, *, member: Member, by: Member, now: datetime) -> None:
    """Make ``member`` no longer an admin. Raises Conflict for the last admin."""
    require_another_admin(session, without=member)
    if member.is_admin:
        member.is_admin = False
        _record(session, "role.revoke", member, "admin", by, now)


def require_another_admin(session: Session, *, without: Member) -> None:
    """Raise Conflict if ``without`` is the only active admin. Locks the admins until the transaction ends."""
    admins = select(Member.id).where(Member.is_admin, Member.is_active).order_by(Member.id)
    if list(session.scalars(admins.with_for_update(key_share=True))) == [without.id]:
        raise Conflict(_("%(name)s is the last admin. Make somebody else an admin first.", name=without.name))


def _require_active(member: Member) -> None:
    if not member.is_active:
        raise Conflict(_("%(name)s is not an active member right now, and so cannot have a role.", name=member.name))


def _find_role(session: Session, member: Member, chapter: Chapter, role: Role) -> ChapterRole | None:
    query = select(ChapterRole).filter_by(member_id=member.id, chapter_id=chapter.id, role=role)
    return session.scalar(query.with_for_update())


def _record(session: Session, action: str, member: Member, what: str, by: Member | None, now: datetime) -> None:
    session.flush()
    actor = by.id if by else None
    record(session, actor_id=actor, action=action, object=member, reason=what, now=now)
