"""Working time: weekdays 9 to 5 in the chapter's zone, without its blackout periods and across changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.people.blackout_period import BlackoutPeriod
from directory.people.working_hours import add_working_time

PHOENIX, CHICAGO = ZoneInfo("America/Phoenix"), ZoneInfo("America/Chicago")
HOURS, JANUARY = timedelta(hours=8), datetime(2026, 1, 1, tzinfo=UTC)


def local(zone: ZoneInfo, *when: int) -> datetime:
    return datetime(*when, tzinfo=zone)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ((2026, 11, 2, 9), (2026, 11, 2, 17)),  # the whole Monday
        ((2026, 11, 2, 12), (2026, 11, 3, 12)),
        ((2026, 11, 2, 20), (2026, 11, 3, 17)),  # after work
        ((2026, 11, 6, 15), (2026, 11, 9, 15)),  # over a weekend
        ((2026, 11, 7, 11), (2026, 11, 9, 17)),  # on a Saturday
    ],
)
def test_only_weekdays_from_nine_to_five_count(asked: tuple[int, ...], due: tuple[int, ...]) -> None:
    assert add_working_time(local(PHOENIX, *asked), HOURS, PHOENIX, []) == local(PHOENIX, *due)


def test_blackout_periods_do_not_count_but_end_some_day() -> None:
    thanksgiving = BlackoutPeriod(first_on=date(2026, 11, 26), last_on=date(2026, 11, 27), reason="Thanksgiving")
    due = add_working_time(local(PHOENIX, 2026, 11, 25, 15), HOURS, PHOENIX, [thanksgiving])
    assert due == local(PHOENIX, 2026, 11, 30, 15)
    forever = BlackoutPeriod(first_on=date(2026, 1, 1), last_on=date.max, reason="Closed")
    due = add_working_time(local(PHOENIX, 2026, 11, 25, 15), HOURS, PHOENIX, [forever])
    assert due < local(PHOENIX, 2027, 2, 1)


@given(
    start=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: JANUARY + timedelta(minutes=minutes)),
    within=st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_what_counts_is_what_a_clock_counts_minute_by_minute(start: datetime, within: timedelta) -> None:
    due = add_working_time(start, within, CHICAGO, [])
    minutes, step = 0, timedelta(minutes=30)
    at = start
    while at < due:  # in half hours: what is left of one is counted by itself
        end = min(at.replace(minute=at.minute // 30 * 30) + step, due)
        there = at.astimezone(CHICAGO)
        if there.weekday() < 5 and 9 <= there.hour < 17:
            minutes += int((end - at) / timedelta(minutes=1))
        at = end
    assert timedelta(minutes=minutes) == within
    there = (due - timedelta(seconds=1)).astimezone(CHICAGO)
    assert there.weekday() < 5
    assert 9 <= there.hour < 17
