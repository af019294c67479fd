"""Letters: what an outbox row says becomes a mail, with its link made in the same moment."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from directory.outbox import mail, notification_preferences
from directory.outbox.delivery import Delivery
from directory.outbox.mail import LetterKind
from directory.people.one_time_link import create_link
from directory.people.tables import Member
from directory.privacy import departure
from directory.profiles import relay
from directory.settings import Settings
from directory.translation import gettext, translations
from directory.week.prompt import is_called_off

TEMPLATES = Path(__file__).parents[1] / "templates" / "mail"
VISITOR_LINKS = {
    "relay_confirm": relay.create_confirmation_token,
    "left": departure.create_return_token,
}  # what makes the token of who is no member

_environment = Environment(  # noqa: S701 - plain text, which nothing interprets
    loader=FileSystemLoader(TEMPLATES),
    extensions=["jinja2.ext.i18n"],
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.install_gettext_callables(  # type: ignore[attr-defined] # jinja fills the places itself
    lambda one: translations.get().ugettext(one),
    lambda one, many, count: translations.get().ungettext(one, many, count),
    newstyle=True,
)


def mail_of(session: Session, row: Delivery, *, settings: Settings, now: datetime) -> bytes | None:
    """The bytes of the mail that a row stands for; None where its receiver has left, or wants it no more, or
    the week that it speaks of was left out.

    Commit before it is sent: its link is a row.
    """
    said = json.loads(row.payload)
    kind, to = mail.BY_NAME[said["letter"]], said["to"]
    if not isinstance(to, str):  # a visitor's address
        to = session.get_one(Member, to)
    if (address := mail.address_of(kind, to, said["about"])) is None or is_called_off(session, row.key):
        return None
    link = ""
    if kind.path is not None:
        if isinstance(to, str):
            token = VISITOR_LINKS[kind.name](session, public_id=said["about"], now=now)
        else:
            token = create_link(session, purpose=kind.name, member=to, about=said["about"], lasts=kind.lasts, now=now)
        if token is None:
            return None
        link = f"{settings.base_url}{kind.path}{token}"
    off = ""
    if kind.switch and not isinstance(to, str):
        token = notification_preferences.unsubscribe_token(to, kind.switch, settings.secret_key)
        off = f"{settings.base_url}/unsubscribe/{token}"
    given = {"to": to, "link": link, "about": said["about"], "home": settings.base_url}
    subject, body = text_of(kind, given, said["words"], off)
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = settings.mail_from, address, subject
    if said["reply_to"]:
        message["Reply-To"] = said["reply_to"]
    message["Date"] = now
    message["Message-ID"] = f"<{row.public_id}@{settings.mail_from.rpartition('@')[2].rstrip('>')}>"
    if off:  # RFC 8058
        message["List-Unsubscribe"], message["List-Unsubscribe-Post"] = f"<{off}>", "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{body}\n")
    return message.as_bytes()


def text_of(kind: LetterKind, given: Mapping[str, Any], words: Mapping[str, Any], off: str = "") -> tuple[str, str]:
    """Subject and body of a letter; ``given`` is what every template may use, ``off`` the link that switches it off."""
    text = _environment.get_template(f"{kind.name}.txt").render(**given, **words)
    if off:
        text += "\n-- \n" + gettext("Fewer letters of this kind: %(link)s", link=off) + "\n"
    subject, _, body = text.partition("\n")
    return " ".join(subject.split()), body.strip()
