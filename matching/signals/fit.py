"""Fit signal: how near the firm's claim, or what it says, is to the need, and the level of that claim."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import (
    COVERS,
    LEVEL_WORTH,
    LEVELS,
    SeatCandidates,
    Signal,
    capability_name,
    level,
    of_claim,
)


def strength(candidates: SeatCandidates) -> Floats:
    """Return nearness * (0.4 says, 0.5 claimed, 0.75 vouched, 1 evidenced)."""
    return np.asarray((candidates.nearness * LEVEL_WORTH[level(candidates)]).clip(FIT.floor, 1.0), dtype=np.float64)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the claim, its level, and the count and newest day of the vouches or evidence behind that level."""
    reached = LEVELS[level(candidates)[row]]
    count = {"vouched": "vouches", "evidenced": "evidence"}.get(reached)
    return {
        **capability_name(candidates, row),
        "nearness": float(candidates.nearness[row]),
        "level": reached,
        "count": int(of_claim(candidates, count)[row]) if count else 0,
        "day": 0 if reached == "says" else int(of_claim(candidates, f"{reached}_on")[row]),
    }


FIT = Signal("fit", 30, float(COVERS * LEVEL_WORTH[0]), "claim", strength, reason_data)
