"""Prompts: what a member is asked on the morning of a week, once, and what they answer."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, UniqueConstraint, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Conflict
from directory.facts import interaction
from directory.facts.introduction import Introduction
from directory.local_format import weekday_text
from directory.outbox import mail
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence, lock
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role, Wanted
from directory.profiles import message
from directory.translation import gettext as _
from directory.week import pairing
from directory.week.mention_choice import Mention
from directory.week.pairing import Pairing, PairingState

Item = dict[str, Any]  # kind, about (a public id), answer ("", "yes" or "no")
Line = dict[str, str]  # of the mail, for one item: kind, about; name, first_name and firm of its person; why

# The table of an item's ``about``. The first two are new; the others are promises, and a yes says they are done.
ITEM_TABLES: dict[str, type[Any]] = {
    "meet": Member,
    "ask": Wanted,
    "call": Member,
    "help": Wanted,
    "talk": Pairing,
    "introduction": Introduction,
}
PROMISES = {"meet": "call", "ask": "help"}  # what a yes to an item becomes, until it is done


class Prompt(PublicRow, Base):
    """What a member was asked in a week, as ids; no items where there was nothing to ask."""

    __tablename__ = "prompt"
    __table_args__ = (UniqueConstraint("occurrence_id", "member_id"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    made_at: Mapped[datetime]
    items: Mapped[list[dict[str, Any]]]

    occurrence: Mapped[Occurrence] = relationship()
    member: Mapped[Member] = relationship()


def store_prompts(
    session: Session, *, occurrence: Occurrence, composed: Mapping[int, Sequence[Line]], now: datetime
) -> int:
    """Store prompts and enqueue their mails, each once even among concurrent workers; return the number of mails.

    ``composed`` are the lines of each member's mail, by id. Zero where the week was held or skipped meanwhile.
    """
    lock(session, occurrence)
    if occurrence.skipped is not None or occurrence.held_at is not None:
        return 0
    prompted = prompted_member_ids(session, occurrence)
    prompts = [
        Prompt(
            occurrence_id=occurrence.id,
            member_id=member_id,
            made_at=now,
            items=[{"kind": line["kind"], "about": line["about"], "answer": ""} for line in lines],
        )
        for member_id, lines in composed.items()
        if member_id not in prompted
    ]
    session.add_all(prompts)
    session.flush()
    asked = [row for row in prompts if row.items]
    query = select(Member).where(Member.id.in_([row.member_id for row in asked]))
    members = {member.id: member for member in session.scalars(query)}
    lead = reply_recipient(session, occurrence.chapter)
    common = {
        "chapter": occurrence.chapter.name,
        "day": weekday_text(occurrence.due_at.astimezone(ZoneInfo(occurrence.chapter.zone))),
        "lead": lead.name if lead else "",
    }
    letters = [(members[row.member_id], row.public_id, {**common, "items": composed[row.member_id]}) for row in asked]
    reply_to = lead.email or "" if lead else ""
    event = f"prompt-{occurrence.public_id}"
    return mail.enqueue_all(session, letter="prompt", event=event, letters=letters, reply_to=reply_to, now=now)


def prompted_member_ids(session: Session, occurrence: Occurrence) -> Collection[int]:
    """Return the ids of the members whose prompt of this week is stored, empty prompts included."""
    return set(session.scalars(select(Prompt.member_id).where(Prompt.occurrence_id == occurrence.id)))


def reply_recipient(session: Session, chapter: Chapter) -> Member | None:
    """Return who receives members' replies: the first of the chapter's active leads with an address, or None."""
    is_lead = ChapterRole.chapter_id == chapter.id, ChapterRole.role == Role.LEAD
    leads = select(Member).join(ChapterRole, ChapterRole.member_id == Member.id).where(*is_lead)
    reachable = leads.where(Member.is_active, Member.email.is_not(None)).order_by(ChapterRole.id)
    return session.scalars(reachable.limit(1)).one_or_none()


def item_row(session: Session, prompt: Prompt, item: Item) -> Any:
    """Return the row that an item is about; None where it is over, or its person is not active."""
    table = ITEM_TABLES[item["kind"]]
    row = session.scalar(select(table).where(table.public_id == item["about"]))
    is_over = (
        row is None
        or not item_person(row, prompt.member).is_active
        or (isinstance(row, Wanted) and row.ended_at is not None)
        or (isinstance(row, Pairing) and row.state is not PairingState.PROPOSED)
    )
    return None if is_over else row


def item_person(row: Any, member: Member) -> Member:
    """Return the person whom an item is about, given its row and the member who is asked."""
    if isinstance(row, Pairing):
        return row.partner(member)
    if isinstance(row, Introduction):
        return row.other(member)
    return row.member if isinstance(row, Wanted) else row


def answer_item(session: Session, *, prompt: Prompt, index: int, is_yes: bool, now: datetime) -> None:
    """Store the member's answer to an item, once, and apply it.

    Raises Conflict where it was answered or is over, and what ``send_message`` raises.
    """
    session.refresh(prompt, with_for_update=True)
    item = prompt.items[index]
    row = None if item["answer"] else item_row(session, prompt, item)
    if row is None:
        raise Conflict(_("You already answered this, or it is over."))
    answered = {**item, "answer": "yes" if is_yes else "no"}
    prompt.items = [*prompt.items[:index], answered, *prompt.items[index + 1 :]]
    member, kind = prompt.member, item["kind"]
    if kind == "talk":
        (pairing.mark_kept if is_yes else pairing.decline)(session, pairing=row, by=member, now=now)
    elif is_yes and kind == "ask":
        text = _("I can help with what you ask for: “%(text)s” When can we talk?", text=row.text)
        message.send_message(session, sender=member, receiver=row.member, text=text, now=now)
    elif is_yes and kind in ("call", "introduction"):
        today = now.astimezone(ZoneInfo(prompt.occurrence.chapter.zone)).date()
        interaction.record_meeting(session, said_by=member, other=item_person(row, member), on=today, now=now)
    session.flush()


def is_called_off(session: Session, key: str) -> bool:
    """Whether the mail with this key is about a week that was skipped after it was written."""
    match = re.match(r"mail:(?:prompt|mention)-(\w+):", key)
    is_skipped = (Occurrence.public_id == (match and match[1]), Occurrence.skipped.is_not(None))
    return match is not None and session.scalar(select(Occurrence.id).where(*is_skipped)) is not None


def unnotified_mentions(session: Session, *, now: datetime) -> list[Mention]:
    """Return the mentions in posts due within a day whose member may be mailed and was not yet."""
    key = literal("mail:mention-") + Occurrence.public_id + ":" + Member.public_id
    due = (Occurrence.due_at.between(now, now + timedelta(days=1)), Occurrence.skipped.is_(None))
    rows = select(Mention).join(Mention.occurrence).join(Member, Member.id == Mention.member_id)
    open_rows = rows.where(*due, Occurrence.posted_at.is_(None), Mention.vetoed_at.is_(None))
    is_notified = select(Delivery.id).where(Delivery.key == key).exists()
    unnotified = session.scalars(open_rows.where(~is_notified).order_by(Mention.id))
    return [row for row in unnotified if mail.address_of(mail.BY_NAME["mentioned"], row.member)]
