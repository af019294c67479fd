"""Time zones by what people call them."""

from zoneinfo import available_timezones

import pytest

from directory.errors import Invalid
from directory.people.time_zone import _offsets, find_zone, zone_choices

MEANT = {
    "Arizona": "America/Phoenix",
    "arizona time": "America/Phoenix",
    "Tucson, AZ": "America/Phoenix",
    "Fargo ND": "America/Chicago",
    "Arizona, USA": "America/Phoenix",
    "Phoenix (Mountain Standard Time)": "America/Phoenix",
    "US/Arizona": "America/Phoenix",
    "EST": "America/New_York",
    "Eastern": "America/New_York",
    "Pacific Standard Time": "America/Los_Angeles",
    "Washington, DC": "America/New_York",
    "Portland": "America/Los_Angeles",
    "Portland, Maine": "America/New_York",
    "UK": "Europe/London",
    "Germany": "Europe/Berlin",
    "Central European Time": "Europe/Berlin",
    "München": "Europe/Berlin",
    "東京": "Asia/Tokyo",
    "asia/calcutta": "Asia/Kolkata",
    "utc": "Etc/UTC",
}


@pytest.mark.parametrize("text", MEANT)
def test_a_zone_is_found_by_what_people_call_it(text: str) -> None:
    assert find_zone(text) == MEANT[text]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Tennessee", "Chicago and New York"),
        ("Mountain Time", "Denver and Phoenix"),
        ("USA", "New York, Chicago and Los Angeles"),
        ("Old Pueblo Way", "do not know a time zone"),
        ("", "do not know a time zone"),
    ],
)
def test_what_may_mean_two_zones_or_none_is_refused_with_the_cities(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        find_zone(text)


def test_every_choice_means_its_own_zone() -> None:
    assert [choice for choice in zone_choices() if find_zone(choice.label) != choice.zone] == []


def test_what_a_browser_calls_its_zone_keeps_the_same_time() -> None:
    zones = [zone for zone in available_timezones() if "/" in zone]
    assert [zone for zone in zones if _offsets(find_zone(zone)) != _offsets(zone)] == []
