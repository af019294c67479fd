"""Spans of days: the forms in which people write a day, month, season or holiday, and the days that each means.

A form returns for each thing that it can mean the same span in one year after the other, as first and last day; None
for a day that cannot be computed; nothing for what is no date.
"""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from directory.interpretation.holiday_dates import HOLIDAYS, MOVING, holiday, season
from directory.number_notation import locale_of

Span = tuple[date, date]
Spans = Sequence[Sequence[Span]]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
YEAR = r"(?:,? (?P<year>20\d\d)\b)?"
_COUNT = rf"(?:\d{{1,3}}|an?|the|{'|'.join(_NUMBERS)}|(?:a )?couple(?: of)?)"


@dataclass(frozen=True)
class Form:
    """A way to write days.

    ``needs_cue``: it is a date only after a word such as "by", but not after those of ``never_after``; ``is_capital``:
    in small letters it is another word.
    """

    pattern: str
    spans: Callable[[re.Match[str], date, str], Spans | None]
    needs_cue: bool = False
    never_after: tuple[str, ...] = ()
    is_capital: bool = False


def _numeric(match: re.Match[str], today: date, country: str) -> Spans | None:
    """Read "3/4", "15.2.2027" and "2027-02-15"."""
    numbers = [int(number) for number in re.findall(r"\d+", match[0])]
    if numbers[0] > 99:
        return _dates(today, numbers[0], (numbers[1], numbers[2]))
    year = numbers[2] % 100 + 2000 if len(numbers) > 2 else None
    month_first, day_first = (numbers[0], numbers[1]), (numbers[1], numbers[0])
    if "." in match[0]:
        return _dates(today, year, day_first)
    locale = locale_of(country)
    order = locale.date_formats["short"].pattern[:1] if locale else "y"
    likely = {"M": (month_first,), "d": (day_first,)}.get(order, (month_first, day_first))
    possible = [pair for pair in likely if pair[0] <= 12 and pair[1] <= 31]
    return _dates(today, year, *dict.fromkeys(possible or [pair for pair in (month_first, day_first) if pair[0] <= 12]))


def _month_day(match: re.Match[str], today: date, country: str) -> Spans | None:
    year = int(match["year"]) if match["year"] else None
    return _dates(today, year, (_MONTHS.index(match["month"][:3].lower()) + 1, int(match["day"])))


def _dates(today: date, year: int | None, *pairs: tuple[int, int]) -> Spans | None:
    """Return the days with these months and days of the month; None where no year has one of them."""
    years = (year,) if year else range(today.year, today.year + 9)
    days = [
        [
            date(each, month, day)
            for each in years
            if 1 <= month <= 12 and 0 < day <= calendar.monthrange(each, month)[1]
        ]
        for month, day in pairs
    ]
    return [[(day, day) for day in meant] for meant in days] if days and all(days) else None


def _nth(match: re.Match[str], today: date, country: str) -> Spans | None:
    number, of = int(match["day"]), (match["of"] or "").lower()
    months = [_month(today.year, today.month + ahead) for ahead in range(3)]
    months = months[1:2] if "next" in of else months[:1] if "this" in of else months
    days = [first + timedelta(number - 1) for first, last in months if 0 < number <= last.day]
    return [[(day, day) for day in days]] if days else None


def _month_name(match: re.Match[str], today: date, country: str) -> Spans | None:
    number = _MONTHS.index(match["month"][:3].lower()) + 1
    if match["year"]:
        return [[_month(int(match["year"]), number)]]
    spans = [_month(year, number) for year in (today.year, today.year + 1, today.year + 2)]
    is_next = re.search(r"\bnext $", match.string[max(0, match.start() - 6) : match.start()], re.IGNORECASE)
    return [spans[:1], spans[1:]] if is_next and number > today.month else [spans]


def _weekday(match: re.Match[str], today: date, country: str) -> Spans | None:
    number, which = _WEEKDAYS.index(match["day"][:3].lower()), (match["which"] or "").lower().strip()
    coming = today + timedelta((number - today.weekday() - 1) % 7 + 1)
    monday = today + timedelta(7 - today.weekday())
    following = monday + timedelta(number)
    if (match["week"] and "next" not in match["week"]) or re.search(
        r"\b(?:weeks?|days?) (?:from|after) $", match.string[: match.start()][-16:]
    ):
        return None
    if match["week"]:
        return [[(following, following)]]
    if which == "next" and (coming < monday or today.weekday() == 6):
        return [[(coming, coming)], [(coming + timedelta(7),) * 2]]
    return [[(coming, coming)]]


