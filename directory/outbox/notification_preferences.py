"""Notification preferences: the letters a member can switch off, and links to unsubscribe from them."""

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

# What may be switched off: its name, its label and its description. All other letters are always sent.
PREFERENCES: dict[str, Callable[[], tuple[str, str]]] = {
    "week": lambda: (
        _("Your weekly email"),
        _(
            "On the morning of your chapter’s post: two people to meet, an ask you can probably help with, a "
            "promise that is open."
        ),
    ),
    "post": lambda: (
        _("When you are in the weekly post"),
        _("The day before, so that one click can leave you out."),
    ),
    "people": lambda: (
        _("When others ask or say something"),
        _(
            "A recommendation, a story, “we met”, an introduction, a part of a lead. Without the email you still see "
            "it under Today."
        ),
    ),
}


def set_preference(session: Session, *, member: Member, name: str, is_on: bool, now: datetime) -> None:
    """Switch a kind of letters on or off for the member; it also applies to letters not yet sent."""
    member.mail_off = sorted({*member.mail_off} - {name} | ({name} if not is_on else set()))
    action = "letters.on" if is_on else "letters.off"
    record(session, actor_id=member.id, action=action, object=member, reason=name, now=now)
    session.flush()


def unsubscribe_token(member: Member, name: str, key: str) -> str:
    """Return the token of an unsubscribe link: it switches off one kind, without sign-in, and never expires."""
    return f"{member.public_id}-{name}-{_signature(member.public_id, name, key)}"


def read_unsubscribe_token(session: Session, *, token: str, key: str) -> tuple[Member, str]:
    """Return the member and the kind that a token is for. Raises Invalid if it is forged or the member has left."""
    public_id, name, signature = [*token.split("-"), "", ""][:3]
    expected = _signature(public_id, name, key)
    is_valid = name in PREFERENCES and hmac.compare_digest(signature.encode(), expected.encode())
    by_id = select(Member).where(Member.public_id == public_id, Member.state != MemberState.GONE)
    member = session.scalar(by_id) if is_valid else None
    if member is None:
        raise Invalid(_("This link is incomplete. You can also change your emails on your account page."))
    return member, name


def _signature(public_id: str, name: str, key: str) -> str:
    return hmac.new(key.encode(), f"letters {public_id} {name}".encode(), sha256).hexdigest()[:32]
