"""Assignment of many leads to few members: everybody served who can be, at the greatest total score.

A member takes several leads, each at a higher load than the one before, up to a capacity. That is a minimum-cost flow.
Members have prices; a lead goes where score less price is greatest. At first all leads bid at once, each as much as its
best member is better than its second best, so that nobody pays more than needed (the start of Jonker and Volgenant,
1987). For each lead still without a member, the cheapest chain of moves that ends at somebody's free time is found by
Dijkstra's algorithm; where there are hardly more places than leads, and such chains are long, SciPy's matching takes
over. All is done in integers: at the end prices and scores agree exactly, which proves the optimum.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from matching.inputs import Floats, Ints

BITS = 30  # of the greatest score or load as an integer
MOST_ROUNDS, STALLED = 400, 0.98  # of bids; they end when ten rounds leave more than this share of the leads
MANY, TIGHT = 100, 4  # chains are long where more leads wait than these, for less than so many free places each
NEVER = -(2**62)


class AssignmentError(ValueError):
    """Input that has no meaning; ``lead`` and ``member`` are those it is about, -1 where it is about none."""

    def __init__(self, message: str, lead: int = -1, member: int = -1) -> None:
        super().__init__(message)
        self.lead, self.member = lead, member


@dataclass(frozen=True)
class Assignment:
    """The member of each of l leads, and the price of the time of each of m members."""

    member: Ints  # (l,) -1 where nobody is left
    price: Floats  # (m,) in units of the score: what one more place of the member would add, before its load
    worth: Floats  # (l,) the greatest score less price of each lead; negative and huge where nobody is left
    total: float  # the scores less the loads of all served leads

    def shortfall(self, lead: int, member: int, score: float) -> float:
        """Return by how much the lead's score with the member is too low for it to be assigned there, >= 0."""
        return max(0.0, float(self.worth[lead] + self.price[member]) - score)


def assign(
    leads: int, lead: Ints, member: Ints, score: Floats, capacity: Ints, load: Floats | None = None
) -> Assignment:
    """Return the assignment that serves the most leads and, of those, has the greatest total score.

    ``lead``, ``member`` and ``score`` (e,) are the possible pairs; ``capacity`` (m,) the leads a member can take;
    ``load`` (k,), rising, what each lead of a member costs in units of the score, the last one for all further ones.
    Scores are read as 30-bit numbers. Raises AssignmentError for unknown leads or members, a pair given twice, a score
    that is not finite, a negative capacity, and loads that fall.

    >>> found = assign(2, np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([5.0, 4.0, 3.0]), np.array([1, 1]))
    >>> found.member.tolist(), found.total, found.price.tolist()
    ([1, 0], 7.0, [1.0, 0.0])
    """
    loads = np.zeros(1) if load is None else np.asarray(load, dtype=np.float64)
    _check(leads, lead, member, score, capacity, loads)
    order = np.argsort(lead * len(capacity) + member, kind="stable")
    greatest = max(np.abs(score).max(initial=0.0), np.abs(loads).max(initial=0.0))
    scale = 2.0 ** min(BITS - int(np.frexp(greatest)[1]), 1000)
    flow = _Flow(
        leads,
        lead[order],
        member[order],
        np.rint(score[order] * scale).astype(np.int64),
        capacity,
        np.rint(loads * scale).astype(np.int64),
    )
    flow.bid()
    waiting = int((flow.member < 0).sum())
    if waiting > MANY and int(capacity.sum()) - (leads - waiting) < TIGHT * waiting:
        flow.assign_places()
    else:
        flow.finish()
    flow.settle()
    served = flow.member >= 0
    at = np.searchsorted(
        lead[order] * len(capacity) + member[order], (np.arange(leads) * len(capacity) + flow.member)[served]
    )
    taken = np.bincount(flow.member[served], minlength=len(capacity))
    total = float(score[order][at].sum()) - float(flow.summed(loads, taken))
    return Assignment(flow.member, flow.price / scale, flow.worth / scale, total)


def _check(leads: int, lead: Ints, member: Ints, score: Floats, capacity: Ints, load: Floats) -> None:
    """Raise AssignmentError for the first input without a meaning."""
    keys, counts = np.unique(lead * len(capacity) + member, return_counts=True)
    for faulty, what in (
        ((lead < 0) | (lead >= leads), "is of an unknown lead"),
        ((member < 0) | (member >= len(capacity)), "is of an unknown member"),
        (~np.isfinite(score), "has no finite score"),
        (np.isin(lead * len(capacity) + member, keys[counts > 1]), "is given twice"),
    ):
        if faulty.any():
            pair = int(lead[faulty][0]), int(member[faulty][0])
            raise AssignmentError(f"The pair of lead {pair[0]} and member {pair[1]} {what}.", *pair)
    if (capacity < 0).any():
        at = int(np.argmax(capacity < 0))
        raise AssignmentError(f"Member {at} has a negative capacity.", member=at)
    if not len(load) or not np.isfinite(load).all() or (np.diff(load) < 0).any():
        raise AssignmentError("Loads must be finite, and rise with each further lead.")


