"""Mail: a letter is a row in the outbox, written in the verb's own transaction and put into words when it is sent."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from directory.db import PublicRow
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.tables import Member, MemberState

Words = Mapping[str, str]


@dataclass(frozen=True)
class LetterKind:
    """A letter; its words are ``templates/mail/<name>.txt``, the subject in the first line.

    ``path`` is where its link leads, followed by a token of the purpose ``name`` that works once and ``lasts`` so
    long; None for a letter without a secret link. One ``is_to_about`` goes to the address that it is about.
    """

    name: str
    path: str | None = None
    lasts: timedelta = timedelta()
    reaches_absent: bool = False  # who is suspended, or has left and may still come back
    is_to_about: bool = False
    switch: str = (
        ""  # of directory.outbox.notification_preferences: what a member turns off; without one it always comes
    )


LETTERS: tuple[LetterKind, ...] = (
    LetterKind("told", reaches_absent=True),  # somebody acted on your page with a reason: words act, by, reason
    LetterKind("sign_in", "/sign-in/link/", timedelta(minutes=15)),  # about: the page they wanted
    LetterKind("reset", "/reset/", timedelta(hours=1)),
    LetterKind("prove", "/prove?link=", timedelta(minutes=15)),  # about: the page they wanted
    LetterKind("address", "/account/address/", timedelta(hours=1), is_to_about=True),  # about: the new address
    LetterKind("address_was", is_to_about=True),  # about: the address that was theirs
    LetterKind("left", "/stay/"),  # to the address of whoever left, about: them; words name
    LetterKind("relay_confirm", "/relay/"),  # to a visitor, about: their message; words name
    LetterKind(
        "interaction", "/answer/interaction/", timedelta(days=30), switch="people"
    ),  # words name, firm, kind, when, note
    LetterKind("vouch", "/answer/vouch/", timedelta(days=30), switch="people"),  # words name, firm, text, capability
    LetterKind(
        "introduction", "/answer/introduction/", timedelta(days=30), switch="people"
    ),  # words part, asker, firm, other, via, ...
    LetterKind("introduced"),  # words other, and also: one of the two, where it goes to who introduced them
    LetterKind("story", "/answer/story/", timedelta(days=30), switch="people"),  # words name, firm, title, text
    LetterKind("case_closed"),  # somebody looked at the band, as its member had asked
    LetterKind("relay"),  # what a visitor writes: words name, text
    LetterKind("invitation", "/join/", timedelta(days=14)),  # about: who invites; words by, chapter
    LetterKind("confirm_application", "/apply/", timedelta(days=2)),  # words chapter
    LetterKind("here_already"),  # to a member whose address somebody applied with
    LetterKind("applied"),  # to a chapter's leads: words name, chapter
    LetterKind("know_them", switch="people"),  # words name, firm, by
    LetterKind("admitted"),  # words by, chapter, welcome
    LetterKind("channel_broken"),  # to who is in charge of it: words channel, chapter, reason, path
    LetterKind("preflight"),  # to who runs a channel or chapter: words chapter, found, path
    LetterKind("prompt", "/prompt/", timedelta(days=14), switch="week"),  # words chapter, day, lead, items
    LetterKind("mentioned", "/answer/mentioned/", timedelta(days=8), switch="post"),  # words chapter, day, why, text
    LetterKind("helps", switch="people"),  # to who asks for something: words name, firm, text
    LetterKind("turned_away"),  # a last letter, to an address: words name, by, chapter, reason
)
BY_NAME = {kind.name: kind for kind in LETTERS}
UNDO = timedelta(minutes=2)  # how long a letter waits that may be taken back with what it is about


def enqueue(
    session: Session,
    *,
    letter: str,
    to: Member | str,
    event: str,
    about: str = "",
    words: Words | None = None,
    reply_to: str = "",
    due_at: datetime | None = None,
    now: datetime,
) -> Delivery | None:
    """Put a letter into the outbox: once for each ``event`` and receiver, however often it is asked for.

    ``to`` is a member, or the address of a visitor. ``about`` goes into the letter's link, ``words`` into its text.
    None where it was written before, the member has no address, is suspended or has gone.
    """
    key = f"mail:{event}:{'visitor' if isinstance(to, str) else to.public_id}"
    if address_of(BY_NAME[letter], to, about) is None:
        return None
    if session.scalar(select(Delivery.id).where(Delivery.key == key)) is not None:
        return None
    row = _row(key, letter, to, about, words or {}, reply_to, due_at or now)
    session.add(row)
    session.flush()
    return row


def enqueue_all(
    session: Session,
    *,
    letter: str,
    event: str,
    letters: Iterable[tuple[Member, str, Mapping[str, Any]]],
    reply_to: str = "",
    now: datetime,
) -> int:
    """The same for many members at once, each with what it is about and its words; how many were written."""
    able = {f"mail:{event}:{row[0].public_id}": row for row in letters if address_of(BY_NAME[letter], *row[:2])}
    before = set(session.scalars(select(Delivery.key).where(Delivery.key.in_(able))))
    fresh = [(key, *row) for key, row in able.items() if key not in before]
    session.add_all(_row(key, letter, to, about, words, reply_to, now) for key, to, about, words in fresh)
    session.flush()
    return len(fresh)


def _row(
    key: str, letter: str, to: Member | str, about: str, words: Mapping[str, Any], reply_to: str, due_at: datetime
) -> Delivery:
    said = {
        "letter": BY_NAME[letter].name,
        "to": to if isinstance(to, str) else to.id,
        "about": about,
        "words": dict(words),
        "reply_to": reply_to,
    }
    return Delivery(key=key, channel_id=None, payload=json.dumps(said).encode(), due_at=due_at)


def enqueue_question(
    session: Session, letter: str, row: PublicRow, *, by: Member, to: Member, event: str, words: Words, now: datetime
) -> None:
    """Ask a member about what ``by`` said; the letter waits UNDO, so that it may be recalled with what it is about."""
    said = {"name": by.name, "firm": by.business.name, **words}
    due = now + UNDO
    enqueue(session, letter=letter, to=to, event=event, about=row.public_id, words=said, due_at=due, now=now)


def address_of(kind: LetterKind, to: Member | str, about: str) -> str | None:
    """Where a letter goes; None where it goes nowhere: who gets it has no address, has switched it off or is away."""
    if isinstance(to, str):
        return to
    if kind.switch and kind.switch in (to.mail_off or ()):
        return None
    is_here = to.state in (MemberState.ACTIVE, MemberState.PENDING)
    return ((about if kind.is_to_about else to.email) or None) if is_here or kind.reaches_absent else None


def recall(session: Session, *, event: str, to: Member) -> bool:
    """Take a letter back that has not begun to leave; False where it is too late."""
    waiting = delete(Delivery).where(
        Delivery.key == f"mail:{event}:{to.public_id}", Delivery.state == DeliveryState.PENDING, Delivery.attempts == 0
    )
    return bool(session.scalars(waiting.returning(Delivery.id)).all())
