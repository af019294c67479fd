"""Relay: a visitor writes to a member through the public page; neither sees the other's address until they answer."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.attribution_source import AttributedRow
from directory.db import Base, PublicRow
from directory.errors import Invalid
from directory.outbox import mail
from directory.outbox.short_link import count_letter
from directory.people.business import clean_email
from directory.people.one_time_link import hash_of
from directory.people.tables import Member
from directory.rate_limit import consume_allowance
from directory.text import clean_line, clean_text
from directory.translation import gettext as _

LASTS = timedelta(days=2)
DAY = timedelta(days=1)
FROM_A_PLACE, FROM_AN_ADDRESS, TO_A_MEMBER = 10, 3, 10  # a day


class RelayMessage(AttributedRow, PublicRow, Base):
    """A message that waits for its sender to confirm, by mail, that the address is theirs; then it is gone."""

    __tablename__ = "relay_message"

    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # None until the mail leaves
    receiver_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    text: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    receiver: Mapped[Member] = relationship()


def submit_message(
    session: Session, *, receiver: Member, name: str, email: str, text: str, is_trap: bool, place: str, now: datetime
) -> None:
    """Keep a visitor's message and ask its sender, by mail, whether it is theirs. Raises Invalid for what is typed.

    ``is_trap``: a field was filled in that nobody sees; ``place`` is the network address it came from. Whether it was
    kept, nobody is told: not who fills in traps, nor who writes too often.
    """
    said = {
        "name": clean_line(name, field="name", what=_("your name"), limit=120),
        "email": clean_email(email).casefold(),
        "text": clean_text(text, field="text", what=_("your message"), limit=3000),
    }
    if not said["email"]:
        raise Invalid(_("Write your mail address, so that %(name)s can answer.", name=receiver.name), field="email")
    limits = (
        (f"relay place {place}", FROM_A_PLACE),
        (f"relay from {said['email']}", FROM_AN_ADDRESS),
        (f"relay to {receiver.id}", TO_A_MEMBER),
    )
    if is_trap or not all(consume_allowance(session, key=key, most=most, within=DAY, now=now) for key, most in limits):
        return
    delete_expired(session, now=now)
    message = RelayMessage(receiver_id=receiver.id, expires_at=now + LASTS, **said)
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
    """The token that confirms the message, 256 random bits; None where the message has gone. It is not kept."""
    message = session.scalar(select(RelayMessage).where(RelayMessage.public_id == public_id))
    if message is None or message.expires_at <= now:
        return None
    token = token_urlsafe(32)
    message.token_hash = hash_of(token)
    session.flush()
    return token


def find_message(session: Session, *, token: str, now: datetime) -> RelayMessage:
    """The message, to show what would be sent. Raises Invalid where it is forged, sent, too old or cannot arrive."""
    found = session.scalar(
        select(RelayMessage)
        .join(RelayMessage.receiver)
        .where(RelayMessage.token_hash == hash_of(token), RelayMessage.expires_at > now)
        .where(Member.is_active, Member.public_at.is_not(None))
        .with_for_update(of=RelayMessage)
    )
    if found is None:
        raise Invalid(_("This link was used, is too old, or is not whole. Write your message again."))
    return found


def forward_message(session: Session, *, token: str, now: datetime) -> Member:
    """The sender says it is theirs: pass the message on, once, and forget it. Raises Invalid as ``find`` does."""
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
    """Forget what nobody confirmed in time."""
    session.execute(delete(RelayMessage).where(RelayMessage.expires_at <= now))
