"""Name consent: a name without consent is found in any text and spelling, without comparing every name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.db import bump_world
from directory.week.unconsented_names import UnconsentedNames, _Names, names_in
from tests.chapterhouse import Chapterhouse

WORDS = st.text("aAB\u00e9\uff21-'\u2019 _.!", max_size=9)


@pytest.mark.parametrize("written", ["Nora O\u2019Brien", "No\u200dra O'Brien", "\uff2eora O'Brien"])
def test_a_name_is_found_in_any_unicode_spelling(written: str) -> None:
    assert names_in(f"Thanks to {written}!", ["Nora O'Brien"]) == ["Nora O'Brien"]


NAMES = st.lists(WORDS.filter(str.strip), max_size=6)


@given(NAMES, NAMES, st.lists(WORDS, max_size=6).map(" ".join))
def test_the_index_finds_the_same_names_as_comparing_each_name(before: list[str], names: list[str], text: str) -> None:
    known = _Names(enumerate(names), _Names(enumerate(before), None))
    assert sorted(names[number] for number in known.member_ids_in(text)) == sorted(names_in(text, names))


def test_changed_consent_and_new_members_count_at_once(mesa: Chapterhouse) -> None:
    bump_world(mesa.session)  # from here on the names are cached
    text = f"Ask {mesa.alma.name.upper()} or Zoe Zimmer"
    mesa.alma.spotlight_at = None
    mesa.session.flush()
    assert UnconsentedNames(mesa.session).found_in(text) == [mesa.alma.name]
    mesa.alma.spotlight_at = mesa.now
    mesa.session.flush()
    assert UnconsentedNames(mesa.session).found_in(text) == []
    mesa._member("Zoe Zimmer", 0)
    mesa.session.flush()
    assert UnconsentedNames(mesa.session).found_in(text) == ["Zoe Zimmer"]
