"""Freshness signal: the age of the newest claim, vouch or evidence."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import SeatCandidates, Signal, capability_name, newest

HALF_LIFE_DAYS = 730.0


def strength(candidates: SeatCandidates) -> Floats:
    """Return 0.5 ** (age of the newest claim, vouch or evidence / 2 years), at least 0.2; 0.5 where none is dated."""
    day = newest(candidates)
    age = np.where(day > 0, np.maximum(0, candidates.ask.today - day), HALF_LIFE_DAYS)
    fresh = (0.5 ** (age / HALF_LIFE_DAYS)).clip(FRESHNESS.floor, 1.0)
    return np.where(candidates.need < 0, FRESHNESS.floor, fresh)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the claim and its newest day (0: not dated)."""
    return {**capability_name(candidates, row), "day": int(newest(candidates)[row])}


FRESHNESS = Signal("freshness", 5, 0.2, "claim", strength, reason_data)
