"""Holidays and seasons: on which days of a year they are, in the countries where that differs."""

import calendar
from datetime import date, timedelta

from dateutil.easter import easter

SOUTHERN = frozenset(("AR", "AU", "BO", "BR", "CL", "NA", "NZ", "PE", "PY", "UY", "ZA", "ZW"))
SEASONS = ("spring", "summer", "autumn", "winter")
_FIXED = {
    "christmas eve": (12, 24),
    "christmas": (12, 25),
    "xmas": (12, 25),
    "boxing day": (12, 26),
    "new year": (1, 1),
    "new years": (1, 1),
    "new year's eve": (12, 31),
    "new years eve": (12, 31),
    "valentine's": (2, 14),
    "valentines": (2, 14),
    "st patrick's": (3, 17),
    "tax day": (4, 15),
    "cinco de mayo": (5, 5),
    "may day": (5, 1),
    "juneteenth": (6, 19),
    "fourth of july": (7, 4),
    "4th of july": (7, 4),
    "bastille day": (7, 14),
    "halloween": (10, 31),
    "veterans day": (11, 11),
    "the holidays": (12, 24),
    "holiday season": (12, 1),
}
_NTH_WEEKDAY = {  # the number of the weekday in its month, -1 for the last one; Monday is 0
    "martin luther king day": (1, 0, 3),
    "mlk day": (1, 0, 3),
    "super bowl": (2, 6, 2),
    "presidents' day": (2, 0, 3),
    "presidents day": (2, 0, 3),
    "mother's day": (5, 6, 2),
    "mothers day": (5, 6, 2),
    "memorial day": (5, 0, -1),
    "father's day": (6, 6, 3),
    "fathers day": (6, 6, 3),
    "labor day": (9, 0, 1),
    "columbus day": (10, 0, 2),
    "thanksgiving": (11, 3, 4),
}
_AFTER_THANKSGIVING = {"black friday": 1, "cyber monday": 4}
_AFTER_EASTER = {"good friday": -2, "easter monday": 1, "easter": 0, "whitsun": 49, "pentecost": 49, "mardi gras": -47}
HOLIDAYS = tuple(
    sorted([*_FIXED, *_NTH_WEEKDAY, *_AFTER_THANKSGIVING, *_AFTER_EASTER, "labour day"], key=len, reverse=True)
)
MOVING = (  # holidays of calendars that are not computed here
    "diwali|ramadan|eid|hanukkah|chanukah|passover|rosh hashanah|yom kippur|chinese new year|lunar new year|holi|nowruz"
)


def holiday(name: str, year: int, country: str) -> date | None:
    """Return the day of one of HOLIDAYS in a year; None where the country keeps it on a day that is not known here.

    >>> holiday("black friday", 2026, "US"), holiday("thanksgiving", 2027, "CA"), holiday("easter", 2027, "")
    (datetime.date(2026, 11, 27), datetime.date(2027, 10, 11), datetime.date(2027, 3, 28))
    """
    if name in _AFTER_EASTER:
        return _easter(year) + timedelta(_AFTER_EASTER[name])
    if name in _AFTER_THANKSGIVING:
        return _nth_weekday(year, *_NTH_WEEKDAY["thanksgiving"]) + timedelta(_AFTER_THANKSGIVING[name])
    if name == "thanksgiving" and country == "CA":
        return _nth_weekday(year, 10, 0, 2)
    if name.startswith("mother") and country in ("GB", "IE"):
        return _easter(year) - timedelta(21)
    if name == "labour day":
        return _nth_weekday(year, 9, 0, 1) if country == "CA" else date(year, 5, 1)
    if name in ("mother's day", "mothers day", "father's day", "fathers day") and country not in ("US", "CA"):
        return None
    if name in _FIXED:
        return date(year, *_FIXED[name])
    return _nth_weekday(year, *_NTH_WEEKDAY[name])


def season(name: str, year: int, country: str) -> tuple[date, date]:
    """Return the days of a season that begins in ``year`` which belong to it by the sun and by the months.

    >>> season("spring", 2027, "US"), season("summer", 2027, "AU")[0]
    ((datetime.date(2027, 3, 20), datetime.date(2027, 5, 31)), datetime.date(2027, 12, 21))
    """
    quarter = (SEASONS.index(name) + (2 if country in SOUTHERN else 0)) % 4
    month, day, last = ((3, 20, 5), (6, 21, 8), (9, 23, 11), (12, 21, 2))[quarter]
    ends_in = year + (quarter == 3)
    return date(year, month, day), date(ends_in, last, calendar.monthrange(ends_in, last)[1])


def _easter(year: int) -> date:
    day: date = easter(year)
    return day


def _nth_weekday(year: int, month: int, weekday: int, number: int) -> date:
    first, days = date(year, month, 1), calendar.monthrange(year, month)[1]
    if number < 0:
        last = date(year, month, days)
        return last - timedelta((last.weekday() - weekday) % 7)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1))
