"""Owners are ranked by their sentences: by words, by meaning, and never by what they say they do not do."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import sentence_ranking
from matching.inputs import Vectors
from matching.sentence_ranking import Sentence, SentenceIndex, split_sentences

SAID = [
    Sentence(0, "We repair church clocks and gild the weathervane."),
    Sentence(0, "Window washing of office towers.", is_against=True),
    Sentence(1, "Walk-in freezers and coolers for restaurants."),
    Sentence(2, "We wash the windows of office towers by rope."),
]


def letters(texts: Sequence[str]) -> Vectors:
    """A model for tests: texts are alike as far as they have the same letters."""
    counts = np.array(
        [[text.lower().count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
    )
    return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), dtype=np.float32)


def test_words_alone_find_the_sentence() -> None:
    best = SentenceIndex(SAID).rank("The clock of our church stopped, who repairs it?")[0]
    assert (best.owner, best.sentence) == (0, 0)


def test_one_shared_word_is_not_enough_without_meaning() -> None:
    assert SentenceIndex(SAID).rank("A church wedding in June") == []


def test_who_says_they_do_not_do_it_is_left_out() -> None:
    found = SentenceIndex(SAID).rank("Somebody to wash the windows of our office towers")
    assert [like.owner for like in found] == [2]
    said = [
        Sentence(0, text, refuses) for text, refuses in split_sentences("We fix clocks. We don't wash office windows.")
    ]
    assert SentenceIndex(said).rank("wash our office windows") == []


def test_what_the_lead_refuses_finds_nobody() -> None:
    assert SentenceIndex(SAID).rank("We don't need walk-in freezers or coolers for our restaurants") == []


def test_sentences_are_encoded_a_few_per_call_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []

    def encode(texts: Sequence[str]) -> Vectors:
        encoded.extend(texts)
        return letters(texts)

    monkeypatch.setattr(sentence_ranking, "FRESH", 2)
    index = SentenceIndex(SAID)
    index.rank("freezers", encode)
    assert encoded == [SAID[2].text, "freezers"]  # the firm with the word first; the next one has two sentences
    index.rank("freezers", encode)
    index.rank("freezers", encode)
    encoded.clear()
    changed = SentenceIndex([*SAID, Sentence(3, "We freeze fruit.")], index)
    changed.rank("freezers", encode)
    assert encoded == ["We freeze fruit.", "freezers"]


TEXTS = st.text("abc .!?\n'we dont", max_size=60)


@given(pages=st.lists(TEXTS, max_size=5), lead=TEXTS)
def test_any_texts_give_one_answer_in_the_order_of_scores(pages: list[str], lead: str) -> None:
    split = [sentences for page in pages if (sentences := split_sentences(page))]
    said = [Sentence(owner, text, refuses) for owner, page in enumerate(split) for text, refuses in page]
    for encode in (None, letters):
        found = SentenceIndex(said).rank(lead, encode)
        assert found == SentenceIndex(said).rank(lead, encode)
        assert [like.score for like in found] == sorted((like.score for like in found), reverse=True)
        assert all(said[like.sentence].owner == like.owner and not said[like.sentence].is_against for like in found)
