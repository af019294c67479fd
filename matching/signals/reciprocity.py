"""Reciprocity signal: a prime returns work to firms that gave it work. It never counts against a stranger."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import HALF_LIFE_DAYS, SeatCandidates, Signal, works_on


def strength(candidates: SeatCandidates) -> Floats:
    """Return 0.5 where the prime owes nothing, rising towards 1 with the decayed count of works that it still owes."""
    day, given = works_on(candidates.world)
    prime, firm = candidates.prime, candidates.business
    owed = np.maximum(0.0, given.between(firm, prime) - given.between(prime, firm))
    owed *= 0.5 ** (max(0, candidates.ask.today - day) / HALF_LIFE_DAYS)
    return 1.0 - 0.5 * 0.5**owed


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return how often each gave work to the other, and the day when the prime last got work (0: never)."""
    works, prime, firm = candidates.world.works, candidates.prime[row], candidates.business[row]
    got = (works.prime == firm) & (works.sub == prime)
    gave = (works.prime == prime) & (works.sub == firm)
    return {
        "prime": int(prime),
        "got": int(got.sum()),
        "gave": int(gave.sum()),
        "day": int(works.days[got].max(initial=0)),
    }


RECIPROCITY = Signal("reciprocity", 4, 0.5, "pair", strength, reason_data)
