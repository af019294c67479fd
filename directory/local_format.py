"""Dates, hours and distances as a chapter writes them: "Wed, Dec 2", "9:00 AM" and miles in the United States.

Elsewhere it is "Wed, 2 Dec", "09:00" and kilometers. Whoever writes for a reader sets ``local_format`` first: a request
that of its reader's chapter, a letter that of its recipient's.
"""

from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_date, format_time, get_day_names

from directory.translation import gettext

AMERICAN = ("US", "PR", "GU", "VI", "AS", "MP")  # countries and territories
NOWHERE = "ZZ"  # the territory of UTC
NAMES = "en_US"  # the language of the names of days and months
KM_PER_MILE = 1.609344


class LocalFormat(NamedTuple):
    """How to write; ``zone`` is where the days of stored instants begin."""

    is_american: bool = True
    zone: ZoneInfo = ZoneInfo("UTC")


local_format: ContextVar[LocalFormat] = ContextVar("local_format", default=LocalFormat())  # noqa: B039


def format_of(country: str, zone: str) -> LocalFormat:
    """Return the format of a country, which the time zone tells where it is ""; American where neither does.

    >>> [format_of("", zone).is_american for zone in ("America/Phoenix", "UTC", "Europe/Kyiv")]
    [True, True, False]
    """
    known_zone = get_global("zone_aliases").get(zone, zone)
    territory = country or get_global("zone_territories").get(known_zone, "")
    return LocalFormat(territory in (*AMERICAN, NOWHERE), ZoneInfo(zone))


def local_date(then: date) -> date:
    """Return the day of a date, or of an instant: a stored one in UTC is taken to the zone of the reader."""
    if not isinstance(then, datetime):
        return then
    return (then.astimezone(local_format.get().zone) if then.tzinfo is UTC else then).date()


def day_text(then: date, today: date | None = None, writes: LocalFormat | None = None) -> str:
    """Return a day with its weekday, and with its year unless that is the year of ``today``.

    >>> day_text(date(2026, 12, 2), date(2026, 11, 30)), day_text(date(2027, 3, 1), date(2026, 11, 30))
    ('Wed, Dec 2', 'Mon, Mar 1, 2027')
    >>> day_text(date(2027, 3, 1), writes=LocalFormat(is_american=False))
    'Mon, 1 Mar 2027'
    """
    day = local_date(then)
    has_year = today is None or day.year != today.year
    return f"{format_date(day, 'EEE', locale=NAMES)}, {date_text(day, has_year=has_year, writes=writes)}"


def date_text(then: date, *, has_year: bool = True, writes: LocalFormat | None = None) -> str:
    """Return a day without its weekday.

    >>> date_text(date(2026, 12, 2)), date_text(date(2026, 12, 2), has_year=False, writes=LocalFormat(False))
    ('Dec 2, 2026', '2 Dec')
    """
    is_american = (writes or local_format.get()).is_american
    pattern = ("MMM d" + ", y" * has_year) if is_american else ("d MMM" + " y" * has_year)
    return format_date(local_date(then), pattern, locale=NAMES)


def month_text(then: date) -> str:
    """Return a month with its year, such as "Dec 2026"."""
    return format_date(local_date(then), "MMM y", locale=NAMES)


def weekday_text(day: date | int) -> str:
    """Return the name of a day of the week, of a date or of a number: 0 is Monday.

    >>> weekday_text(date(2026, 12, 2)), weekday_text(0)
    ('Wednesday', 'Monday')
    """
    return str(get_day_names(locale=NAMES)[day if isinstance(day, int) else local_date(day).weekday()])


def time_text(at: time | datetime, writes: LocalFormat | None = None) -> str:
    """Return an hour of the day in the zone that ``at`` has.

    >>> time_text(time(9, 0)), time_text(time(14, 30), LocalFormat(is_american=False))
    ('9:00 AM', '14:30')
    """
    clock = at.time() if isinstance(at, datetime) else at
    return format_time(clock, "h:mm a" if (writes or local_format.get()).is_american else "HH:mm", locale=NAMES)


def distance_text(km: float) -> str:
    """Return a distance in whole miles or kilometers.

    >>> distance_text(8)
    '5 miles'
    """
    if local_format.get().is_american:
        return gettext("%(miles)s miles", miles=round(km / KM_PER_MILE))
    return gettext("%(km)s km", km=round(km))
