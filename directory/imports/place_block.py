"""Split a place as people write it, from "Tucson" to a whole postal address, into town and region; pure."""

import re
from typing import NamedTuple

from babel import Locale

from directory.imports.cell_values import plain
from directory.people.place import locate
from directory.text import fold
from directory.translation import gettext as _

_STATES = """alabama:AL alaska:AK arizona:AZ arkansas:AR california:CA colorado:CO connecticut:CT delaware:DE
florida:FL georgia:GA hawaii:HI idaho:ID illinois:IL indiana:IN iowa:IA kansas:KS kentucky:KY louisiana:LA maine:ME
maryland:MD massachusetts:MA michigan:MI minnesota:MN mississippi:MS missouri:MO montana:MT nebraska:NE nevada:NV
new_hampshire:NH new_jersey:NJ new_mexico:NM new_york:NY north_carolina:NC north_dakota:ND ohio:OH oklahoma:OK
oregon:OR pennsylvania:PA rhode_island:RI south_carolina:SC south_dakota:SD tennessee:TN texas:TX utah:UT vermont:VT
virginia:VA washington:WA west_virginia:WV wisconsin:WI wyoming:WY district_of_columbia:DC puerto_rico:PR
alberta:AB british_columbia:BC manitoba:MB new_brunswick:NB newfoundland_and_labrador:NL nova_scotia:NS ontario:ON
prince_edward_island:PE quebec:QC saskatchewan:SK"""
STATES = {name.replace("_", " "): code for name, code in (pair.split(":") for pair in _STATES.split())}
CODES = frozenset(STATES.values()) | {"NSW", "VIC", "QLD", "TAS"}
_US = frozenset(("us", "usa", "u s a", "u.s.a", "u.s", "united states", "united states of america"))
_COUNTRIES = _US | {"uk", "england", "scotland", "wales", "northern ireland"}
_COUNTRIES |= {
    fold(name) for code in ("en", "de", "fr", "es", "it", "nl") for name in Locale(code).territories.values()
}
_POST = r"(?:\d{4,5}(?:-\d{4}|\.0)?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
_STREET = re.compile(
    r"[\d#]|\S\s+(?:p\.? ?o\.? box|st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|boulevard|way|ct|court|pl|place"
    r"|pkwy|hwy|suite|ste|str|straße|strasse)\.?$",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """A town and its region, each "" where it is not said, and sentences on what was left out."""

    city: str
    region: str
    notes: tuple[str, ...] = ()


def is_region(text: str) -> bool:
    """Whether a text is a state of the US or a province of Canada, by name or code.

    >>> is_region("AZ"), is_region("new mexico"), is_region("Mesa")
    (True, True, False)
    """
    return text.strip(" .").upper() in CODES or fold(text) in STATES


def split_place(cell: str) -> Place:
    """Return the town and region of a place. Raises Invalid for a formula.

    >>> cells = ("623 Sample St.,Lawrence, KS  66044", "1 Oak St Mesa AZ 85201 US", "Tallinn, Estonia", "10115 Berlin")
    >>> [tuple(split_place(cell)[:2]) for cell in cells]
    [('Lawrence', 'KS'), ('Mesa', 'AZ'), ('Tallinn', 'Estonia'), ('Berlin', '')]
    """
    text = plain(cell, lines=True).replace("\n", ",")
    parts = [" ".join(part.split()) for part in re.split(r"[,;|•·]", text) if part.strip()]
    region, country = "", ""
    if len(parts) > 1 and fold(parts[-1]) in _COUNTRIES - STATES.keys():
        country = parts.pop()
        country = "" if fold(country) in _US else country
    for place in range(len(parts) - 1, -1, -1):
        bare = re.sub(rf"(?:^|\s+){_POST}$", "", re.sub(r"\s+(?:US|USA)$", "", parts[place]))
        if not bare:
            parts.pop(place)
            continue
        words = bare.split()
        took = next((n for n in (3, 2, 1) if len(words) >= n and _is_state(words[-n:], bare != parts[place], place)), 0)
        if took:
            region = " ".join(words[-took:])
            rest = " ".join(words[:-took])
            parts[place:] = [rest] if rest else []
        break
    if not (region or country) and len(parts) > 1 and not _STREET.search(parts[-1]) and not _is_town_after(*parts[-2:]):
        country = parts.pop()
    for part in reversed(parts):
        if city := _town(part, region):
            return Place(city, region or country)
    if country and not parts:
        return Place(country, "")
    told = (_("no city found in “%(cell)s”", cell=text[:80]),) if text and not region else ()
    return Place("", region, told)


def _is_town_after(before: str, last: str) -> bool:
    """Whether the last part is the town, as after a street or "The Mill", and not what the town before it lies in."""
    town = _town(before, "")
    return not town or (locate(last) is not None and locate(town) is None)


def _is_state(words: list[str], has_post: bool, place: int) -> bool:
    """Whether words at the end of a part are a state: by code in capitals, or by name after a comma or before a ZIP."""
    text = " ".join(words)
    return text.strip(".") in CODES or (fold(text) in STATES and (has_post or place > 0))


def _town(part: str, region: str) -> str:
    """Return the town of a part without its post code; "" for a street."""
    bare = re.sub(r"^(?:[A-Z]{1,2}-)?\d{4,5}\s+(?=\D+$)", "", part)
    bare = re.sub(rf"\s+{_POST}$", "", bare)
    if not _STREET.search(bare):
        return bare if any(char.isalpha() for char in bare) else ""
    words = bare.split()
    if region and len(words) > 1:  # "1 Oak St Tucson": the longest known town at the end
        for start in range(max(1, len(words) - 3), len(words)):
            if locate(" ".join(words[start:]), region):
                return " ".join(words[start:])
    return ""
