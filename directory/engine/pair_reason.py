"""Reasons why two members should meet: what they are as data, and the sentence that says it."""

import re
from dataclasses import dataclass
from textwrap import shorten
from typing import Literal

from directory.people.tables import Member, Wanted
from directory.text import fold
from directory.translation import gettext as _

QUOTED = 240  # characters of a sentence
_BETWEEN = re.compile(r"\s*(?:[;\n•|]|\s/\s)\s*")  # what stands between the people whom one ask lists
_LISTED = re.compile(r"\w[\w'’&.-]*(?:\s+\w[\w'’&.-]*){0,2}\s*")  # "CPAs", "new business owners": an item of a list
_COMMA = re.compile(r"\s*,\s*(?:(?:and|or)\s+)?|(?<=s)\s+(?:and|or)\s+")  # also "florists and caterers"

# What the giver has of whom the asker wants: a capability on the list of the giver's firm; the firm's description; the
# giver's headline; the firm's name; the firm's best customers; or the same wish.
PairReasonKind = Literal["claim", "summary", "headline", "name", "serves", "both"]


@dataclass(frozen=True)
class PairReason:
    """``answer`` of ``giver`` fits ``want``, the words of ``ask`` that ``asker`` has; with a strength of 0-1."""

    kind: PairReasonKind
    asker: Member
    giver: Member
    ask: Wanted
    want: str
    answer: str
    strength: float


def wishes(text: str) -> list[str]:
    """Return the people whom one ask lists, each in the words of the ask.

    >>> wishes("Realtors; CPAs who hate paperwork, and payroll")
    ['Realtors', 'CPAs who hate paperwork, and payroll']
    >>> wishes("plumbers, roofers and new business owners")
    ['plumbers', 'roofers', 'new business owners']
    >>> wishes("Museums and theaters that print a season program")
    ['Museums and theaters that print a season program']
    """
    found = []
    for part in _BETWEEN.split(text.strip()):
        items = [item.strip(" .") for item in _COMMA.split(part)]
        found += items if all(_LISTED.fullmatch(item) for item in items) else [part.strip(" .")]
    return [each for each in dict.fromkeys(found) if each]


def reason_sentence(why: PairReason, reader: Member | None = None) -> str:
    """Return the reason as a sentence; ``reader``, if one of the two, is addressed as "you"."""
    asks, gives = why.asker.first_name, why.giver.first_name
    want, answer = _quote(why.want), _quote(why.answer)
    if why.kind == "both":
        return _same_wish(why, reader)
    if reader == why.asker:
        wants = _("You want to meet %(want)s", want=want)
    else:
        wants = _("%(name)s wants to meet %(want)s", name=asks, want=want)
    own = reader == why.giver
    what = why.answer if why.kind in ("claim", "name") else answer
    gives_words = {"name": gives, "what": what}
    has = {
        "claim": _("your firm does %(what)s", what=what) if own else _("%(name)s’s firm does %(what)s", **gives_words),
        "summary": _("your firm says: %(what)s", what=what)
        if own
        else _("%(name)s’s firm says: %(what)s", **gives_words),
        "headline": _("you say: %(what)s", what=what) if own else _("%(name)s says: %(what)s", **gives_words),
        "name": _("you are with %(what)s", what=what) if own else _("%(name)s is with %(what)s", **gives_words),
        "serves": _("your firm’s best customers: %(what)s", what=what)
        if own
        else _("the best customers of %(name)s’s firm: %(what)s", **gives_words),
    }[why.kind]
    return _("%(wants)s; %(does)s", wants=wants, does=has)


def _same_wish(why: PairReason, reader: Member | None) -> str:
    """Both wishes in their own words, once where they are the same."""
    one, other = (why.giver, why.asker) if reader == why.giver else (why.asker, why.giver)
    first, second = (why.answer, why.want) if reader == why.giver else (why.want, why.answer)
    words = {"one": one.first_name, "other": other.first_name, "want": _quote(first), "wish": _quote(second)}
    if fold(first) == fold(second):
        if reader == one:
            return _("You and %(other)s both want to meet %(want)s", **words)
        return _("%(one)s and %(other)s both want to meet %(want)s", **words)
    if reader == one:
        return _("You want to meet %(want)s, and %(other)s wants to meet %(wish)s", **words)
    return _("%(one)s wants to meet %(want)s, and %(other)s wants to meet %(wish)s", **words)


def _quote(text: str) -> str:
    return f"“{shorten(text, QUOTED, placeholder='…').rstrip(' .')}”"
