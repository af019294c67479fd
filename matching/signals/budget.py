"""Budget: what a usual project of the firm costs, beside what there is to spend."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.inputs import Floats, World, per_world
from matching.seat_candidates import SeatCandidates, Signal


@per_world
def currencies(world: World) -> NDArray[np.str_]:
    """The currency of every firm's price."""
    return np.array(world.businesses.currencies, dtype=np.str_)


def strength(seatings: SeatCandidates) -> Floats:
    """1 where the firm's usual price meets the range from the seat's share of the budget to all of it.

    Beside it, the ratio of the two nearest ends; 0.6 where either is unknown or the currencies differ. The whole
    budget is the upper end since one firm may take several seats.
    """
    firms, ask, firm = seatings.world.businesses, seatings.ask, seatings.business
    low, high = firms.price_low[firm], firms.price_high[firm]
    silent = np.isnan(low) & np.isnan(high)
    if ask.budget is None or ask.budget <= 0:
        return np.full(len(firm), NEUTRAL)
    silent |= currencies(seatings.world)[firm] != ask.currency
    low, high = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=np.inf)
    dear = ask.budget / np.maximum(low, ask.budget)
    small = np.where(seatings.share > 0, high / np.maximum(seatings.share * ask.budget, 1e-9), 1.0)
    return np.where(silent, NEUTRAL, np.minimum(dear, small)).clip(BUDGET.floor, 1.0)


def told(seatings: SeatCandidates, row: int) -> Mapping[str, Any]:
    """The firm's usual price and the budget, in minor units; None where not said."""
    firms, firm = seatings.world.businesses, seatings.business[row]
    low, high = float(firms.price_low[firm]), float(firms.price_high[firm])
    return {
        "low": None if np.isnan(low) else low,
        "high": None if np.isnan(high) else high,
        "currency": firms.currencies[firm],
        "budget": seatings.ask.budget,
    }


NEUTRAL = 0.6
BUDGET = Signal("budget", 7, 0.2, "business", strength, told)
