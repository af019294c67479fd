"""Place: near the client, or used to working from anywhere."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats, Ints
from matching.seat_candidates import SeatCandidates, Signal, fold_candidates, places

WHERE = ("elsewhere", "unknown", "remote", "region", "city")
SAYS = np.array([0.4, 0.6, 0.7, 0.8, 1.0])


def where(seatings: SeatCandidates) -> Ints:
    """Index into WHERE. A city counts in its own region only; a firm that says no place is not elsewhere."""
    cities, city, regions, region = places(seatings.world)
    firm, ask = seatings.business, seatings.ask
    asked_city, asked_region = fold_candidates(ask.city), fold_candidates(ask.region)
    here_city = (city[firm] == cities.get(asked_city, -1)) & (asked_city != "")
    here_region = (region[firm] == regions.get(asked_region, -1)) & (asked_region != "")
    other_region = (region[firm] > 0) & (asked_region != "") & ~here_region
    silent = (city[firm] == 0) & (region[firm] == 0) | (asked_city == "") & (asked_region == "")
    remote = seatings.world.businesses.remote[firm]
    return np.select([here_city & ~other_region, here_region, remote, silent], [4, 3, 2, 1], 0)


def strength(seatings: SeatCandidates) -> Floats:
    """1 in the same city, 0.8 in the same region, 0.7 remote, 0.4 elsewhere; 0.6 where a side says nothing."""
    return SAYS[where(seatings)]


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Where the firm is, seen from the ask."""
    return {"where": WHERE[where(seatings)[row]]}


PLACE = Signal("place", 8, 0.4, "business", strength, told)
