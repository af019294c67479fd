"""A lead's passages: each need has its own, what is about other needs or refused is left out."""

from hypothesis import given
from hypothesis import strategies as st

from matching.lead_passages import passages
from matching.text_normalization import clean_text

LEAD = "We open in May. We need a logo, a wrap for the truck and a bookkeeper. We don't want a website."


def test_each_need_has_its_own_clause_and_what_is_around_all() -> None:
    logo, bookkeeper = passages(LEAD, ["logo", "bookkeeper"])
    assert logo.own == ("We need a logo",)
    assert bookkeeper.own == ("and a bookkeeper.",)
    assert "We open in May." in logo.around
    assert not any("bookkeeper" in passage for passage in logo.all)


def test_a_need_that_is_alone_has_the_whole_lead_but_its_refusals() -> None:
    (only,) = passages(LEAD, ["logo"])
    assert only.own == only.around
    assert "bookkeeper" in " ".join(only.all)
    assert "website" not in " ".join(only.all)


def test_a_need_without_words_of_the_lead_has_what_is_around() -> None:
    _logo, chosen = passages(LEAD, ["logo", "Insurance"])
    assert chosen.own == ()
    assert "and a bookkeeper" in " ".join(chosen.all)


TEXTS = st.text("abc ,.!\n'we dont and", max_size=80)


@given(text=TEXTS, phrases=st.lists(TEXTS, min_size=1, max_size=4))
def test_passages_are_parts_of_the_text_in_any_case(text: str, phrases: list[str]) -> None:
    found = passages(text, phrases)
    assert len(found) == len(phrases)
    assert all(passage in clean_text(text) for each in found for passage in each.all)
