"""The score of a team: a weighted sum over all signals, in which every term is a reason.

A seat adds share * sum over signals of weight * ln(strength / floor); the weights sum to 1. A team adds FEW_HANDS for
each need that does not cost a further firm. No term is below 0, the terms sum to the score, and a greater strength
never lowers it.
"""

from collections import defaultdict
from math import exp, fsum, log

import numpy as np

from matching.inputs import Floats
from matching.outputs import Reason
from matching.seat_candidates import SeatCandidates, Signal
from matching.signals import SIGNALS

WEIGHTS = {signal.name: signal.weight / fsum(other.weight for other in SIGNALS) for signal in SIGNALS}
BUSINESS_DEVELOPMENT, PROJECT_MANAGEMENT = 0.10, 0.15  # shares of the work; both seats belong to the prime
STANDING = BUSINESS_DEVELOPMENT + PROJECT_MANAGEMENT
FEW_HANDS = 0.03  # the cost of every partner and of every open seat, for which somebody must still be found


def weighted_log_strengths(candidates: SeatCandidates, signals: tuple[Signal, ...] = SIGNALS) -> Floats:
    """Return (signals, k): weight * ln(strength / floor) of each row, before its share; never below 0."""
    return np.stack([WEIGHTS[s.name] * np.log(s.strength(candidates) / s.floor) for s in signals])


def values(candidates: SeatCandidates) -> Floats:
    """Return (k,) what each row adds to a team's score."""
    return np.asarray(candidates.share * weighted_log_strengths(candidates).sum(axis=0), dtype=np.float64)


def prime_bonuses(candidates: SeatCandidates) -> Floats:
    """Return (k,) what each row's prime adds to its firm's value at a share of 1, compared with no prime."""
    pairs = tuple(s for s in SIGNALS if s.about == "pair")
    alone = SeatCandidates(**{**vars(candidates), "prime": np.full(len(candidates.prime), -1)})
    return np.asarray(
        (weighted_log_strengths(candidates, pairs) - weighted_log_strengths(alone, pairs)).sum(axis=0), dtype=np.float64
    )


def max_score(needs: int, standing: float = STANDING) -> float:
    """Return the score of a team of one perfect firm for this number of needs; ``standing`` is its standing share."""
    claims = fsum(WEIGHTS[s.name] * log(1 / s.floor) for s in SIGNALS if s.about == "claim")
    return (
        (1 - standing) * claims
        + fsum(WEIGHTS[s.name] * log(1 / s.floor) for s in SIGNALS if s.about != "claim")
        + FEW_HANDS * needs
    )


def score_percent(score: float, needs: int, standing: float = STANDING) -> int:
    """Return the score as 0-100, where 100 is perfect: the weighted geometric mean of all strengths.

    >>> score_percent(max_score(3), 3), score_percent(max_score(3) - 0.5, 3)
    (100, 61)
    """
    return round(100 * exp(score - max_score(needs, standing)))


def small_team_reason(prime: int, needs: int, partners: int, missing: int) -> Reason:
    """Return the reason that rewards a small team; ``partners`` counts the firms beside the prime."""
    spare = needs - partners - missing
    return Reason(
        "hands", prime, FEW_HANDS * spare, exp(-FEW_HANDS * (needs - spare)), {"partners": partners, "open": missing}
    )


def reasons(candidates: SeatCandidates) -> tuple[Reason, ...]:
    """Return the reasons for these rows as one team, the greatest contribution first.

    Signals about a claim give one reason per firm and need, all others one per firm.
    """
    reasons = []
    for signal, height in zip(SIGNALS, weighted_log_strengths(candidates), strict=True):
        rows = defaultdict(list)
        for row, (business, need) in enumerate(
            zip(candidates.business.tolist(), candidates.need.tolist(), strict=True)
        ):
            if signal.about != "claim" or need >= 0:
                rows[business, need if signal.about == "claim" else None].append(row)
        for (business, _), group in rows.items():
            shares = candidates.share[group]
            contribution, share = float(shares @ height[group]), float(shares.sum())
            strength = signal.floor * exp(contribution / (share * WEIGHTS[signal.name])) if share else signal.floor
            data = signal.reason_data(candidates, group[0])
            reasons.append(Reason(signal.name, business, contribution, min(1.0, strength), data))
    return tuple(sorted(reasons, key=lambda reason: -reason.contribution))
