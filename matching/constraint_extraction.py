"""Extraction of constraints from a text by regular expressions: negations, optional needs and place.

Negations and optional needs are read from a skeleton: the sentence in lower case, in which every phrase that names a
capability is replaced by one ``MARK``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

MARK = "\ue000"  # a clean text contains no private-use character

_ARTICLE = r"(?:an?|the|any|some|our|my|your|their|his|her|its|this|that|another|more|new|full|big|whole|plain)"
_FILLER = (
    rf"(?:{_ARTICLE}|us|me|you|for|in|on|with|of|about|help|kind|sort|to|be|use|using|want|need|interested|looking)"
)
_FREE = r"(?:(?!but |just |only |want|need|look|so |and |we |i |they )[\w'-]+\s+){0,2}?"  # up to two unknown words
_NOT = r"(?:\s+not|n't)\s+(?:really\s+|actually\s+|even\s+)?"
_STRONG = (
    rf"(?:do|does|did|would|will|should){_NOT}(?:want|need|require|use|pitch|send|offer|suggest|recommend|sell|touch"
    r"|bother with|consider|care (?:about|for))(?!\s+to)",
    rf"(?:do|does|did){_NOT}(?:want|need)\s+to\s+(?:use|build|run|switch to|move to|go with|touch|change|redo|have)",
    rf"(?:do|does|did){_NOT}(?:have|need)\s+to\s+be|neither|against|no more|never again",
    r"no\s+(?:need|interest)\s+(?:for|of|in)|nothing\s+to\s+do\s+with|(?:not|no)\s+(?:a\s+)?fan\s+of|rather\s+not",
    r"(?:not|n't)\s+(?:keen on|into|after|about|asking for|interested in|looking for|in the market for|here for)",
    r"instead\s+of|rather\s+than|in\s+place\s+of|as\s+opposed\s+to|other\s+than|(?:anything|everything|all)\s+but",
    r"except(?:\s+for)?|apart\s+from|aside\s+from|excluding|minus|enough\s+of|(?:stay|keep|steer)\s+(?:away|clear)\s+(?:from|of)",
    r"(?<!been )(?<!is )(?<!are )without(?!\s+(?:losing|hurting|breaking|dropping|harming|risking|damaging))",
    r"already\s+(?:have|has|had|got|hired|found|use|using|work with|working with|own|signed|chose|paid for|booked)",
    r"(?:have|has)\s+(?:our|their|its|my)\s+own|(?<!not )(?<!n't )(?<!un)(?:happy|satisfied|pleased)\s+with",
    r"(?:ruled|ruling|rule)\s+out|(?:decided|voted|advised)\s+against|(?:said|say)\s+no\s+to|gave\s+up\s+on|giving\s+up\s+on",
)
_PARTED = (  # abandoned or replaced
    r"left|leaving|ditch(?:ed|ing)?|dropp(?:ed|ing)|dump(?:ed|ing)?|abandon(?:ed|ing)?|scrapp(?:ed|ing)|outgrew|outgrown",
    r"avoid(?:ing)?|skip(?:ping)?|forget|cancel(?:l?ed|l?ing)?|tried(?!\s+to)|can(?:no|')t\s+stand|hated",
    r"(?:get(?:ting)?|got)\s+rid\s+of|(?:walk|mov)(?:e|ed|ing)\s+(?:away\s+from|on\s+from)|parted\s+ways\s+with|off\s+of",
    r"(?:get|getting|got|take|taking|move|moving|moved)\s+(?:us\s+|me\s+|it\s+|everything\s+|them\s+)?off",
    r"(?:switch|migrat|mov|chang|com|convert|transition)(?:e|ed|es|ing|ion)?\s+(?:\w+\s+){0,3}?from",
    r"used\s+to\s+(?:use|be\s+on|run\s+on)|(?:stopped|quit)\s+(?:using|doing)|no\s+longer\s+(?:use|need|want|using|on|with)",
    rf"(?:replac|swap|swapp|trad|exchang)(?:e|ing|ed)?(?=\s+(?:{_ARTICLE}\s+)?{MARK}\s+(?:with|by|for|out)\b)",
)
_OTHERS = (  # somebody does it already
    r"(?:my|our)\s+(?:own\s+)?[\w'-]+(?:\s+[\w'-]+)?\s+(?:already\s+)?(?:does|do|handles?|makes?|writes?|is\s+doing"
    r"|takes?\s+care\s+of)(?!\s+not\b)(?![^.;]*\b(?:overwhelmed|hates|tired|leaving|retir|quit|can't|cannot|too\s+much))"
)
_WEAK = (
    r"(?:\bnot|\b(?:is|are|was|were)n't)(?!\s+(?:only|just|sure|yet|even)\b)",
    r"(?<!have )(?<!has )(?<!had )(?<!got )(?<!is )(?<!'s )(?<!are )(?<!with )\b(?:no|nor)",
)
# No two parts may match the same words: texts are untrusted, and an ambiguous pattern would backtrack exponentially.
_LIST = rf"(?:(?:\s*,\s*(?:{_ARTICLE}\s+)?{MARK})*\s*(?:,\s*)?(?:or|nor|and|&)\s+(?:{_FILLER}\s+)*{MARK})*"
_OR_LIST = _LIST.replace("or|nor|and|&", "or|nor")
_SETTLED = (
    r"(?:not\s+(?:needed|required|necessary|wanted|an\s+option|for\s+us)|unnecessary|done|finished|handled|covered|sorted"
    r"|fine|booked|organi[sz]ed|arranged|settled|decided|paid\s+for|taken(?:\s+care\s+of)?|in\s+place|in\s+good\s+hands"
    r"|under\s+control|in\s+hand|out\s+of\s+scope|off\s+the\s+table|out\s+of\s+the\s+question|overkill|ours)"
    r"(?!\s+(?:badly|poorly|wrong|by|in\b|years))"
)
_NEGATED = (
    re.compile(
        rf"\b(?:{'|'.join(_STRONG + _PARTED)}|{_OTHERS})\s+(?:{_FILLER}\s+)*{_FREE}(?:{_ARTICLE}\s+)*({MARK}{_LIST})"
    ),
    re.compile(rf"(?:{'|'.join(_WEAK)})\s+(?:{_FILLER}\s+)*({MARK}{_OR_LIST})"),
    re.compile(
        rf"({MARK}{_LIST})(?:\s+\w+){{0,4}}?\s*(?:'s|\bis|\bare|\bwas|\bhas\s+been|\bhave\s+been)"
        rf"\s+(?:already\s+|all\s+|just\s+)*{_SETTLED}"
    ),
    re.compile(rf"({MARK})\s+(?:is|are|was)n't\s+(?:needed|required|necessary|wanted|an\s+option|for\s+us)"),
    re.compile(rf"({MARK}{_LIST})\s+(?:we\s+(?:already\s+)?(?:have|do|handle)\b|(?:our|my|them)selves|in[- ]house)"),
    re.compile(
        rf"({MARK})\s+(?:can|could|must|will\s+have\s+to|has\s+to)\s+wait|({MARK})\s+stays?\b|({MARK})\s+to\s+{MARK}"
    ),
    re.compile(rf"leave\s+(?:{_ARTICLE}\s+)?({MARK})\s+(?:alone|as|out)"),
    re.compile(rf"\b(?:have|has|got|'ve)\s+(?:got\s+)?(?:{_ARTICLE}\s+)?({MARK}{_LIST})\s+(?:already\s+)?{_SETTLED}"),
)
_REFUSED = re.compile(rf"\b(?:{'|'.join(_STRONG)}|{_OTHERS})\b[^,.;!?]*")
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
    re.compile(
        rf"(?:^\s*|\b(?:mine|client|customer|friend|neighbor),\s*)an?\s+({MARK}),?\s+(?:[\w'-]+\s+){{0,8}}?"
        r"(?:needs|opens|moves|starts|expands|is\s+(?:opening|moving|starting|expanding))\b"
    ),
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


def negated(skeleton: str) -> set[int]:
    """Return the marks, counted from 0, that the sentence says it does not want.

    >>> negated(f"an online store on {MARK} instead of {MARK}, and no {MARK} please")
    {1, 2}
    """
    return {
        number
        for pattern in _NEGATED
        for match in pattern.finditer(skeleton)
        for group in range(1, pattern.groups + 1)
        for number in _marks(skeleton, *match.span(group))
    }


def self_descriptions(skeleton: str) -> set[int]:
    """Return the marks that describe who asks, not what is asked for.

    >>> self_descriptions(f"we are a small {MARK} and need {MARK}")
    {0}
    """
    return {
        number
        for pattern in _THEMSELVES
        for match in pattern.finditer(skeleton)
        for number in _marks(skeleton, *match.span(1))
    }


def can_wait(skeleton: str) -> bool:
    """Return whether the sentence says that something is optional or can wait."""
    return bool(_LATER.search(skeleton) or _WOULD_BE_NICE.search(skeleton))


def without_negated(sentence: str) -> str:
    """Return a sentence in lower case without its refusals, whether or not they name a capability.

    >>> without_negated("we don't need anybody to draw it, somebody must build it")
    'we  , somebody must build it'
    """
    return _REFUSED.sub(" ", sentence)


def optional_marks(skeleton: str) -> set[int]:
    """Return the marks that are optional in the sentence.

    >>> optional_marks(f"we need {MARK}, a {MARK} would be nice, and maybe {MARK}")
    {1, 2}
    """
    marks: set[int] = set()
    for match in _WOULD_BE_NICE.finditer(skeleton):
        breaks = [at.end() for at in _BREAK.finditer(skeleton, 0, match.start())]
        before = _marks(skeleton, breaks[-1] if breaks else 0, match.start())
        marks |= set(before or _marks(skeleton, match.end(), _break(skeleton, match.end() + 2)))
    for match in _LATER.finditer(skeleton):
        marks |= set(_marks(skeleton, match.end(), _break(skeleton, match.end())))
    return marks


def place(text: str, places: Sequence[str]) -> str | None:
    """Return the first of the known ``places`` that a clean text names, the longer of two at one position, or None.

    The text must write a place with a capital letter, or after a word such as "in" or "near"; a place of two letters
    must be in capitals.

    >>> place("a firm near tucson, AZ", ["AZ", "Tucson"]), place("we are in az", ["AZ"])
    ('Tucson', None)
    """
    known = {name.casefold(): name for name in places if name.strip()}
    for match in _places(tuple(known)).finditer(text) if known else ():
        name = match[0]
        if len(name) <= 2:
            if name.isupper():
                return known[name.casefold()]
        elif name[0].isupper() or re.search(r"\b(?:in|near|around|at|from)\s+$", text[: match.start()], re.IGNORECASE):
            return known[name.casefold()]
    return None


@lru_cache(maxsize=4)
def _places(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in longest_first)})(?!\w)", re.IGNORECASE)


def _marks(skeleton: str, start: int, end: int) -> list[int]:
    first = skeleton.count(MARK, 0, start)
    return list(range(first, first + skeleton.count(MARK, start, end)))


def _break(skeleton: str, start: int) -> int:
    end = re.compile(r";|\b(?:but|need|needs|must)\b").search(skeleton, start)
    return end.start() if end else len(skeleton)
