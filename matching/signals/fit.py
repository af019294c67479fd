"""Fit signal: how near the firm's claim is to the need, and the level of that claim."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import COVERS, LEVEL_WORTH, LEVELS, SeatCandidates, Signal, capability_name, level


def strength(candidates: SeatCandidates) -> Floats:
    """Return nearness * (0.5 claimed, 0.75 vouched, 1 evidenced)."""
    return np.asarray((candidates.nearness * LEVEL_WORTH[level(candidates)]).clip(FIT.floor, 1.0), dtype=np.float64)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the claim, its level, and the count and newest day of the vouches or evidence behind that level."""
    claims, claim, claim_level = candidates.world.claims, candidates.claim[row], int(level(candidates)[row])
    count = (0, claims.vouches[claim], claims.evidence[claim])[claim_level]
    day = (claims.claimed_on[claim], claims.vouched_on[claim], claims.evidenced_on[claim])[claim_level]
    return {
        **capability_name(candidates, row),
        "nearness": float(candidates.nearness[row]),
        "level": LEVELS[claim_level],
        "count": int(count),
        "day": int(day),
    }


FIT = Signal("fit", 30, float(COVERS * LEVEL_WORTH[0]), "claim", strength, reason_data)
