"""Working hours of a chapter: its weekdays from 9 to 5 in its own time zone, without its blackout periods."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from directory.people.blackout_period import BlackoutPeriod, blackout_periods
from directory.people.chapter import Chapter

OPENS, CLOSES, WORKDAYS = time(9), time(17), 5  # Monday to Friday
LONGEST = 60  # days; a blackout period that takes longer stops no clock


def working_hours_later(session: Session, *, start: datetime, within: timedelta, chapter: Chapter | None) -> datetime:
    """Return when ``within`` of the chapter's working time has passed since ``start``; UTC where there is none."""
    zone = ZoneInfo(chapter.zone if chapter else "UTC")
    since = start.astimezone(zone).date()
    periods = blackout_periods(session, since=since, chapter_id=chapter.id) if chapter else []
    return add_working_time(start, within, zone, periods)


def add_working_time(start: datetime, within: timedelta, zone: ZoneInfo, periods: Sequence[BlackoutPeriod]) -> datetime:
    """Return the instant, in UTC, at which ``within`` of working time has passed since ``start``.

    >>> friday = datetime(2026, 11, 6, 22, 0, tzinfo=UTC)  # 3 PM in Phoenix
    >>> add_working_time(friday, timedelta(hours=8), ZoneInfo("America/Phoenix"), []).isoformat()
    '2026-11-09T22:00:00+00:00'
    """
    first = start.astimezone(zone).date()
    days = 0
    while True:
        day = first + timedelta(days=days)
        days += 1
        is_off = days < LONGEST and any(period.first_on <= day <= period.last_on for period in periods)
        if day.weekday() >= WORKDAYS or is_off:
            continue
        opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in (OPENS, CLOSES))
        begins = max(opens, start.astimezone(UTC))
        if begins + within <= closes:
            return begins + within
        within -= max(timedelta(), closes - begins)
