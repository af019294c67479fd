"""Due dates: the day by which something must be done, as people say it in a text.

>>> today = date(2026, 11, 30)
>>> [read_due_date(text, today=today, country="US").value for text in ("by mid-June", "before Black Friday", "ASAP")]
[datetime.date(2027, 6, 15), datetime.date(2027, 11, 25), None]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import islice, pairwise

from directory.interpretation.date_expression import FORMS, Form, Spans
from directory.interpretation.value_or_question import Reading
from directory.interpretation.written_amount import plain
from directory.local_format import date_text
from directory.translation import gettext as _

DATES = 60  # of one form that are looked at, the first of a text: each costs time
NEAR = 60  # characters before a date that say what it is
_EDGE = re.compile(
    r"\b(?:(?P<last>the end(?: of)?|end(?: of)?|close of|late(?:r)?(?: in)?|(?:the )?second half of"
    r"|(?:the )?last week (?:of|in))"
    r"|(?P<first>(?:the )?(?:very )?(?:beginning|start)(?: of)?|(?:the )?first week (?:of|in))"
    r"|(?P<early>early(?: in)?)|(?P<middle>mid(?:dle)?(?: of)?|the middle of|(?:the )?first half of)"
    r"|(?P<second>(?:the )?second week (?:of|in))|(?P<third>(?:the )?third week (?:of|in)))[ -](?:the )?(?:this )?$",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:^|(?<![\w'’]))(?:(?P<start>not (?:before|until)|no (?:earlier|sooner) than|from|as of|starting(?: in| on"
    r"| from)?"
    r"|beginning(?: in| on)?)|(?P<by>deadline of|by|until|till|til|no later than|not later than|latest|deadline(?: is)?"
    r"|due(?: date)?(?: is| on| by)?|ready for"
    r"|in time for|needed|finished|done|delivered|completed?|for)|(?P<before>before|ahead of|prior to)"
    r"|(?P<within>in|on|during|at|over|is|this|next|(?:expires?|ends?|runs out)(?: on)?)"
    r"|(?P<never>since|last|after|every|each|per|ago|between|about|of|past|following))[ :]+(?:the )?(?:this |next "
    r"|coming )?$",
    re.IGNORECASE,
)
_EVENT = re.compile(r"\b(?:before|by|until|for)(?! the (?:end|start|begin|middle))[^.,;!?\n]{2,45}$", re.IGNORECASE)
_COUNTED_FROM = re.compile(r"\b(?:days?|weeks?|months?) (?:before|after|prior to|ahead of) (?:the )?$", re.IGNORECASE)
_WANTED = re.compile(
    r"\b(?:deadline|due|ready|done|finished|delivered|live|needs? to be|must be|has to be|no later"
    r"|latest)\b[^.,;!?\n]*$",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:(?:we|they|i|he|she|it|who|client|customer) (?!need)\w+ed|opened|started|founded|launched|built|bought|hired"
    r"|moved|left|closed|began|signed|retired|passed|broke"
    r"|got|burned|flooded"
    r"|lost|did|had|was|were|been|went|grew|sold|quit|died|since|happened|expired)\b[^.,;!?\n]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Mention:
    """A date at ``text[start:end]``: what it can mean, and how surely it is when something must be done (0-3)."""

    start: int
    end: int
    days: tuple[date, ...]
    rank: int


def read_due_date(text: str, *, today: date, country: str) -> Reading[date]:
    """Read the day by which something must be done, in a text of at most 4,000 characters. Never raises.

    "By March" is its first day, "in March" its last, "before March" the day before; of a year that is not said, the
    first in which that day is not over. What could be two days is asked, as is a day that cannot be computed.
    ``country`` (ISO 3166-1) decides the order of "3/4", the holidays and the seasons.
    """
    line = plain(text)
    mentions = sorted(_mentions(line, today, country), key=lambda mention: mention.start)
    for i, (one, other) in enumerate(pairwise(mentions)):
        if re.fullmatch(r" or (?:by |on |the )?", line[one.end : other.start]):
            mentions[i + 1] = replace(other, rank=one.rank)
    best = max((mention.rank for mention in mentions), default=0)
    days = tuple(dict.fromkeys(day for mention in mentions if mention.rank == best for day in mention.days))
    if best and any(not mention.days for mention in mentions if mention.rank == best):
        return Reading(question=_("By what day does it have to be done?"), choices=days)
    if len(days) < 2:
        return Reading(days[0] if days else None)
    first, second = (date_text(day) for day in days[:2])
    return Reading(question=_("Do you mean %(first)s or %(second)s?", first=first, second=second), choices=days)


def _mentions(text: str, today: date, country: str) -> Iterator[_Mention]:
    """Yield the dates; of overlapping ones that of the first form."""
    taken: set[int] = set()
    for form in FORMS:
        for match in islice(_compiled(form).finditer(text), DATES):
            span = range(*match.span())
            if not taken.isdisjoint(span):
                continue
            mention = _mention(form, match, text, today, country)
            if mention is not None:
                taken.update(span)
                yield mention


@cache
def _compiled(form: Form) -> re.Pattern[str]:
    return re.compile(form.pattern, re.IGNORECASE)


def _mention(form: Form, match: re.Match[str], text: str, today: date, country: str) -> _Mention | None:
    before = text[max(0, match.start() - NEAR) : match.start()]
    edge = _EDGE.search(before)
    cue = _CUE.search(before[: edge.start()] if edge else before)
    said = cue.lastgroup if cue else None
    is_lower = form.is_capital and match[0][:1].islower()
    if (
        said == "never"
        or (cue and cue[0].split()[0].strip(":").lower() in form.never_after)
        or (form.needs_cue and not cue and not edge)
        or (is_lower and said not in ("by", "before", "within"))
    ):
        return None
    if is_lower and cue and cue[0].split()[0].lower() in ("this", "next", "is", "for"):
        return None
    spans = None if _COUNTED_FROM.search(before) else form.spans(match, today, country)
    if spans is None:
        return _Mention(*match.span(), (), 3 if said in ("by", "before") else 2)
    if said not in ("by", "before", "start") and _PAST.search(before) and not _WANTED.search(before):
        return None
    event = _EVENT.search(before) if said == "within" and not edge else None
    days = tuple(
        dict.fromkeys(_resolved(spans, edge.lastgroup if edge else None, "event" if event else said or "", today))
    )
    if not days:
        return _Mention(*match.span(), (), 0)  # it is over
    is_deadline = said in ("by", "before") or event is not None or _WANTED.search(before) is not None
    return _Mention(*match.span(), days, 3 if is_deadline else 1 if said == "start" else 2)


def _resolved(spans: Spans, edge: str | None, cue: str, today: date) -> Iterator[date]:
    """Yield for each thing that was meant the first of its days that is not over, nor its span nearly."""
    for alternatives in spans:
        days = [(_day(first, last, edge, cue), first, last) for first, last in alternatives]
        ahead = [(day, first, last) for day, first, last in days if day >= today]
        fresh = [day for day, first, last in ahead if first > today or (last - today).days >= (last - first).days // 4]
        yield from (fresh or [day for day, _first, _last in ahead])[:1]


def _day(first: date, last: date, edge: str | None, cue: str) -> date:
    length = (last - first).days
    if edge:
        middle = 14 if 27 <= length <= 30 else length // 2
        return first + timedelta(
            {"first": 0, "early": length * 3 // 10, "second": 13, "middle": middle, "third": 20, "last": length}[edge]
        )
    if cue == "before":
        return first - timedelta(1)
    return first if cue in ("by", "start", "event") else last
