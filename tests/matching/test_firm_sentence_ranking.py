"""Owners are ranked by their sentences: by words, by meaning, and never by what they say they do not do."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import firm_sentence_ranking
from matching.firm_sentence_ranking import Likeness, Sentence, SentenceIndex, split_sentences
from matching.inputs import HalfVectors, Vectors
from matching.lead_passages import Passages, passages

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
    return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), dtype=np.float32).reshape(-1, 26)


def none(said: Sequence[Sentence]) -> HalfVectors:
    return np.zeros((len(said), 26), dtype=np.float16)


def embedded(said: Sequence[Sentence]) -> HalfVectors:
    return letters([each.text for each in said]).astype(np.float16) if said else none(said)


def by_words(said: Sequence[Sentence], lead: str) -> list[Likeness]:
    return SentenceIndex(said, none(said)).rank(passages(lead)[0], None)


def page(*texts: str) -> list[Sentence]:
    """Return the sentences of a page for each of the owners."""
    return [
        Sentence(owner, text, refuses) for owner, whole in enumerate(texts) for text, refuses in split_sentences(whole)
    ]


def test_words_alone_find_the_sentence() -> None:
    best = by_words(SAID, "The clock of our church stopped, who repairs it?")[0]
    assert (best.owner, best.sentence) == (0, 0)


def test_one_shared_word_is_not_enough_without_meaning() -> None:
    assert by_words(SAID, "A church wedding in June") == []


def test_who_says_they_do_not_do_it_is_left_out() -> None:
    found = by_words(SAID, "Somebody to wash the windows of our office towers")
    assert [like.owner for like in found] == [2]
    assert by_words(page("We fix clocks. We don't wash office windows."), "wash our office windows") == []


def test_what_the_lead_refuses_finds_nobody() -> None:
    assert by_words(SAID, "We don't need walk-in freezers or coolers for our restaurants") == []


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("New builds are not our thing.", True),
        ("Please do not ask us for gambling work.", True),
        ("We stay away from big campaigns.", True),
        ("Retail shops are better served elsewhere.", True),
        ("We not only build shops, we run them.", False),
        ("Accessibility is not an extra.", False),
    ],
)
def test_a_refusal_is_heard(text: str, refuses: bool) -> None:
    assert split_sentences(text) == ((text, refuses),)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Somebody always asks about snow, and we make it\nfall for two hours without a sound.", 1),
        ("Somebody always asks about snow, and we make it \r\nfall for two hours without a sound.", 1),
        ("Somebody always asks about snow, and we make it\n\nfall for two hours without a sound.", 2),
        ("We paint scenery in an old laundry by the river.\nour doors are wide", 2),
        ("set building\nscenic painting\nfireproofing", 3),
        ("We paint and build scenery for small theaters\nWe store it in summer", 2),
    ],
)
def test_a_sentence_goes_on_where_a_line_was_cut_at_a_width(text: str, count: int) -> None:
    assert len(split_sentences(text)) == count


@pytest.mark.parametrize("text", ["We make websites for law firms.", "We work only with lawyers.", "Lawyers trust us."])
def test_whom_a_firm_serves_is_no_evidence_that_it_does_their_work(text: str) -> None:
    said = page(text)
    for index, encode in ((SentenceIndex(said, embedded(said)), letters), (SentenceIndex(said, none(said)), None)):
        assert index.match(Passages(("a lawyer of a law firm",)), encode).deed.tolist() == [-1]


def test_what_customers_want_is_evidence_and_who_they_are_is_not() -> None:
    assert Sentence(0, "Lawyers who need a website", about="wish").deed == " need a website"
    assert Sentence(0, "Law firms in Mesa", about="wish").deed == ""
    assert Sentence(0, "We file papers", about="served").deed == ""


def test_a_sentence_that_says_it_does_the_work_is_found() -> None:
    said = page("We bend neon. We also hang big signs.", "Neon is what we look at.")
    match = SentenceIndex(said, embedded(said)).match(Passages(("hang a big sign",)), letters)
    assert match.deed[0] == 1


def test_only_the_lead_is_encoded() -> None:
    encoded: list[str] = []

    def encode(texts: Sequence[str]) -> Vectors:
        encoded.extend(texts)
        return letters(texts)

    SentenceIndex(SAID, embedded(SAID)).rank(passages("Freezers")[0], encode)
    assert encoded == ["Freezers"]


def test_who_is_not_embedded_yet_is_found_by_words() -> None:
    vectors = embedded(SAID)
    vectors[2] = 0
    found = SentenceIndex(SAID, vectors).rank(passages("walk-in freezers and coolers of a restaurant")[0], letters)
    assert 1 in {like.owner for like in found}


def test_many_owners_are_compared_as_a_whole_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firm_sentence_ranking, "FIRST", 1)
    found = SentenceIndex(SAID, embedded(SAID)).rank(passages("wash windows of an office tower by rope")[0], letters)
    assert found[0].owner == 2


TEXTS = st.text("abc .!?\n'we dont for", max_size=60)


@given(pages=st.lists(TEXTS, max_size=5), lead=TEXTS)
def test_any_texts_give_one_answer_in_the_order_of_scores(pages: list[str], lead: str) -> None:
    said = page(*(text for text in pages if split_sentences(text)))
    for vectors, encode in ((none(said), None), (embedded(said), letters)):
        found = SentenceIndex(said, vectors).rank(passages(lead)[0], encode)
        assert found == SentenceIndex(said, vectors).rank(passages(lead)[0], encode)
        assert [like.score for like in found] == sorted((like.score for like in found), reverse=True)
        assert all(said[like.sentence].owner == like.owner and not said[like.sentence].is_against for like in found)


@pytest.mark.parametrize(
    ("said", "served"),
    [
        ("We run the marketing of dentists and orthodontists", "dentists"),
        ("Insurance of roofing contractors", "roofing"),
        ("Our software is used by title companies", "title"),
        ("Recruiting electricians and technicians", "electricians"),
        ("IT support for law firms", "law"),
    ],
)
def test_whom_a_firm_serves_is_not_what_it_does(said: str, served: str) -> None:
    assert served not in Sentence(0, said).deed
    index = SentenceIndex([Sentence(0, said)], np.zeros((1, 0), dtype=np.float16))
    assert index.match(Passages((f"{served} {said.split()[-1]}",)), None).deed.tolist() == [-1]


@pytest.mark.parametrize(
    "said", ["We are plumbers and roofers", "Licensed electricians", "A team of designers", "We repair trailers"]
)
def test_people_who_are_the_firm_are_what_it_does(said: str) -> None:
    assert Sentence(0, said).deed == said


def test_a_number_is_nothing_in_common() -> None:
    said = [Sentence(0, "We weld metal parts in runs of five thousand."), Sentence(1, "Labels, from thousand on.")]
    assert [like.owner for like in by_words(said, "We need five thousand labels on rolls")] == []
    assert [like.owner for like in by_words(said, "We need metal parts, five thousand")] == [0]
