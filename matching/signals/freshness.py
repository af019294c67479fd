"""Freshness: how lately anything was said or done for the claim."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import SeatCandidates, Signal, capability_name, newest

HALF_LIFE_DAYS = 730.0


def strength(seatings: SeatCandidates) -> Floats:
    """0.5 ** (age of the newest claim, vouch or evidence / two years), at least 0.2; 0.5 where nothing is dated."""
    day = newest(seatings)
    age = np.where(day > 0, np.maximum(0, seatings.ask.today - day), HALF_LIFE_DAYS)
    fresh = (0.5 ** (age / HALF_LIFE_DAYS)).clip(FRESHNESS.floor, 1.0)
    return np.where(seatings.claim < 0, FRESHNESS.floor, fresh)


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """The claim and its newest day (0: not dated)."""
    return {**capability_name(seatings, row), "day": int(newest(seatings)[row])}


FRESHNESS = Signal("freshness", 5, 0.2, "claim", strength, told)
