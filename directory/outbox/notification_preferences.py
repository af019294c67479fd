"""Switches: which letters a member gets. What lets somebody in, or says what was done to them, always comes."""

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Invalid
from directory.people.tables import Member, MemberState
from directory.translation import gettext as _

# What may be switched off, as it is called, and what it is.
PREFERENCES: dict[str, Callable[[], tuple[str, str]]] = {
    "week": lambda: (
        _("Your letter of the week"),
        _("On your chapter’s morning: two people to meet, an ask you can probably fill, a promise that is open."),
    ),
    "post": lambda: (
        _("When you stand in the post"),
        _("The day before, so that you can be taken out by one click."),
    ),
    "people": lambda: (
        _("When others ask or say something"),
        _("A good word, a story, “we met”, an introduction. Without the letter it waits on your day all the same."),
    ),
}


def set_preference(session: Session, *, member: Member, name: str, is_on: bool, now: datetime) -> None:
    """The member gets these letters, or no more; letters that have not left yet included."""
    member.mail_off = sorted({*member.mail_off} - {name} | ({name} if not is_on else set()))
    action = "letters.on" if is_on else "letters.off"
    record(session, actor_id=member.id, action=action, object=f"member {member.public_id}", reason=name, now=now)
    session.flush()


def unsubscribe_token(member: Member, name: str, key: str) -> str:
    """What a letter carries so that whoever has it may switch off its kind, for ever and without signing in."""
    return f"{member.public_id}-{name}-{_mark(member.public_id, name, key)}"


def read_unsubscribe_token(session: Session, *, token: str, key: str) -> tuple[Member, str]:
    """Whose letters of what kind a token is about. Raises Invalid for one that is not ours, or of who has gone."""
    public_id, name, mark = [*token.split("-"), "", ""][:3]
    is_ours = name in PREFERENCES and hmac.compare_digest(mark.encode(), _mark(public_id, name, key).encode())
    here = select(Member).where(Member.public_id == public_id, Member.state != MemberState.GONE)
    member = session.scalar(here) if is_ours else None
    if member is None:
        raise Invalid(_("This link is not whole. Your account page has the switches, too."))
    return member, name


def _mark(public_id: str, name: str, key: str) -> str:
    return hmac.new(key.encode(), f"letters {public_id} {name}".encode(), sha256).hexdigest()[:32]
