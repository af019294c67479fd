"""Occurrences: one turn of a chapter's week, (chapter, local date), for which posts are sent once and only once."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Conflict
from directory.people.chapter import Chapter
from directory.translation import gettext

CATCH_UP = timedelta(hours=12)  # so long after its instant a missed turn still takes place, later it is skipped


class Occurrence(PublicRow, Base):
    """A chapter's slot on ``local_date``; ``due_at`` is that day's post time in its zone, as an instant.

    A turn that a person lets go after its time is due at once, so that its ``due_at`` is later.
    """

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("chapter_id", "local_date"), Index("ix_occurrence_due_at", "due_at"))

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"))
    local_date: Mapped[date]
    due_at: Mapped[datetime]
    held_at: Mapped[datetime | None]  # a person said: not yet
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: the program itself
    held_reason: Mapped[str] = mapped_column(String(300), default="")
    posted_at: Mapped[datetime | None]  # its deliveries were written
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))  # what its posts say is missing
    paired_at: Mapped[datetime | None]  # its talks were proposed
    own_time: Mapped[time | None]  # this week only, in place of the chapter's post time
    drafted_at: Mapped[datetime | None]  # when its posts were last written anew
    prompted_at: Mapped[datetime | None]  # everybody's letter of the week was written
    preflight_at: Mapped[datetime | None]  # when it was looked at, a day before
    skipped: Mapped[str | None]  # why there is no post this week, in words

    chapter: Mapped[Chapter] = relationship()

    @property
    def is_open(self) -> bool:
        """Whether it may still be posted."""
        return self.posted_at is None and self.skipped is None


def lock(session: Session, occurrence: Occurrence) -> None:
    """Read the row as it is now; it is nobody else's until the transaction ends."""
    session.flush()
    session.refresh(occurrence, with_for_update={"of": Occurrence})  # not of what was loaded with it


def lock_open(session: Session, occurrence: Occurrence) -> None:
    """The same for a turn that may still be posted. Raises Conflict when it is over."""
    lock(session, occurrence)
    if not occurrence.is_open:
        raise Conflict(gettext("This week's turn is over; the next one can be changed."))
