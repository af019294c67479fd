"""Amounts of money as people write them, in forms and in the middle of a text.

>>> read_amount("€15.000", country="US").value, read_amount("15,5k", country="DE").value
(Money(minor=1500000, currency='EUR'), Money(minor=1550000, currency='EUR'))
>>> read_amount("15.000", country="US").question
'Do you mean $15,000 or $15?'
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision

from directory.errors import Invalid
from directory.interpretation.value_or_question import Reading
from directory.money import Money
from directory.number_notation import DIGITS, WORDS, currency_of, value_of_words, values
from directory.translation import gettext as _

LARGEST = 10**15  # minor units
# A sign or name of a currency, and the currencies it can mean: the country's own if it is among them, else the first;
# those joined by "|" are as likely as one another.
_MEANT = {
    "$": "USD CAD AUD NZD SGD HKD MXN ARS CLP COP TWD JMD TTD BSD BZD BBD NAD FJD",
    "€ euro": "EUR",
    "£ £gb pound quid": "GBP EGP",
    "¥ yen": "JPY CNY",
    "₹ rupee rs": "INR PKR LKR NPR MUR",
    "₩ won": "KRW",
    "₪ shekel": "ILS",
    "₺ lira": "TRY",
    "₽ ruble": "RUB",
    "₫ dong": "VND",
    "₱": "PHP",
    "฿ baht": "THB",
    "₦ naira": "NGN",
    "₴": "UAH",
    "r$ reais real": "BRL",
    "nt$": "TWD",
    "us$ $us": "USD",
    "au$ a$ $au": "AUD",
    "ca$ c$ $ca": "CAD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "mx$": "MXN",
    "dollar buck": "USD CAD AUD NZD SGD HKD TWD JMD TTD BSD BZD BBD NAD FJD",
    "fr sfr franc franken": "CHF",
    "kr krona krone kronor kroner": "SEK|NOK|DKK|ISK",
    "peso": "MXN|PHP|ARS|CLP|COP",
    "zł zloty zlotys złoty złotych": "PLN",
    "kč": "CZK",
    "ft forint": "HUF",
    "r rand": "ZAR",
    "yuan rmb": "CNY",
    "dirham": "AED|MAD",
}
_CURRENCIES = {name: meant for names, meant in _MEANT.items() for name in names.split()}
_UNITS = {
    "k tsd tys grand thousand mille tausend": 10**3,
    "m mm mn mio mil mill mln million millions millionen": 10**6,
    "bn billion": 10**9,
    "lakh lakhs lac lacs": 10**5,
    "cr crore crores": 10**7,
}
_TIMES = {name: times for names, times in _UNITS.items() for name in names.split()}
_SIGN = r"(?i:\$(?:us|au|ca)\b|\b(?:us|au|ca|nz|hk|mx|nt|[acsr])\$|\$|£gb\b|[€£¥₹₩₪₽₺₫₱฿₦₴$])"
_NAME = (
    r"(?i:(?:dollar|buck|euro|pound|rupee|franc|rand|dirham|peso|shekel|forint|ruble)s?\b|euros?\b|quid\b|yen\b|yuan\b"
    r"|rmb\b|won\b|baht\b|naira\b|zlotys?\b|złot(?:y|ych)\b|zł|kč|kron(?:a|e|or|er)\b|(?:rs|fr|sfr|kr|ft)\b\.?"
    r"|reais\b|franken\b)"
)
_TIMES_PATTERN = rf"(?i:(?:{'|'.join(sorted(_TIMES, key=len, reverse=True))})(?![\w²³])\.?)"


@cache
def _codes_in_use() -> frozenset[str]:
    territories = get_global("territory_currencies").values()
    return frozenset(code for used in territories for code, _since, until, is_tender in used if is_tender and not until)


@cache  # compiled when the first amount is read, since it takes a while
def _pattern() -> re.Pattern[str]:
    code = rf"\b(?:{'|'.join(sorted(_codes_in_use()))}|(?i:usd|eur|gbp|chf|cad|aud|inr))(?![^\W\d])"
    ends = [
        rf"(?:(?P<before{end}>{_SIGN}|{code}|\bR(?=\s?\d)|(?i:\b(?:rs|fr|sfr|kr|euros?)(?![^\W\d])\.?))\s?"
        rf"|(?<![\w.,#/:@]))(?P<number{end}>{DIGITS}|{WORDS})"
        rf"(?:\s?(?P<times{end}>{_TIMES_PATTERN}))?(?:\s?(?P<after{end}>{_SIGN}|{code}|{_NAME}))?"
        for end in "12"
    ]
    return re.compile(rf"{ends[0]}(?:\s?(?P<to>-|–|—|\bto\b|\band\b|\bor\b|\bbis\b)\s?{ends[1]})?")


_IS_CUT = re.compile(r"[/:@]?\d|[\w%°²³]|[-–](?!ish\b)\w")  # the number goes on, or is part of a word
_BETWEEN = re.compile(r"\bbetween\s{1,3}$", re.IGNORECASE)
_HEDGE = re.compile(
    r"[\s.:~≈(]*(?:(?:a|the|my|our|is|of|from|around|about|roughly|approx(?:imately)?|circa|ca|say|maybe|some"
    r"|nearly|almost"
    r"|between|up\s+to|max(?:imum)?|at\s+most|no\s+more\s+than|less\s+than|under|below|budget)\b[\s.:~≈]*)*",
    re.IGNORECASE,
)
_REST = re.compile(
    r"[\s,.+]*(?:[-–—]{1,2}|-?ish|max(?:imum)?|at\s+most|tops|total|in\s+total|or\s+so|all\s+in|budget"
    r"|(?:a|per|/|each)\s*(?:month|mo|year|yr|annum)\b)?\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WrittenAmount:
    """An amount at ``text[start:end]``. ``choices`` are what its larger end can mean, ``low`` its smaller end."""

    start: int
    end: int
    choices: tuple[Money, ...]
    low: Money | None
    has_currency: bool
    has_unit: bool  # such as "k" or "million"


def read_amount(text: str, *, country: str, currency: str = "", is_range_allowed: bool = False) -> Reading[Money]:
    """Read a text that is one amount and nothing else. Raises Invalid where it is none.

    A sign or code decides the currency, else ``currency``, else that of ``country`` (ISO 3166-1). Of a range the
    larger end counts where ``is_range_allowed``; elsewhere it is a question.
    """
    line = plain(text)
    found = next(written_amounts(line, country=country, currency=currency), None)
    is_all = found and found.choices and _HEDGE.fullmatch(line[: found.start]) and _REST.fullmatch(line[found.end :])
    if found is None or not is_all:
        raise Invalid(_("Enter an amount such as %(amount)s.", amount=Money(1_500_000, "USD").spoken()[1:]))
    choices = found.choices if found.low is None or is_range_allowed else (found.low, *found.choices)
    return one_of(choices, country)


def parse_amount(
    text: str, *, country: str, currency: str = "", is_range_allowed: bool = False, field: str | None = None
) -> Money:
    """Return the amount in ``text``, as ``read_amount``. Raises Invalid, which asks where it could be two things."""
    try:
        reading = read_amount(text, country=country, currency=currency, is_range_allowed=is_range_allowed)
    except Invalid as error:
        raise Invalid(error.message, field=field) from None
    if reading.value is None:
        raise Invalid(reading.question, field=field)
    return reading.value


def one_of(choices: tuple[Money, ...], country: str) -> Reading[Money]:
    """Return the one choice, or a question between the first two."""
    if len(choices) == 1:
        return Reading(choices[0])
    first, second = (choice.spoken(country) for choice in choices[:2])
    return Reading(question=_("Do you mean %(first)s or %(second)s?", first=first, second=second), choices=choices)


def plain(text: str) -> str:
    """Return at most 4,000 characters in NFKC without invisible ones, with one plain blank between words.

    >>> plain("15\\u202f000 ＄")
    '15 000 $'
    """
    text = unicodedata.normalize("NFKC", text[:4000])[:4000]
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", visible)).strip()


def written_amounts(text: str, *, country: str, currency: str = "") -> Iterator[WrittenAmount]:
    """Yield the numbers in a plain text that can be amounts, in its order, whatever they count."""
    own = currency or currency_of(country)
    for match in _pattern().finditer(text):
        ends = [_End.of(match, suffix, own) for suffix in "12" if match[f"number{suffix}"]]
        if _IS_CUT.match(text, match.end()):
            ends.pop()
        is_range = len(ends) == 2 and (
            (match["to"] != "and" or _BETWEEN.search(text, 0, ends[0].start) is not None)
            and (not ends[0].codes or not ends[1].codes or ends[0].codes == ends[1].codes)
        )
        if is_range:
            codes = ends[1].codes or ends[0].codes
            low, high = (end.written(codes, own, country) for end in ends)
            yield replace(high, start=low.start, low=_lower(low, high, ends[1].unit if ends[0].unit == 1 else 1))
        else:
            yield from (end.written(end.codes, own, country) for end in ends)


def _lower(low: WrittenAmount, high: WrittenAmount, unit: int) -> Money | None:
    """Return the smaller end of a range, in the unit of the larger one where it has none itself, as in "3-4k"."""
    if not low.choices or not high.choices:
        return None
    first, most = low.choices[0], high.choices[0].minor
    minor = first.minor * unit if first.minor * unit < most else first.minor
    return Money(minor, first.currency) if minor < most else None


@dataclass(frozen=True)
class _End:
    """One end of a range, or an amount alone: its digits or words as written."""

    start: int
    end: int
    number: str
    times: int
    codes: tuple[str, ...]

    @classmethod
    def of(cls, match: re.Match[str], suffix: str, own: str) -> "_End":
        before, number, times, after = (
            match[f"{name}{suffix}"] or "" for name in ("before", "number", "times", "after")
        )
        names = [match.span(f"{name}{suffix}") for name in ("before", "number", "times", "after")]
        return cls(
            min(start for start, _ in names if start >= 0),
            max(end for _, end in names),
            number,
            _TIMES.get(times.lower().rstrip("."), 1),
            _currencies(before, own) or _currencies(after, own),
        )

    @property
    def unit(self) -> int:
        return self.times if self.number[0].isdigit() else max(self.times, value_of_words(self.number)[1])

    def written(self, codes: tuple[str, ...], own: str, country: str) -> WrittenAmount:
        """Return what this can mean in these currencies."""
        moneys = [
            Money(int((number * self.times).scaleb(get_currency_precision(code))), code)
            for number in self._values(codes or (own,), country)
            for code in codes or (own,)
        ]
        choices = tuple(money for money in moneys if money.minor <= LARGEST)
        return WrittenAmount(self.start, self.end, choices, None, bool(codes), self.unit > 1)

    def _values(self, codes: tuple[str, ...], country: str) -> tuple[Decimal, ...]:
        if not self.number[0].isdigit():
            return (value_of_words(self.number)[0],)
        countries = ["DE" if code == "EUR" else code[:2] for code in codes]
        if get_currency_precision(codes[0]) < 3:
            countries.append(country)
        found = values(self.number, countries, is_fine=self.times > 1)
        return found[1:] if len(found) > 1 and self.times >= 10**6 else found  # "1.250 million" is no milliard


def _currencies(name: str, own: str) -> tuple[str, ...]:
    """Return the currencies that a sign, code or name can mean; none for what is no currency."""
    if name.upper() in _codes_in_use():
        return (name.upper(),)
    key = name.lower().rstrip(".")
    if (key == "r" and own != "ZAR") or (key == "ft" and own != "HUF"):
        return ()  # the zone R2, and feet
    meant = _CURRENCIES.get(key) or _CURRENCIES.get(key.removesuffix("s"), "")
    codes = tuple(meant.replace("|", " ").split())
    return (own,) if own in codes else codes if "|" in meant else codes[:1]
