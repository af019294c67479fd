"""Cells hold more than the value: it is taken, the rest is told, and nothing is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.imports.cell_values import peel, read_email, read_line, read_phone, read_text, read_website
from directory.imports.person_name import read_name
from directory.text import clean_email, clean_phone, clean_website

READERS = (read_email, read_phone, read_website, read_line, read_text, read_name)


@pytest.mark.parametrize(
    ("cell", "address", "told"),
    [
        ("m1@m.example; m1b@m.example", "m1@m.example", "m1b@m.example"),
        ("mailto:M3@m.example?subject=Hi", "m3@m.example", ""),
        ("Bea Lind <m5@m.example>", "m5@m.example", ""),
        ("r&d@m.example", "r&d@m.example", ""),
        ("m9@m.example ::: m9b@m.example", "m9@m.example", "m9b@m.example"),
        ("m11@m.example (work)", "m11@m.example", ""),
        ("Work: a@m.example / b@m.example", "a@m.example", "b@m.example"),
        ("bea@bücher.example.", "bea@xn--bcher-kva.example", ""),
        ("x＠m.example", "x@m.example", ""),
        ("\u202ax@m.example\u202c", "x@m.example", ""),
        ("bea @ m.example", "bea@m.example", ""),
        ("a@m.example, b@m", "a@m.example", "b@m"),
        ("bea at m.example", "", "not an email address"),
        ("a@b@c.example", "", "not an email address"),
        ("n/a", "", ""),
    ],
)
def test_the_first_of_a_cells_mail_addresses_is_taken_and_the_rest_told(cell: str, address: str, told: str) -> None:
    found = read_email(cell)
    assert found.value == address
    assert told in "".join(found.notes)
    assert bool(found.notes) == bool(told)


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("(555) 555-0134 Ext. 55", "US", "(555) 555-0134 ext. 55"),
        ("520.555.0142x12", "US", "520.555.0142 ext. 12"),
        ("\u202a+1 520 555 0135\u202c", "US", "+1 520 555 0135"),
        ("520-555-0136 (cell)", "US", "520-555-0136"),
        ("5205550134.0", "US", "(520) 555-0134"),
        ("5.205550134E+9", "US", "(520) 555-0134"),
        ("520\u2011555\u20110142", "US", "520-555-0142"),
        ("520 - 555 - 0142", "US", "520-555-0142"),
        ("1-800-FLOWERS", "US", "1-800-3569377"),
        ("T: 520-555-0101 F: 520-555-0102", "US", "520-555-0101"),
        ("tel:+1-520-555-0134", "", "+1-520-555-0134"),
        ("030 901820", "DE", "030 901820"),
        ("0221 / 555 100", "US", "0221 / 555 100"),
        ("0131 496 0141 (office)", "US", "0131 496 0141"),
        ("'0131 496 0141", "US", "0131 496 0141"),
        ("+4930901820", "US", "+49 30 901820"),
        ("030901820", "DE", "030 901820"),
    ],
)
def test_a_telephone_is_kept_as_a_reader_expects_it(cell: str, country: str, number: str) -> None:
    assert read_phone(cell, country) == (number, ())


def test_several_telephones_are_told_and_a_fax_is_none() -> None:
    both = read_phone("(520) 555-0163 / (520) 555-0164", "US")
    assert (both.value, "(520) 555-0164" in both.notes[0]) == ("(520) 555-0163", True)
    for cell in ("call me", "Fax (785) 555-0105"):
        assert read_phone(cell, "US").value == ""
        assert read_phone(cell, "US").notes or "Fax" in cell


@pytest.mark.parametrize(
    ("cell", "site"),
    [
        ("brook.example", "https://brook.example"),
        ("Website: www.b.example", "https://www.b.example"),
        ("http://", ""),
        ("none", ""),
        ("javascript:alert(1)", ""),
        ("b@x.example", ""),
        ("https://https://b.example", "https://b.example"),
        ("b.example; c.example", "https://b.example"),
    ],
)
def test_a_website_needs_no_scheme(cell: str, site: str) -> None:
    assert read_website(cell).value == site


def test_a_long_text_is_kept_whole_and_a_longer_one_told() -> None:
    text = "We build things.\n" * 580
    kept = peel(read_text, text, country="", limit=10_000)
    assert (kept.value, kept.notes) == (text.strip(), ())
    for longer in ("x" * 10_001, "x" * 1_000_000):
        cut = peel(read_text, longer, country="", limit=10_000)
        assert cut.value == ""
        assert "characters" in cut.notes[0]


@given(st.text(max_size=60) | st.text("a@.<>;:,()+-0123456789 xyzäé&/\u202e\n", max_size=60))
def test_no_cell_is_refused_and_every_value_is_clean_and_read_again_unchanged(cell: str) -> None:
    for read in READERS:
        found = peel(read, cell, country="US", limit=500)
        again = peel(read, found.value, country="US", limit=500)
        clean = {read_email: clean_email, read_phone: clean_phone, read_website: clean_website}.get(read, str)
        assert clean(found.value) == found.value
        if read is not read_name and not found.value.startswith(("=", "@")):
            assert again.value == found.value
