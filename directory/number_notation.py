"""Number notation: how countries and currencies write numbers, and the values that digits can have.

>>> values("1.234,56", ("US",)), values("15.000", ("DE",)), values("15.000", ("US",))
((Decimal('1234.56'),), (Decimal('15000'),), (Decimal('15000'), Decimal('15.000')))
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol, get_group_symbol, get_territory_currencies

BLANKS = " \u00a0\u202f\u2009\u2007"
DIGITS = rf"\d{{1,3}}(?:[{BLANKS}'’]\d{{3}})+(?![\d'’])(?:[.,]\d{{1,2}}(?!\d))?|\d+(?:[.,]\d+)*"
_SMALL = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17},
    **{"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60},
    **{"seventy": 70, "eighty": 80, "ninety": 90},
}
_LARGE = {"hundred": 100, "thousand": 1000, "lakh": 10**5, "lakhs": 10**5, "million": 10**6, "crore": 10**7}
_FIRST = rf"(?:{'|'.join(sorted(_SMALL, key=len, reverse=True))})"
_WORD = rf"(?:{'|'.join(sorted([*_SMALL, *_LARGE], key=len, reverse=True))})"
_ONE = r"(?:half\s+an?|an?|a\s+couple(?:\s+of)?)(?=\s+(?:hundred|thousand|lakh|million|crore)\b)"
WORDS = (
    rf"(?i:\b(?:{_FIRST}|{_ONE}\s+{_WORD}|an?(?=\s+grand\b))"
    rf"(?:(?:\s+and\s+an?\s+half)|(?:(?:\s+and)?[\s-]+{_WORD}))*\b)"
)


@lru_cache(maxsize=300)
def locale_of(country: str) -> Locale | None:
    """Return the locale of the most people of a country (ISO 3166-1), American where they write from right to left.

    None where the country is not known.
    """
    try:
        locale = Locale.parse(f"und_{country}") if country else None
    except (UnknownLocaleError, ValueError):
        return None
    return Locale("en", "US") if locale and locale.character_order == "right-to-left" else locale


def currency_of(country: str) -> str:
    """Return the currency of a country, and USD where that is not known.

    >>> currency_of("DE"), currency_of("CH"), currency_of("")
    ('EUR', 'CHF', 'USD')
    """
    return next(iter(get_territory_currencies(country) if country else ()), "USD")


@lru_cache(maxsize=300)
def notation(country: str) -> tuple[str, str]:
    """Return the signs before the decimals and between the thousands in a country; "" where it is not known.

    >>> notation("US"), notation("DE"), notation("CH")
    (('.', ','), (',', '.'), ('.', "'"))
    """
    locale = locale_of(country)
    if locale is None:
        return "", ""
    group = get_group_symbol(locale)
    return get_decimal_symbol(locale), " " if group in BLANKS else group.replace("’", "'")


def values(digits: str, countries: Sequence[str], *, is_fine: bool = False) -> tuple[Decimal, ...]:
    """Return what ``digits`` can mean in the notations of ``countries``, likeliest first; none for what is no number.

    One sign with three digits after it parts thousands where one of the countries writes so, and is otherwise both
    things, as it is where three decimals or more are usual (``is_fine``).
    """
    text = re.sub(rf"[{BLANKS}’]", "'", digits)
    signs = re.findall(r"[.,']", text)
    if not signs:
        return (Decimal(text),)
    head, *groups = re.split(r"[.,']", text)
    last = signs[-1]
    if len(set(signs)) == 1 and (len(signs) > 1 or last == "'"):
        return (Decimal(head + "".join(groups)),) if _are_groups(head, groups) else ()
    if len(set(signs)) > 1:
        is_number = signs.count(last) == 1 and len(set(signs)) == 2 and _are_groups(head, groups[:-1])
        return (Decimal(f"{head}{''.join(groups[:-1])}.{groups[-1]}"),) if is_number else ()
    whole, fraction = Decimal(head + groups[0]), Decimal(f"{head}.{groups[0]}")
    if len(groups[0]) > 3 and not is_fine:
        return ()  # a slip, such as "15,0000"
    if len(groups[0]) != 3 or len(head) > 3 or head.startswith("0"):
        return (fraction,)
    is_group = not is_fine and last in {notation(country)[1] for country in countries}
    return (whole,) if is_group else (whole, fraction)


def _are_groups(head: str, groups: Sequence[str]) -> bool:
    """Whether the digits stand in threes, or as in India in twos and a last three."""
    lengths = [len(group) for group in groups]
    return bool(lengths) and 0 < len(head) <= 3 and lengths[-1] == 3 and set(lengths[:-1]) in ({3}, {2}, set())


def value_of_words(words: str) -> tuple[Decimal, int]:
    """Return the number that ``words`` name, and the unit it ends with.

    >>> value_of_words("one and a half million"), value_of_words("twenty-five hundred")
    ((Decimal('1500000.0'), 1000000), (Decimal('2500'), 100))
    """
    total, current, unit = Decimal(0), Decimal(0), 1
    text = re.sub(r"half\s+an?\b", "half", words.lower())
    for word in re.findall(r"[a-z]+", text):
        if word == "half":
            current += Decimal("0.5") if unit == 1 else Decimal("0.5") * unit
        elif word == "couple":
            current += 2
        elif word in _SMALL:
            current, unit = current + _SMALL[word], 1
        elif word in _LARGE:
            unit = _LARGE[word]
            current = (current or Decimal(1)) * unit
            if unit > 100:
                total, current = total + current, Decimal(0)
    return total + current or Decimal(1), unit
