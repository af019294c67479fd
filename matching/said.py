"""What a text says plainly besides capabilities: what it does not want, what can wait, the budget, the place.

It is read from a skeleton: the sentence in lower case, where each phrase that names a capability is one ``MARK``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

MARK = "\ue000"  # no clean text has a character for private use

_ARTICLE = r"(?:an?|the|any|some|our|my|your|their|his|her|its|this|that|another|more|new|full|big|whole|plain)"
_FILLER = (
    rf"(?:{_ARTICLE}|for|in|on|with|of|about|help|kind|sort|to|be|use|using|used|want|need|require|interested|looking)"
)
_FREE = r"(?:(?!but |just |only |want|need|look|so |and |we |i |they )[\w'-]+\s+){0,2}?"  # words that we do not know
_DO_NOT = r"(?:do|does|did|would|will|should)(?:\s+not|n't)\s+(?:really\s+|actually\s+)?"
_STRONG = (
    rf"{_DO_NOT}(?:want|need|require|use)(?!\s+to)",
    rf"{_DO_NOT}(?:want|need)\s+to\s+(?:use|build|run|switch to|move to|go with|be on|touch|change|redo|have)",
    r"no\s+(?:need|interest)\s+(?:for|of|in)|not\s+(?:interested|looking)\s+(?:in|for)|nothing\s+to\s+do\s+with",
    r"instead\s+of|rather\s+than|in\s+place\s+of|as\s+opposed\s+to|other\s+than|anything\s+but|except(?:\s+for)?",
    r"(?<!been )(?<!is )(?<!are )without(?!\s+(?:losing|hurting|breaking|dropping|harming|risking|damaging))",
    r"already\s+(?:have|has|had|got|hired|found|use|using|work with|working with|own|signed|chose)(?:\s+got)?",
    r"(?:have|has)\s+(?:our|their|its|my)\s+own",
    r"(?:left|leaving|ditched|ditching|dropped|dropping|abandoned|outgrew|outgrown|avoid|avoiding|skip|forget)",
    r"get(?:ting)?\s+rid\s+of|got\s+rid\s+of|mov(?:e|ed|ing)\s+(?:off|away\s+from|on\s+from)|off\s+of|away\s+from",
    r"(?:switch|migrat|mov|chang|com)(?:e|ed|es|ing)?\s+(?:\w+\s+){0,3}?from|used\s+to\s+(?:use|be\s+on|run\s+on)",
    r"no\s+longer\s+(?:use|need|want|using|on|with)|(?:stopped|quit)\s+(?:using|doing)|never\s+again",
    rf"replac(?:e|ing|ed)(?=\s+(?:{_ARTICLE}\s+)?{MARK}\s+(?:with|by)\b)",
)
_WEAK = (
    r"(?:\bnot|\b(?:is|are|was|were)n't)(?!\s+(?:only|just|sure|yet|even)\b)",
    r"(?<!have )(?<!has )(?<!had )(?<!got )(?<!is )(?<!'s )(?<!are )(?<!with )\b(?:no|nor)",
)
_LIST = rf"(?:(?:\s*,\s*(?:{_ARTICLE}\s+)?{MARK})*\s*,?\s*(?:or|nor|and|&)\s+(?:{_ARTICLE}\s+|{_FILLER}\s+)*{MARK})*"
_OR_LIST = _LIST.replace("or|nor|and|&", "or|nor")
_NEGATED = (
    re.compile(rf"\b(?:{'|'.join(_STRONG)})\s+(?:{_FILLER}\s+)*{_FREE}(?:{_ARTICLE}\s+)*({MARK}{_LIST})"),
    re.compile(rf"(?:{'|'.join(_WEAK)})\s+(?:{_FILLER}\s+)*({MARK}{_OR_LIST})"),
    re.compile(
        rf"({MARK}{_LIST})(?:\s+\w+){{0,2}}?\s*(?:'s|\bis|\bare|\bwas|\bhas\s+been|\bhave\s+been)\s+(?:already\s+|all\s+)*"
        r"(?:not\s+(?:needed|required|necessary|wanted|an option)|unnecessary|done|finished|handled|covered|sorted|fine"
        r"|taken\s+care\s+of|in\s+place|in\s+good\s+hands|out\s+of\s+scope|off\s+the\s+table|out\s+of\s+the\s+question)"
        r"(?!\s+(?:badly|poorly|wrong|by|in\b|years))"
    ),
    re.compile(rf"({MARK})\s+(?:is|are)n't\s+(?:needed|required|necessary|wanted|an\s+option)"),
    re.compile(rf"({MARK}{_LIST})\s+(?:we\s+(?:already\s+)?(?:have|do|handle)\b|(?:our|my|them)selves|in[- ]house)"),
)
_REFUSED = re.compile(  # where no capability is named: what comes after is not asked for either
    rf"\b(?:{'|'.join((*_STRONG[:4], *_STRONG[5:7]))})\b[^,.;!?]*"
)
_FIRM = r"(?:firm|company|business|agency|studio|shop|store|office|practice|clinic|contractor|owner|startup|nonprofit)"
_THEMSELVES = (
    re.compile(
        r"\b(?:we\s+are|we're|i\s+am|i'm|they\s+are|they're|he\s+is|she\s+is|(?:client|customer|company|firm|business)\s+is"
        rf"|(?:i|we|they|who)\s+(?:run|own)|(?:he|she|who|client)\s+(?:runs|owns))\s+(?:an?|the)\s+{_FREE}({MARK})"
    ),
    re.compile(
        rf"({MARK})\s+(?:{_FIRM}\s+)?(?:[\w'-]+\s+){{0,3}}?(?:wants|asked|would\s+like|is\s+looking|is\s+asking)\b"
    ),
    re.compile(
        rf"(?:{MARK}|\b(?:web\s?)?site|\b(?:app|sign|menu|video|brochure|packag\w+|roof|floor)s?)"
        rf"\s+for\s+(?:our|my|his|her|their)\s+{_FREE}({MARK})"
    ),
    re.compile(rf"({MARK})\s+{_FIRM}\s+(?:[\w'-]+\s+){{0,3}}?(?:needs?|wants?|looking)\b"),
)
_LATER = re.compile(
    r"\b(?:maybe|perhaps|possibly|optional(?:ly)?|ideally|might\s+(?:also\s+)?(?:need|want|like)|could\s+also)\b"
)
_WOULD_BE_NICE = re.compile(
    r"\b(?:nice[- ]to[- ]haves?|if\s+possible|would\s+(?:also\s+)?be\s+(?:nice|great|good|lovely|welcome)"
    r"|would\s+(?:also\s+)?be\s+a\s+(?:plus|bonus)|is\s+optional|are\s+optional|(?:is\s+|as\s+)?a\s+(?:plus|bonus)|if\s+(?:the\s+)?budget\s+(?:allows|permits)"
    r"|if\s+there(?:'s|\s+is)\s+(?:any\s+)?(?:budget|money|room|time)|later\s+on|down\s+the\s+road|eventually"
    r"|in\s+(?:the\s+)?future|at\s+some\s+point)\b"
)
_BREAK = re.compile(r"[,;]|\b(?:but|need|needs|must|want|wants|require|plus)\b")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_NAMES = {"dollar": "USD", "buck": "USD", "euro": "EUR", "pound": "GBP"}
_CODES = "USD|EUR|GBP|CAD|AUD|NZD|CHF|MXN"
_AMOUNT = re.compile(
    rf"(?:(?P<sign>[$€£])|\b(?P<before>{_CODES}))?\s?(?<![\w.,])(?P<whole>\d{{1,3}}(?:,\d{{3}})+|\d{{1,9}})"
    rf"(?:\.(?P<part>\d{{1,2}}))?\s?(?P<times>k|m|thousand|grand|million)?\b\s?(?P<after>{_CODES}|dollars?|bucks?|euros?|pounds?)?",
    re.IGNORECASE,
)
_SPENT = re.compile(r"budget|spend|afford|pay |cost|up to|at most|no more than|set aside|maximum|under", re.IGNORECASE)
_EARNED = re.compile(
    r"^\S*\s*(?:a year\s+)?(?:in|of)\s+(?:annual\s+)?(?:revenue|sales|turnover|debt|funding|assets)", re.I
)
_TIMES = {"k": 1000, "thousand": 1000, "grand": 1000, "m": 10**6, "million": 10**6}


def negated(skeleton: str) -> set[int]:
    """Which marks, counted from 0, the sentence says it does not want.

    >>> negated(f"an online store on {MARK} instead of {MARK}, and no {MARK} please")
    {1, 2}
    """
    return {
        number
        for pattern in _NEGATED
        for match in pattern.finditer(skeleton)
        for number in _marks(skeleton, *match.span(1))
    }


def themselves(skeleton: str) -> set[int]:
    """Which marks say who asks, not what for.

    >>> themselves(f"we are a small {MARK} and need {MARK}")
    {0}
    """
    return {
        number
        for pattern in _THEMSELVES
        for match in pattern.finditer(skeleton)
        for number in _marks(skeleton, *match.span(1))
    }


def can_wait(skeleton: str) -> bool:
    """Does the sentence only wish?"""
    return bool(_LATER.search(skeleton) or _WOULD_BE_NICE.search(skeleton))


def refused(skeleton: str) -> str:
    """The sentence without what it says is not wanted in words that name no capability."""
    return _REFUSED.sub(" ", skeleton)


def nice(skeleton: str) -> set[int]:
    """Which marks the sentence would like but does not need.

    >>> nice(f"we need {MARK}, a {MARK} would be nice, and maybe {MARK}")
    {1, 2}
    """
    found: set[int] = set()
    for match in _WOULD_BE_NICE.finditer(skeleton):
        breaks = [at.end() for at in _BREAK.finditer(skeleton, 0, match.start())]
        before = _marks(skeleton, breaks[-1] if breaks else 0, match.start())
        found |= set(before or _marks(skeleton, match.end(), _break(skeleton, match.end() + 2)))
    for match in _LATER.finditer(skeleton):
        found |= set(_marks(skeleton, match.end(), _break(skeleton, match.end())))
    return found


def budget(text: str) -> tuple[int, str] | None:
    """The amount a clean text says there is to spend, in minor units, with its currency; the larger end of a range.

    An amount without a currency counts where the text says that it is spent, or in thousands with a "k".

    >>> budget("about 15,000 dollars"), budget("budget $10-15k"), budget("We are 15 people"), budget("EUR 900.50")
    ((1500000, 'USD'), (1500000, 'USD'), None, (90050, 'EUR'))
    """
    best: tuple[bool, int, str] | None = None
    currency, end = "", 0
    for match in _AMOUNT.finditer(text):
        sign, name = match["sign"], (match["before"] or match["after"] or "").upper()
        joined = bool(currency) and re.fullmatch(r"\s?(?:-|–|to|and)\s?", text[end : match.start()]) is not None
        currency = _SIGNS.get(sign or "", "") or _NAMES.get(name.lower().removesuffix("s"), name) or currency * joined
        end = match.end()
        is_spent = _SPENT.search(text, max(0, match.start() - 30), match.start()) is not None
        times = (match["times"] or "").lower()
        if _EARNED.match(text[match.end() :].lstrip()) or not (
            currency or (is_spent and (times or len(match["whole"]) > 3))
        ):
            continue
        amount = int(match["whole"].replace(",", "")) * 100 + int((match["part"] or "").ljust(2, "0"))
        minor = amount * _TIMES.get(times, 1)
        found = (is_spent or joined, minor, currency or "USD")
        if minor and minor <= 10**15 and (best is None or joined or found[0] > best[0]):
            best = found
    return None if best is None else best[1:]


def place(text: str, places: Sequence[str]) -> str | None:
    """The first of the known ``places`` that a clean text names, the longer of two at one spot.

    A place is written with a capital, or comes after "in" or "near"; one of two letters is written in capitals.

    >>> place("a firm near tucson, AZ", ["AZ", "Tucson"]), place("we are in az", ["AZ"])
    ('Tucson', None)
    """
    known = {name.casefold(): name for name in places if name.strip()}
    for match in _places(tuple(known)).finditer(text) if known else ():
        said = match[0]
        if len(said) <= 2:
            if said.isupper():
                return known[said.casefold()]
        elif said[0].isupper() or re.search(r"\b(?:in|near|around|at|from)\s+$", text[: match.start()], re.IGNORECASE):
            return known[said.casefold()]
    return None


@lru_cache(maxsize=4)
def _places(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in longest_first)})(?!\w)", re.IGNORECASE)


def _marks(skeleton: str, start: int, end: int) -> list[int]:
    first = skeleton.count(MARK, 0, start)
    return list(range(first, first + skeleton.count(MARK, start, end)))


def _break(skeleton: str, start: int) -> int:
    found = re.compile(r";|\b(?:but|need|needs|must)\b").search(skeleton, start)
    return found.start() if found else len(skeleton)
