"""Competence signal: finished work of this kind, the member's published band, and the asker's own rating."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import HALF_LIFE_DAYS, SeatCandidates, Signal, capability_name, of_claim
from matching.trust import BANDS, as_facts, lower_bound


def strength(candidates: SeatCandidates) -> Floats:
    """Return the lower 5 % bound of decayed evidence plus the seat's member, so that few pieces never beat many.

    The asker's own rating of that member counts in full and replaces the published band.
    """
    world = candidates.world
    age = np.maximum(0, candidates.ask.today - of_claim(candidates, "evidenced_on"))
    member = candidates.seen.member[candidates.business]
    rating = BANDS[np.append(world.members.competence_band, 0)[member]]  # index -1, no member, reads the appended 0
    for rating_of, (_, score) in candidates.ask.own_ratings.items():
        rating[member == rating_of] = as_facts(score)
    evidence = of_claim(candidates, "evidence") * 0.5 ** (age / HALF_LIFE_DAYS)
    bound = lower_bound(evidence + rating[:, 0], rating[:, 1])
    return np.where(candidates.need < 0, COMPETENCE.floor, bound.clip(COMPETENCE.floor, 1.0))


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the count and newest day of finished work, the seat's member and its published band (0: none)."""
    member = candidates.seen.member[candidates.business[row]]
    return {
        **capability_name(candidates, row),
        "evidence": int(of_claim(candidates, "evidence")[row]),
        "day": int(of_claim(candidates, "evidenced_on")[row]),
        "member": int(member) if member >= 0 else None,
        "band": int(candidates.world.members.competence_band[member]) if member >= 0 else 0,
        "own": int(member) in candidates.ask.own_ratings,
    }


COMPETENCE = Signal("competence", 15, 0.1, "claim", strength, reason_data)
