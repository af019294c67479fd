"""Trust: a firm in a team is trusted as far as the asker knows it, or as the prime knows it at first hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.inputs import Floats
from matching.outputs import Known
from matching.seat_candidates import SeatCandidates, Signal
from matching.trust import circle, decay_since, lower_bound


def strength(seatings: SeatCandidates) -> Floats:
    """The better of two lower bounds: the asker's, and that of the facts between the prime's people and the firm's.

    Where the asker has rated somebody of the firm, the asker's own view is all that counts.
    """
    facts = circle(seatings.world).firms.between(seatings.prime, seatings.business)
    facts *= decay_since(seatings.world, seatings.ask.today) * ~seatings.seen.rated[seatings.business]
    asker = seatings.seen.bound[seatings.business]
    return np.maximum(asker, np.where(facts > 0, lower_bound(facts), 0.0)).clip(TRUST.floor, 1.0)


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Whether and how the asker knows the firm's member, that member's published band, and whose firm it is."""
    firm, seen = int(seatings.business[row]), seatings.seen
    member = int(seen.member[firm])
    return {
        "known": Known.YES if seen.known[firm] else Known.NOT_YET,
        "member": member if member >= 0 else None,
        "path": len(seatings.paths.get(firm, ())),
        "band": int(seatings.world.members.warmth_band[member]) if member >= 0 else 0,
        "own": bool(seen.own[firm]),
    }


TRUST = Signal("trust", 25, 0.1, "pair", strength, told)
