"""Translation without Flask: gettext functions, and how lists and dates are put into words.

English is the source text; pages use the same catalogs through Flask-Babel.
"""

from contextvars import ContextVar
from datetime import date

from babel.dates import format_date
from babel.support import NullTranslations, Translations

translations: ContextVar[NullTranslations] = ContextVar("translations", default=Translations())  # noqa: B039


def gettext(message: str, **values: object) -> str:
    """Return ``message`` in the reader's language, with its ``%(name)s`` placeholders filled.

    >>> gettext("%(name)s vouches for you", name="Carla")
    'Carla vouches for you'
    """
    return translations.get().ugettext(message) % values


def N_(message: str) -> str:  # noqa: N802 - the name by which catalogs are extracted
    """Mark ``message`` for extraction into the catalogs; ``gettext`` translates it where it is shown."""
    return message


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the singular or plural form for ``count``, which fills ``%(count)s``."""
    return translations.get().ungettext(one, many, count) % {"count": count, **values}


def join_as_list(items: list[str]) -> str:
    """Return the items as one phrase.

    >>> join_as_list(["design", "build", "care"])
    'design, build and care'
    """
    if len(items) < 2:
        return "".join(items)
    return gettext("%(most)s and %(last)s", most=", ".join(items[:-1]), last=items[-1])


def time_ago(then: date, today: date) -> str:
    """Return how long ago ``then`` was, as a phrase.

    >>> time_ago(date(2024, 3, 1), date(2026, 1, 1)), time_ago(date(2026, 8, 2), date(2026, 11, 1))
    ('in 2024', 'in August')
    """
    days = (today - then).days
    if days <= 0:
        return gettext("today")
    if days == 1:
        return gettext("yesterday")
    if days < 14:
        return gettext("%(days)s days ago", days=days)
    if then.year == today.year or days < 200:
        return gettext("in %(month)s", month=format_date(then, "LLLL", locale="en_US"))
    return gettext("in %(year)s", year=then.year)
