"""The need reader: clauses are heard within their text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.engine.need_reader import NeedReader, heard_codes, load_need_reader
from matching.clauses import clauses


@pytest.fixture(scope="module")
def reader() -> NeedReader:
    found = load_need_reader()
    assert found is not None
    return found


def heard(reader: NeedReader, text: str) -> list[str]:
    """What each clause asks for most probably; "-" for none."""
    codes = [*heard_codes(), "-"]
    return [codes[row.argmax()] for row in reader.hear(text, [(part.start, part.end) for part in clauses(text)])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("We run a bakery and need somebody to do our books", ["-", "accounting.bookkeeping"]),
        ("No website, our nephew built one. But the roof of our store leaks", ["-", "-", "construction.roofing"]),
    ],
)
def test_a_clause_is_heard_within_its_text(reader: NeedReader, text: str, said: list[str]) -> None:
    assert heard(reader, text) == said


@given(text=st.text(max_size=600), cuts=st.lists(st.integers(0, 600), max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_text_has_probabilities(reader: NeedReader, text: str, cuts: list[int]) -> None:
    parts = [(min(a, b), max(a, b)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    chances = np.exp(reader.hear(text, parts))
    assert chances.shape == (len(parts), len(heard_codes()) + 1)
    assert np.allclose(chances.sum(axis=1), 1)


def test_what_lies_beyond_the_first_words_asks_for_nothing(reader: NeedReader) -> None:
    text = "word " * 400 + "we need a plumber"
    assert np.exp(reader.hear(text, [(2000, len(text))]))[0, -1] == 1