def _relative(match: re.Match[str], today: date, country: str) -> Spans | None:
    words = re.sub(r"^eo(?=.$)", "end ", match[0].lower().replace("-", " "))
    monday = today - timedelta(today.weekday())
    is_next = words.startswith("next")
    if "day" in words or words in ("tonight", "end d", "cob", "tomorrow"):
        day = today + timedelta(("tomorrow" in words) + ("after" in words))
        return [[(day, day)]]
    if "weekend" in words:
        saturday = monday + timedelta(5)
        spans = [(saturday + timedelta(7 * ahead), saturday + timedelta(7 * ahead + 1)) for ahead in (0, 1)]
        return [spans[:1], spans[1:]] if is_next and today.weekday() < 5 else [spans[is_next:]]
    if "week" in words or words == "end w":
        first = monday + timedelta(7 * is_next)
        spans = [(first, first + timedelta(4)), (first, first + timedelta(6))]
    elif "month" in words or words == "end m":
        spans = [_month(today.year, today.month + is_next)]
    elif "quarter" in words:
        start = (today.month - 1) // 3 * 3 + 1 + 3 * is_next
        spans = [(_month(today.year, start)[0], _month(today.year, start + 2)[1])]
    else:
        spans = [(date(today.year + is_next, 1, 1), date(today.year + is_next, 12, 31))]
    return [[(last, last) for _first, last in spans] if "end" in words else spans]


