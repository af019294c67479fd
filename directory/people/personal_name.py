"""Parts of a person's name as they wrote it, and what to greet them by; pure functions around nameparser."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from directory.text import fold

if TYPE_CHECKING:
    from nameparser import Parser

_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SURNAMES = "nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly dinh truong lam"
_VIETNAMESE = frozenset(_SURNAMES.split())


class NameParts(NamedTuple):
    """The parts of a name, "" for none, as a vCard has them; ``greeting`` is what follows "Dear"."""

    family: str
    given: str
    middle: str
    title: str
    suffix: str
    greeting: str


@lru_cache(maxsize=10_000)
def name_parts(name: str) -> NameParts:
    """Return the parts of a name in any usual order.

    People are greeted by what they are called: not by a title, an initial or a family name in front, and in scripts
    that write the family name first by the whole name, since a bare given name is too familiar there.

    >>> names = ("Dr. Wu", "Wu, Tess", "H. Proctor Crow III", 'Robert "Bob" Marsh, CPA', "王小明", "Trần Văn Minh")
    >>> [name_parts(name).greeting for name in names]
    ['Dr. Wu', 'Tess', 'Proctor', 'Bob', '王小明', 'Minh']
    """
    parsed = _parser().parse(name)
    title, given, middle, family = parsed.title, parsed.given, parsed.middle, parsed.family
    words = [word for word in name.split() if word not in title.split()]
    plain = [word for word in words if not _IDEOGRAPHS.search(word)]
    if len(plain) < len(words):
        if len(plain) > 1:
            return name_parts(" ".join(plain))  # "Jenny Lin 林珍妮"
        if len(words) > 1:
            family, given, middle = words[0], " ".join(words[1:]), ""
        greeting = " ".join(words)
    elif _is_vietnamese(words):
        family, given, middle = words[0], words[-1], " ".join(words[1:-1])
        greeting = given
    else:
        called = [word for word in (*given.split(), *middle.split()) if len(word.strip(".")) > 1]
        is_called = parsed.nickname[:1].isupper() and name[-1:].isalpha()  # '"Bob" Marsh', not "Marsh (she/her)"
        initials = " ".join((given, middle)).strip()
        greeting = next(iter([parsed.nickname] * is_called + called), initials) or " ".join((title, family)).strip()
    if name.isupper() or name.islower():
        greeting = greeting.title()
    return NameParts(family, given, middle, title, parsed.suffix, greeting or name)


def _is_vietnamese(words: list[str]) -> bool:
    """Whether the family name leads, as the accents on it or the middle name Thị or Văn tell."""
    leads = len(words) > 2 and fold(words[0]) in _VIETNAMESE
    return leads and (not words[0].isascii() or fold(words[1]) in ("thi", "van"))


@cache
def _parser() -> "Parser":
    from nameparser import locales, parser_for  # read when the first name is, since every command loads the tables

    return parser_for(locales.ZH)  # it divides Chinese and Korean names without a space, and no other ones
