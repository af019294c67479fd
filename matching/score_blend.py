"""One score of all signals, as a sum whose every part is a reason.

A seat adds share * sum over signals of weight * ln(strength / floor), where the weights sum to 1, and a team FEW_HANDS
for each need that does not take a firm more: nothing is ever below 0, the parts add up to the score, and a greater
strength never lowers it.
"""

from collections import defaultdict
from math import exp, fsum, log

import numpy as np

from matching.inputs import Floats
from matching.outputs import Reason
from matching.seat_candidates import SeatCandidates, Signal
from matching.signals import SIGNALS

WEIGHTS = {signal.name: signal.weight / fsum(each.weight for each in SIGNALS) for signal in SIGNALS}
BUSINESS_DEVELOPMENT, PROJECT_MANAGEMENT = 0.10, 0.15  # of the work; both are the prime's
STANDING = BUSINESS_DEVELOPMENT + PROJECT_MANAGEMENT
FEW_HANDS = 0.03  # what every further firm costs, and every seat left open: somebody has still to be found


def weighted_log_strengths(seatings: SeatCandidates, signals: tuple[Signal, ...] = SIGNALS) -> Floats:
    """(signals, k): weight * ln(strength / floor) of each row, before its share; never below 0."""
    return np.stack([WEIGHTS[s.name] * np.log(s.strength(seatings) / s.floor) for s in signals])


def values(seatings: SeatCandidates) -> Floats:
    """(k,) what each row adds to a team's score."""
    return np.asarray(seatings.share * weighted_log_strengths(seatings).sum(axis=0), dtype=np.float64)


def prime_bonuses(seatings: SeatCandidates) -> Floats:
    """(k,) what each row's prime adds to a whole share of its firm, beside being under nobody in particular."""
    pairs = tuple(s for s in SIGNALS if s.about == "pair")
    alone = SeatCandidates(**{**vars(seatings), "prime": np.full(len(seatings.prime), -1)})
    return np.asarray(
        (weighted_log_strengths(seatings, pairs) - weighted_log_strengths(alone, pairs)).sum(axis=0), dtype=np.float64
    )


def max_score(needs: int) -> float:
    """The score of a team of one perfect firm for so many needs."""
    claims = fsum(WEIGHTS[s.name] * log(1 / s.floor) for s in SIGNALS if s.about == "claim")
    return (
        (1 - STANDING) * claims
        + fsum(WEIGHTS[s.name] * log(1 / s.floor) for s in SIGNALS if s.about != "claim")
        + FEW_HANDS * needs
    )


def score_percent(score: float, needs: int) -> int:
    """The score as 0-100, 100 being perfect: the weighted geometric mean of all strengths.

    >>> score_percent(max_score(3), 3), score_percent(max_score(3) - 0.5, 3)
    (100, 61)
    """
    return round(100 * exp(score - max_score(needs)))


def small_team_reason(prime: int, needs: int, partners: int, missing: int) -> Reason:
    """The reason for a small team of so many firms beside the prime."""
    spare = needs - partners - missing
    return Reason(
        "hands", prime, FEW_HANDS * spare, exp(-FEW_HANDS * (needs - spare)), {"partners": partners, "open": missing}
    )


def reasons(seatings: SeatCandidates) -> tuple[Reason, ...]:
    """Why these rows, together one team: claims per need, all else once per firm, the greatest contribution first."""
    told = []
    for signal, height in zip(SIGNALS, weighted_log_strengths(seatings), strict=True):
        rows = defaultdict(list)
        for row, (business, need) in enumerate(zip(seatings.business.tolist(), seatings.need.tolist(), strict=True)):
            if signal.about != "claim" or need >= 0:
                rows[business, need if signal.about == "claim" else None].append(row)
        for (business, _), same in rows.items():
            contribution, share = float(seatings.share[same] @ height[same]), float(seatings.share[same].sum())
            strength = signal.floor * exp(contribution / (share * WEIGHTS[signal.name])) if share else signal.floor
            told.append(Reason(signal.name, business, contribution, min(1.0, strength), signal.told(seatings, same[0])))
    return tuple(sorted(told, key=lambda reason: -reason.contribution))