def _ahead(match: re.Match[str], today: date, country: str) -> Spans | None:
    """Read "in two weeks"; of "in 3-4 weeks" the later day."""
    word, unit = (match["to"] or match["count"]).lower(), match["unit"].lower()
    if re.search(r"few|several", word):
        return None
    count = (
        int(word) if word.isdigit() else _NUMBERS.index(word) + 1 if word in _NUMBERS else 2 if "coup" in word else 1
    )
    if unit[0] in "my":
        first, last = _month(today.year, today.month + count * (12 if unit[0] == "y" else 1))
        day = min(first + timedelta(today.day - 1), last)
    elif unit in ("week", "wk", "fortnight"):
        day = today + timedelta((14 if unit == "fortnight" else 7) * count)
    elif unit[0] == "h":
        day = today + timedelta(-(-count // 24))
    else:
        day, left = today, count
        while left:
            day += timedelta(1)
            left -= unit == "day" or day.weekday() < 5
    return [[(day, day)]]


def _quarter(match: re.Match[str], today: date, country: str) -> Spans | None:
    number = int(match["number"] or "1f2s3t4".index(re.sub(r"^fo.*", "4", match["word"].lower())[0]) // 2 + 1)
    years = (int(match["year"]),) if match["year"] else (today.year, today.year + 1)
    return [[(_month(year, 3 * number - 2)[0], _month(year, 3 * number)[1]) for year in years]]


def _season(match: re.Match[str], today: date, country: str) -> Spans | None:
    years = (int(match["year"]),) if match["year"] else (today.year - 1, today.year, today.year + 1)
    return [[season(match["name"].lower().replace("fall", "autumn"), year, country) for year in years]]


def _holiday(match: re.Match[str], today: date, country: str) -> Spans | None:
    years = (int(match["year"]),) if match["year"] else (today.year, today.year + 1)
    name = match["name"].lower().replace("’", "'")
    if name == "new year" and re.search(r"\bin the $", match.string[: match.start()][-8:], re.IGNORECASE):
        return None
    days = [day for year in years if (day := holiday(name, year, country))]
    return [[(day, day) for day in days]] if days else None


def _year(match: re.Match[str], today: date, country: str) -> Spans | None:
    year = int(match[0])
    return [[(date(year, 1, 1), date(year, 12, 31))]]


def _unknown(match: re.Match[str], today: date, country: str) -> Spans | None:
    return None


def _month(year: int, month: int) -> Span:
    """Return the first and last day of a month, counted on beyond 12."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?-i:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)(?![\w'’]))"
_CLOCK = r"\d\d?(?::\d\d| ?[ap]\.?m\b)"
_ON_A = rf"(?:{_WEEKDAY},? (?:the )?)?"
_NAMES = "|".join(re.escape(name).replace("'", "['’]") for name in HOLIDAYS)
FORMS = (
    Form(r"\b20\d\d[-/]\d\d?[-/]\d\d?\b", _numeric),
    Form(rf"\b(?:{MOVING}|(?:\w+ )?bank holiday|{MONTH} (?:holidays|break))\b", _unknown, needs_cue=True),
    Form(
        r"(?<![\d./])\d\d?\. ?\d\d?\. ?(?:20)?\d\d\b|(?<![\d./])\d\d?/\d\d?/(?:20)?\d\d\b(?!/)"
        r"|(?<![\d-])\d\d?-\d\d?-20\d\d\b",
        _numeric,
    ),
    Form(
        r"(?<![\d./])\d\d?(?:/\d\d?|\.\d\d?\.)(?![\d/])(?! ?(?:of|inch|\"|hp|cup|size|page|acre|mile))",
        _numeric,
        needs_cue=True,
        never_after=("at", "in", "over", "during", "this", "for"),
    ),
    Form(
        rf"\b{_ON_A}(?P<month>{MONTH}) (?:the )?(?P<day>\d\d?)(?:st|nd|rd|th)?\b(?![:%]|,\d){YEAR}",
        _month_day,
        is_capital=True,
    ),
    Form(
        rf"\b{_ON_A}(?P<day>\d\d?)(?:st|nd|rd|th|\.)?(?: ?(?:-|–|to) ?\d\d?(?:st|nd|rd"
        rf"|th)?)? (?:of )?(?P<month>{MONTH}){YEAR}",
        _month_day,
    ),
    Form(rf"\b(?P<month>{MONTH}),? (?P<year>20\d\d)\b", _month_name),
    Form(rf"\b(?P<name>{_NAMES})\b(?:['’]?s?(?: day| eve)?){YEAR}", _holiday),
    Form(
        rf"\b{_ON_A}(?P<day>\d\d?)(?:st|nd|rd|th)\b(?P<of> of (?:the|this|next) month)?(?= *(?:$|[.,;!?)\n]|(?:at"
        rf"|or|and"
        r"|for|to|is|we|if|in|because|when)\b))",
        _nth,
        needs_cue=True,
        never_after=("at", "in", "over", "during", "this"),
    ),
    Form(
        rf"(?<!to )(?<!through )(?<![-–])\b(?P<which>next |this |coming )?(?P<day>{_WEEKDAY})\b"
        rf"(?!,? (?:the )?(?:(?!{_CLOCK})\d|{MONTH})| ?(?:-|–|to|through) ?{_WEEKDAY}|['’]s"
        rf"| (?:school|brunch|market|mass|service|roast)\b)"
        r"(?P<week> next week| week\b| (?:after|before) (?:the |(?-i:[A-Z])))?",
        _weekday,
    ),
    Form(rf"\b(?P<month>{MONTH})(?!['’]s|(?-i: [A-Z][a-z])){YEAR}", _month_name, needs_cue=True, is_capital=True),
    Form(
        r"\b(?:the day after tomorrow|tomorrow|tonight|(?:end of (?:the )?|to)day(?= *(?:$|[.,!?;\n]))|(?:eo[dwmy]"
        r"|cob)(?! (?:on |this |next )?(?:mon|tue|wed|thu|fri|sat|sun))|month[- ]end|year[- ]end"
        r"|the weekend|(?:this|next|coming) (?:weekend|week|month|quarter)|next year"
        r"|(?:(?<=later )|(?<=end of |art of |dle of |ing of ))this year"
        r"|(?:the )?(?<=end of |art of |dle of |ing of |of the )(?:week|month|quarter|year))\b(?!['’]s)",
        _relative,
    ),
    Form(
        rf"\b(?:(?:in|within|(?:over|in|during) the next)(?: about| around| roughly)? "
        rf"|(?=[\w -]{{3,40}} from (?:now|today)\b))"
        rf"(?P<count>{_COUNT}|(?:a )?few|several)"
        rf"(?: ?(?:-|–|to|or) ?(?P<to>{_COUNT}))? (?P<unit>hour|hr|day|business day|working day|week|wk|fortnight"
        rf"|month|year|yr)s?\b(?! and a half)",
        _ahead,
    ),
    Form(
        r"\b(?:q(?P<number>[1-4])|(?P<word>first|second|third|fourth|1st|2nd|3rd|4th) quarter)\b(?: of)?" + YEAR,
        _quarter,
    ),
    Form(
        rf"\b(?P<name>spring|summer|autumn|fall|winter)\b(?!['’]s|[- ](?:clean|sale|break|camp)){YEAR}",
        _season,
        needs_cue=True,
    ),
    Form(
        r"\bbefore (?:(?:we|i) (?:open|launch|move|reopen|fly|go live|get married)"
        r"|(?:the|our|his|her|their) (?:opening|launch|season|wedding|move|event|show|party))\b(?! (?:in|on)\b)",
        _unknown,
    ),
    Form(
        r"\b20\d\d\b(?![-/%])",
        _year,
        needs_cue=True,
        never_after=("for", "is", "on", "at", "over", "this", "due", "done", "finished", "delivered", "needed"),
    ),
)
