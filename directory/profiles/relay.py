"""Relay: a visitor writes to a member through the public page; neither sees the other's address until they answer."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Invalid
from directory.name_rules import clean_person_name
from directory.outbox import mail
from directory.outbox.short_link import count_letter
from directory.people.tables import Member
from directory.post_attribution import AttributedRow
from directory.rate_limit import consume_allowance
from directory.secrets import hash_of, new_token
from directory.text import clean_email, clean_text
from directory.translation import gettext as _

EXPIRES_AFTER = timedelta(days=2)
DAY = timedelta(days=1)
MAX_PER_IP, MAX_PER_SENDER, MAX_PER_RECEIVER = 10, 3, 10  # messages a day


class RelayMessage(AttributedRow, PublicRow, Base):
    """A message until its sender confirms, by mail, that the address is theirs; then it is passed on and deleted."""

    __tablename__ = "relay_message"

    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # None until the mail leaves
    receiver_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    text: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    receiver: Mapped[Member] = relationship()


def submit_message(
    session: Session, *, receiver: Member, name: str, email: str, text: str, is_bot: bool, sender_ip: str, now: datetime
) -> None:
    """Store a visitor's message and mail its sender to confirm it. Raises Invalid for what is typed.

    ``is_bot``: a field that people do not see was filled in. The message of a bot, or of a sender who exceeds the
    limits, is not stored, and the sender is not told.
    """
    typed = {
        "name": clean_person_name(name, field="name", what=_("your name")),
        "email": clean_email(email).casefold(),
        "text": clean_text(text, field="text", what=_("your message"), limit=3000),
    }
    if not typed["email"]:
        raise Invalid(_("Enter your email address, so that %(name)s can answer.", name=receiver.name), field="email")
    limits = (
        (f"relay place {sender_ip}", MAX_PER_IP),
        (f"relay from {typed['email']}", MAX_PER_SENDER),
        (f"relay to {receiver.id}", MAX_PER_RECEIVER),
    )
    if is_bot or not all(
        consume_allowance(session, key=key, limit=limit, within=DAY, now=now) for key, limit in limits
    ):
        return
    delete_expired(session, now=now)
    message = RelayMessage(receiver_id=receiver.id, expires_at=now + EXPIRES_AFTER, **typed)
    session.add(message)
    session.flush()
    mail.enqueue(
        session,
        letter="relay_confirm",
        to=message.email,
        event=f"relay-{message.public_id}",
        about=message.public_id,
        words={"name": receiver.name},
        now=now,
    )


def create_confirmation_token(session: Session, *, public_id: str, now: datetime) -> str | None:
    """Return a new token, 256 random bits, of which only the hash is stored; None where the message has gone."""
    message = session.scalar(select(RelayMessage).where(RelayMessage.public_id == public_id))
    if message is None or message.expires_at <= now:
        return None
    token = new_token()
    message.token_hash = hash_of(token)
    session.flush()
    return token


def find_message(session: Session, *, token: str, now: datetime) -> RelayMessage:
    """Lock and return the message to confirm. Raises Invalid where it is forged, used, expired or cannot arrive."""
    message = session.scalar(
        select(RelayMessage)
        .join(RelayMessage.receiver)
        .where(RelayMessage.token_hash == hash_of(token), RelayMessage.expires_at > now)
        .where(Member.is_active, Member.public_at.is_not(None))
        .with_for_update(of=RelayMessage)
    )
    if message is None:
        raise Invalid(_("This link was already used, is too old, or is incomplete. Write your message again."))
    return message


def forward_message(session: Session, *, token: str, now: datetime) -> Member:
    """Confirm the message: pass it on, once, and delete it. Raises Invalid as ``find_message`` does."""
    message = find_message(session, token=token, now=now)
    mail.enqueue(
        session,
        letter="relay",
        to=message.receiver,
        event=f"relay-{message.public_id}",
        words={"name": message.name, "text": message.text},
        reply_to=message.email,
        now=now,
    )
    count_letter(session, delivery_id=message.came_from_id)
    session.delete(message)
    session.flush()
    return message.receiver


def delete_expired(session: Session, *, now: datetime) -> None:
    """Delete the messages that nobody confirmed in time."""
    session.execute(delete(RelayMessage).where(RelayMessage.expires_at <= now))
