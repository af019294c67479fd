"""Working languages of a firm: ISO 639-1 codes, and their names as people type them."""

import re
from collections.abc import Collection

from babel import Locale, localedata

from directory.errors import Invalid
from directory.translation import gettext as _

# Languages that a network is likely to use; any other that Babel can name may be added.
LANGUAGES: tuple[str, ...] = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "ga", "he", "hi", "hr"),
    *("hu", "id", "is", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "nv", "pl", "pt", "ro", "ru", "sk", "sl"),
    *("so", "sq", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
)


def language_name(code: str) -> str:
    """Return the language's English name.

    >>> language_name("es")
    'Spanish'
    """
    return str(Locale("en").languages.get(code, code)).removesuffix(" Bokmål")


def languages_by_name(text: str) -> list[str]:
    """Return the codes of the languages listed in ``text``, by English or own name. Raises Invalid for an unknown one.

    >>> languages_by_name("Spanish, english")
    ['en', 'es']
    """
    codes = {name.casefold(): code for code in LANGUAGES for name in (_own_name(code), language_name(code), code)}
    words = [word.strip() for word in re.split(r"[,;/\n]| and ", text) if word.strip()]
    for word in words:
        if word.casefold() not in codes:
            message = _("We do not know “%(word)s” as a language. Enter them as English, Spanish.", word=word[:40])
            raise Invalid(message, field="languages")
    return clean_languages({codes[word.casefold()] for word in words})


def _own_name(code: str) -> str:
    return (Locale(code).get_display_name(code) if localedata.exists(code) else None) or code


def clean_languages(codes: Collection[str]) -> list[str]:
    """Return the codes in the order of LANGUAGES. Raises Invalid if one is not in it."""
    if not set(codes) <= set(LANGUAGES):
        raise Invalid(_("Choose languages from the list."), field="languages")
    return [code for code in LANGUAGES if code in codes]
