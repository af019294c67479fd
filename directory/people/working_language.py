"""Tongues: the languages a firm works in, ISO 639-1 codes that people read by their names."""

import re
from collections.abc import Collection

from babel import Locale, localedata

from directory.errors import Invalid
from directory.translation import gettext as _

# Those that a network is likely to speak; any other with a name may be added here.
LANGUAGES: tuple[str, ...] = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "ga", "he", "hi", "hr"),
    *("hu", "id", "is", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "nv", "pl", "pt", "ro", "ru", "sk", "sl"),
    *("so", "sq", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
)


def language_name(code: str) -> str:
    """The language's English name.

    >>> language_name("es")
    'Spanish'
    """
    return str(Locale("en").languages.get(code, code)).removesuffix(" Bokmål")


def languages_by_name(text: str) -> list[str]:
    """The codes of the languages that ``text`` lists, by English or own name. Raises Invalid for one not known.

    >>> languages_by_name("Spanish, english")
    ['en', 'es']
    """
    codes = {name.casefold(): code for code in LANGUAGES for name in (_own_name(code), language_name(code), code)}
    said = [word.strip() for word in re.split(r"[,;/\n]| and ", text) if word.strip()]
    for word in said:
        if word.casefold() not in codes:
            message = _("We do not know “%(word)s” as a language. Write them as English, Spanish.", word=word[:40])
            raise Invalid(message, field="languages")
    return clean_languages({codes[word.casefold()] for word in said})


def _own_name(code: str) -> str:
    return (Locale(code).get_display_name(code) if localedata.exists(code) else None) or code


def clean_languages(codes: Collection[str]) -> list[str]:
    """The codes in the order of LANGUAGES. Raises Invalid where one is not among them."""
    if not set(codes) <= set(LANGUAGES):
        raise Invalid(_("Choose languages from the list."), field="languages")
    return [code for code in LANGUAGES if code in codes]
