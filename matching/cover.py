"""The best teams, exactly: which firm takes which needs under which prime.

Under a prime a team is a partition of the needs: those the prime keeps, and a group for each partner. It is worth the
prime's standing seats, plus each firm in each of its seats, less ``hands`` for each partner and each need left open.
Groups only meet in the prime (a star, as in Kargar and An, CIKM 2011), so the best cover of a set S of needs is

    best(S) = max over the subsets T of S that hold its lowest need:  (best firm for T) - hands + best(S - T)

3**n steps for n needs, done for many primes at once. Primes come in the order of an upper bound until it meets the best
found, so the answer is the optimum over all of them. Further teams are found by exclusion (Lawler 1972).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import Self

import numpy as np

from matching.inputs import Bools, Floats, Ints

NEVER = -1e6  # the value of a firm that does not cover a need; real values stay far above half of it
CHUNK = 256


@dataclass(frozen=True)
class Options:
    """What is chosen among: c firms and n needs."""

    value: Floats  # (c, n) >= 0 under nobody in particular; NEVER where the firm does not cover the need
    primes: Ints  # (p,) firms that may lead, most promising first
    standing: Floats  # (p,) value of each prime's own seats
    bounds: Floats  # (p,) what no team of each prime exceeds; falling
    tied: Ints  # (p + 1,) where the rows of each prime begin in the two below
    partner: Ints  # (t,) firms that are worth something else under that prime
    under: Floats  # (t, n) their values there, no less than elsewhere
    hands: float
    is_fixed: bool  # the one prime leads whatever it can do

    @classmethod
    def of(
        cls,
        value: Floats,
        primes: Ints,
        standing: Floats,
        ties: tuple[Ints, Ints, Floats],
        hands: float,
        is_fixed: bool,
    ) -> Self:
        """Sort the primes by their bounds. ``ties``: (t,) positions in ``primes``, (t,) partners, (t, n) values."""
        place, partner, under = ties
        own = value[primes]
        reach = np.maximum(np.broadcast_to(value.max(axis=0), own.shape), 0.0)
        np.maximum.at(reach, place, under)
        bounds = standing + np.maximum(own.sum(axis=1), np.maximum(own, reach).sum(axis=1) - hands)
        order = np.argsort(-bounds, kind="stable")
        rank = np.argsort(order)[place]
        rows = np.argsort(rank, kind="stable")
        tied = np.searchsorted(rank[rows], np.arange(len(primes) + 1))
        return cls(
            value, primes[order], standing[order], bounds[order], tied, partner[rows], under[rows], hands, is_fixed
        )

    def under_prime(self, leader: int) -> Floats:
        """(c, n) the values of all firms under that prime."""
        place = int(np.flatnonzero(self.primes == leader)[0])
        rows = slice(self.tied[place], self.tied[place + 1])
        values = self.value.copy()
        values[self.partner[rows]] = self.under[rows]
        return values


@dataclass(frozen=True)
class Cover:
    """A team: its value, its prime, and the firm of each need (-1 where it stays open)."""

    value: float
    prime: int
    holders: tuple[int, ...]

    def partners(self, options: Options) -> frozenset[int]:
        """The firms that make this team another one; a fixed prime is in all of them."""
        return frozenset({*self.holders, self.prime} - {-1, self.prime if options.is_fixed else -1})


@lru_cache(maxsize=16)
def subsets(needs: int) -> tuple[Floats, tuple[Ints, ...]]:
    """All sets of needs as bits: columns (needs, 2**needs) of 0 and 1, and of each set the parts with its lowest need.

    >>> [group.tolist() for group in subsets(2)[1]]
    [[], [1], [2], [1, 3]]
    """
    columns = (np.arange(2**needs) >> np.arange(needs)[:, None]) & 1
    groups: list[Ints] = []
    for chosen in range(2**needs):
        bits = [1 << need for need in range(needs) if chosen >> need & 1]
        found = np.array(bits[:1], dtype=np.int64)
        for bit in bits[1:]:
            found = np.concatenate([found, found + bit])
        groups.append(found)
    return columns.astype(np.float64), tuple(groups)


@dataclass(frozen=True)
class _Search:
    """One search for the best team: without some firms, or with one need given to a partner for sure."""

    options: Options
    allowed: Bools  # (c,) as a partner
    common: Floats  # (2**n,) the best firm for each group under nobody in particular
    open_seat: Floats  # (2**n,) what a group that nobody takes is worth: single needs only
    given: int | None

    @classmethod
    def of(cls, options: Options, without: frozenset[int], given: int | None) -> Self:
        columns, _ = subsets(options.value.shape[1])
        allowed = np.ones(len(options.value), dtype=bool)
        allowed[[*without, *(options.primes.tolist() if options.is_fixed else ())]] = False
        common = (options.value[allowed] @ columns).max(axis=0, initial=NEVER) - options.hands
        open_seat = np.where(columns.sum(axis=0) == 1, -options.hands, NEVER)
        if given is not None:
            open_seat[1 << given] = NEVER
        return cls(options, allowed, common, open_seat, given)

    def best(self) -> Cover | None:
        options, best, winner = self.options, NEVER / 2, -1
        for start in range(0, len(options.primes), CHUNK):
            if options.bounds[start] < best:
                break
            totals, _, _ = self.weigh(slice(start, start + CHUNK))
            at = int(np.argmax(totals.max(axis=1)))
            if totals[at].max() > best:
                best, winner = float(totals[at].max()), start + at
        return self.trace(winner) if winner >= 0 else None

    def weigh(self, chunk: slice) -> tuple[Floats, Floats, Floats]:
        """(p, 2**n) each: the team's value by what the prime keeps, the best group, the best cover of each set."""
        options, (columns, subsets_of) = self.options, subsets(self.options.value.shape[1])
        primes, tied = options.primes[chunk], options.tied[chunk.start : chunk.stop + 1]
        groups = np.tile(np.maximum(self.common, self.open_seat), (len(primes), 1))
        rows = slice(tied[0], tied[-1])
        gain = np.where(self.allowed[options.partner[rows], None], options.under[rows], NEVER) @ columns - options.hands
        some = np.flatnonzero(np.diff(tied))
        if len(some):
            groups[some] = np.maximum(groups[some], np.maximum.reduceat(gain, tied[some] - tied[0], axis=0))
        cover = np.zeros_like(groups)
        for chosen, parts in enumerate(subsets_of[1:], start=1):
            cover[:, chosen] = (groups[:, parts] + cover[:, chosen ^ parts]).max(axis=1)
        own = options.value[primes]
        if self.given is not None:
            own[:, self.given] = NEVER
        everything = columns.shape[1] - 1
        totals = options.standing[chunk, None] + own @ columns + cover[:, everything - np.arange(everything + 1)]
        if not options.is_fixed:
            totals[~self.allowed[primes]] = NEVER
        return totals, groups, cover

    def trace(self, prime: int) -> Cover:
        """The team behind the best total of one prime."""
        options, (columns, subsets_of) = self.options, subsets(self.options.value.shape[1])
        totals, groups, cover = (array[0] for array in self.weigh(slice(prime, prime + 1)))
        kept = int(np.argmax(totals))
        leader = int(options.primes[prime])
        holders = np.where(columns[:, kept] > 0, leader, -1)
        rest = columns.shape[1] - 1 - kept
        values = np.where(self.allowed[:, None], options.under_prime(leader), NEVER)
        while rest:
            parts = subsets_of[rest]
            group = int(parts[np.argmax(groups[parts] + cover[rest ^ parts])])
            worth = values @ columns[:, group]
            if len(worth) and worth.max() > NEVER / 2:
                holders[columns[:, group] > 0] = int(np.argmax(worth))
            rest ^= group
        return Cover(float(totals[kept]), leader, tuple(holders.tolist()))


def covers(options: Options) -> Iterator[Cover]:
    """The best team, then each time the best that differs from all before.

    A team differs where it lacks one of the partners of an earlier one, or has some where that one had none; with a
    free prime all its firms count as partners. Every team that differs lies behind exactly those conditions.
    """
    order, tried, earlier = count(), set(), list[frozenset[int]]()
    heap: list[tuple[float, int, frozenset[int], int | None, Cover]] = []

    def ask(without: frozenset[int], given: int | None) -> None:
        if (without, given) not in tried:
            tried.add((without, given))
            if found := _Search.of(options, without, given).best():
                heappush(heap, (-found.value, next(order), without, given, found))

    ask(frozenset(), None)
    while heap:
        _, _, without, given, found = heappop(heap)
        firms = found.partners(options)
        if firms not in earlier and not any(team and team <= firms for team in earlier):
            earlier.append(firms)
            yield found
        for firm in sorted(firms):
            ask(without | {firm}, given)
        if not firms:
            for need in range(options.value.shape[1]):
                ask(without, need)
