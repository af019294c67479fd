"""Place signal: whether the firm is near the client, or works remotely."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats, Ints
from matching.seat_candidates import SeatCandidates, Signal, fold_place, places

WHERE = ("elsewhere", "unknown", "remote", "region", "city")
STRENGTHS = np.array([0.4, 0.6, 0.7, 0.8, 1.0])


def where(candidates: SeatCandidates) -> Ints:
    """Return an index into WHERE. A city matches in its own region only; a firm without a place is "unknown"."""
    cities, city, regions, region = places(candidates.world)
    firm, ask = candidates.business, candidates.ask
    asked_city, asked_region = fold_place(ask.city), fold_place(ask.region)
    here_city = (city[firm] == cities.get(asked_city, -1)) & (asked_city != "")
    here_region = (region[firm] == regions.get(asked_region, -1)) & (asked_region != "")
    other_region = (region[firm] > 0) & (asked_region != "") & ~here_region
    is_unknown = (city[firm] == 0) & (region[firm] == 0) | (asked_city == "") & (asked_region == "")
    remote = candidates.world.businesses.remote[firm]
    return np.select([here_city & ~other_region, here_region, remote, is_unknown], [4, 3, 2, 1], 0)


def strength(candidates: SeatCandidates) -> Floats:
    """Return 1 in the same city, 0.8 in the same region, 0.7 remote, 0.4 elsewhere; 0.6 where a place is unknown."""
    return STRENGTHS[where(candidates)]


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return where the firm is, relative to the ask."""
    return {"where": WHERE[where(candidates)[row]]}


PLACE = Signal("place", 8, 0.4, "business", strength, reason_data)
