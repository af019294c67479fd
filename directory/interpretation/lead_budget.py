"""The budget in a lead's text: which of its numbers is the money that the client has.

>>> read_budget("Somebody to run their Instagram. Around 20k, ready by March", country="US").value
Money(minor=2000000, currency='USD')
>>> read_budget("a 30 person machine shop, 20k followers", country="US")
Reading(value=None, question='', choices=())
"""

import re
from enum import IntEnum
from itertools import islice

from directory.interpretation.value_or_question import Reading
from directory.interpretation.written_amount import WrittenAmount, one_of, plain, written_amounts
from directory.money import Money
from directory.translation import gettext as _

NUMBERS = 60  # that are looked at, the first of a text: each costs time
NEAR = 60  # characters on each side of an amount that say what it is
_BREAK = re.compile(r"[.!?](?=\s|$)|[;\n:]|\s[-–—]\s")
_CLAUSE = re.compile(r"[,()]|\b(?:but|and|while|although)\b", re.IGNORECASE)
_SPENT = re.compile(
    r"\b(?:budgets?|budgeted|spend(?:ing)?|afford|invest|pay(?:ing)?(?! (?:them|us) )|costs?|up\s+to|at\s+most"
    r"|no\s+more\s+than"
    r"|not\s+more\s+than|set\s+aside|put\s+aside|max(?:imum)?|under|below|less\s+than|approved|allocated|earmarked"
    r"|ceiling|capped?|limit|price|willing|retainer|(?:can|could|would|we'd)\s+(?:do|go)|stretch(?:\s+it)?\s+to"
    r"|looking\s+at"
    r"|there\s+(?:is|are)|there's|to\s+work\s+with|budgetiert|ausgeben)\b",
    re.IGNORECASE,
)
_SPENT_AFTER = re.compile(
    r"[\s,+]*(?:(?:a|per|/)\s?(?:month|mo|year|yr|week)\W*)?(?:is\s+(?:our|the|their|his|her|my)\s+(?:budget|limit"
    r"|max|ceiling)"
    r"|(?:budget|max(?:imum)?)\b(?![\s:~]*(?:(?:is|of|around|about|ca)\b[.\s]*)?[$€£\d])|tops\b|at\s+most"
    r"|to\s+spend|to\s+work\s+with|all\s+in\b|in\s+total|total\b|or\s+less"
    r"|set\s+aside"
    r"|approved|available|for\s+(?:it|this|that|everything|the\s+whole|all\s+of)\b|is\s+(?:what|all))",
    re.IGNORECASE,
)
_OTHER = re.compile(  # money that is not to be spent here
    r"\b(?:revenues?|sales|turnover|turns?\s+over|raised|raising|funding|worth|owes?|owed|debts?|losing|lost|loses"
    r"|loss(?:es)?|asked"
    r"\s+for|quoted|quotes?|charged?s?|charging|sells?|sold|selling|fined?|fees?|rent|earns?|earned|made|makes?"
    r"|making|profits?"
    r"|paid|saved?|deductible|insured|salary|invoices?d?|deposits?|donated?|donations?|grossed|grossing|billed"
    r"|spent|cost\s+us|last\s+year)\b",
    re.IGNORECASE,
)
_OTHER_AFTER = re.compile(
    r"[\s,]*(?:(?:a|per|each|every)\s+(?:year|month|week)\s+)?(?:(?:in|of)\s+(?:(?:annual|yearly|new|total"
    r"|outstanding|unpaid)\s+)?"
    r"(?:revenues?|sales|turnover|debts?|funding|assets|profits?|losses|damages?|fines?|donations|grants?|invoices"
    r"|stock|inventory|liability|coverage|payroll|premiums?|equity|capital|savings|orders|receivables)"
    r"|(?:revenue|turnover|valuation|loan|mortgage|fine|lawsuit|loss|debt|liability|coverage|policy|companies"
    r"|company|firm|business)\b|worth\b)",
    re.IGNORECASE,
)
_COVER = re.compile(r"\b(?:coverage|liability|covers?|insur\w+)\b(?!.*\bbudget)", re.IGNORECASE)
_PART_AFTER = re.compile(  # a rate, a price of one of several, or what is paid now
    r"\s?(?:(?:an?|per|for\s+(?:each|every)|each|every)\s+(?!month|mo\b|quarter|year|yr|annum|week)\w|/\s?(?!mo|y|w"
    r"|a)\w"
    r"|apiece\b|each\b|hourly\b|daily\b|(?:was|were)\b|up\s?front\b|down\b|on\s+delivery\b"
    r"|(?:(?:a|per)\s+\w+\s+)?(?:now|currently|at\s+the\s+moment|so\s+far|today)\b)",
    re.IGNORECASE,
)
_PART_BEFORE = re.compile(r"(?<!capped )(?<!budget )\bat\s+$", re.IGNORECASE)
_PART_OF_LEFT = re.compile(
    r"\b(?:spending|raise|grants?|already|current|so\s+far|currently|seed|round)\b(?!.*\bbudget)", re.IGNORECASE
)
_HEDGES = re.compile(
    r"[\s\"'“(~≈<≤>-]*(?:(?:between|around|about|roughly|approx|approximately|circa|ca|say|maybe|perhaps|probably"
    r"|some|something|like|in|the"
    r"|region|of|up|to|max|maximum|at|most|from|somewhere|near|nearly|just|only|total|so|budget|is|it's|money|a"
    r"|ideally)\b[\s.:~≈]*)*",
    re.IGNORECASE,
)
_GOES_ON = re.compile(  # no noun follows, which the number would count
    r"\s*(?:$|[,.;:!?)\n/+\"”'–—-]|(?:for|to|and|or|in|on|by|at|max|tops|budget|total|all|a|an|per|is|with|but|if"
    r"|maybe|ready|so"
    r"|including|plus|before|until|as|we|not|though|ish|mark|range|altogether|over|would|should|can|is|was|für|fürs"
    r"|pour|por|para"
    r"|per|available|approved|set|tax|vat|net|gross|ex|excl|excluding|incl|from|it|they|ideally|depending|minimum|min"
    r"|netto|brutto|inkl|exkl|zzgl|inc|left|cash|monthly|yearly|annually|each|upfront)\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:page|pages|suite|unit|room|number|no|nr|version|chapter|section|floor|iso|soc|pci|since|year|of|by|age"
    r"|#)\W*$",
    re.I,
)
_CEILING = re.compile(
    r"\b(?:at\s+most|up\s+to|max(?:imum)?|no\s+more\s+than|limit|stretch|ceiling)\b[^,]*$", re.IGNORECASE
)
_VAGUE = re.compile(
    r"\b(?:few|several|some|tens\s+of|hundreds\s+of|low|mid|high)[\s-]+(?:hundred|thousand|grand|million|k\b)"
    r"|\bthousands\s+of\s+(?:dollars|euros"
    r"|pounds)|\b(?:four|five|six|seven|[4-7])[\s-]figures?\b",
    re.IGNORECASE,
)
_MONEY_NAME = re.compile(r"\s*(?:dollars|bucks|euros|pounds|francs|quid|budget|for\b)", re.IGNORECASE)
_WORDLIKE = re.compile(r"(?:ALL|ANG|BAM|BOB|CUP|GEL|MAD|MOP|PEN|SOS|TOP|TRY)\b")  # codes of currencies that are words


