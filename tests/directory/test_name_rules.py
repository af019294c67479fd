"""What may stand in a name: no address, no pile of accents, and no letters of two alphabets that look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.errors import Invalid
from directory.name_rules import MAX_MARKS, clean_name, clean_person_name

ADDRESSES = (
    *("https://evil.example", "Bea www.evil.example", "bo@evil.example", "evil.com/x", "ｅｖｉｌ．ｃｏｍ／ｘ"),
    *("Bea\tHTTPS://x", "a＠b.example"),
)
DOMAINS = ("Dear evil.com", "evil。com", "bit.ly", "Bea (bea.net)")
MIXED = ("Аdmin", "Bеа", "ꓮdmin", "Ꭺdmin", "Αnna")
NAMES = (
    "Bea Lindqvist",
    "St.John O'Neil-Núñez Jr.",
    "J.R. Marsh",
    "Nguyễn Thị Lan",
    "王小明",
    "Анна Ким",
    "ʻOkina",
    "שָׁלוֹם",
)


def person(text: str) -> str:
    return clean_person_name(text, field="name", what="your name")


def firm(text: str) -> str:
    return clean_name(text, field="name", what="the name of the firm", limit=200)


@pytest.mark.parametrize("text", [*ADDRESSES, "Z" + "\u0301" * (MAX_MARKS + 2)])
def test_no_name_has_an_address_or_a_pile_of_accents(text: str) -> None:
    for clean in (person, firm):
        with pytest.raises(Invalid):
            clean(text)


@pytest.mark.parametrize("text", [*DOMAINS, *MIXED])
def test_no_person_is_a_domain_or_mixes_alphabets(text: str) -> None:
    with pytest.raises(Invalid):
        person(text)


@pytest.mark.parametrize("text", NAMES)
def test_names_of_people_stay_as_they_are(text: str) -> None:
    assert person(text) == text


@pytest.mark.parametrize("text", ["Fern.com", "AT&T", "Ωmega Labs", "Yahoo!", "Copper @ Oak", "A/B Testers", "i3-2.0"])
def test_names_of_firms_stay_as_they_are(text: str) -> None:
    assert firm(text) == text


@given(st.text(max_size=30), st.sampled_from(["https://x", "www.x", "a@b.cd", "e.com/"]), st.text(max_size=30))
def test_an_address_anywhere_in_a_name_is_refused(before: str, address: str, after: str) -> None:
    with pytest.raises(Invalid):
        firm(f"{before} {address}{after}")
