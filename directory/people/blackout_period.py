"""Blackout periods: days on which a chapter posts nothing, such as a holiday, with the reason that its members read."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, PublicRow
from directory.translation import gettext


class BlackoutPeriod(PublicRow, Base):
    """No posts from ``first_on`` to ``last_on``, both included, as local dates in the chapter's time zone."""

    __tablename__ = "quiet_time"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(120))
    set_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    set_at: Mapped[datetime]

    @property
    def skip_reason(self) -> str:
        """The reason that an occurrence skipped by this period gets."""
        return gettext("A quiet week: %(reason)s", reason=self.reason)


def blackout_periods(session: Session, *, since: date, chapter_id: int | None = None) -> list[BlackoutPeriod]:
    """Return the periods of one chapter, or of all, that end on ``since`` or later, the earliest first."""
    query = (
        select(BlackoutPeriod)
        .where(BlackoutPeriod.last_on >= since)
        .order_by(BlackoutPeriod.first_on, BlackoutPeriod.id)
    )
    return list(session.scalars(query if chapter_id is None else query.where(BlackoutPeriod.chapter_id == chapter_id)))


def blackout_reason(periods: list[BlackoutPeriod], chapter_id: int, on: date) -> str | None:
    """Return why a chapter posts nothing on a local day; None where no period covers it."""
    theirs = (period for period in periods if period.chapter_id == chapter_id)
    return next((period.skip_reason for period in theirs if period.first_on <= on <= period.last_on), None)