class _Flow:
    """The state: prices under which each lead with a member has no better one, and idle time costs its load."""

    def __init__(self, leads: int, lead: Ints, end: Ints, score: Ints, capacity: Ints, load: Ints) -> None:
        self.end, self.score, self.capacity, self.load = end, score, capacity, load
        self.starts = np.searchsorted(lead, np.arange(leads + 1))
        self.unserved = -(2 ** (BITS + 1)) * (leads + 1)  # a score below which no chain of moves can fall
        self.member = np.full(leads, -1)
        self._set_prices(np.full(len(capacity), load[0]))

    def _set_prices(self, price: Ints) -> None:
        """Take the prices, and what each lead is worth under them; no time of no capacity is ever bought."""
        self.price = np.where(self.capacity > 0, price, -2 * self.unserved)
        self.worth = np.full(len(self.member), self.unserved)
        some = np.flatnonzero(np.diff(self.starts))
        if len(some):
            best = np.maximum.reduceat(self.score - self.price[self.end], self.starts[some])
            self.worth[some] = np.maximum(best, self.unserved)

    def summed(self, load: Floats, taken: Ints) -> float:
        """Return what the leads that each member has taken cost."""
        each = load[np.minimum(np.arange(taken.max(initial=0)), len(load) - 1)]
        return float(np.append(0.0, np.cumsum(each))[taken].sum())

    def bid(self) -> None:
        """Let all leads without a member bid until few are left or nothing moves."""
        size, end, score = int(self.capacity.max(initial=0)), self.end, self.score
        if not size or not len(end):
            return
        slot = np.arange(size)
        # The price of each place of a member's time, ascending; beyond the capacity nothing is for sale.
        places = np.where(slot < self.capacity[:, None], self.load[np.minimum(slot, len(self.load) - 1)], -NEVER)
        holder = np.full(places.shape, -1)
        can_bid = np.diff(self.starts) > 0
        before = np.inf
        for number in range(MOST_ROUNDS):
            bidder = np.flatnonzero((self.member < 0) & can_bid)
            if number % 10 == 0:
                if len(bidder) > STALLED * before:
                    break
                before = len(bidder)
            if not len(bidder):
                break
            length = self.starts[bidder + 1] - self.starts[bidder]
            begin = np.cumsum(length) - length
            arc = np.arange(length.sum()) + np.repeat(self.starts[bidder] - begin, length)
            value = score[arc] - places[end[arc], 0]
            best = np.maximum.reduceat(value, begin)
            is_best = np.where(value == np.repeat(best, length), np.arange(len(value)), len(value))
            at = np.minimum.reduceat(is_best, begin)
            value[at] = self.unserved
            second = np.maximum(np.maximum.reduceat(value, begin), self.unserved)
            target = end[arc[at]]
            offer = places[target, 0] + best - second
            is_worth_it = best >= self.unserved
            target, offer, bidder = target[is_worth_it], offer[is_worth_it], bidder[is_worth_it]
            order = np.lexsort((-offer, target))
            target, offer, bidder = target[order], offer[order], bidder[order]
            rank = np.arange(len(target)) - np.searchsorted(target, target)
            wins = rank < self.capacity[target]
            target, offer, bidder, rank = target[wins], offer[wins], bidder[wins], rank[wins]
            # The highest offers take the cheapest places; an equal offer takes an empty place only.
            gains = (offer > places[target, rank]) | ((offer == places[target, rank]) & (holder[target, rank] < 0))
            target, offer, bidder, rank = target[gains], offer[gains], bidder[gains], rank[gains]
            lost = holder[target, rank]
            self.member[lost[lost >= 0]] = -1
            places[target, rank], holder[target, rank], self.member[bidder] = offer, bidder, target
            changed = np.unique(target)
            cheapest = np.argsort(places[changed], axis=1, kind="stable")
            places[changed] = np.take_along_axis(places[changed], cheapest, axis=1)
            holder[changed] = np.take_along_axis(holder[changed], cheapest, axis=1)
        self._set_prices(places[:, 0])

    def assign_places(self) -> None:
        """Assign leads to single places by SciPy's sparse Jonker-Volgenant."""
        lead = np.repeat(np.arange(len(self.member)), np.diff(self.starts))
        places = np.minimum(self.capacity, len(lead))[self.end]
        arc = np.repeat(np.arange(len(lead)), places)
        nth = np.arange(len(arc)) - np.repeat(np.cumsum(places) - places, places)
        first = np.cumsum(self.capacity) - self.capacity
        gain = self.score[arc] - self.load[np.minimum(nth, len(self.load) - 1)]
        own = np.arange(len(self.member))  # a place of each lead's own, where it is not served
        row, column = np.append(lead[arc], own), np.append(first[self.end[arc]] + nth, self.capacity.sum() + own)
        cost = 1.0 + gain.max(initial=0) - np.append(gain, np.full(len(own), self.unserved))
        table = csr_array((cost, (row, column)), shape=(len(own), int(self.capacity.sum()) + len(own)))
        chosen = np.asarray(min_weight_full_bipartite_matching(table)[1], dtype=np.int64)
        holder = np.append(np.repeat(np.arange(len(self.capacity)), self.capacity), np.full(len(own), -1))
        self.member = holder[chosen]

    def settle(self) -> None:
        """Lower all prices to the least that agree with the assignment: what one more place of a member would add."""
        lead = np.repeat(np.arange(len(self.member)), np.diff(self.starts))
        served = self.member >= 0
        taken = np.bincount(self.member[served], minlength=len(self.capacity))
        is_own = self.end == self.member[lead]
        got = np.full(len(self.member), self.unserved)
        got[lead[is_own]] = self.score[is_own]
        price = self.load[np.clip(taken - 1, 0, len(self.load) - 1)]
        while True:
            worth = got
            if len(price):
                worth = got - np.where(served, price[self.member], 0)
            raised = price.copy()
            np.maximum.at(raised, self.end, self.score - worth[lead])
            raised[self.capacity == 0] = price[self.capacity == 0]
            if (raised == price).all():
                break
            price = raised
        self._set_prices(price)

    def finish(self) -> None:
        """Find a member for each lead that has none, by the cheapest chain of moves."""
        order = np.argsort(self.member, kind="stable")
        begins = np.searchsorted(self.member[order], np.arange(len(self.capacity) + 1))
        self.taken = np.diff(begins).tolist()
        self.has: dict[int, list[int]] = {}  # the leads of the members that a chain has touched
        self._initial = order, begins
        self.price_of: list[int] = self.price.tolist()
        self.worth_of: list[int] = self.worth.tolist()
        self.bounds: list[int] = self.starts.tolist()
        for lead in np.flatnonzero(self.member < 0).tolist():
            self._serve(lead)

    def _leads(self, member: int) -> list[int]:
        if member not in self.has:
            order, begins = self._initial
            self.has[member] = order[begins[member] : begins[member + 1]].tolist()
        return self.has[member]

    def _serve(self, source: int) -> None:
        near, settled, through = dict[int, int](), list[int](), dict[int, int]()  # member: distance; its lead before
        heap: list[tuple[int, int]] = []
        price, worth = self.price_of, self.worth_of
        limit, last, leaver = worth[source] - self.unserved, -1, source
        waiting, distance = [source], 0
        reached = [(source, 0)]
        while True:
            for lead in waiting:
                if distance + worth[lead] - self.unserved < limit:
                    limit, last, leaver = distance + worth[lead] - self.unserved, -1, lead
                low, high = self.bounds[lead], self.bounds[lead + 1]
                base = distance + worth[lead]
                for member, score in zip(self.end[low:high].tolist(), self.score[low:high].tolist(), strict=True):
                    way = base + price[member] - score
                    if way < limit and way < near.get(member, limit):
                        near[member], through[member] = way, lead
                        heappush(heap, (way, member))
            while heap and heap[0][0] > near[heap[0][1]]:
                heappop(heap)
            if not heap or heap[0][0] >= limit:
                break
            distance, member = heappop(heap)
            settled.append(member)
            if self.taken[member] < self.capacity[member]:
                free = distance + int(self.load[min(self.taken[member], len(self.load) - 1)]) - price[member]
                if free < limit:
                    limit, last, leaver = free, member, -1
            waiting = self._leads(member)
            reached += [(lead, distance) for lead in waiting]
        for lead, way in reached:
            worth[lead] -= max(0, limit - way)
        for member in settled:
            price[member] += max(0, limit - near[member])
        self._move(source, last, leaver, through)

    def _move(self, source: int, last: int, leaver: int, through: dict[int, int]) -> None:
        """Move every lead of a chain to the next member; at its end is free time, or a lead that leaves."""
        if last < 0:
            if leaver == source:
                return
            last = int(self.member[leaver])
            self._leads(last).remove(leaver)
            self.member[leaver] = -1
        else:
            self.taken[last] += 1
        while True:
            lead = through[last]
            self._leads(last).append(lead)
            former, self.member[lead] = int(self.member[lead]), last
            if lead == source:
                return
            self._leads(former).remove(lead)
            last = former
