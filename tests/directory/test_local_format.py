"""Dates, hours and distances by the chapter's country or zone, and by one formatter."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from directory.local_format import LocalFormat, date_text, day_text, distance_text, format_of, local_format, time_text

ROOT = Path(__file__).parents[2]
OWN_FORMATS = r"strftime|format_(?:date|time|datetime|skeleton)\(|\{[^{}]*:%[AaBbdHIMp]|%d:%02d"
IDS = {
    "invitation.py",
    "application.py",
    "channel_lifecycle.py",
    "downloads.py",
    "x.py",
}  # keys, a file name, a protocol


@pytest.mark.parametrize(
    ("country", "zone", "day", "clock", "distance"),
    [
        ("US", "America/Phoenix", "Wed, Dec 2", "2:30 PM", "30 miles"),
        ("", "America/New_York", "Wed, Dec 2", "2:30 PM", "30 miles"),
        ("", "UTC", "Wed, Dec 2", "2:30 PM", "30 miles"),
        ("DE", "Europe/Berlin", "Wed, 2 Dec", "14:30", "48 km"),
        ("", "Europe/London", "Wed, 2 Dec", "14:30", "48 km"),
        ("", "America/Mexico_City", "Wed, 2 Dec", "14:30", "48 km"),
        ("IE", "America/New_York", "Wed, 2 Dec", "14:30", "48 km"),  # what is said counts
    ],
)
def test_a_chapter_writes_as_its_country_does(country: str, zone: str, day: str, clock: str, distance: str) -> None:
    token = local_format.set(format_of(country, zone))
    at = datetime(2026, 12, 2, 14, 30, tzinfo=ZoneInfo(zone))
    assert (day_text(at, at.date()), time_text(at), distance_text(48)) == (day, clock, distance)
    local_format.reset(token)


def test_a_stored_instant_is_a_day_of_the_reader_and_another_year_is_said() -> None:
    evening = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)  # in Tucson still the year before
    token = local_format.set(LocalFormat(zone=ZoneInfo("America/Phoenix")))
    assert date_text(evening) == "Dec 31, 2026"
    assert day_text(evening.astimezone(ZoneInfo("Asia/Tokyo")), evening.date()) == "Fri, Jan 1"
    assert day_text(evening, evening.date()) == "Thu, Dec 31, 2026"
    local_format.reset(token)


def test_nothing_else_writes_dates_or_hours() -> None:
    files = [
        *(ROOT / "templates").rglob("*.*"),
        *(path for room in ("app", "directory", "jobs") for path in (ROOT / room).rglob("*.py")),
    ]
    own = {"local_format.py", "translation.py", "calendar.py", "week.py", "meeting_arrangement.py"} | IDS
    found = [str(path) for path in files if path.name not in own and re.search(OWN_FORMATS, path.read_text("utf-8"))]
    assert found == []
