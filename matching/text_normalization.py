"""Text normalisation: cleaning, sentences, tokens and stems, so that forms of the same word compare equal.

>>> [token.stem for token in tokens("The clients' WordPress sites, C# & Wi-Fi")]
['the', 'client', 'wordpress', 'sit', 'c#', 'and', 'wi', 'fi']
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 4000  # characters of a text; the rest is ignored
SENTENCE_LONGEST = 500
TOKEN = re.compile(r"(?:(?<!\S)\.)?[^\W_]+(?:['’][^\W_]+)*[#+]*|&")  # ".NET" keeps its dot, "C#" its sharp
SENTENCE = re.compile(r"(?<=[.!?;\n])\s+|\n|\s[-–—]+\s|;(?=\s)")
STOP = frozenset(
    re.findall(
        r"\w+",
        """a about above after all also am an and any anybody anyone are as at be because been before being best
        better both but by can come could did do does doing done each ever every everything few find for from
        get gets getting give go going good got great had has have having he help her here him his how i if in
        into is it its just keep know last let like little long lot made make many may me might more most much
        must my need needed needs never new next no nobody nor not nothing now of off old on once one only or
        other our ours out over own per please put really right same say see she should since so some somebody
        someone something soon still such sure take than thank that the their them then there these they thing
        this those three through time to too two under until up us use used very want wants was way we week well
        were what when where which while who whole why will with without work works would year yet you your""",
    )
)
_CONTROLS = dict.fromkeys((*range(10), *range(11, 32), 127), " ")
SKIPPED = frozenset(re.findall(r"\w+", "a an the my our your their his her its this that these those some any"))


@dataclass(frozen=True)
class Token:
    """A word at ``text[start:end]``: ``form`` in lower case, without accents, singular; and ``stem``, its root."""

    start: int
    end: int
    form: str
    stem: str


def clean_text(text: str, longest: int = LONGEST) -> str:
    """Return the first ``longest`` characters in NFKC without invisible characters; keep line breaks. Never raises.

    >>> clean_text("Word\\u200bPress\\u202e ｓｉｔｅ")
    'WordPress site'
    """
    if text.isascii():
        return text[:longest].translate(_CONTROLS).strip()
    chars = []
    for char in unicodedata.normalize("NFKC", text[:longest])[:longest]:
        category = unicodedata.category(char)
        if category != "Cf":
            chars.append(" " if char != "\n" and category[0] in "CZ" else char)
    return "".join(chars).strip()


def tokens(text: str) -> list[Token]:
    """Return the tokens of a clean text, in order."""
    result = []
    for match in TOKEN.finditer(text):
        form, root = _normalized(match[0])
        if form:
            result.append(Token(match.start(), match.end(), form, root))
    return result


@lru_cache(50_000)  # a language has fewer words in use
def _normalized(word: str) -> tuple[str, str]:
    folded = "and" if word == "&" else fold(word)
    return singular(folded), stem(folded)


def fold(word: str) -> str:
    """Return the word in lower case, without accents and possessive.

    >>> fold("Piñon’s")
    'pinon'
    """
    letters = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(char for char in letters if not unicodedata.combining(char)).removesuffix("'s")


def singular(word: str) -> str:
    """
    >>> [singular(word) for word in ("companies", "boxes", "sites", "business", "sas")]
    ['company', 'box', 'site', 'business', 'sas']
    """
    if len(word) < 4 or not word.isalpha() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word.removesuffix("s")


def stem(word: str) -> str:
    """Return a root that a noun shares with its plural and a verb with its -ing form; not always a word.

    >>> [stem(word) for word in ("roofing", "scanning", "hire", "hiring", "billing", "web", "ring")]
    ['roof', 'scan', 'hir', 'hir', 'bill', 'web', 'ring']
    """
    root = singular(word)
    if root.endswith("ing") and len(root) > 5 and re.search("[aeiouy]", root[:-3]):
        root = root[:-3]
        if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lszf":
            return root[:-1]
    return root[:-1] if len(root) > 3 and root.endswith("e") else root


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences and lines of a clean text, at most 500 characters each; none is blank."""
    cuts = [0, *(at for match in SENTENCE.finditer(text) for at in match.span()), len(text)]
    pieces = [
        (at, min(at + SENTENCE_LONGEST, end))
        for start, end in zip(cuts[::2], cuts[1::2], strict=True)
        for at in range(start, end, SENTENCE_LONGEST)
    ]
    return [(start, end) for start, end in pieces if text[start:end].strip()]


def informative(words: Sequence[Token]) -> list[str]:
    """Return the stems of ``words`` without stop words and single characters."""
    return [word.stem for word in words if word.form not in STOP and len(word.form) > 1]


def stems(text: str) -> list[str]:
    """Return the stems of the informative words of a clean text, as ``informative(tokens(text))`` does, but faster."""
    return [root for form, root in map(_normalized, TOKEN.findall(text)) if form and form not in STOP and len(form) > 1]


def count_informative(text: str) -> int:
    """Return the number of informative words in ``text``."""
    return len(informative(tokens(text)))
