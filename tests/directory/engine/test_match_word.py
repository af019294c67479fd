"""How well a team fits, in a word."""

import pytest

from directory.engine.match_word import GOOD, STRONG, match_word


@pytest.mark.parametrize(
    ("shown", "is_proven", "is_known", "word"),
    [
        (100, True, True, "strong"),
        (STRONG, True, True, "strong"),
        (STRONG - 1, True, True, "good"),
        (100, True, False, "good"),
        (GOOD, True, True, "good"),
        (GOOD - 1, True, True, "possible"),
        (100, False, True, "possible"),
    ],
)
def test_a_team_is_strong_only_if_it_is_proven_and_known(
    shown: int, is_proven: bool, is_known: bool, word: str
) -> None:
    assert match_word(shown, is_proven=is_proven, is_known=is_known) == word
