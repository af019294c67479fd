"""Text length as each network counts it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wcwidth import iter_graphemes

from directory.text_entities import link_spans

LINK_WEIGHT = 23  # characters that X and Mastodon count for any link
# X's published ranges of code points of weight 1; all others weigh 2.
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

_REMOTE_MENTION = re.compile(r"(?<![a-z0-9_/])(@[a-z0-9_]+)@[a-z0-9.-]{0,252}[a-z0-9](?![.-]*[a-z0-9])", re.IGNORECASE)
_EMOJI = re.compile(
    r"[\u203c\u2049\u2122\u2139\u2194-\u2b55\u3030\u303d\u3297\u3299©®\U0001f000-\U0001faff].*[\ufe0f\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
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


def x_length(text: str) -> int:
    """Return X's length: 23 for each link, 2 for each emoji sequence, 1 or 2 for any other code point.

    >>> x_length("Hi http://test.co"), x_length("の"), x_length("H🐱☺👨‍👩‍👧‍👦")
    (26, 2, 7)
    """
    text = unicodedata.normalize("NFC", text)
    links = link_spans(text)
    length, rest = LINK_WEIGHT * len(links), _replaced(text, links, "")
    if rest.isascii():  # fast path: nearly every post is ASCII, and each is counted many times
        return length + len(rest)
    for cluster in grapheme_clusters(rest):
        joined = cluster.rstrip("\u200d")  # a joiner that joins nothing counts 1
        is_emoji = len(joined) > 1 and _EMOJI.match(joined)
        length += len(cluster) - len(joined) + (2 if is_emoji else sum(map(_weight, joined)))
    return length


def mastodon_length(text: str) -> int:
    """Return Mastodon's length: graphemes, 23 for each URL with a scheme, and ``@bo`` for ``@bo@there``.

    >>> mastodon_length("Hi http://test.co"), mastodon_length("Ask @bo@mastodon.social")
    (26, 7)
    """
    linked = [
        (start, end) for start, end in link_spans(text) if "://" in text[start : start + 8] and end - start <= 4096
    ]
    rest = _replaced(text, linked, "-" * LINK_WEIGHT)
    return len(grapheme_clusters(_REMOTE_MENTION.sub(r"\1", rest)))


def _replaced(text: str, spans: Sequence[tuple[int, int]], by: str) -> str:
    """Return ``text`` with each of ``spans``, which are in order, replaced."""
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(text)]
    return by.join(text[end:start] for end, start in zip(ends, starts, strict=True))


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
