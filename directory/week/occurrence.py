"""Occurrences: one turn of a chapter's week, (chapter, local date), once and only once."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.chapter import Chapter


class Occurrence(PublicRow, Base):
    """A chapter's slot on ``local_date``; ``due_at`` is that day's post time in its zone, as an instant."""

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("chapter_id", "local_date"), Index("ix_occurrence_due_at", "due_at"))

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"))
    local_date: Mapped[date]
    due_at: Mapped[datetime]
    held_at: Mapped[datetime | None]  # a person said: not yet
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: the program itself
    held_reason: Mapped[str] = mapped_column(String(300), default="")
    posted_at: Mapped[datetime | None]  # its deliveries were written
    skipped: Mapped[str | None]  # why there is no post this week, in words

    chapter: Mapped[Chapter] = relationship()
