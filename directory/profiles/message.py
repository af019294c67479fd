"""Messages: one member writes to another, whose address stays hidden; it is mailed, and waits on their first page."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Refused
from directory.outbox import mail
from directory.people.member import holders_of_roles
from directory.people.tables import Member, Role
from directory.rate_limit import consume_allowance
from directory.text import clean_text
from directory.translation import gettext as _

MAX_TEXT = 3000  # characters
DAY = timedelta(days=1)
MAX_SENT, MAX_TO_ONE = 30, 5  # messages of one member a day


class Message(PublicRow, Base):
    """``sender`` writes to ``receiver``, who puts it away at ``settled_at``.

    Once ``reported_at`` is set, the sender cannot write to the receiver any more.
    """

    __tablename__ = "message"
    __table_args__ = (CheckConstraint("sender_id <> receiver_id", name="two_people"),)

    sender_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]

    sender: Mapped[Member] = relationship(foreign_keys=[sender_id])
    receiver: Mapped[Member] = relationship(foreign_keys=[receiver_id])


def send_message(session: Session, *, sender: Member, receiver: Member, text: str, now: datetime) -> bool:
    """Store the message and mail it, unless the receiver may not be mailed; return whether it is mailed.

    The receiver answers by mail to the sender's address, which goes along. Raises Invalid for the text, Refused where
    the receiver is oneself or reported an earlier message of the sender's, Conflict for too many messages in a day.
    """
    if sender.id == receiver.id:
        raise Refused(_("This is your own page."))
    cleaned = clean_text(text, field="text", what=_("your message"), limit=MAX_TEXT)
    pair = Message.sender_id == sender.id, Message.receiver_id == receiver.id
    if session.scalar(select(Message.id).where(*pair, Message.reported_at.is_not(None)).limit(1)) is not None:
        raise Refused(_("%(name)s does not take messages from you.", name=receiver.first_name))
    for key, limit in ((f"message {sender.id} {receiver.id}", MAX_TO_ONE), (f"message {sender.id}", MAX_SENT)):
        if not consume_allowance(session, key=key, limit=limit, within=DAY, now=now):
            raise Conflict(_("That is %(count)s messages in one day. Message again tomorrow, or call.", count=limit))
    row = Message(sender=sender, receiver=receiver, text=cleaned, sent_at=now)
    session.add(row)
    session.flush()
    reply_to = "" if sender.is_refused else sender.email or ""
    words = {"name": sender.name, "firm": sender.business.name, "text": cleaned, "reply": "yes" if reply_to else ""}
    event = f"message-{row.public_id}"
    letter = mail.enqueue(session, letter="message", to=receiver, event=event, words=words, reply_to=reply_to, now=now)
    return letter is not None


def settle(session: Session, *, message: Message, by: Member, now: datetime) -> None:
    """Put the message away. Raises Refused for anybody but its receiver."""
    _require_receiver(message, by)
    message.settled_at = message.settled_at or now
    session.flush()


def report(session: Session, *, message: Message, by: Member, now: datetime) -> None:
    """Put the message away, take no more from its sender, and write to the leads of the receiver's chapter about it.

    The letter is held back for UNDO. Raises Refused for anybody but its receiver.
    """
    settle(session, message=message, by=by, now=now)
    if message.reported_at is not None:
        return
    message.reported_at = now
    sender = message.sender
    words = {"name": by.name, "other": sender.name, "firm": sender.business.name, "text": message.text}
    for lead in _leads(session, message):
        event, due_at = _event(message), now + mail.UNDO
        mail.enqueue(session, letter="reported", to=lead, event=event, words=words, due_at=due_at, now=now)
    record(session, actor_id=by.id, action="message.report", object=message, now=now)


def reopen(session: Session, *, message: Message, by: Member, now: datetime) -> None:
    """Take back what was done to the message: it waits again. Raises Refused for anybody but its receiver."""
    _require_receiver(message, by)
    if message.reported_at is not None:
        mail.recall_all(session, event=_event(message), to=_leads(session, message))
        record(session, actor_id=by.id, action="message.take_back_report", object=message, now=now)
    message.settled_at = message.reported_at = None
    session.flush()


def _require_receiver(message: Message, by: Member) -> None:
    if by.id != message.receiver_id:
        raise Refused(_("Only the person it was sent to can do this."))


def _leads(session: Session, message: Message) -> list[Member]:
    """Return who runs the receiver's chapter, without the sender; the administrators where nobody does."""
    chapter_id = message.receiver.business.chapter_id
    leads = holders_of_roles(session, chapter_id=chapter_id, roles=(Role.LEAD,)) if chapter_id is not None else []
    others = [lead for lead in leads if lead.id != message.sender_id]
    admins = select(Member).where(Member.is_admin, Member.is_active, Member.id != message.sender_id).order_by(Member.id)
    return others or list(session.scalars(admins))


def _event(message: Message) -> str:
    return f"reported-{message.public_id}"
