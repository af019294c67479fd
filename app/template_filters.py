"""Template filters that format money, dates, counts, lists and names in the reader's language."""

import re
from datetime import date, datetime

from flask import Flask
from flask_babel import Babel, get_translations

from app.access import current_principal
from app.request_time import now
from directory.money import Money
from directory.people.time_zone import zone_city
from directory.translation import gettext, join_as_list, time_ago, translations


def init_filters(app: Flask) -> None:
    """Register the functions below as filters, ``current_principal`` and ``now`` as globals."""
    Babel(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def set_language() -> None:
        translations.set(get_translations())

    app.add_template_filter(zone_city)
    app.add_template_global(current_principal)
    app.add_template_global(now)
    for function in (money, ago, since, initials, day, in_words, join_as_list):
        app.add_template_filter(function)


def money(minor: int | None, currency: str = "USD") -> str:
    """Return an amount of minor units as text: 1500000 becomes "$15,000"; "" for None."""
    return "" if minor is None else Money(minor, currency).spoken()


def ago(then: date) -> str:
    """Return how long ago ``then`` was, as a phrase."""
    return time_ago(then.date() if isinstance(then, datetime) else then, now().date())


def day(then: date) -> str:
    """Return a date with its weekday and without its year.

    >>> day(date(2026, 11, 4))
    'Wednesday, 4 November'
    """
    return f"{then:%A}, {then.day} {then:%B}"


def since(then: date) -> str:
    """Return when something was, as one says it: "today", "yesterday", "on Monday", "on 4 November"."""
    passed = (now().date() - (then.date() if isinstance(then, datetime) else then)).days
    if passed < 2:
        return gettext("yesterday") if passed == 1 else gettext("today")
    weekday, date_of_year = f"{then:%A}", f"{then.day} {then:%B}" + (f" {then.year}" if passed > 300 else "")
    return gettext("on %(day)s", day=weekday if passed < 7 else date_of_year)


def in_words(count: int) -> str:
    """Return a count below ten as a word, a larger one as digits.

    >>> [in_words(count) for count in (2, 12)]
    ['two', '12']
    """
    words = gettext("no one two three four five six seven eight nine").split()
    return words[count] if count < len(words) else str(count)


_AROUND_NAME = re.compile(r"^(?:\w{2,5}\.\s+)+(?=\S)|,?\s+(?:jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)  # "Dr.", "Jr."


def initials(name: str) -> str:
    """Return up to two initials, shown in place of a missing photo; "?" if there are none.

    >>> [initials(name) for name in ("Bea Lindqvist", "Bramble & Co", "Dr. Tom Patch Jr.", "")]
    ['BL', 'BC', 'TP', '?']
    """
    words = [word for word in _AROUND_NAME.sub("", name).split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:])) or "?"
