"""Channels: a chapter's connected accounts, each of one kind, with encrypted secrets."""

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
from directory.secrets import SealedColumn, SecretBox
from directory.text_length import LengthLimit


class ChannelState(StrEnum):
    """Whether posts are sent to a channel. A person must connect a broken account again."""

    OPEN = "open"
    PAUSED = "paused"
    BROKEN = "broken"
    GONE = "gone"


class Channel(PublicRow, Base):
    """An account that a chapter posts to: ``settings`` hold its kind's fields, ``sealed`` its encrypted secrets."""

    __tablename__ = "channel"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ChannelState] = mapped_column(default=ChannelState.OPEN)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # who is in charge of it and is notified
    connected_at: Mapped[datetime | None]
    broken_at: Mapped[datetime | None]
    broken_reason: Mapped[str] = mapped_column(String(300), default="")
    has_link: Mapped[bool] = mapped_column(default=False)  # its posts end with the URL of the week's page
    listened_at: Mapped[datetime | None]  # when replies were last requested
    heard_until: Mapped[str | None] = mapped_column(String(300))  # the channel's id of the newest reply received
    listen_said: Mapped[str] = mapped_column(String(300), default="")  # why replies could not be read, as a sentence
    check_asked_at: Mapped[datetime | None]  # when a person requested a check of the sign-in
    checked_at: Mapped[datetime | None]
    check_said: Mapped[str] = mapped_column(String(300), default="")  # why the check failed, as a sentence
    is_ok: Mapped[bool | None]  # whether it could sign in; None if not checked since it was connected

    chapter: Mapped[Chapter] = relationship()
    owner: Mapped[Member | None] = relationship()


SEALED = SealedColumn(Channel.sealed)


def kind_of(channel: Channel) -> ChannelKind:
    """Return the channel's kind. Raises Invalid for an unknown one."""
    return kind_named(channel.kind)


def limits_of(channel: Channel) -> tuple[LengthLimit, ...]:
    """Return the length limits of a text there, all of which apply; ``limit`` in the settings replaces the first."""
    first, *others = kind_of(channel).limits
    return (LengthLimit(first.unit, channel.settings.get("limit", first.maximum)), *others)


def channels_of(session: Session, *, chapter: Chapter) -> list[Channel]:
    """Return the chapter's open channels, in the order of their creation."""
    is_open = (Channel.chapter_id == chapter.id, Channel.state == ChannelState.OPEN)
    return list(session.scalars(select(Channel).where(*is_open).order_by(Channel.id)))


def secrets_of(channel: Channel, secrets: SecretBox) -> dict[str, str]:
    """Return the account's decrypted secrets. Only ``jobs`` and the OAuth flow of connecting read them."""
    values: dict[str, str] = json.loads(SEALED.read(channel, secrets) or "{}")
    return values


def store_secrets(channel: Channel, values: Mapping[str, str], secrets: SecretBox) -> None:
    """Encrypt the account's secrets, replacing stored ones. The channel must have its id."""
    SEALED.store(channel, json.dumps(dict(values)), secrets)
