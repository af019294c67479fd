"""Refused mail: what a mail server refuses for good stops all mail to that address, until somebody takes it up again.

The refusal comes with the answer of the server, or later as a bounce (RFC 3464).
"""

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, message_from_string
from email.message import Message as Mail
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from directory.audit import record
from directory.outbox.delivery import Delivery
from directory.people.tables import Business, Member
from directory.translation import gettext as _

MAX_BOUNCE = 1_000_000  # bytes that are read of a bounce
LETTER_HEADER = "X-Letter"  # holds the id of our letter
MAX_HEADER = 1_000  # characters that are read of a header
WITHIN = timedelta(days=14)  # after a letter was sent, its bounce is believed
_ADDRESS = re.compile(r"[^\s<>;,]+@[^\s<>;,]+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Bounce(NamedTuple):
    """A bounce: the id of our letter, the addresses it could not be delivered to, folded, and the status code."""

    letter: str
    addresses: frozenset[str]
    code: str


def record_refusal(session: Session, *, member: Member, address: str, code: str, now: datetime) -> bool:
    """Write no more to the member at this address; False where it is not theirs any more, or was refused before."""
    if member.email is None or member.email != address.casefold() or member.is_refused:
        return False
    member.refused_email, member.refused_code = member.email, code[:20]
    record(session, actor_id=None, action="mail.refused", object=member, now=now)
    session.flush()
    return True


def record_bounce(session: Session, *, content: bytes, now: datetime) -> bool:
    """Record what a bounce says; False where it is none, or none of a letter that was sent to a member lately.

    Anybody can write a message that looks like a bounce. It is believed because it returns a header of a letter that
    only its recipient and the servers on its way have seen: an answer quotes the Message-ID alone.
    """
    bounce = read_bounce(content)
    if bounce is None:
        return False
    is_letter = (Delivery.public_id == bounce.letter, Delivery.channel_id.is_(None), Delivery.started_at > now - WITHIN)
    key = session.scalar(select(Delivery.key).where(*is_letter)) or ""
    member = session.scalar(select(Member).where(Member.public_id == key.rpartition(":")[2]))
    if member is None or member.email not in bounce.addresses:
        return False
    return record_refusal(session, member=member, address=member.email or "", code=bounce.code, now=now)


def read_bounce(content: bytes) -> Bounce | None:
    """Read a delivery status notification (RFC 3464, RFC 6522); None if it is none, or tells of no failure.

    >>> read_bounce(b"Subject: I am on holiday\\n\\nBack on Monday.") is None
    True
    """
    try:
        return _read(message_from_bytes(content[:MAX_BOUNCE]))
    except Exception:  # on some bytes Python's parser raises nearly anything: no server writes them
        return None


def _read(mail: Mail) -> Bounce | None:
    if mail.get_content_type() != "multipart/report":
        return None
    addresses, code, letter = set[str](), "", ""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for group in _parts(part):
                if _header(group, "Action").casefold() == "failed":
                    for name in ("Final-Recipient", "Original-Recipient"):
                        addresses.update(_ADDRESS.findall(_header(group, name).casefold()))
                    code = code or next(iter(_STATUS.findall(_header(group, "Status"))), "5.0.0")
        elif kind in ("message/rfc822", "text/rfc822-headers") and not letter:
            returned = next(_parts(part), None)
            if returned is not None:
                letter = _header(returned, LETTER_HEADER)
                addresses.update(_ADDRESS.findall(_header(returned, "To").casefold()))  # where it was forwarded
    return Bounce(letter, frozenset(addresses), code) if letter and code else None


def _parts(part: Mail) -> Iterator[Mail]:
    """The messages or groups of headers inside a part."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (each for each in payload if isinstance(each, Mail))
    else:
        content = part.get_payload(decode=True)
        yield message_from_string(content.decode("utf-8", "replace") if isinstance(content, bytes) else str(payload))


def _header(mail: Mail, name: str) -> str:
    return " ".join(str(mail.get(name, ""))[:MAX_HEADER].split())


def retry_address(session: Session, *, member: Member, by: Member, now: datetime) -> None:
    """Write to the member's address again."""
    member.refused_email, member.refused_code = None, ""
    record(session, actor_id=by.id, action="mail.retry", object=member, now=now)
    session.flush()


def refusal_reason(code: str) -> str:
    """Return what a server's code means, as a sentence.

    >>> refusal_reason("550 5.1.1"), refusal_reason("552 5.2.2"), refusal_reason("554")
    ('There is no such mailbox.', 'The mailbox is full.', 'The mail server refused it.')
    """
    if "5.2.2" in code or "4.2.2" in code:
        return _("The mailbox is full.")
    if re.search(r"\b[45]\.1\.", code):
        return _("There is no such mailbox.")
    if re.search(r"\b[45]\.2\.1", code):
        return _("The mailbox is closed.")
    return _("The mail server refused it.")


def refused_members(session: Session, *, chapters: Collection[int]) -> list[Member]:
    """Return the active members of these chapters whose address is refused, by name."""
    here = select(Member).join(Member.business).where(Business.chapter_id.in_(chapters), Member.is_active)
    refused = here.where(Member.email == Member.refused_email).options(contains_eager(Member.business))
    return list(session.scalars(refused.order_by(Member.name, Member.id)))