class _Use(IntEnum):
    """What an amount in a text is for, as far as its sentence says."""

    NONE = 0
    MAYBE = 1
    MONEY = 2  # an amount of money that nothing speaks against
    SPENT = 3


def read_budget(text: str, *, country: str, currency: str = "") -> Reading[Money]:
    """Read the budget in a text of at most 4,000 characters, the larger end of a range. Never raises.

    A number is an amount where it has a currency, or a word of spending beside it, or stands alone in its clause with
    a unit such as "k". What counts something, was earned, owed or quoted is no budget. Rates, several different
    amounts and figures that could be two things are asked about. A sign or code decides the currency, else
    ``currency``, else that of ``country``.
    """
    line = plain(text)
    written = islice(written_amounts(line, country=country, currency=currency), NUMBERS)
    found = [(_use(line, amount), amount) for amount in written if any(choice.minor for choice in amount.choices)]
    best = max((use for use, amount in found), default=_Use.NONE)
    if best == _Use.NONE:
        vague = _VAGUE.search(line)
        is_spent = vague and _SPENT.search(line, max(0, vague.start() - NEAR), vague.end() + NEAR)
        is_money = vague and ("figure" in vague[0] or _MONEY_NAME.match(line, vague.end()))
        return Reading(question=_("How much is the budget, in numbers?")) if is_spent or is_money else Reading()
    amounts = [amount for use, amount in found if use == best]
    if _CEILING.search(line[max(0, amounts[-1].start - NEAR) : amounts[-1].start]) and best > _Use.MAYBE:
        amounts = amounts[-1:]
    choices = tuple(dict.fromkeys(choice for amount in amounts for choice in amount.choices))
    if best == _Use.MAYBE:
        named = choices[0].spoken(country)
        return Reading(question=_("Is %(amount)s the budget for all of it?", amount=named), choices=choices)
    return one_of(choices, country)


def _use(text: str, amount: WrittenAmount) -> _Use:
    """Return what the words around an amount say that it is for."""
    before, after = text[max(0, amount.start - NEAR) : amount.start], text[amount.end : amount.end + NEAR]
    left = before[max(0, _last_end(_BREAK, before)) :]
    right = after[: min((part.start() for part in _BREAK.finditer(after)), default=len(after))]
    clause = left[max(0, _last_end(_CLAUSE, left)) :]
    has_currency = amount.has_currency and not _WORDLIKE.match(text, amount.start)
    spent, other = (_last_end(pattern, left) for pattern in (_SPENT, _OTHER))
    is_other = other > max(spent, len(left) - len(clause)) or _COVER.search(clause) is not None
    is_spent = (spent >= 0 and spent >= other) or _SPENT_AFTER.match(right) is not None
    if (is_other and not _SPENT_AFTER.match(right)) or _OTHER_AFTER.match(right):
        return _Use.NONE
    if re.search(r"pounds?$", text[amount.start : amount.end]) and re.match(r" (?:of|bags?)\b", right):
        return _Use.NONE
    if not has_currency and (not _GOES_ON.match(right) or (_COUNTED.search(left) and not is_spent)):
        return _Use.NONE
    if _PART_AFTER.match(right) or (not is_spent and _PART_BEFORE.search(left)) or _PART_OF_LEFT.search(clause):
        return _Use.MAYBE if has_currency or is_spent else _Use.NONE
    if has_currency:
        return _Use.SPENT if is_spent else _Use.MONEY if _GOES_ON.match(right) else _Use.MAYBE
    is_figure = amount.has_unit or amount.choices[0].minor >= 10_000
    if is_spent and is_figure:
        return _Use.SPENT
    if not amount.has_unit:
        return _Use.NONE
    return _Use.MONEY if _HEDGES.fullmatch(clause) else _Use.MAYBE


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)
