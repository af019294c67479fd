"""Channels: the connected accounts of a chapter, each of one kind."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.chapter import Chapter

USUAL_LIMIT = 500  # a text worth reading is short even where a kind knows no limit


@dataclass(frozen=True)
class ChannelKind:
    """What everybody may know of a kind; the code that talks to it is in ``jobs.channels``.

    ``limit`` is in characters, None where the kind has none; ``fields`` name what a channel's settings hold.
    """

    kind: str
    label: str
    limit: int | None = None
    fields: tuple[str, ...] = ()


CHANNEL_KINDS = (ChannelKind("file", "Files in a folder"),)


class Channel(PublicRow, Base):
    """Where a chapter's posts go. ``settings`` are the fields of its kind, without secrets."""

    __tablename__ = "channel"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)

    chapter: Mapped[Chapter] = relationship()


def limit_of(channel: Channel) -> int | None:
    """The most characters that the channel's kind takes, None where it does not care."""
    return next(kind.limit for kind in CHANNEL_KINDS if kind.kind == channel.kind)
