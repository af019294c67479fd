"""Likeness: two names that a reader takes for the same one have the same likeness, however they are written."""

import unicodedata

from directory.people.twins import SAME_SHAPE
from directory.text import folded


def likeness(name: str) -> str:
    """What ``name`` looks like: no case, accents, punctuation or blanks, and look-alike letters as Latin ones.

    >>> likeness("Beа  Lindqvіst") == likeness("BEA LINDQVIST") == likeness("Ｂｅａ Lindqvist")
    True
    """
    letters = unicodedata.normalize("NFKC", name).casefold().translate(SAME_SHAPE)
    return "".join(char for char in folded(letters) if char.isalnum())
