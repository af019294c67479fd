"""Exact search for the best teams: which firm takes which needs under which prime.

Under a prime a team is a partition of the needs: those the prime keeps, and a group for each partner. Its value is
that of the prime's standing seats, plus each firm in each of its seats, less ``hands`` for each partner and each open
need. Groups interact with the prime only (a star, as in Kargar and An, CIKM 2011), so the best cover of a set S of
needs is

    best(S) = max over the subsets T of S that hold its lowest need:  (best firm for T) - hands + best(S - T)

3**n steps for n needs, done once for the values of firms without a prime. Few firms are worth more under a certain
prime, and a cover holds each of their groups at most once, so they are added to it group by group. Primes are tried in
the order of an upper bound until none can beat the best team so far: the answer is the optimum over all primes.
Further teams are found by exclusion (Lawler 1972). So are teams without firms that may not work together: a team that
holds two of them gives way to the best one without the first and the best one without the second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import Self

import numpy as np

from matching.inputs import Bools, Floats, Ints

NEVER = -1e6  # the value of a firm that does not cover a need; real values stay far above half of it
BLOCK = 64  # primes evaluated at a time
EPSILON = 1e-12  # below any real difference of values


@dataclass(frozen=True)
class Options:
    """The input of the search: c firms and n needs."""

    value: Floats  # (c, n) >= 0, without a prime; NEVER where the firm does not cover the need
    primes: Ints  # (p,) firms that may lead
    standing: Floats  # (p,) value of each prime's standing seats
    tied: Ints  # (p + 1,) where the rows of each prime begin in the next two arrays
    partner: Ints  # (t,) firms that are worth more under that prime
    under: Floats  # (t, n) their values under that prime
    hands: float  # the cost of each partner and each open need
    is_fixed: bool  # the only prime leads even if it covers no need
    apart: tuple[tuple[int, int], ...] = ()  # firms that may not be in one team
    share: Floats | None = None  # (n,) of each need in the work
    least_kept: float = 0.0  # the sum of shares that the prime has to keep

    @classmethod
    def of(
        cls,
        value: Floats,
        primes: Ints,
        standing: Floats,
        ties: tuple[Ints, Ints, Floats],
        *,
        hands: float,
        is_fixed: bool,
        apart: tuple[tuple[int, int], ...] = (),
        share: Floats | None = None,
        least_kept: float = 0.0,
    ) -> Self:
        """Create Options from unsorted ``ties``: (t,) positions in ``primes``, (t,) partners, (t, n) values."""
        place, partner, under = ties
        rows = np.argsort(place, kind="stable")
        tied = np.searchsorted(place[rows], np.arange(len(primes) + 1))
        return cls(value, primes, standing, tied, partner[rows], under[rows], hands, is_fixed, apart, share, least_kept)

    @cached_property
    def several(self) -> Bools:
        """Return (c,): the firms that cover two needs or more."""
        return np.asarray((self.value > NEVER / 2).sum(axis=1) > 1)

    @cached_property
    def lift(self) -> Floats:
        """Return (p, n): the most that each need can gain from the ties of each prime."""
        lift = np.zeros((len(self.primes), self.value.shape[1]))
        some = np.flatnonzero(np.diff(self.tied))
        if len(some):
            before = self.value[self.partner]
            gain = np.where(before > NEVER / 2, self.under - before, 0.0)
            lift[some] = np.maximum.reduceat(gain, self.tied[some], axis=0)
        return lift

    @cached_property
    def bounds(self) -> Floats:
        """Return (p,): an upper bound for the teams of each prime, with the best firm for every need."""
        return np.asarray(self.standing + (self.value.max(axis=0).clip(0.0) + self.lift).sum(axis=1), dtype=np.float64)

    def under_prime(self, leader: int) -> Floats:
        """Return (c, n): the values of all firms under the prime ``leader``."""
        place = int(np.flatnonzero(self.primes == leader)[0])
        rows = slice(self.tied[place], self.tied[place + 1])
        values = self.value.copy()
        values[self.partner[rows]] = self.under[rows]
        return values


@dataclass(frozen=True)
class Cover:
    """A team: its value, its prime, and the firm of each need (-1 where the need stays open)."""

    value: float
    prime: int
    holders: tuple[int, ...]

    def partners(self, options: Options) -> frozenset[int]:
        """Return the firms that distinguish this team from others; a fixed prime is in all teams and left out."""
        return frozenset({*self.holders, self.prime} - {-1, self.prime if options.is_fixed else -1})

    def quarrel(self, options: Options) -> tuple[int, int] | None:
        """Return the first two firms of the team that may not be in one."""
        team = {*self.holders, self.prime}
        return next((pair for pair in options.apart if {*pair} <= team), None)


@lru_cache(maxsize=16)
def subsets(needs: int) -> tuple[Floats, tuple[Ints, ...]]:
    """Return all sets of needs as bits (needs, 2**needs), and for each set its subsets that hold its lowest need.

    >>> [group.tolist() for group in subsets(2)[1]]
    [[], [1], [2], [1, 3]]
    """
    columns = (np.arange(2**needs) >> np.arange(needs)[:, None]) & 1
    groups: list[Ints] = []
    for chosen in range(2**needs):
        bits = [1 << need for need in range(needs) if chosen >> need & 1]
        parts = np.array(bits[:1], dtype=np.int64)
        for bit in bits[1:]:
            parts = np.concatenate([parts, parts + bit])
        groups.append(parts)
    return columns.astype(np.float64), tuple(groups)


def covered(groups: Floats, needs: int) -> Floats:
    """Return (2**needs,): the value of the best cover of each set, from the value of each group."""
    cover = np.zeros_like(groups)
    for chosen, parts in enumerate(subsets(needs)[1][1:], start=1):
        cover[chosen] = (groups[parts] + cover[chosen ^ parts]).max()
    return cover


class _Search:
    """One search for the best team that excludes some firms, and may force one need to go to a partner."""

    def __init__(self, options: Options, bounds: Floats, without: frozenset[int], given: int | None) -> None:
        """Search at once. ``bounds`` (p,) are upper bounds per prime; still valid with fewer firms, they are tightened.

        ``without`` are the excluded firms; ``given`` is the need that must go to a partner.
        """
        self.options, self.without, self.given, self.needs = options, without, given, options.value.shape[1]
        self.columns = subsets(self.needs)[0]
        share = np.zeros(self.needs) if options.share is None else options.share
        self.too_little = np.where(share @ self.columns < options.least_kept - EPSILON, NEVER, 0.0)
        self.allowed = np.ones(len(options.value), dtype=bool)
        self.allowed[[*without, *(options.primes.tolist() if options.is_fixed else ())]] = False
        open_seat = np.where(self.columns.sum(axis=0) == 1, -options.hands, NEVER)
        if given is not None:
            open_seat[1 << given] = NEVER
        # Most firms cover one need: their groups are single, and only the best of each need counts.
        taken = (options.value[options.several & self.allowed] @ self.columns).max(axis=0, initial=NEVER)
        single = 1 << np.arange(self.needs)
        best = np.where(self.allowed[:, None], options.value, NEVER).max(axis=0)
        taken[single] = np.maximum(taken[single], best)
        taken -= options.hands
        self.groups = np.maximum(taken, open_seat)
        self.cover = covered(self.groups, self.needs)
        self.bounds, self.place, self.value = bounds.copy(), -1, NEVER / 2
        order = np.argsort(-bounds, kind="stable")
        for block in np.split(order, range(BLOCK, len(order), BLOCK)):
            if self.bounds[block[0]] <= self.value + EPSILON:
                break
            self._evaluate(block)

    def _evaluate(self, block: Ints) -> None:
        """Take the best team of these primes if it is better, and tighten their bounds."""
        plain = self._kept(block, self.cover).max(axis=1)
        if not self.options.is_fixed:
            plain[~self.allowed[self.options.primes[block]]] = NEVER
        self._take(block[np.argmax(plain)], plain.max())
        self.bounds[block] = np.minimum(self.bounds[block], plain + self.options.lift[block].sum(axis=1))
        for place in block[np.argsort(-self.bounds[block], kind="stable")].tolist():
            if self.bounds[place] <= self.value + EPSILON:
                break
            self.bounds[place] = self._kept(place, self._known(place)).max()
            self._take(place, self.bounds[place])

    def _take(self, place: int, value: float) -> None:
        if value > self.value + EPSILON:
            self.place, self.value = int(place), float(value)

    def _kept(self, place: int | Ints, cover: Floats) -> Floats:
        """Return (..., 2**n): the value of the best team for each set of needs that the prime keeps."""
        options = self.options
        own = options.value[options.primes[place]].copy()
        if self.given is not None:
            own[..., self.given] = NEVER
        kept = own @ self.columns + cover[::-1] + self.too_little  # what is not kept is the complement
        return np.asarray(kept + options.standing[place, ...][..., None], dtype=np.float64)

    def _tied(self, place: int) -> Floats:
        """Return (2**n,): the best value of each group among the partners tied to this prime."""
        rows = slice(self.options.tied[place], self.options.tied[place + 1])
        under = self.options.under[rows][self.allowed[self.options.partner[rows]]]
        return np.asarray((under @ self.columns).max(axis=0, initial=NEVER) - self.options.hands, dtype=np.float64)

    def _known(self, place: int) -> Floats:
        """Return (2**n,): the value of the best cover of each set under one prime."""
        groups, cover = self._tied(place), self.cover.copy()
        sets = np.arange(len(cover))
        for group in np.flatnonzero(groups > self.cover + EPSILON).tolist():
            holding = sets[sets & group == group]
            cover[holding] = np.maximum(cover[holding], groups[group] + cover[holding ^ group])
        return cover

    def team(self) -> Cover:
        """Return the team with the best value."""
        options, parts_of = self.options, subsets(self.needs)[1]
        groups = np.maximum(self.groups, self._tied(self.place))
        cover = covered(groups, self.needs)
        kept = int(np.argmax(self._kept(self.place, cover)))
        leader = int(options.primes[self.place])
        holders = np.where(self.columns[:, kept] > 0, leader, -1)
        values = np.where(self.allowed[:, None], options.under_prime(leader), NEVER)
        rest = len(cover) - 1 - kept
        while rest:
            parts = parts_of[rest]
            group = int(parts[np.argmax(groups[parts] + cover[rest ^ parts])])
            worth = values @ self.columns[:, group]
            if worth.max() > NEVER / 2:
                holders[self.columns[:, group] > 0] = int(np.argmax(worth))
            rest ^= group
        return Cover(self.value, leader, tuple(holders.tolist()))


def covers(options: Options) -> Iterator[Cover]:
    """Yield the best team, then each time the best one that differs from all earlier teams.

    A team differs from an earlier one if it lacks one of its partners, or has partners where that one had none. With a
    free prime all firms of a team count as partners. The searches below branch on exactly these conditions.
    """
    order, tried, earlier = count(), set(), list[frozenset[int]]()
    heap: list[tuple[float, int, _Search]] = []

    def branch(bounds: Floats, without: frozenset[int], given: int | None) -> None:
        if (without, given) not in tried:
            tried.add((without, given))
            search = _Search(options, bounds, without, given)
            if search.value > NEVER / 2:
                heappush(heap, (-search.value, next(order), search))

    branch(options.bounds, frozenset(), None)
    while heap:
        search = heappop(heap)[2]
        cover = search.team()
        firms = cover.partners(options)
        if quarrel := cover.quarrel(options):
            for firm in firms & {*quarrel}:
                branch(search.bounds, search.without | {firm}, search.given)
            continue
        if firms not in earlier and not any(team and team <= firms for team in earlier):
            earlier.append(firms)
            yield cover
        for firm in sorted(firms):
            branch(search.bounds, search.without | {firm}, search.given)
        if not firms:
            for need in range(search.needs):
                branch(search.bounds, search.without, need)
