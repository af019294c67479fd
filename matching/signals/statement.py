"""Statement signal: what the firm's own sentences say about the need, for it or against it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.seat_candidates import SeatCandidates, Signal


def strength(candidates: SeatCandidates) -> Floats:
    """Return 0.4 where the firm writes nothing about the need, rising to 1 with the likeness of what it writes.

    0.2 where it writes that it does not do it.
    """
    said, need, firm = candidates.statements, candidates.need, candidates.business
    if said is None:
        return np.where(need < 0, STATEMENT.floor, NEUTRAL)
    writes = NEUTRAL + (1 - NEUTRAL) * said.likeness[need, firm]
    return np.where((need < 0) | said.is_against[need, firm], STATEMENT.floor, writes)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the need, the sentence to quote (None: it writes nothing about it), and whether that is against it."""
    said, need, firm = candidates.statements, int(candidates.need[row]), candidates.business[row]
    sentence = -1 if said is None else int(said.sentence[need, firm])
    return {
        "need": need,
        "sentence": sentence if sentence >= 0 else None,
        "is_against": said is not None and bool(said.is_against[need, firm]),
    }


NEUTRAL = 0.4
STATEMENT = Signal("statement", 18, 0.2, "claim", strength, reason_data)
