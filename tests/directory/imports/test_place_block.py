"""Town and region are found in whatever a place was written as; a street is never a town."""

import pytest

from directory.imports.place_block import split_place


@pytest.mark.parametrize(
    ("cell", "city", "region"),
    [
        ("Tucson", "Tucson", ""),
        ("Tucson AZ", "Tucson", "AZ"),
        ("623 Sample St.,Lawrence, KS  66044", "Lawrence", "KS"),
        ("1 Oak St  Tucson AZ 85701 US", "Tucson", "AZ"),
        ("1 Oak St\nSuite 2\nTucson, AZ 85701-1234\nUSA", "Tucson", "AZ"),
        ("1 Main St New York NY 10001", "New York", "NY"),
        ("PO Box 12, Mesa, Arizona 85201", "Mesa", "Arizona"),
        ("St. Louis, MO", "St. Louis", "MO"),
        ("Phoenix, Arizona, United States", "Phoenix", "Arizona"),
        ("Kansas City, KS", "Kansas City", "KS"),
        ("New York", "New York", ""),
        ("Vancouver, BC V6B 1A1", "Vancouver", "BC"),
        ("Tallinn, Estonia", "Tallinn", "Estonia"),
        ("Hauptstr. 5, 10115 Berlin, Germany", "Berlin", "Germany"),
        ("12 King St, London SW1A 1AA, United Kingdom", "London", "United Kingdom"),
        ("8000 Zürich", "Zürich", ""),
        ("Toronto, Ontario M5V 2T6, Canada", "Toronto", "Ontario"),
        ("Unit 4, The Mill, Stoke-on-Trent", "Stoke-on-Trent", ""),
        ("12 High Street, Bath, Somerset, BA1 1AA", "Bath", "Somerset"),
        ("5 Main St, Baldwin City", "Baldwin City", ""),
        ("Atlanta, Georgia", "Atlanta", "Georgia"),
        ("Tucson,AZ 85701.0", "Tucson", "AZ"),
        ("9 Oak St, Boston MA 2139", "Boston", "MA"),
        ("Suite 5", "", ""),
        ("85701", "", ""),
    ],
)
def test_a_place_is_split_into_town_and_region(cell: str, city: str, region: str) -> None:
    found = split_place(cell)
    assert (found.city, found.region) == (city, region)
    assert bool(found.notes) == (not city)
