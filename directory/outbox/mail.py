"""Mail: the kinds of letters, and verbs that write them to the outbox; the text is rendered when one is sent."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from directory.db import PublicRow
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.tables import Member, MemberState

Words = Mapping[str, str]


class Recipient(Protocol):
    """What decides who may be mailed: a member, or a row of RECIPIENT, its columns."""

    @property
    def email(self) -> str | None: ...
    @property
    def state(self) -> MemberState: ...
    @property
    def arrived_at(self) -> datetime | None: ...
    @property
    def mail_off(self) -> list[str]: ...
    @property
    def refused_email(self) -> str | None: ...


RECIPIENT = (Member.email, Member.state, Member.arrived_at, Member.mail_off, Member.refused_email)


@dataclass(frozen=True)
class LetterKind:
    """A kind of letter. Its text is ``templates/mail/<name>.txt``, with the subject in the first line.

    ``words`` are the template's variables beside ``to``, ``link``, ``about`` and ``home``; the caller must pass all of
    them. ``path`` is where the link leads, followed by a one-time token of purpose ``name`` that expires after
    ``lasts``; None for a letter without a secret link. With ``is_to_about`` it is sent to the address in ``about``,
    with ``is_to_visitor`` to an address instead of a member. Whoever has not joined yet gets only letters that are
    ``before_arrival``: the invitation, and answers to what is typed with their address.
    """

    name: str
    words: tuple[str, ...] = ()
    path: str | None = None
    lasts: timedelta = timedelta()
    before_arrival: bool = False
    reaches_absent: bool = False  # also sent to members who are suspended, or have left and may still come back
    is_to_about: bool = False
    is_to_visitor: bool = False
    switch: str = ""  # the notification preference that turns it off; "" for a letter that is always sent


HOUR, MONTH = timedelta(hours=1), timedelta(days=30)
LETTERS: tuple[LetterKind, ...] = (
    LetterKind("told", ("act", "by", "reason"), reaches_absent=True),  # somebody acted on the member's page, and why
    LetterKind("sign_in", (), "/sign-in/link/", HOUR / 4, before_arrival=True),  # about: the page they wanted
    LetterKind("reset", (), "/reset/", HOUR, before_arrival=True),
    LetterKind("prove", (), "/prove?link=", HOUR / 4),  # about: the page they wanted
    LetterKind("address", (), "/account/address/", HOUR, is_to_about=True),  # about: the new address
    LetterKind("address_was", is_to_about=True),  # about: the old address
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
    LetterKind("introduced", ("other", "also")),  # also: the asker's name, if it is sent to the introducer
    LetterKind("story", ("name", "firm", "title", "text"), "/answer/story/", MONTH, switch="people"),
    LetterKind("case_opened"),  # to everybody who may have rated the member whom a case is about
    LetterKind("case_closed"),  # the case that the member opened about their band is closed
    LetterKind("relay", ("name", "text")),  # a visitor's message
    LetterKind("message", ("name", "firm", "text", "reply"), switch="people"),  # reply: "yes" if an answer arrives
    LetterKind("reported", ("name", "other", "firm", "text")),  # to a chapter's leads: a message was reported
    LetterKind("invitation", ("by", "chapter"), "/join/", timedelta(days=14), before_arrival=True),  # about: by whom
    LetterKind("confirm_application", ("chapter",), "/apply/", timedelta(days=2), before_arrival=True),
    LetterKind("here_already", before_arrival=True),  # to a member whose address somebody applied with
    LetterKind("applied", ("name", "chapter")),  # to a chapter's leads
    LetterKind("know_them", ("name", "firm", "by"), switch="people"),
    LetterKind("admitted", ("by", "chapter", "welcome")),
    LetterKind("channel_broken", ("channel", "chapter", "reason", "path")),  # to the owner of the channel, or the leads
    LetterKind("preflight", ("chapter", "found", "path")),  # to the owner of a channel or the leads of a chapter
    LetterKind("prompt", ("chapter", "day", "lead", "items"), "/prompt/", timedelta(days=14), switch="week"),
    LetterKind("mentioned", ("chapter", "day", "text", "why"), "/answer/mentioned/", timedelta(days=8), switch="post"),
    LetterKind("confirm_request", ("chapter", "dropped"), "/requests/", is_to_visitor=True),  # about: their submission
    LetterKind("request_received", ("chapter", "name", "due"), is_to_visitor=True),  # about: their submission
    LetterKind("request_taken", ("name", "firm", "due"), "/client/", is_to_visitor=True),  # about: the client
    LetterKind("here_is_who", ("name", "firm"), "/client/", is_to_visitor=True),  # about: the client
    LetterKind("client_answered", ("title", "answer", "text", "path")),  # to who has the lead
    LetterKind("submitted", ("chapter", "due", "path")),  # to a chapter's leads: somebody asks for something
    LetterKind("lead_given", ("by", "title", "path")),  # to the member who is to take it
    LetterKind("offer", ("name", "firm", "work", "text", "due", "gives"), "/answer/offer/", MONTH, switch="people"),
    LetterKind("offer_noted", ("name", "firm", "work", "title"), "/answer/offer_noted/", MONTH, switch="people"),
    LetterKind("offer_over", ("name", "work", "why")),  # who was asked need not answer any more
    LetterKind("offers_answered", ("title", "text", "path", "complete")),  # to who brought a lead
    LetterKind("may_we_share", ("name", "firm", "other", "their_firm", "text"), "/client/", is_to_visitor=True),
    LetterKind("how_did_it_go", ("name", "firm"), "/client/", is_to_visitor=True),  # about: the client
    LetterKind("how_it_stands", ("name", "title", "part"), "/status/", MONTH),  # about: the offer that gave a lead away
    LetterKind("thanks", ("name", "firm", "title", "part", "amount", "again")),  # to whom work is owed
    LetterKind("referral_news", ("title", "text", "path")),  # to who takes part in a referral
    LetterKind("turned_away", ("name", "by", "chapter", "reason"), is_to_visitor=True),  # to a rejected applicant
)
BY_NAME = {kind.name: kind for kind in LETTERS}
UNDO = timedelta(minutes=2)  # how long a letter is held back, so that it can be recalled with what it is about


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
    """Write a letter to the outbox, once for each ``event`` and recipient.

    ``to`` is a member, or the address of a visitor, or what ``RECIPIENTS`` of ``jobs/mail_rendering.py`` finds it by
    when the letter leaves. ``about`` goes into the letter's link, ``words`` into its text.
    Returns None if it was written before or ``address_of`` finds no address. Raises ValueError for words or a
    recipient that do not fit the kind of letter.
    """
    key = f"mail:{event}:{_key_of(to)}"
    if address_of(BY_NAME[letter], to, about) is None or _is_written(session, key):
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
    due_at: datetime | None = None,
    now: datetime,
) -> int:
    """Write one letter for each (member, about, words), as ``enqueue`` does; return how many were written."""
    rows = {f"mail:{event}:{row[0].public_id}": row for row in letters if address_of(BY_NAME[letter], *row[:2])}
    existing = set(session.scalars(select(Delivery.key).where(Delivery.key.in_(rows))))
    new = [(key, *row) for key, row in rows.items() if key not in existing]
    session.add_all(_row(key, letter, to, about, words, reply_to, due_at or now) for key, to, about, words in new)
    session.flush()
    return len(new)


def _key_of(to: Member | str) -> str:
    return "visitor" if isinstance(to, str) else to.public_id


def _row(
    key: str, letter: str, to: Member | str, about: str, words: Mapping[str, Any], reply_to: str, due_at: datetime
) -> Delivery:
    kind = BY_NAME[letter]
    if {*words} != {*kind.words} or isinstance(to, str) != kind.is_to_visitor:
        recipient = "an address" if kind.is_to_visitor else "a member"
        raise ValueError(f"the letter {letter} takes {recipient} and the words {kind.words}, not {tuple(words)}")
    payload = {
        "letter": letter,
        "to": to if isinstance(to, str) else to.id,
        "about": about,
        "words": dict(words),
        "reply_to": reply_to,
    }
    return Delivery(key=key, channel_id=None, payload=json.dumps(payload).encode(), due_at=due_at)


def enqueue_question(
    session: Session, letter: str, row: PublicRow, *, by: Member, to: Member, event: str, words: Words, now: datetime
) -> None:
    """Write a letter that asks ``to`` about something ``by`` stated.

    It is held back for UNDO, so that it can be recalled with what it is about.
    """
    all_words = {"name": by.name, "firm": by.business.name, **words}
    due_at = now + UNDO
    enqueue(session, letter=letter, to=to, event=event, about=row.public_id, words=all_words, due_at=due_at, now=now)


def address_of(kind: LetterKind, to: Recipient | str, about: str = "") -> str | None:
    """Return the address for a letter: the one rule of who may be mailed what.

    None if the recipient has no address, is absent, has not joined yet, has switched such letters off, or has an
    address that a mail server refused.
    """
    if isinstance(to, str):
        return to
    address = about if kind.is_to_about else to.email
    is_here = to.state in (MemberState.ACTIVE, MemberState.PENDING) or kind.reaches_absent
    has_joined = to.arrived_at is not None or kind.before_arrival
    is_wanted = kind.switch not in (to.mail_off or ()) and address != to.refused_email
    return (address or None) if is_here and has_joined and is_wanted else None


def was_written(session: Session, *, event: str, to: Member) -> bool:
    """Return whether the letter of an event to the member was written and not recalled."""
    return _is_written(session, f"mail:{event}:{_key_of(to)}")


def _is_written(session: Session, key: str) -> bool:
    return session.scalar(select(Delivery.id).where(Delivery.key == key)) is not None


def recall(session: Session, *, event: str, to: Member | str) -> None:
    """Delete a letter, unless an attempt was made to send it."""
    recall_all(session, event=event, to=[to])


def recall_all(session: Session, *, event: str, to: Iterable[Member | str]) -> None:
    """Delete the letters of one event to these members, as ``recall`` does."""
    untried = (Delivery.state == DeliveryState.PENDING, Delivery.attempts == 0)
    keys = [f"mail:{event}:{_key_of(recipient)}" for recipient in to]
    session.execute(delete(Delivery).where(Delivery.key.in_(keys), *untried))
