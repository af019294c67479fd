"""What a firm's own text says it can do: its trades, not its customers, nor what it refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capability_extraction import MOST, extract_capabilities
from matching.taxonomy_words import TaxonomyIndex


def said(lexicon: TaxonomyIndex, text: str) -> set[str]:
    return {lexicon.taxonomy.names[one.capability] for one in extract_capabilities(text, lexicon)}


@pytest.mark.parametrize(
    ("text", "does", "does_not"),
    [
        ("We keep books for dentists.", {"Bookkeeping"}, {"Dental care"}),
        ("I am a photographer", {"Photography"}, set()),
        ("Plumber", {"Plumbing"}, set()),
        ("Bookkeeping and payroll; our clients are dentists, roofers and law firms.", {"Payroll"}, {"Roofing"}),
        ("We do roofing and painting. We don't do flooring or plumbing.", {"Roofing"}, {"Flooring", "Plumbing"}),
        ("Photography of every kind, but no weddings", {"Photography"}, {"Weddings"}),
        ("Green IT Support. Family law practices trust us.", set(), {"Family law"}),
        ("Business insurance for contractors, roofers and plumbers", {"Business insurance"}, {"Roofing", "Plumbing"}),
        ("We help plumbers and electricians with payroll", {"Payroll"}, {"Plumbing", "Electrical work"}),
        ("We insure plumbers, roofers and law firms", set(), {"Plumbing", "Roofing", "Family law"}),
        ("We support photographers with bookkeeping", {"Bookkeeping"}, {"Photography"}),
        ("We train welders and electricians to sell", set(), {"Electrical work", "Welding & fabrication"}),
        ("Managed IT. Clients: divorce lawyers, accountants", set(), {"Family law"}),
        ("Offset printing for shops, roofing, and painting", {"Roofing", "Painting"}, set()),
        ("", set(), set()),
    ],
)
def test_what_a_firm_does_is_read(curated: TaxonomyIndex, text: str, does: set[str], does_not: set[str]) -> None:
    found = said(curated, text)
    assert does <= found
    assert not does_not & found


def test_of_relatives_the_surest_is_read(curated: TaxonomyIndex) -> None:
    nodes = [one.capability for one in extract_capabilities("We build WordPress sites", curated)]
    assert all(one not in curated.lineage(other) for one in nodes for other in nodes)


@settings(max_examples=30)
@given(st.text(max_size=200))
def test_any_text_is_read(curated: TaxonomyIndex, text: str) -> None:
    found = extract_capabilities(text, curated)
    assert len(found) <= MOST
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
