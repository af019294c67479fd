"""Candidates for the seats of a team, as rows that every signal scores, and the definition of a signal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from matching.inputs import Ask, Floats, Ints, Statements, World, per_world
from matching.outputs import Step
from matching.pair_weight_table import PairWeights
from matching.trust import AskerTrust

COVERS = 0.4  # the least nearness with which a claim can take a need's seat; a parent's nearness is exactly this
HALF_LIFE_DAYS = 730.0  # of finished work
LEVELS = ("says", "claimed", "vouched", "evidenced")
LEVEL_WORTH = np.array([0.4, 0.5, 0.75, 1.0])


@dataclass(frozen=True)
class SeatCandidates:
    """k candidates: a firm in a seat under a prime. A standing seat of a prime has no need and no claim (-1).

    A firm that only says it does the work has a need and no claim.
    """

    world: World
    ask: Ask
    seen: AskerTrust
    business: Ints  # (k,)
    need: Ints  # (k,) index into the ask's needs
    claim: Ints  # (k,) the firm's best claim for the need
    nearness: Floats  # (k,) of that claim, or else of what it says, to the need, 0-1
    prime: Ints  # (k,) business index; -1 without a prime
    share: Floats  # (k,) of the whole work
    statements: Statements | None = None
    paths: Mapping[int, tuple[Step, ...]] = field(default_factory=dict)  # business -> how the asker knows it


@dataclass(frozen=True)
class Signal:
    """One criterion in favour of a firm in a seat."""

    name: str
    weight: float  # relative to the weights of the other signals
    floor: float  # the lowest value of ``strength``, 0-1
    about: Literal["claim", "business", "pair"]  # the claim for a need, the firm, or the firm under its prime
    strength: Callable[
        [SeatCandidates], Floats
    ]  # (k,) in [floor, 1]; the floor where ``about`` is a claim and there is no need
    reason_data: Callable[[SeatCandidates, int], Mapping[str, Any]]  # of one row, for its sentence


def of_claim(candidates: SeatCandidates, name: str) -> Ints:
    """Return the value ``name`` of each row's claim, a column of Claims; 0 where there is no claim."""
    values, known = np.zeros(len(candidates.claim), dtype=np.int64), candidates.claim >= 0
    values[known] = getattr(candidates.world.claims, name)[candidates.claim[known]]
    return values


def level(candidates: SeatCandidates) -> Ints:
    """Return the level of each row on the day of the ask, as an index into LEVELS."""
    today = candidates.ask.today
    is_vouched, is_evidenced = (of_claim(candidates, name) >= today for name in ("vouched_until", "evidenced_until"))
    return np.select([candidates.claim < 0, is_evidenced, is_vouched], [0, 3, 2], 1)


def newest(candidates: SeatCandidates) -> Ints:
    """Return the day of the newest claim, vouch or evidence of each row's claim; 0 where none is dated."""
    claimed, vouched, evidenced = (of_claim(candidates, f"{name}_on") for name in LEVELS[1:])
    return np.maximum(np.maximum(claimed, vouched), evidenced)


def capability_name(candidates: SeatCandidates, row: int) -> dict[str, int]:
    """Return the need and the claimed capability of a row, as indices; without a claim that of the need."""
    need, claim = int(candidates.need[row]), int(candidates.claim[row])
    claimed = candidates.ask.needs[need].capability if claim < 0 else candidates.world.claims.capability[claim]
    return {"need": need, "capability": int(claimed)}


@per_world
def works_on(world: World) -> tuple[int, PairWeights]:
    """Return the newest day of finished work, and the works each prime gave each sub, decayed to that day."""
    works = world.works
    day = int(works.days.max(initial=0))
    worth = 0.5 ** ((day - works.days) / HALF_LIFE_DAYS)
    return day, PairWeights.of(works.prime, works.sub, worth, len(world.businesses.ids))


@per_world
def places(world: World) -> tuple[dict[str, int], Ints, dict[str, int], Ints]:
    """Return city and region of every firm as numbers: (number by city, cities, number by region, regions).

    0 means that the firm did not say.
    """
    firms = world.businesses
    cities, regions = {"": 0}, {"": 0}
    city = [cities.setdefault(fold_place(name), len(cities)) for name in firms.cities]
    region = [regions.setdefault(fold_place(name), len(regions)) for name in firms.regions]
    return cities, np.array(city, dtype=np.int64), regions, np.array(region, dtype=np.int64)


def fold_place(name: str) -> str:
    """Return a place's name, normalised for comparison."""
    return " ".join(name.casefold().split())
