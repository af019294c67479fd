"""Capacity signal: whether the firm has room for another project, and is free before it is due."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import SeatCandidates, Signal

PATIENCE_DAYS = 30.0  # without a due day, a wait of this length halves the strength


def strength(candidates: SeatCandidates) -> Floats:
    """Return the part of the time that is left once the firm is free; 1 with room now, 0.2 without; 0.6 if unknown."""
    firms, ask, firm = candidates.world.businesses, candidates.ask, candidates.business
    free_on, room = firms.free_on[firm], firms.capacity[firm] - firms.busy[firm]
    wait = np.maximum(0, free_on - ask.today)
    left = 0.5 ** (wait / PATIENCE_DAYS) if ask.due is None else 1.0 - wait / max(1, ask.due - ask.today)
    now = np.select([np.isnan(room), room > 0], [np.where(free_on > 0, 1.0, NEUTRAL), 1.0], CAPACITY.floor)
    return np.where(wait > 0, left, now).clip(CAPACITY.floor, 1.0)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the room in projects and the first free day; None where unknown."""
    firms, firm = candidates.world.businesses, candidates.business[row]
    room = float(firms.capacity[firm] - firms.busy[firm])
    return {"room": None if np.isnan(room) else int(room), "free_on": int(firms.free_on[firm]) or None}


NEUTRAL = 0.6
CAPACITY = Signal("capacity", 6, 0.2, "business", strength, reason_data)
