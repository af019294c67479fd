"""Budget signal: the firm's usual price compared with the budget of the ask."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.inputs import Floats, World, per_world
from matching.seat_candidates import SeatCandidates, Signal


@per_world
def currencies(world: World) -> NDArray[np.str_]:
    """Return the currency of every firm's price."""
    return np.array(world.businesses.currencies, dtype=np.str_)


def strength(candidates: SeatCandidates) -> Floats:
    """Return 1 where the firm's usual price overlaps the range from the seat's share of the budget to all of it.

    Outside it, return the ratio of the two nearest ends; 0.6 where either is unknown or the currencies differ. The
    upper end is the whole budget because one firm may take several seats.
    """
    firms, ask, firm = candidates.world.businesses, candidates.ask, candidates.business
    low, high = firms.price_low[firm], firms.price_high[firm]
    is_unknown = np.isnan(low) & np.isnan(high)
    if ask.budget is None or ask.budget <= 0:
        return np.full(len(firm), NEUTRAL)
    is_unknown |= currencies(candidates.world)[firm] != ask.currency
    low, high = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=np.inf)
    too_expensive = ask.budget / np.maximum(low, ask.budget)
    too_small = np.where(candidates.share > 0, high / np.maximum(candidates.share * ask.budget, 1e-9), 1.0)
    return np.where(is_unknown, NEUTRAL, np.minimum(too_expensive, too_small)).clip(BUDGET.floor, 1.0)


def reason_data(candidates: SeatCandidates, row: int) -> Mapping[str, Any]:
    """Return the firm's usual price and the budget, in minor units; None where unknown."""
    firms, firm = candidates.world.businesses, candidates.business[row]
    low, high = float(firms.price_low[firm]), float(firms.price_high[firm])
    return {
        "low": None if np.isnan(low) else low,
        "high": None if np.isnan(high) else high,
        "currency": firms.currencies[firm],
        "budget": candidates.ask.budget,
    }


NEUTRAL = 0.6
BUDGET = Signal("budget", 7, 0.2, "business", strength, reason_data)
