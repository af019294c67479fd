"""Competence: finished work of this kind, what is published of the person, and the asker's own rating."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import HALF_LIFE_DAYS, SeatCandidates, Signal, capability_name
from matching.trust import BANDS, as_facts, lower_bound


def strength(seatings: SeatCandidates) -> Floats:
    """The lower 5 % bound over decayed evidence and the seat's member: few pieces never beat many.

    The asker's own rating of that member counts in full and takes the place of the published band.
    """
    world, claim = seatings.world, seatings.claim
    age = np.maximum(0, seatings.ask.today - world.claims.evidenced_on[claim])
    member = seatings.seen.member[seatings.business]
    said = BANDS[np.append(world.members.competence_band, 0)[member]]  # -1 is nobody, without a band
    for rating_of, (_, score) in seatings.ask.own_ratings.items():
        said[member == rating_of] = as_facts(score)
    evidence = world.claims.evidence[claim] * 0.5 ** (age / HALF_LIFE_DAYS)
    bound = lower_bound(evidence + said[:, 0], said[:, 1])
    return np.where(claim < 0, COMPETENCE.floor, bound.clip(COMPETENCE.floor, 1.0))


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """The count and newest day of finished work, the seat's member and its published band (0: none)."""
    claims, claim, member = seatings.world.claims, seatings.claim[row], seatings.seen.member[seatings.business[row]]
    return {
        **capability_name(seatings, row),
        "evidence": int(claims.evidence[claim]),
        "day": int(claims.evidenced_on[claim]),
        "member": int(member) if member >= 0 else None,
        "band": int(seatings.world.members.competence_band[member]) if member >= 0 else 0,
        "own": int(member) in seatings.ask.own_ratings,
    }


COMPETENCE = Signal("competence", 15, 0.1, "claim", strength, told)
