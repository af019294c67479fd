"""Trust signal: how far the asker trusts the firm, or the prime does from first-hand facts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.outputs import Known
from matching.seat_candidates import SeatCandidates, Signal
from matching.trust import decay_since, fact_graph, lower_bound


def strength(candidates: SeatCandidates) -> Floats:
    """Return the higher of two lower bounds: the asker's, and that of the facts between the prime and the firm.

    Where the asker has rated a member of the firm, only the asker's bound counts.
    """
    facts = fact_graph(candidates.world).firms.between(candidates.prime, candidates.business)
    facts *= decay_since(candidates.world, candidates.ask.today) * ~candidates.seen.rated[candidates.business]
    asker = candidates.seen.bound[candidates.business]
    return np.maximum(asker, np.where(facts > 0, lower_bound(facts), 0.0)).clip(TRUST.floor, 1.0)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return whether and how the asker knows the firm's member, that member's band (0: none), and if it is own."""
    firm, seen = int(candidates.business[row]), candidates.seen
    member = int(seen.member[firm])
    return {
        "known": Known.YES if seen.known[firm] else Known.NOT_YET,
        "member": member if member >= 0 else None,
        "path": len(candidates.paths.get(firm, ())),
        "band": int(candidates.world.members.warmth_band[member]) if member >= 0 else 0,
        "own": bool(seen.own[firm]),
    }


TRUST = Signal("trust", 25, 0.1, "pair", strength, reason_data)
