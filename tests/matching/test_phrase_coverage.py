"""Phrase coverage: how fully a text says one phrase of a node."""

from hypothesis import given
from hypothesis import strategies as st

from matching.phrase_coverage import PhraseCoverage
from matching.text_normalization import stems, tokens

WORDS = st.lists(st.sampled_from(["stump", "grinder", "roof", "leak", "cabinet", "fence"]), max_size=5).map(" ".join)


def test_a_whole_phrase_counts_more_than_words_of_two() -> None:
    coverage = PhraseCoverage([("change the locks", "door keys"), ("door locks", "change of address")])
    (scores,) = coverage.scores([tokens("somebody to change our locks")])
    assert scores[0] > scores[1] > 0
    assert not coverage.scores([tokens("a violin")]).any()


def test_a_comma_parts_phrases() -> None:
    coverage = PhraseCoverage([("grind a stump, fix a roof",), ("stump roof",)])
    (scores,) = coverage.scores([tokens("grind the stump")])
    assert scores[0] > scores[1]


def test_without_phrases_nothing_is_covered() -> None:
    assert PhraseCoverage([(), ()]).scores([tokens("a roof")]).tolist() == [[0, 0]]
    assert PhraseCoverage([]).scores([tokens("a roof")]).shape == (1, 0)


@given(st.lists(st.lists(WORDS, max_size=3), min_size=1, max_size=4), WORDS)
def test_the_best_phrase_of_each_node_counts(phrases: list[list[str]], text: str) -> None:
    coverage = PhraseCoverage(phrases)
    (scores,) = coverage.scores([tokens(text)])
    for node, some in enumerate(phrases):
        assert (scores[node] > 0) == any(set(stems(phrase)) & set(stems(text)) for phrase in some)
