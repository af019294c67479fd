"""Fractional pairing: each member has at most one partner and is the partner of at most one, perhaps of another.

That is an assignment of members to members, or to themselves where they stay single, and it weighs at least as much as
any pairing. Two solvers: ``exact_successors``, which is SciPy's sparse Jonker-Volgenant, and, where that becomes slow,
``auctioned_successors``, an auction (Bertsekas 1988) in which all bid at once. Both return prices: what two members pay
is at least the weight of their pair, so that half of all prices bounds every pairing. ``rounded`` makes a pairing of
the chains and cycles of an assignment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from matching.inputs import Floats, Ints

FINEST = 0.002  # the last increment of the auction, as a share of the mean price: bounds its gap
COARSER = 4  # the factor by which the increment shrinks
UNASSIGNED = 1000  # the auction ends when only one in so many members is without a successor
MOST_ROUNDS = 4000  # of bids for one increment


@dataclass(frozen=True)
class PairGraph:
    """The ``size`` members and e pairs (first < second, each once), with weights > 0."""

    size: int
    first: Ints  # (e,)
    second: Ints
    weight: Ints  # integers, so that all arithmetic is exact

    @cached_property
    def arcs(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return both directions of each pair and each member's arc to itself: (starts of rows, row, end, weight)."""
        own = np.arange(self.size)
        row = np.concatenate([self.first, self.second, own])
        end = np.concatenate([self.second, self.first, own])
        order = np.argsort(row * self.size + end, kind="stable")
        row, weight = row[order], np.concatenate([self.weight, self.weight, np.zeros_like(own)])[order]
        return np.searchsorted(row, np.arange(self.size + 1)), row, end[order], weight

    def between(self, row: Ints, end: Ints) -> Ints:
        """Return the weights of arcs that exist."""
        _, rows, ends, weight = self.arcs
        return np.asarray(weight[np.searchsorted(rows * self.size + ends, row * self.size + end)])


def exact_successors(graph: PairGraph) -> tuple[Ints, Ints]:
    """Return each member's successor in an assignment of the greatest weight, and twice their prices, (n,) each.

    A pair of which both or one is the successor of the other pays exactly its weight, and who stays single pays 0.
    """
    starts, _, end, weight = graph.arcs
    cost = 1.0 + weight.max() - weight
    chosen = csr_array((cost, end, starts), shape=(graph.size, graph.size))
    successor = np.asarray(min_weight_full_bipartite_matching(chosen)[1], dtype=np.int64)
    got = graph.between(np.arange(graph.size), successor)
    before = np.empty_like(successor)
    before[successor] = np.arange(graph.size)
    gain, rival = weight - got[before[end]], before[end]
    left = np.zeros(graph.size, dtype=np.int64)  # the dual of the assignment: longest paths, which are finite
    while True:
        raised = np.maximum.reduceat(left[rival] + gain, starts[:-1])
        if (raised <= left).all():
            break
        left = np.maximum(left, raised)
    right = np.empty_like(left)
    right[successor] = got - left
    return successor, left + right


def auctioned_successors(graph: PairGraph, is_over: Callable[[], bool]) -> tuple[Ints, Floats]:
    """Return successors (-1 where none), nearly those of the greatest weight, and twice the members' prices, (n,) each.

    Everybody without a successor bids for the best one, as much as it is better than the second best plus an increment.
    """
    starts, _, end, worth = graph.arcs
    weight = worth.astype(np.float64)
    price, step = np.zeros(graph.size), weight.max() / 10
    while True:
        successor = _auction(starts, end, weight, price, step)
        twice = price + np.maximum.reduceat(weight - price[end], starts[:-1])
        if step <= FINEST * twice.sum() / 2 / graph.size or is_over():
            return successor, twice
        step /= COARSER


def _auction(starts: Ints, end: Ints, weight: Floats, price: Floats, step: float) -> Ints:
    """Run one auction; ``price`` (n,) is raised in place."""
    size = len(price)
    owner, successor = np.full(size, -1), np.full(size, -1)
    for _ in range(MOST_ROUNDS):
        bidder = np.flatnonzero(successor < 0)
        if len(bidder) <= size // UNASSIGNED:
            break
        length = starts[bidder + 1] - starts[bidder]
        begin = np.cumsum(length) - length
        arc = np.arange(length.sum()) + np.repeat(starts[bidder] - begin, length)
        value = weight[arc] - price[end[arc]]
        best = np.maximum.reduceat(value, begin)
        is_best = np.where(value == np.repeat(best, length), np.arange(len(value)), len(value))
        at = np.minimum.reduceat(is_best, begin)
        value[at] = -np.inf
        second = np.maximum.reduceat(value, begin)
        target = end[arc[at]]
        bid = price[target] + np.where(length > 1, best - second, 0.0) + step
        np.maximum.at(price, target, bid)
        wins = bid == price[target]
        winner = np.full(size, -1)
        winner[target[wins]] = bidder[wins]
        sold = np.flatnonzero(winner >= 0)
        lost = owner[sold]
        successor[lost[lost >= 0]] = -1
        owner[sold] = winner[sold]
        successor[winner[sold]] = sold
    return successor


def rounded(graph: PairGraph, successor: Ints) -> list[int]:
    """Return each member's mate, -1 without: the best pairs along each chain and cycle of an assignment."""
    all_members = np.arange(graph.size)
    is_mutual = (successor >= 0) & (successor[successor] == all_members)
    mate: list[int] = np.where(is_mutual & (successor != all_members), successor, -1).tolist()
    following, seen = successor.tolist(), is_mutual.tolist()
    begins = np.setdiff1d(all_members, successor).tolist()  # of chains; what is left is cycles
    for start in (*begins, *np.flatnonzero(~is_mutual).tolist()):
        way, at = list[int](), start
        while at >= 0 and not seen[at]:
            seen[at] = True
            way.append(at)
            at = following[at]
        if len(way) < 2:
            continue
        # Of two links of a cycle that touch, one is not used.
        ways = [way, [*way[1:], way[0]]] if at == start else [way]
        for one, other in max((_best_links(graph, each) for each in ways), key=lambda found: found[0])[1]:
            mate[one], mate[other] = other, one
    return mate


def filled(graph: PairGraph, mate: list[int]) -> list[int]:
    """Return the mates with single members paired: the heaviest pair first, then the next."""
    mate = mate.copy()
    single = np.array(mate) < 0
    rest = np.flatnonzero(single[graph.first] & single[graph.second])
    heaviest = rest[np.argsort(-graph.weight[rest], kind="stable")]
    for one, other in zip(graph.first[heaviest].tolist(), graph.second[heaviest].tolist(), strict=True):
        if mate[one] < 0 and mate[other] < 0:
            mate[one], mate[other] = other, one
    return mate


def _best_links(graph: PairGraph, way: list[int]) -> tuple[int, list[tuple[int, int]]]:
    """Return the greatest weight of links along a chain of which no two touch, and these links."""
    weight = graph.between(np.array(way[:-1]), np.array(way[1:])).tolist()
    best = [0, 0]
    for each in weight:
        best.append(max(best[-1], best[-2] + each))
    links, at = list(pairwise(way)), len(weight)
    chosen = []
    while at > 0:
        if best[at + 1] == best[at]:
            at -= 1
        else:
            chosen.append(links[at - 1])
            at -= 2
    return best[-1], chosen
