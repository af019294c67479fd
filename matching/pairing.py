"""Pairing for one-to-ones: a maximum-weight matching of complementary interest, with a proof of how good it is.

Interest has a direction, the worth of a pair has none: it rests on the harmonic mean of both sides, so that a pair in
which only one side gains is worth half of one in which both gain.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fsum
from typing import Literal

import numpy as np

from matching.blossom_search import BlossomSearch
from matching.fractional_pairing import PairGraph, auctioned_successors, exact_successors, filled, rounded
from matching.inputs import Bools, Floats, Ints

BITS = 30  # of the greatest weight as an integer: the arithmetic is exact, and the same on every machine
EXACT = 25_000  # members up to whom the optimum is found and proved
LOOKS = 10  # at each member, on average, to improve an auction
WAITED = 0.25  # what each week without a one-to-one adds: six weeks outweigh any difference of interest
ALIKE = 0.4  # the most that the same wish adds to the interest in each other


def pair_worth(interest: Floats, alike: Floats) -> Floats:
    """Return the worth of a one-to-one of each two members, (n, n), symmetric, 0 on the diagonal, at most 1.4.

    ``interest[a, b]`` in [0, 1] is how well b answers what a wants. ``alike`` (symmetric, in [0, 1]) is how far both
    want to meet the same people, and do not compete for them.

    >>> float(pair_worth(np.array([[0, 1], [0, 0]]), np.zeros((2, 2)))[0, 1])
    0.5
    """
    product, greater = interest * interest.T, np.maximum(interest, interest.T)
    total = interest + interest.T
    harmonic = np.divide(2 * product, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)
    value: Floats = (harmonic + greater) / 2 + ALIKE * alike
    np.fill_diagonal(value, 0)
    return value


def weekly_weights(weights: Floats, barred: Bools, waited: Floats) -> Floats:
    """Return the weights of this week's one-to-ones, (n, n), symmetric: of pairs with a worth that are not ``barred``.

    ``barred`` (symmetric) marks pairs that met already or may not meet. ``waited`` (n,) is the number of weeks since
    each member's last one-to-one; in the end it outweighs interest, so that nobody waits for ever with whom somebody
    should talk.

    >>> weights = np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])
    >>> weekly_weights(weights, np.zeros((3, 3), bool), np.array([1.0, 0.0, 9.0])).round(2).tolist()
    [[0.0, 0.75, 0.0], [0.75, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    value: Floats = np.where(weights > 0, weights + WAITED * (waited[:, None] + waited[None, :]), 0.0)
    value[barred] = 0
    return value


class PairError(ValueError):
    """Input that no pairing can follow; ``members`` are those it is about."""

    def __init__(self, message: str, members: tuple[int, ...]) -> None:
        super().__init__(message)
        self.members = members


@dataclass(frozen=True)
class BestPairs:
    """A pairing, and the proof of how good it is."""

    pairs: tuple[tuple[int, int], ...]  # (a, b) with a < b, the heaviest first
    weight: float  # their sum
    bound: float  # no pairing weighs more
    solver: Literal["exact", "auction"]

    @property
    def quality(self) -> float:
        """Return weight / bound, 1 where nobody has anybody to meet."""
        return self.weight / self.bound if self.bound > 0 else 1.0


def best_pairs(
    size: int,
    first: Ints,
    second: Ints,
    weight: Floats,
    *,
    must: Iterable[tuple[int, int]] = (),
    must_not: Iterable[tuple[int, int]] = (),
    is_over: Callable[[], bool] = lambda: False,
) -> BestPairs:
    """Return the pairs of the greatest total weight among e possible ones, (e,) each; those of 0 or less never meet.

    Members are numbered from 0; any number of chapters can be paired at once. ``must`` are pairs that meet whatever
    they weigh, ``must_not`` pairs that do not. Up to EXACT members the answer is optimal, and the bound equal to the
    weight; beyond, an improved auction comes close to its bound. ``is_over`` may end both early, with a wider bound.
    Weights are read as 30-bit numbers, rounded up. Raises PairError for a pair of unknown members, of a member with
    themselves, or twice, for a weight that is not finite, and for demands that contradict each other.

    >>> square = best_pairs(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([2.0, 3.0, 2.0]))
    >>> square.pairs, square.weight, square.bound
    (((0, 1), (2, 3)), 4.0, 4.0)
    """
    first, second = np.minimum(first, second), np.maximum(first, second)
    _check_pairs(size, first, second, weight)
    forced, apart = _checked_demands(size, must, must_not)
    taken = np.zeros(size, dtype=bool)
    taken[[member for pair in forced for member in pair]] = True
    weigh = dict.fromkeys(forced, 0.0)
    for at in np.flatnonzero(taken[first] & taken[second]).tolist():
        if (pair := (int(first[at]), int(second[at]))) in weigh:
            weigh[pair] = float(weight[at])
    is_open = (weight > 0) & ~taken[first] & ~taken[second]
    if apart:
        is_open &= ~np.isin(first * size + second, [a * size + b for a, b in apart])
    first, second, weight = first[is_open], second[is_open], weight[is_open]
    solver: Literal["exact", "auction"] = "exact"
    bound, rest = 0.0, dict[tuple[int, int], float]()
    if len(weight):
        scale = 2.0 ** min(BITS - int(np.frexp(weight.max())[1]), 1000)
        present, place = np.unique(np.concatenate([first, second]), return_inverse=True)
        ends = place.reshape(2, -1)
        graph = PairGraph(len(present), ends[0], ends[1], np.ceil(weight * scale).astype(np.int64))
        solver = "exact" if graph.size <= EXACT else "auction"
        mate, twice = (_exact if solver == "exact" else _auctioned)(graph, is_over)
        bound = twice / 2 / scale
        met = np.flatnonzero(np.array(mate)[ends[0]] == ends[1])
        rest = {(int(first[at]), int(second[at])): float(weight[at]) for at in met.tolist()}
    bound = max(bound, fsum(rest.values())) + fsum(weigh.values())
    found = {**weigh, **rest}
    return BestPairs(tuple(sorted(found, key=lambda pair: (-found[pair], pair))), fsum(found.values()), bound, solver)


def _exact(graph: PairGraph, is_over: Callable[[], bool]) -> tuple[list[int], float]:
    """Return mates of the greatest weight, and twice their bound."""
    successor, price = exact_successors(graph)
    search = BlossomSearch(_neighbors(graph, 2 * graph.arcs[3]), rounded(graph, successor), price.tolist())
    search.solve(is_over)
    return search.mate, search.bound()


def _auctioned(graph: PairGraph, is_over: Callable[[], bool]) -> tuple[list[int], float]:
    """Return mates of nearly the greatest weight, and twice their bound.

    Pairs of the auction pay a little more than they weigh. As if they weighed that, the same search improves them.
    """
    successor, twice = auctioned_successors(graph, is_over)
    mate, price = rounded(graph, successor), 2 * np.ceil(twice / 2).astype(np.int64)
    _, row, end, weight = graph.arcs
    worth = np.where(np.array(mate)[row] == end, price[row] + price[end], 2 * weight)
    search = BlossomSearch(_neighbors(graph, worth), mate, price.tolist())
    search.solve(is_over, LOOKS * graph.size)
    return filled(graph, search.mate), search.bound()


def _neighbors(graph: PairGraph, worth: Ints) -> list[list[tuple[int, int]]]:
    """Return each member's (neighbor, worth) from the worth of all arcs."""
    starts, _, end, _ = graph.arcs
    ends, worths, begins = end.tolist(), worth.tolist(), starts.tolist()
    return [
        [(ends[arc], worths[arc]) for arc in range(begins[one], begins[one + 1]) if ends[arc] != one]
        for one in range(graph.size)
    ]


def _check_pairs(size: int, first: Ints, second: Ints, weight: Floats) -> None:
    """Raise PairError for the first pair that is none."""
    keys, counts = np.unique(first * size + second, return_counts=True)
    for faulty, what in (
        ((first < 0) | (second >= size), "names an unknown member"),
        (first == second, "pairs a member with themselves"),
        (~np.isfinite(weight), "has no finite weight"),
        (np.isin(first * size + second, keys[counts > 1]), "is given twice"),
    ):
        if faulty.any():
            pair = int(first[faulty][0]), int(second[faulty][0])
            raise PairError(f"The pair {pair} {what}.", pair)


def _checked_demands(
    size: int, must: Iterable[tuple[int, int]], must_not: Iterable[tuple[int, int]]
) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
    """Return the pairs that must meet and those that must not, as (a, b) with a < b; raise PairError if none can."""
    wanted, unwanted = ({(min(pair), max(pair)) for pair in pairs} for pairs in (must, must_not))
    partner: dict[int, int] = {}
    for one, other in sorted(wanted | unwanted):
        if one < 0 or other >= size or one == other:
            raise PairError(f"The demand about {(one, other)} does not name two members.", (one, other))
    for one, other in sorted(wanted):
        if (one, other) in unwanted:
            raise PairError(f"{one} and {other} must and must not meet.", (one, other))
        for member in (one, other):
            if member in partner:
                raise PairError(
                    f"{member} must meet two people at once.", (member, partner[member], one + other - member)
                )
        partner[one], partner[other] = other, one
    return sorted(wanted), unwanted


def best_pairs_of(weights: Floats) -> BestPairs:
    """Return the best pairs of one group from the weights of all its pairs, (n, n), where 0 is no pair.

    Raises ValueError if ``weights`` is not symmetric.
    """
    if not np.array_equal(weights, weights.T, equal_nan=True):
        raise ValueError("weights must be symmetric: a pair has the same weight from both sides")
    first, second = np.nonzero(np.triu(weights, 1))
    return best_pairs(len(weights), first, second, weights[first, second])
