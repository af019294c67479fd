"""Text length as each network counts it: the published cases of X, Mastodon and Unicode, and hostile texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from directory.text_length import (
    COUNTS,
    LengthLimit,
    excess_length,
    grapheme_clusters,
    mastodon_length,
    x_length,
)

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
# The first are twitter-text's conformance cases, of version 3, in which an emoji counts 2 however it is put together.
WEIGHTED = [
    ("This is a test.", 15),
    ("Hi http://test.co", 26),
    ("http://test.co", 23),
    ("test.com", 23),
    ("Test https://test.com test https://test.com test.com test", 86),
    ("285 chars-" + "xxxxxxxxxx-" * 25, 285),
    ("285 chars- http://www.twitter.com/jack " + "xxxxxxxxxx-" * 24, 299),
    ("https://www.twitter.com/aloha " * 10, 240),
    ("故人西辞黄鹤楼，烟花三月下扬州。" * 10, 320),
    ("😷" * 160, 320),
    ("A\u0301B", 2),  # normalized first
    ("A\ufb2c", 4),  # which NFC takes apart
    (f"H🐱☺{FAMILY}", 7),
    ("😷👾😡🔥💩", 10),
    ("🙋🏽👨\u200d🎤", 4),
    ("randomurl" * 6 + "randomurls.com", 68),  # a label of 64 characters is none
    ("저찀쯿쿿", 8),
    ("‐ ‑ ‒ – — ― ‖ ‗ ‘ ’ ‚ ‛ “ ” „ ‟ ′ ″ ‴ ‵ ‶ ‷", 43),
    ("example.notatld", 15),
    ("me@example.com", 14),
    ("#tag.com and @who.com", 21),
    ("日本語example.com", 29),
    ("Look (https://example.com/a?b=c#d).", 31),
    ("1️⃣🇺🇸🏴󠁧󠁢󠁥󠁮󠁧󠁿❤️©", 9),
    ("क्ष", 3),
    ("e.g. this, i.e. that", 20),
    ("http://☃.net/ Mr.Smith", 32),
    ("Do you know somebody at Booking.com?", 48),
    ("подробнее http://пример.рф сегодня", 41),
    ("詳しくはexample.com/pathをご覧ください", 45),
    ("ask müller.de", 27),
    ("の\u200d 😀\u200d", 7),
    ("xhttp://test.co", 15),
]
# From the tests of Mastodon's own validator of a post's length.
TOOTED = [
    ("a" * 476 + f" http://{'b' * 30}.com/example", 500),
    ("a" * 476 + f"http://{'b' * 30}.com/example", 525),
    (f"http://example.com/valid?{'#foo?' * 1000}", 5025),
    ("a" * 493 + f" @alice@{'b' * 30}.com", 500),
    (f"@alice@{'b' * 253}.com", 260 + 4),
    ("✨" * 500, 500),
    (FAMILY, 1),
    ("example.com and me@example.com", 30),
]
# From Unicode's GraphemeBreakTest, and what members write.
GRAPHEMES = [
    ("", 0),
    ("\r\n", 1),
    ("a\u0308\u200db", 2),
    ("\u1100\u1160\u11a8", 1),
    ("각", 1),
    ("🇦🇺🇸", 2),
    ("\U0001f6d1\u200d\U0001f6d1", 1),
    ("a\u200d\U0001f6d1", 2),
    ("क्\u200dत", 1),
    ("\u0600a", 1),
    (FAMILY, 1),
    ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 1),
    ("e\u0301" * 3, 3),
]


@pytest.mark.parametrize(("text", "length"), WEIGHTED)
def test_x_length_counts_as_x_does(text: str, length: int) -> None:
    assert x_length(text) == length


@pytest.mark.parametrize(("text", "length"), TOOTED)
def test_mastodon_length_counts_as_mastodon_does(text: str, length: int) -> None:
    assert mastodon_length(text) == length


@pytest.mark.parametrize(("text", "length"), GRAPHEMES)
def test_graphemes_are_counted_as_unicode_defines_them(text: str, length: int) -> None:
    assert COUNTS["graphemes"](text) == length


@given(some.text(some.characters(codec="utf-8"), max_size=60))
def test_clusters_join_to_the_text_and_are_no_more_than_its_characters(text: str) -> None:
    assert "".join(grapheme_clusters(text)) == text
    assert len(grapheme_clusters(text)) <= len(text) <= COUNTS["bytes"](text)
    assert excess_length(text, [LengthLimit("characters", 10), LengthLimit("bytes", 1000)]) == max(0, len(text) - 10)


def test_a_hostile_text_is_counted_without_delay() -> None:
    for text in (
        "a." * 5000,
        "a-" * 5000,
        "http://" * 1500,
        "\u200d" * 10000,
        "#" * 10000,
        "@a" * 5000,
        "の" * 10000,
        "の." * 5000,
    ):
        assert min(x_length(text), mastodon_length(text)) > 0
