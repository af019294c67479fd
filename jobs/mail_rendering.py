"""Render an outbox row as the bytes of a mail, and create its one-time link at the same moment."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from directory.leads import client, referral, submission
from directory.leads.client import ClientContact
from directory.outbox import mail, notification_preferences
from directory.outbox.delivery import Delivery
from directory.outbox.mail import LetterKind
from directory.outbox.mail_refusal import LETTER_HEADER
from directory.people.one_time_link import create_link
from directory.people.tables import Member
from directory.privacy import departure
from directory.profiles import relay
from directory.secrets import SecretBox
from directory.settings import Settings
from directory.translation import gettext, translations
from directory.week.prompt import is_called_off
from jobs.channels.smtp import MAIL_POLICY

TEMPLATES = Path(__file__).parents[1] / "templates" / "mail"
VISITOR_LINKS = {
    "relay_confirm": relay.create_confirmation_token,
    "left": departure.create_return_token,
    "confirm_request": submission.create_confirmation_token,
    "request_taken": client.create_client_token,
    "here_is_who": client.create_client_token,
    "how_did_it_go": client.create_client_token,
    "may_we_share": referral.create_question_token,
}  # creates the link's token for a recipient who is not a member
RECIPIENTS: Mapping[str, Callable[..., ClientContact | None]] = {
    "confirm_request": submission.recipient_of,
    "request_received": submission.recipient_of,
    "request_taken": client.recipient_of,
    "here_is_who": client.recipient_of,
    "how_did_it_go": client.recipient_of,
    "may_we_share": referral.recipient_of,
}  # finds a recipient whose address is sealed, by the public id that the letter is to

_environment = Environment(  # noqa: S701 - plain text, which nothing interprets
    loader=FileSystemLoader(TEMPLATES),
    extensions=["jinja2.ext.i18n"],
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.install_gettext_callables(  # type: ignore[attr-defined] # jinja fills the placeholders itself
    lambda one: translations.get().ugettext(one),
    lambda one, many, count: translations.get().ungettext(one, many, count),
    newstyle=True,
)


def mail_of(session: Session, row: Delivery, *, settings: Settings, now: datetime) -> bytes | None:
    """Return the bytes of the mail of an outbox row.

    None if the recipient has left or no longer wants this mail, or if the week it is about was skipped. Commit before
    sending it: its link is a row.
    """
    payload = json.loads(row.payload)
    kind, to = mail.BY_NAME[payload["letter"]], payload["to"]
    is_to_member = not isinstance(to, str)
    if find := RECIPIENTS.get(kind.name):
        to = find(session, public_id=to, secrets=SecretBox(settings.encryption_keys))
        address = to.email if to else None
    else:
        to = session.get_one(Member, to) if is_to_member else to
        address = mail.address_of(kind, to, payload["about"])
    if not address or is_called_off(session, row.key):
        return None
    link = ""
    if kind.path is not None:
        if not is_to_member:
            token = VISITOR_LINKS[kind.name](session, public_id=payload["about"], now=now)
        else:
            token = create_link(
                session, purpose=kind.name, member=to, about=payload["about"], lasts=kind.lasts, now=now
            )
        if token is None:
            return None
        link = f"{settings.base_url}{kind.path}{token}"
    off = ""
    if kind.switch and is_to_member:
        token = notification_preferences.unsubscribe_token(to, kind.switch, settings.secret_key)
        off = f"{settings.base_url}/unsubscribe/{token}"
    common = {"to": to, "link": link, "about": payload["about"], "home": settings.base_url}
    subject, body = text_of(kind, common, payload["words"], off)
    message = EmailMessage(policy=MAIL_POLICY)
    message["From"], message["To"], message["Subject"] = settings.mail_from, address, subject
    if payload["reply_to"]:
        message["Reply-To"] = payload["reply_to"]
    message["Date"] = now
    message_id = sha256(row.public_id.encode()).hexdigest()[:24]  # answers quote it; they must not know the letter's id
    message["Message-ID"] = f"<{message_id}@{settings.mail_from.rpartition('@')[2].rstrip('>')}>"
    message[LETTER_HEADER] = row.public_id
    if off:  # RFC 8058
        message["List-Unsubscribe"], message["List-Unsubscribe-Post"] = f"<{off}>", "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{body}\n")
    return message.as_bytes()


def recipient_of(session: Session, row: Delivery) -> tuple[Member, str] | None:
    """Return the member whom the mail of an outbox row goes to, and the address; None for a visitor's."""
    payload = json.loads(row.payload)
    if isinstance(payload["to"], str):
        return None
    member, kind = session.get_one(Member, payload["to"]), mail.BY_NAME[payload["letter"]]
    return member, (payload["about"] if kind.is_to_about else member.email) or ""


def text_of(kind: LetterKind, common: Mapping[str, Any], words: Mapping[str, Any], off: str = "") -> tuple[str, str]:
    """Return the subject and body of a letter.

    ``common`` holds the variables that every template may use, ``words`` those of this letter, and ``off`` is the
    unsubscribe link, "" for none.
    """
    text = _environment.get_template(f"{kind.name}.txt").render(**common, **words)
    if off:
        text += "\n-- \n" + gettext("Stop emails like this: %(link)s", link=off) + "\n"
    subject, _, body = text.partition("\n")
    return " ".join(subject.split()), body.strip()
