"""Mail: a letter is a row in the outbox, written in the verb's own transaction and put into words when it is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from directory.people.member import Member, MemberState
from directory.week.delivery import Delivery, DeliveryState


@dataclass(frozen=True)
class LetterKind:
    """A letter; its words are ``templates/mail/<name>.txt``, the subject in the first line.

    ``path`` is where its link leads, followed by a token of the purpose ``name`` that works once and ``lasts`` so
    long; None for a letter without a secret link.
    """

    name: str
    path: str | None = None
    lasts: timedelta = timedelta()


LETTERS: tuple[LetterKind, ...] = (
    LetterKind("told"),  # somebody acted on your page with a reason: words act, by, reason
)
BY_NAME = {kind.name: kind for kind in LETTERS}


def write(
    session: Session,
    *,
    letter: str,
    to: Member,
    event: str,
    about: str = "",
    words: Mapping[str, str] | None = None,
    reply_to: str = "",
    due_at: datetime | None = None,
    now: datetime,
) -> Delivery | None:
    """Put a letter into the outbox: once for each ``event`` and receiver, however often it is asked for.

    ``about`` goes into the letter's link, ``words`` into its text. None where it was written before, the member has
    no address, is suspended or has gone.
    """
    key = f"mail:{event}:{to.public_id}"
    if not to.email or to.state not in (MemberState.ACTIVE, MemberState.PENDING):
        return None
    if session.scalar(select(Delivery.id).where(Delivery.key == key)) is not None:
        return None
    said = {
        "letter": BY_NAME[letter].name,
        "to": to.id,
        "about": about,
        "words": dict(words or {}),
        "reply_to": reply_to,
    }
    row = Delivery(key=key, channel_id=None, payload=json.dumps(said).encode(), due_at=due_at or now)
    session.add(row)
    session.flush()
    return row


def recall(session: Session, *, event: str, to: Member) -> bool:
    """Take a letter back that has not begun to leave; False where it is too late."""
    waiting = delete(Delivery).where(
        Delivery.key == f"mail:{event}:{to.public_id}", Delivery.state == DeliveryState.PENDING, Delivery.attempts == 0
    )
    return bool(session.scalars(waiting.returning(Delivery.id)).all())
