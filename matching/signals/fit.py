"""Fit: how near the firm's claim is to the need, and how well that claim stands."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import COVERS, LEVEL_WORTH, LEVELS, SeatCandidates, Signal, capability_name, level


def strength(seatings: SeatCandidates) -> Floats:
    """nearness * (0.5 claimed, 0.75 vouched, 1 evidenced)."""
    return np.asarray((seatings.nearness * LEVEL_WORTH[level(seatings)]).clip(FIT.floor, 1.0), dtype=np.float64)


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """The claim, its level, and the count and newest day of what raised it."""
    claims, claim, stands = seatings.world.claims, seatings.claim[row], int(level(seatings)[row])
    count = (0, claims.vouches[claim], claims.evidence[claim])[stands]
    day = (claims.claimed_on[claim], claims.vouched_on[claim], claims.evidenced_on[claim])[stands]
    return {
        **capability_name(seatings, row),
        "nearness": float(seatings.nearness[row]),
        "level": LEVELS[stands],
        "count": int(count),
        "day": int(day),
    }


FIT = Signal("fit", 30, float(COVERS * LEVEL_WORTH[0]), "claim", strength, told)
