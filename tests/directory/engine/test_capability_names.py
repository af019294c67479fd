"""How capabilities are spelled: cells are cut with care, variants meet their node, and what is only near does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.engine import capability_names
from directory.engine.capability_names import LONGEST, Spellings, split_cell

NAMES = (
    "E-commerce",
    "UX design",
    "HVAC",
    "Plumbing",
    "Search engine optimization",
    "Bookkeeping",
    "Farming",
    "Web design",
    "Family law",
    "Bakery",
    "Carpet cleaning",
    "Septic systems",
    "Real estate law",
)
SYNONYMS = {
    "UX design": ["ui design"],
    "Search engine optimization": ["SEO"],
    "Plumbing": ["plumber"],
    "Family law": ["divorce"],
}


@pytest.fixture
def spellings() -> Spellings:
    return Spellings([(id, name, SYNONYMS.get(name, [])) for id, name in enumerate(NAMES)])


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [
        ("UI/UX design", ["UI/UX design"]),
        ("web design, SEO", ["web design", "SEO"]),
        ("HVAC; plumbing", ["HVAC", "plumbing"]),
        ("Decks - fences – gates", ["Decks", "fences", "gates"]),
        ("Wi-Fi set-up", ["Wi-Fi set-up"]),
        ("SEO | PPC\n• and e-mail", ["SEO", "PPC", "e-mail"]),
        ("Halls for 1,000 guests", ["Halls for 1,000 guests"]),
        ("CMS (WordPress, Drupal), hosting", ["CMS (WordPress, Drupal)", "hosting"]),
        ("Roofing, roofing; ROOFING", ["Roofing"]),
        ("n/a; - ; none, 12, ada@example.com", []),
        ("C#, C++", ["C#", "C++"]),
        ("#seo, https://ada.example, www.ada.example", ["seo"]),
        ("HVAC/R; 24/7 towing", ["HVAC/R", "24/7 towing"]),
        ("word " * 100, [("word " * 24).strip()]),
    ],
)
def test_a_cell_is_cut_where_a_reader_would(cell: str, pieces: list[str]) -> None:
    assert split_cell(cell) == pieces


@given(st.text(max_size=300))
def test_any_cell_gives_short_pieces_that_are_pieces_again(cell: str) -> None:
    for piece in split_cell(cell):
        assert 0 < len(piece) <= LONGEST
        assert split_cell(piece)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("eCommerce", ["E-commerce"]),
        ("e commerce", ["E-commerce"]),
        ("UI/UX design", ["UX design"]),
        ("design, UX", ["UX design"]),
        ("Search engine optimisation", ["Search engine optimization"]),
        ("SEO services", ["Search engine optimization"]),
        ("Search Engine Optimization (SEO)", ["Search engine optimization"]),
        ("plumbers", ["Plumbing"]),
        ("HVAC & plumbing", ["HVAC", "Plumbing"]),
        ("website designs", []),
        ("webdesign", ["Web design"]),
        ("HVAC repair", []),
        ("HVAC & beekeeping", []),
        ("", []),
    ],
)
def test_only_another_spelling_is_the_same(spellings: Spellings, typed: str, names: list[str]) -> None:
    assert [NAMES[id] for id in spellings.find(typed)] == names


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Divorce attorney", ["Family law"]),
        ("Family lawyers", ["Family law"]),
        ("HVAC contractor", ["HVAC"]),
        ("Baker", ["Bakery"]),
        ("Carpet cleaner", ["Carpet cleaning"]),
        ("Septic service", ["Septic systems"]),
        ("Patent attorney", []),
        ("Real estate agent", []),
        ("Window cleaner", []),
        ("Contractor", []),
    ],
)
def test_the_title_of_who_does_it_is_what_is_done(spellings: Spellings, title: str, names: list[str]) -> None:
    assert [NAMES[id] for id in spellings.find(title)] == names


@pytest.mark.parametrize(
    ("typed", "names"), [("Bookeeping", ["Bookkeeping"]), ("Plumbng", ["Plumbing"]), ("Framing", []), ("Ploughing", [])]
)
def test_a_typing_error_is_sure_only_in_what_is_no_word(
    spellings: Spellings, typed: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capability_names, "load_model", Dictionary)
    assert [NAMES[id] for id in spellings.find(typed)] == names


class Dictionary:
    """A model that knows some words whole."""

    def is_word(self, word: str) -> bool:
        return word in ("framing", "farming", "ploughing")
