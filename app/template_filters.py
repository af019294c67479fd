"""Template filters that format money, dates, counts, lists and names in the reader's language."""

import re
from collections.abc import Callable
from datetime import date

from flask import Flask
from flask_babel import Babel, get_translations

from app.access import current_principal
from app.request_time import now
from directory.leads.lead_state import state_text
from directory.local_format import (
    LocalFormat,
    date_text,
    day_text,
    distance_text,
    local_date,
    local_format,
    month_text,
    time_text,
    weekday_text,
)
from directory.money import Money
from directory.people.time_zone import zone_city
from directory.translation import gettext, join_as_list, time_ago, translations


def init_filters(app: Flask) -> None:
    """Register the functions below as filters, ``current_principal`` and ``now`` as globals."""
    Babel(app)
    # Flask-Babel looks the reader's catalog up for each text; it is known once a request.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations.get().ugettext(text),
        lambda one, many, count: translations.get().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def set_language() -> None:
        translations.set(get_translations())
        local_format.set(LocalFormat())  # until it is known who reads

    app.add_template_filter(zone_city)
    app.add_template_global(current_principal)
    app.add_template_global(now)
    for function in (money, ago, since, initials, day, in_words, join_as_list, state_text):
        app.add_template_filter(function)
    texts: dict[str, Callable[..., str]] = {
        "clock": time_text,
        "month": month_text,
        "weekday": weekday_text,
        "distance": distance_text,
    }
    for name, text in texts.items():
        app.add_template_filter(text, name)


def money(minor: int | None, currency: str = "USD") -> str:
    """Return an amount of minor units as text: 1500000 becomes "$15,000"; "" for None."""
    return "" if minor is None else Money(minor, currency).spoken()


def ago(then: date) -> str:
    """Return how long ago ``then`` was, as a phrase."""
    return time_ago(local_date(then), local_date(now()))


def day(then: date) -> str:
    """Return a date with its weekday, such as "Wed, Dec 2", and with its year unless that is this year."""
    return day_text(then, today=local_date(now()))


def since(then: date) -> str:
    """Return when something was, as one says it: "today", "yesterday", "on Monday", "on Nov 4"."""
    passed = (local_date(now()) - local_date(then)).days
    if passed < 2:
        return gettext("yesterday") if passed == 1 else gettext("today")
    return gettext("on %(day)s", day=weekday_text(then) if passed < 7 else date_text(then, has_year=passed > 300))


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
