"""Occurrences: one week's post of a chapter, unique by (chapter, local date), so that it is posted at most once."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Conflict
from directory.people.chapter import Chapter
from directory.translation import gettext

CATCH_UP = timedelta(hours=12)  # how long after ``due_at`` a missed occurrence is still posted; later it is skipped


class Occurrence(PublicRow, Base):
    """A chapter's slot on ``local_date``; ``due_at`` is that day's post time in its zone, as an instant.

    An occurrence that a person releases after its time becomes due at once, so its ``due_at`` is later.
    """

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("chapter_id", "local_date"), Index("ix_occurrence_due_at", "due_at"))

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"))
    local_date: Mapped[date]
    due_at: Mapped[datetime]
    held_at: Mapped[datetime | None]  # when it was put on hold
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: the program itself
    held_reason: Mapped[str] = mapped_column(String(300), default="")
    posted_at: Mapped[datetime | None]  # when its deliveries were written
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))  # the capability that its posts ask for
    paired_at: Mapped[datetime | None]  # when its one-to-one pairings were proposed
    own_time: Mapped[time | None]  # replaces the chapter's post time for this week
    drafted_at: Mapped[datetime | None]  # when its posts were last composed
    prompted_at: Mapped[datetime | None]  # when the members' weekly letters were written
    preflight_at: Mapped[datetime | None]  # when the preflight check ran, a day before
    skipped: Mapped[str | None]  # why there is no post this week, as a sentence

    chapter: Mapped[Chapter] = relationship()

    @property
    def is_open(self) -> bool:
        """Whether it may still be posted."""
        return self.posted_at is None and self.skipped is None


def lock(session: Session, occurrence: Occurrence) -> None:
    """Lock the row until the transaction ends and reload it."""
    session.flush()
    session.refresh(occurrence, with_for_update={"of": Occurrence})  # not the rows loaded with it


def lock_open(session: Session, occurrence: Occurrence) -> None:
    """Lock and reload it. Raises Conflict if it was posted or skipped."""
    lock(session, occurrence)
    if not occurrence.is_open:
        raise Conflict(gettext("This week's post is already out. You can change the next one."))
