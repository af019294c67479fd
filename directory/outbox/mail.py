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
    """A letter: its text is ``templates/mail/<name>.txt``, with the subject in the first line.

    ``words`` are what its template may use beside ``to``, ``link``, ``about`` and ``home``; whoever writes it gives
    them all. ``path`` is where its link leads, followed by a token of the purpose ``name`` that works once and
    ``lasts`` so long; None for a letter without a secret link. One ``is_to_about`` goes to the address that it is
    about, one ``is_to_visitor`` to an address and not to a member.
    """

    name: str
    words: tuple[str, ...] = ()
    path: str | None = None
    lasts: timedelta = timedelta()
    reaches_absent: bool = False  # who is suspended, or has left and may still come back
    is_to_about: bool = False
    is_to_visitor: bool = False
    switch: str = (
        ""  # of directory.outbox.notification_preferences: what a member turns off; without one it always comes
    )


HOUR, MONTH = timedelta(hours=1), timedelta(days=30)
LETTERS: tuple[LetterKind, ...] = (
    LetterKind("told", ("act", "by", "reason"), reaches_absent=True),  # somebody acted on your page with a reason
    LetterKind("sign_in", (), "/sign-in/link/", HOUR / 4),  # about: the page they wanted
    LetterKind("reset", (), "/reset/", HOUR),
    LetterKind("prove", (), "/prove?link=", HOUR / 4),  # about: the page they wanted
    LetterKind("address", (), "/account/address/", HOUR, is_to_about=True),  # about: the new address
    LetterKind("address_was", is_to_about=True),  # about: the address that was theirs
    LetterKind("left", ("name",), "/stay/", is_to_visitor=True),  # about: who left
    LetterKind("relay_confirm", ("name",), "/relay/", is_to_visitor=True),  # about: their message
    LetterKind("interaction", ("name", "firm", "kind", "year", "note"), "/answer/interaction/", MONTH, switch="people"),
    LetterKind("vouch", ("name", "firm", "text", "capability"), "/answer/vouch/", MONTH, switch="people"),
    LetterKind(
        "introduction",
        ("part", "asker", "firm", "other", "via", "text", "word"),
        "/answer/introduction/",
        MONTH,
        switch="people",
    ),
    LetterKind("introduced", ("other", "also")),  # also: one of the two, where it goes to who introduced them
    LetterKind("story", ("name", "firm", "title", "text"), "/answer/story/", MONTH, switch="people"),
    LetterKind("case_closed"),  # somebody looked at the band, as its member had asked
    LetterKind("relay", ("name", "text")),  # what a visitor writes
    LetterKind("invitation", ("by", "chapter"), "/join/", timedelta(days=14)),  # about: who invites
    LetterKind("confirm_application", ("chapter",), "/apply/", timedelta(days=2)),
    LetterKind("here_already"),  # to a member whose address somebody applied with
    LetterKind("applied", ("name", "chapter")),  # to a chapter's leads
    LetterKind("know_them", ("name", "firm", "by"), switch="people"),
    LetterKind("admitted", ("by", "chapter", "welcome")),
    LetterKind("channel_broken", ("channel", "chapter", "reason", "path")),  # to who is in charge of it
    LetterKind("preflight", ("chapter", "found", "path")),  # to who runs a channel or chapter
    LetterKind("prompt", ("chapter", "day", "lead", "items"), "/prompt/", timedelta(days=14), switch="week"),
    LetterKind("mentioned", ("chapter", "day", "text", "why"), "/answer/mentioned/", timedelta(days=8), switch="post"),
    LetterKind("helps", ("name", "firm", "text"), switch="people"),  # to who asks for something
    LetterKind("turned_away", ("name", "by", "chapter", "reason"), is_to_visitor=True),  # a last letter
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
    None where it was written before, the member has no address, is suspended or has gone. Raises ValueError for words
    or a receiver that are not the letter's.
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
    kind = BY_NAME[letter]
    if {*words} != {*kind.words} or isinstance(to, str) != kind.is_to_visitor:
        whom = "an address" if kind.is_to_visitor else "a member"
        raise ValueError(f"the letter {letter} goes to {whom} with the words {kind.words}, not {tuple(words)}")
    said = {
        "letter": letter,
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
