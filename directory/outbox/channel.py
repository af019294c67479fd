"""Channels: the connected accounts of a chapter, each of one kind, their secrets sealed."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.outbox.channel_kind import ChannelKind, kind_named
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.secrets import SecretBox
from directory.text_length import LengthLimit

SEALED = {"table": "channel", "column": "sealed"}


class ChannelState(StrEnum):
    """Whether posts go there. A broken account must be connected again by a person."""

    OPEN = "open"
    PAUSED = "paused"
    BROKEN = "broken"
    GONE = "gone"


class Channel(PublicRow, Base):
    """Where a chapter's posts go. ``settings`` are the fields of its kind; ``sealed`` are its secrets."""

    __tablename__ = "channel"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ChannelState] = mapped_column(default=ChannelState.OPEN)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # who is in charge of it, and is told
    connected_at: Mapped[datetime | None]
    broken_at: Mapped[datetime | None]
    broken_reason: Mapped[str] = mapped_column(String(300), default="")
    has_link: Mapped[bool] = mapped_column(default=False)  # its posts end with the address of the week's page
    listened_at: Mapped[datetime | None]  # when what people say there was last asked for
    heard_until: Mapped[str | None] = mapped_column(String(300))  # the id there of the last thing heard
    listen_said: Mapped[str] = mapped_column(String(300), default="")  # what kept us from hearing, in words
    check_asked_at: Mapped[datetime | None]  # a person wants to know now whether it lets us in
    checked_at: Mapped[datetime | None]
    check_said: Mapped[str] = mapped_column(String(300), default="")  # what the last look found, in words
    is_ok: Mapped[bool | None]  # whether it let us in then

    chapter: Mapped[Chapter] = relationship()
    owner: Mapped[Member | None] = relationship()


def kind_of(channel: Channel) -> ChannelKind:
    """What is known of the channel's kind."""
    return kind_named(channel.kind)


def limits_of(channel: Channel) -> tuple[LengthLimit, ...]:
    """How long a text may be there: all of these hold."""
    first, *others = kind_of(channel).limits
    return (LengthLimit(first.unit, channel.settings.get("limit", first.most)), *others)


def channels_of(session: Session, *, chapter: Chapter) -> list[Channel]:
    """The accounts that a chapter's posts go to, in the order they were connected."""
    theirs = (Channel.chapter_id == chapter.id, Channel.state == ChannelState.OPEN)
    return list(session.scalars(select(Channel).where(*theirs).order_by(Channel.id)))


def secrets_of(channel: Channel, secrets: SecretBox) -> dict[str, str]:
    """What the account needs to sign in; only ``jobs`` and the hand-shake of connecting read it."""
    if not channel.sealed:
        return {}
    opened: dict[str, str] = json.loads(
        secrets.unseal(channel.sealed, table="channel", column="sealed", row=channel.id)
    )
    return opened


def store_secrets(channel: Channel, said: Mapping[str, str], secrets: SecretBox) -> None:
    """Seal what the account needs, in place of what was kept. The channel must have its id."""
    channel.sealed = secrets.seal(json.dumps(dict(said)), **SEALED, row=channel.id)


def reencrypt_secrets(session: Session, secrets: SecretBox) -> int:
    """Seal what every channel keeps with the first key; how many keep something."""
    sealed = session.scalars(select(Channel).where(Channel.sealed != "").with_for_update()).all()
    for channel in sealed:
        store_secrets(channel, secrets_of(channel, secrets), secrets)
    return len(sealed)
