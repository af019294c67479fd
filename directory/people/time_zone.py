"""Time zones: found by a city, a state, a country or the zone's own name, and called by their city."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from directory.errors import Invalid
from directory.people.place import Town, every_town, locate, town_from_text, towns_of_region
from directory.text import fold
from directory.translation import gettext as _
from directory.translation import join_as_list

_LOCALE = Locale("en", "US")
_NEARLY = 0.25  # a second zone with this share of the first one's people may be meant as well


class ZoneChoice(NamedTuple):
    """A zone and what a list calls it, such as "Phoenix (Mountain Standard Time)"."""

    zone: str
    label: str


@cache
def zone_choices() -> tuple[ZoneChoice, ...]:
    """Return every time zone where people live, by the city that it is called after, and UTC."""
    zones = available_timezones().intersection(get_global("zone_territories"))
    choices = [ZoneChoice(zone, zone_label(zone)) for zone in zones if zone_country(zone)]
    return (*sorted(choices, key=lambda choice: fold(choice.label)), ZoneChoice("Etc/UTC", "UTC"))


def zone_city(zone: str) -> str:
    """Return the city that a zone is called after.

    >>> zone_city("America/Argentina/Buenos_Aires"), zone_city("Asia/Kolkata"), zone_city("UTC")
    ('Buenos Aires', 'Kolkata', 'UTC')
    """
    known = _LOCALE.time_zones.get(zone, {}).get("city")
    return str(known or zone.rpartition("/")[2].replace("_", " "))


def zone_country(zone: str) -> str:
    """Return the country of a zone, ISO 3166-1; "" for UTC and the like.

    >>> zone_country("America/Phoenix"), zone_country("UTC")
    ('US', '')
    """
    country = get_global("zone_territories").get(zone, "")
    return "" if country in ("ZZ", "001") else str(country)


def zone_label(zone: str) -> str:
    """Return what a list calls a zone: its city, and what its time is called.

    >>> zone_label("America/Phoenix"), zone_label("America/Denver"), zone_label("Etc/UTC")
    ('Phoenix (Mountain Standard Time)', 'Denver (Mountain Time)', 'UTC')
    """
    metazone = get_global("meta_zones").get(zone, "")
    names = _LOCALE.meta_zones.get(metazone, {}).get("long", {})
    winter, summer = _offsets(zone)
    name = names.get("generic" if winter != summer else "standard") or names.get("standard", "")
    return f"{zone_city(zone)} ({name})" if name else zone_city(zone)


def find_zone(text: str) -> str:
    """Return the IANA name of the zone that ``text`` means. Raises Invalid where it means none, or may mean two.

    >>> [find_zone(text) for text in ("Arizona", "Portland, Maine", "germany", "Eastern time", "america/phoenix")]
    ['America/Phoenix', 'America/New_York', 'Europe/Berlin', 'America/New_York', 'America/Phoenix']
    """
    name = fold(text.partition(" (")[0].replace("_", " "))
    if zone := _zones_by_name().get(name):
        return zone
    bare = name.removesuffix(" time").strip()
    towns = _towns_of_metazone(name) or towns_of_region(bare) or _towns_of_metazone(f"{bare} time")
    if not towns:
        towns = {town for town in (town_from_text(text, region="", country="US"), locate(bare)) if town}
    zones = _alike(_people_by_zone(towns))
    if not zones and "," in text:
        return find_zone(text.rpartition(",")[0])  # "Arizona, USA"
    town, _blank, state = text.rstrip().rpartition(" ")
    if not zones and town and len(state) == 2:
        return find_zone(f"{town}, {state}")  # "Fargo ND"
    if not zones:
        message = _("We do not know a time zone called “%(text)s”. Enter a large city near you.", text=text)
        raise Invalid(message, field="zone")
    if len(zones) > 1:
        named = {"text": text, "cities": join_as_list([zone_city(zone) for zone in zones])}
        message = _("“%(text)s” has several time zones, such as those of %(cities)s. Enter a city.", **named)
        raise Invalid(message, field="zone")
    return zones[0]


@cache
def _zones_by_name() -> dict[str, str]:
    """Return zones by their folded IANA name and city."""
    aliases = get_global("zone_aliases")
    zones = (zone for zone in available_timezones() if "/" in zone)  # "EST" alone never keeps summer time
    names = {fold(zone.replace("_", " ")): aliases.get(zone, zone) for zone in zones}
    return names | {fold(choice.label.partition(" (")[0]): choice.zone for choice in zone_choices()}


def _towns_of_metazone(name: str) -> set[Town]:
    """Return the towns of a group of zones by what CLDR calls it, "eastern time" or "est"; at home if it has any."""
    zones = {zone for zone, metazone in get_global("meta_zones").items() if metazone == _metazones().get(name, "none")}
    towns = {town for town in every_town() if town.zone in zones} if zones else set[Town]()
    return {town for town in towns if town.country == _LOCALE.territory} or towns


@cache
def _metazones() -> dict[str, str]:
    return {
        fold(name): metazone
        for metazone, lengths in _LOCALE.meta_zones.items()
        for names in lengths.values()
        for name in names.values()
    }


def _people_by_zone(towns: set[Town]) -> Counter[str]:
    people: Counter[str] = Counter()
    for town in towns:
        people[town.zone] += town.people
    return people


def _alike(people: Counter[str]) -> list[str]:
    """Return one zone for each that keeps another time: the one with most people, and those with nearly as many."""
    by_time: dict[object, list[tuple[str, int]]] = {}
    for zone, count in people.most_common():
        by_time.setdefault(_offsets(zone), []).append((zone, count))
    totals = sorted(((sum(count for _zone, count in some), some[0][0]) for some in by_time.values()), reverse=True)
    return [zone for total, zone in totals if total > _NEARLY * totals[0][0]]


def _offsets(zone: str) -> tuple[object, object]:
    """Return the offsets of a zone in January and July."""
    winter, summer = (datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)) for month in (1, 7))
    return winter.utcoffset(), summer.utcoffset()
