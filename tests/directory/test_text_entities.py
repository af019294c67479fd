"""What networks find in a text, against X's own library and against cases that called on strangers."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from directory.text_entities import find_links, find_mentions, is_hashtag, without_mentions
from directory.text_length import x_length

ROOT = Path(__file__).parents[2]
WORDS = """
example.com müller.de http://пример.рф https:// www. a.b.co.uk /path ?a=b #c ? ! . , ( ) _ - @
@bo $ 日本 を é com x 3.5 e.g. foo_bar.com foo-bar.com xn--p1ai 例え.みんな /a_(b) /a(b(c)d)e
/é :80 : Booking.com info@firm.com 's ’s “ ” & = foo.notatld com.org 😀 ❤️ #tag t.co Inc.
node.js a.io/
"""
PARTS = [*WORDS.split(), " ", "\n", "\u200d"]
LENGTHS = "const {parseTweet} = require('twitter-text'); const texts = JSON.parse(require('fs').readFileSync(0)); " \
    "console.log(JSON.stringify(texts.map((text) => parseTweet(text).weightedLength)))"  # fmt: skip


@pytest.mark.slow
@settings(max_examples=1, derandomize=True)
@given(
    some.lists(some.lists(some.sampled_from(PARTS), min_size=1, max_size=6).map("".join), min_size=900, max_size=900)
)
def test_lengths_are_those_of_the_library_of_x(texts: list[str]) -> None:
    node = ["node", "-e", LENGTHS]
    ran = subprocess.run(node, input=json.dumps(texts), capture_output=True, text=True, cwd=ROOT, check=True)
    pairs = zip(texts, json.loads(ran.stdout), strict=True)
    other = [(text, length, x_length(text)) for text, length in pairs if x_length(text) != length]
    assert len(other) <= 5, other  # a domain that mixes scripts, or has an underscore, before a path


def test_only_names_under_an_existing_top_level_domain_are_links() -> None:
    told = "Ask bo@example.com, see example.com/a_(b) or HTTPS://Example.ORG. Not 3.5, e.g. or Mr.Smith."
    assert find_links(told) == ["example.com/a_(b)", "HTTPS://Example.ORG"]


@pytest.mark.parametrize(
    "text", [".@carlo", "great.@carlo", "の@carlo", "RT@carlo", "RT:@carlo", "＠carlo", "(@carlo)", "é@carlo"]
)
def test_what_calls_on_an_account_is_found_and_loses_its_sign(text: str) -> None:
    assert find_mentions(text)
    assert without_mentions(text) == text.replace("@", "").replace("＠", "")


@pytest.mark.parametrize(
    "text", ["bo@firm.example", "@ noon", "medium.com/@carlo", "https://mas.to/@carlo", "C@", "a@b"]
)
def test_what_calls_on_nobody_stays(text: str) -> None:
    assert find_mentions(text) == []
    assert without_mentions(text) == text


@pytest.mark.parametrize("word", ["हिन्दी", "ผู้เริ่ม", "می\u200cخواهم", "il·lusió", "oldpueblo", "東京", "a1", "büro_2"])
def test_a_hashtag_is_a_word_in_any_script(word: str) -> None:
    assert is_hashtag(word)


@pytest.mark.parametrize("word", ["", "2026", "old pueblo", "co-op", "a#b", "!", "\u0301"])
def test_what_networks_cut_is_no_hashtag(word: str) -> None:
    assert not is_hashtag(word)
