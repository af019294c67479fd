"""Reciprocity: a prime returns work to those who gave it work. It never counts against a stranger."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import HALF_LIFE_DAYS, SeatCandidates, Signal, works_on


def strength(seatings: SeatCandidates) -> Floats:
    """From 0.5, where the prime owes nothing, towards 1 as the decayed count of works it still owes grows."""
    day, given = works_on(seatings.world)
    prime, firm = seatings.prime, seatings.business
    owed = np.maximum(0.0, given.between(firm, prime) - given.between(prime, firm))
    owed *= 0.5 ** (max(0, seatings.ask.today - day) / HALF_LIFE_DAYS)
    return 1.0 - 0.5 * 0.5**owed


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """How often each gave work to the other, and when the prime last got some (0: never)."""
    works, prime, firm = seatings.world.works, seatings.prime[row], seatings.business[row]
    got = (works.prime == firm) & (works.sub == prime)
    gave = (works.prime == prime) & (works.sub == firm)
    return {
        "prime": int(prime),
        "got": int(got.sum()),
        "gave": int(gave.sum()),
        "day": int(works.days[got].max(initial=0)),
    }


RECIPROCITY = Signal("reciprocity", 4, 0.5, "pair", strength, told)
