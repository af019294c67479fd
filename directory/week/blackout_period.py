"""Quiet weeks: days on which a chapter posts nothing, a holiday or a break, with the reason that its members read."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, PublicRow
from directory.translation import gettext


class BlackoutPeriod(PublicRow, Base):
    """The days from ``first_on`` to ``last_on``, both included, in the chapter's own zone."""

    __tablename__ = "quiet_time"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(120))
    set_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    set_at: Mapped[datetime]

    @property
    def words(self) -> str:
        """Why there is no post in it."""
        return gettext("A quiet week: %(reason)s", reason=self.reason)


def blackout_periods(session: Session, *, since: date, chapter_id: int | None = None) -> list[BlackoutPeriod]:
    """Those of a chapter, or of all, that are not over before ``since``, the earliest first."""
    found = (
        select(BlackoutPeriod)
        .where(BlackoutPeriod.last_on >= since)
        .order_by(BlackoutPeriod.first_on, BlackoutPeriod.id)
    )
    return list(session.scalars(found if chapter_id is None else found.where(BlackoutPeriod.chapter_id == chapter_id)))


def blackout_reason(times: list[BlackoutPeriod], chapter_id: int, on: date) -> str | None:
    """Why a chapter posts nothing on a day; None where it does."""
    held = (each.words for each in times if each.chapter_id == chapter_id and each.first_on <= on <= each.last_on)
    return next(held, None)
