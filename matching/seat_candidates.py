"""Who might sit where: the rows that every signal judges, and what a signal is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from matching.inputs import Ask, Floats, Ints, World, per_world
from matching.outputs import Step
from matching.pair_weights import PairWeights
from matching.trust import AskerTrust

COVERS = 0.4  # the nearness from which a claim can take a need's seat: a child's can well, a parent's just so
HALF_LIFE_DAYS = 730.0  # of finished work
LEVELS = ("claimed", "vouched", "evidenced")
LEVEL_WORTH = np.array([0.5, 0.75, 1.0])


@dataclass(frozen=True)
class SeatCandidates:
    """k firms, each in a seat under a prime. A standing seat of a prime has no need and no claim (-1)."""

    world: World
    ask: Ask
    seen: AskerTrust
    business: Ints  # (k,)
    need: Ints  # index into the ask's needs
    claim: Ints  # the firm's best claim for the need
    nearness: Floats  # of that claim to the need, 0-1
    prime: Ints  # business index; -1 where it is nobody in particular
    share: Floats  # of the whole work
    paths: Mapping[int, tuple[Step, ...]] = field(default_factory=dict)  # business -> how the asker knows it


@dataclass(frozen=True)
class Signal:
    """One thing that speaks for a firm in a seat."""

    name: str
    weight: float  # relative to the weights of the other signals
    floor: float  # the least that ``strength`` can say, 0-1
    about: Literal["claim", "business", "pair"]  # the claim for a need, the firm, or the firm under its prime
    strength: Callable[
        [SeatCandidates], Floats
    ]  # (k,) in [floor, 1]; the floor where ``about`` is a claim and there is none
    told: Callable[[SeatCandidates, int], Mapping[str, Any]]  # what a sentence about one row needs


def level(seatings: SeatCandidates) -> Ints:
    """How well each row's claim stands on the day of the ask, as an index into LEVELS."""
    claims, claim, today = seatings.world.claims, seatings.claim, seatings.ask.today
    return np.where(claims.evidenced_until[claim] >= today, 2, (claims.vouched_until[claim] >= today).astype(np.int64))


def newest(seatings: SeatCandidates) -> Ints:
    """The day of the newest claim, vouch or evidence behind each row; 0 where none is dated."""
    claims, claim = seatings.world.claims, seatings.claim
    return np.maximum(np.maximum(claims.claimed_on[claim], claims.vouched_on[claim]), claims.evidenced_on[claim])


def capability_name(seatings: SeatCandidates, row: int) -> dict[str, int]:
    """The need and the claimed capability of a row."""
    return {
        "need": int(seatings.need[row]),
        "capability": int(seatings.world.claims.capability[seatings.claim[row]]),
    }


@per_world
def works_on(world: World) -> tuple[int, PairWeights]:
    """The newest day of finished work, and what each prime gave each sub until then, decayed to that day."""
    works = world.works
    day = int(works.days.max(initial=0))
    worth = 0.5 ** ((day - works.days) / HALF_LIFE_DAYS)
    return day, PairWeights.of(works.prime, works.sub, worth, len(world.businesses.ids))


@per_world
def places(world: World) -> tuple[dict[str, int], Ints, dict[str, int], Ints]:
    """City and region of every firm as numbers, each with the numbers' names; 0 is not said."""
    firms = world.businesses
    cities, regions = {"": 0}, {"": 0}
    city = [cities.setdefault(fold_candidates(name), len(cities)) for name in firms.cities]
    region = [regions.setdefault(fold_candidates(name), len(regions)) for name in firms.regions]
    return cities, np.array(city, dtype=np.int64), regions, np.array(region, dtype=np.int64)


def fold_candidates(name: str) -> str:
    """A place's name as it is compared."""
    return " ".join(name.casefold().split())
