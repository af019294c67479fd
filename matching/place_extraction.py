"""The place of a text, among the places of a network."""

import re
from collections.abc import Sequence
from functools import lru_cache


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
