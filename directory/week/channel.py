"""Channels: the connected accounts of a chapter, each of one kind."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.chapter import Chapter


class Channel(PublicRow, Base):
    """Where a chapter's posts go. ``settings`` are the fields of its kind, without secrets."""

    __tablename__ = "channel"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)

    chapter: Mapped[Chapter] = relationship()
