"""What a member does for a chapter or for the whole network, given and taken by an admin."""

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
    """Give ``member`` a role in a chapter; who holds it keeps it. ``by`` None: the command line.

    Raises Conflict where they do not take part.
    """
    _takes_part(member)
    if _held(session, member, chapter, role) is None:
        session.add(ChapterRole(member_id=member.id, chapter_id=chapter.id, role=role))
        _note(session, "role.grant", member, f"{role.value} of chapter {chapter.public_id}", by, now)


def revoke_role(session: Session, *, member: Member, chapter: Chapter, role: Role, by: Member, now: datetime) -> None:
    """Take a role in a chapter back; who does not hold it loses nothing."""
    if (held := _held(session, member, chapter, role)) is not None:
        session.delete(held)
        _note(session, "role.revoke", member, f"{role.value} of chapter {chapter.public_id}", by, now)


def grant_admin(session: Session, *, member: Member, by: Member | None, now: datetime) -> None:
    """Let ``member`` run the network; ``by`` None: the command line. Raises Conflict where they do not take part."""
    _takes_part(member)
    if not member.is_admin:
        member.is_admin = True
        _note(session, "role.grant", member, "admin", by, now)


def revoke_admin(session: Session, *, member: Member, by: Member, now: datetime) -> None:
    """Take that back. Raises Conflict for the last admin."""
    require_another_admin(session, without=member)
    if member.is_admin:
        member.is_admin = False
        _note(session, "role.revoke", member, "admin", by, now)


def require_another_admin(session: Session, *, without: Member) -> None:
    """Raise Conflict where nobody else runs the network. Holds the admins until the transaction ends."""
    admins = select(Member.id).where(Member.is_admin, Member.is_active).order_by(Member.id)
    if list(session.scalars(admins.with_for_update(key_share=True))) == [without.id]:
        raise Conflict(_("%(name)s is the last admin; make somebody else one first.", name=without.name))


def _takes_part(member: Member) -> None:
    if not member.is_active:
        raise Conflict(_("%(name)s does not take part at present, and so cannot have a role.", name=member.name))


def _held(session: Session, member: Member, chapter: Chapter, role: Role) -> ChapterRole | None:
    held = select(ChapterRole).filter_by(member_id=member.id, chapter_id=chapter.id, role=role)
    return session.scalar(held.with_for_update())


def _note(session: Session, action: str, member: Member, what: str, by: Member | None, now: datetime) -> None:
    session.flush()
    actor = by.id if by else None
    record(session, actor_id=actor, action=action, object=f"member {member.public_id}", reason=what, now=now)
