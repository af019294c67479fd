"""Requests by mail: what a mail says, who wrote it and to which chapter, and whether a person wrote it at all.

A mail becomes a submission that its address has to confirm. Automatic answers and loops are recognised and never
answered; attachments are not kept.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses, parseaddr
from enum import StrEnum
from html import unescape
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.leads.client import ClientContact
from directory.leads.lead import TEXT_LIMIT
from directory.leads.submission import ORIGINAL, Request, Source, submit
from directory.people.chapter import Chapter
from directory.rate_limit import consume_allowance
from directory.secrets import SecretBox
from directory.text import clean_email, strip_hidden

MAX_MAIL = 1_000_000  # bytes that are read of a mail; what is longer is attachments
MAX_HTML = 200_000  # characters that are read of a page in a mail
A_DAY = 20  # mails from one address that are kept
REPEATED = timedelta(days=30)  # in which a Message-ID is known
# No person reads what is sent to these.
_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)\b", re.IGNORECASE)
_HEADER = r"[>\s]*\*?(?:From|Sent|Date|To|Subject|Cc):"
_QUOTED = re.compile(r"^(?:[^\n>]{0,200}(?:\n[^\n>]{0,200})?\bwrote:[ ]*\n+)?(?:>[^\n]*(?:\n|$))+", re.MULTILINE)
_BELOW = re.compile(
    r"^(?:-{2,} ?Original Message ?-{2,}|_{20,}|-- ?$|Sent (?:from|with) [^\n]{1,60}$|Get Outlook for [^\n]*$"
    rf"|{_HEADER}[^\n]*\n(?:[^\n]*\n){{0,2}}?{_HEADER}|[^\n]{{0,200}}(?:\n[^\n]{{0,200}})?\bwrote:[ ]*$)",
    re.MULTILINE | re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^(?:-{2,} ?Forwarded message ?-{2,}|Begin forwarded message:) *$", re.MULTILINE | re.IGNORECASE
)
_HTML_GONE = re.compile(r"<(style|script|head|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_HTML_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,500}>", re.IGNORECASE)


class Outcome(StrEnum):
    """What became of a mail."""

    KEPT = "kept"
    AUTOMATIC = "automatic"  # no person wrote it, or it is our own
    REPEATED = "repeated"
    TOO_MANY = "too many"
    UNREADABLE = "unreadable"  # nobody to answer, or nothing to read

    @property
    def is_settled(self) -> bool:
        """Whether the mail needs no more: any other is kept for a person."""
        return self in (Outcome.KEPT, Outcome.REPEATED)


class IncomingMail(NamedTuple):
    """What a mail says: ``text`` without what it quotes, ``original`` with it; ``dropped`` counts attachments."""

    name: str
    address: str
    text: str
    original: str
    message_id: str
    recipients: tuple[str, ...]
    dropped: int
    is_automatic: bool


def take_mail(session: Session, *, content: bytes, own_address: str, secrets: SecretBox, now: datetime) -> Outcome:
    """Make a submission of a mail, unless no person wrote it, it came before, or it cannot be read."""
    mail = read_mail(content, own_address=own_address)
    if mail is None:
        return Outcome.UNREADABLE
    if mail.is_automatic:
        return Outcome.AUTOMATIC
    chapter = _chapter_for(session, mail.recipients)
    if chapter is None or not mail.text:
        return Outcome.UNREADABLE
    if mail.message_id and not consume_allowance(
        session, key=f"mail {mail.message_id}", limit=1, within=REPEATED, now=now
    ):
        return Outcome.REPEATED
    day = timedelta(days=1)
    if not consume_allowance(session, key=f"mail from {mail.address}", limit=A_DAY, within=day, now=now):
        return Outcome.TOO_MANY
    contact = ClientContact(name=mail.name, email=mail.address)
    request = Request(contact, mail.text, original=mail.original, dropped=mail.dropped)
    submit(session, chapter=chapter, request=request, source=Source.MAIL, secrets=secrets, now=now)
    return Outcome.KEPT


def read_mail(content: bytes, *, own_address: str = "") -> IncomingMail | None:
    r"""Read the first MAX_MAIL bytes of a mail; None where nobody is there to answer, or it is no mail.

    >>> mail = read_mail(b"From: Ann <ann@a.example>\nSubject: A site\n\nBy May, please.\n\n-- \nAnn\n")
    >>> mail.address, mail.text
    ('ann@a.example', 'A site.\nBy May, please.')
    """
    try:
        return _read(message_from_bytes(content[:MAX_MAIL]), own_address)
    except Exception:  # on some bytes Python's parser raises nearly anything, RecursionError and TypeError included
        return None


def _read(mail: Mail, own_address: str) -> IncomingMail | None:
    name, address = parseaddr(_header(mail, "Reply-To") or _header(mail, "From"))
    address, (texts, dropped) = clean_email(address).casefold(), _texts(mail)
    if not address:
        return None
    plain = next((text for kind, text in texts if kind == "text/plain" and text.strip()), None)
    original = plain if plain is not None else _from_html(next((text for _kind, text in texts), ""))
    lines = [strip_hidden(line, ORIGINAL) for line in original[:ORIGINAL].splitlines()]
    original, subject = "\n".join(lines), strip_hidden(_header(mail, "Subject"), 200)
    text = without_quotations(original)
    if subject and not re.match(r"(?:re|fwd?|aw|wg)\s*:", subject, re.IGNORECASE):
        text = f"{subject.rstrip('.')}.\n{text}"
    return IncomingMail(
        name=strip_hidden(name, 120),
        address=address,
        text=_cut(re.sub(r"\n{3,}", "\n\n", text).strip()),
        original=original,
        message_id=strip_hidden(_header(mail, "Message-ID"), 300),
        recipients=tuple(
            strip_hidden(found, 254).casefold()
            for header in ("Delivered-To", "X-Original-To", "To", "Cc")
            for _name, found in getaddresses([_header(mail, header)])
        ),
        dropped=dropped,
        is_automatic=_is_automatic(mail, address, own_address),
    )


def without_quotations(text: str) -> str:
    r"""Return a mail's text without what it quotes and its signature; of what is forwarded only the marks go.

    >>> without_quotations("Yes.\n\nOn Nov 26, 2026, at 10:27 AM, Dan <dan@d.example> wrote:\n> Can you?")
    'Yes.'
    """
    if forwarded := _FORWARDED.search(text):
        below = re.sub(rf"^(?:{_HEADER}[^\n]*\n?)+", "", text[forwarded.end() :].lstrip(), flags=re.IGNORECASE)
        return f"{text[: forwarded.start()].strip()}\n\n{below.strip()}".strip()
    kept = _QUOTED.sub("", text)
    below_mark = _BELOW.search(kept)
    return (kept[: below_mark.start()] if below_mark else kept).strip() or text.strip()


def _is_automatic(mail: Mail, address: str, own_address: str) -> bool:
    """Whether a program wrote it (RFC 3834, RFC 3464), a list passed it on, or it is our own."""
    own = parseaddr(own_address)[1].casefold()
    return bool(
        _header(mail, "Auto-Submitted").casefold().partition(";")[0].strip() not in ("", "no")
        or mail.get_content_type() == "multipart/report"
        or _header(mail, "Precedence").casefold() in ("bulk", "list", "junk", "auto_reply")
        or _header(mail, "X-Auto-Response-Suppress")
        or any(name.casefold().startswith("list-") for name in mail)
        or _header(mail, "Return-Path") == "<>"
        or _MACHINES.match(address)
        or address == own
    )


def _texts(mail: Mail) -> tuple[list[tuple[str, str]], int]:
    """Return the texts of a mail with their types, and how many attachments there are besides."""
    texts, dropped = [], 0
    for part in _leaves(mail):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            content = part.get_payload(decode=True)
            charset = part.get_content_charset() or "utf-8"
            try:
                text = content.decode(charset, "replace") if isinstance(content, bytes) else ""
            except (LookupError, UnicodeError):
                text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
            texts.append((kind, text))
        else:
            dropped += 1
    return texts, dropped


def _leaves(mail: Mail) -> Iterator[Mail]:
    """The parts of a mail that have content; a mail inside it is one of them."""
    payload = mail.get_payload()
    if mail.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload:
            if isinstance(part, Mail):
                yield from _leaves(part)
    else:
        yield mail


def _header(mail: Mail, name: str) -> str:
    """Return a header decoded, on one line; "" without one."""
    raw = str(mail.get(name, ""))
    with suppress(LookupError, UnicodeError, ValueError, MessageError):
        raw = str(make_header(decode_header(raw)))
    return " ".join(raw.split())


def _from_html(text: str) -> str:
    text = re.sub(r"\s+", " ", _HTML_GONE.sub("", text[:MAX_HTML]))
    return unescape(re.sub(r"<[^<>]{0,2000}>", "", _HTML_BREAK.sub("\n", text)))


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _chapter_for(session: Session, recipients: tuple[str, ...]) -> Chapter | None:
    """Return the chapter whose key is in an address, as in ask+old-pueblo@goodword.example, else the oldest one."""
    keys = [part for address in recipients for part in re.split(r"[+]", address.partition("@")[0])]
    named = session.scalar(select(Chapter).where(Chapter.key.in_(keys)).order_by(Chapter.id).limit(1)) if keys else None
    return named or session.scalar(select(Chapter).order_by(Chapter.public_at.is_(None), Chapter.id).limit(1))
