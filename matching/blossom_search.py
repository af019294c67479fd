"""Repair of a nearly optimal pairing to an optimal one, by alternating trees and blossoms (Edmonds, 1965).

All numbers are integers, in half units of the weights: ``worth`` of a pair is twice its weight. Every member has a
price, every blossom (an odd set of members) another, and no pair is worth more than the prices of its two members and
of the blossoms that hold both. Paired members pay their prices exactly, so only a single member with a price above 0
is wrong. From each of these a tree grows along pairs that are exactly paid, while prices move, until it meets another
single member or one whose price is 0 (the jump-start of Applegate and Cook, 1993). The sum of the prices then proves
that the weight is the greatest. What a search has moved is written down only for what its tree has touched, and its
events wait in a heap, so that a search costs what it looks at.
"""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import inf

Edge = tuple[int, int]
OUTER, INNER = 1, 2


class BlossomSearch:
    """A pairing with its prices. Blossoms are numbered after the members."""

    def __init__(self, neighbors: Sequence[Sequence[Edge]], mate: list[int], price: list[int]) -> None:
        """Take for each member its (neighbor, worth), its mate (-1 while single), and its price."""
        self.neighbors, self.mate, self.price = neighbors, mate, price
        self.size = len(mate)
        # Members of the same outermost blossom are one group; a member without a blossom is its own.
        self.group, self.outermost = list(range(self.size)), list(range(self.size))
        self.held = [[member] for member in range(self.size)]  # of each group
        self.base = list(range(self.size))  # of each blossom: the member whose mate is outside it
        self.parent: list[int] = [-1] * self.size
        self.children: dict[int, list[int]] = {}  # around the cycle, the one with the base first
        self.links: dict[int, list[Edge]] = {}  # the pair of members between each child and the next
        self.extra: dict[int, int] = {}  # of each blossom: its price
        self.count: dict[int, int] = {}  # of each blossom: its members
        self.moved = 0  # how far prices moved in this search; those of the tree are written relative to it
        self.label: dict[int, int] = {}
        self.entry: dict[int, Edge | None] = {}  # the pair by which a blossom of the tree was reached
        self.heap: list[tuple[int, int, int, int]] = []
        self.looks = 0  # how often a member was taken into a tree
        self.limit, self.lowest = 0, -1  # when the price of an outer member reaches 0, and whose

    def solve(self, is_over: Callable[[], bool] = lambda: False, looks: float = inf) -> None:
        """Search from every single member with a price.

        Stop between two searches when ``is_over`` says so, or after ``looks`` members were taken into a tree.
        """
        for member in range(self.size):
            if self.mate[member] < 0 and self.price[member] > 0:
                if self.looks > looks or is_over():
                    return
                self._search(member)

    def bound(self) -> int:
        """Return the sum of all prices, in half units: no pairing weighs more."""
        return sum(self.price) + sum(extra * (self.count[blossom] // 2) for blossom, extra in self.extra.items())

    def _top(self, member: int) -> int:
        """Return the outermost blossom that holds the member, or the member."""
        return self.outermost[self.group[member]]

    def _group(self, outermost: int) -> list[int]:
        """Return the members of an outermost blossom, or the member itself."""
        return self.held[self.group[self.base[outermost]]]

    def _join(self, blossom: int, groups: list[int]) -> None:
        """Make one group of all, by moving the members of the smaller ones."""
        largest = max(groups, key=lambda group: len(self.held[group]))
        for group in groups:
            if group != largest:
                for member in self.held[group]:
                    self.group[member] = largest
                self.held[largest] += self.held[group]
                self.held[group] = []
        self.outermost[largest] = blossom
        self.count[blossom] = len(self.held[largest])

    def _split(self, child: int) -> None:
        """Make a group of a blossom, or member, that is now outermost."""
        members, waiting = list[int](), [child]
        while waiting:
            at = waiting.pop()
            if at < self.size:
                members.append(at)
            else:
                waiting += self.children[at]
        for member in members:
            self.group[member] = len(self.held)
        self.held.append(members)
        self.outermost.append(child)

    def _search(self, root: int) -> None:
        self.moved, self.limit, self.lowest = 0, self.price[root], root
        self.label, self.entry, self.heap = {}, {}, []
        self._enter(self._top(root), OUTER, None)
        while self.heap and self.heap[0][0] < self.limit:
            self.moved, one, other, worth = heappop(self.heap)
            if other < 0:
                if self.label.get(one) == INNER and self.parent[one] < 0 and self.extra[one] == 2 * self.moved:
                    self._expand(one)
                continue
            left, right = self._top(one), self._top(other)
            state = self.label.get(right, 0)
            if left == right or state == INNER or self.label.get(left) != OUTER:
                continue
            if state == OUTER:
                slack = self.price[one] + self.price[other] - 2 * self.moved - worth
                if slack > 0:
                    heappush(self.heap, (self.moved + slack // 2, one, other, worth))
                else:
                    self._shrink(one, other)
                continue
            slack = self.price[one] - self.moved + self.price[other] - worth
            if slack > 0:
                heappush(self.heap, (self.moved + slack, one, other, worth))
            elif self.mate[self.base[right]] < 0:
                self._turn(right, other)
                self.mate[other] = one
                self._augment(one, other)
                break
            else:
                self._assign(other, one)
        else:
            self.moved = self.limit
            self._augment(self.lowest, -1)
        self._settle()

    def _enter(self, blossom: int, label: int, entry: Edge | None) -> None:
        """Give a blossom its place in the tree; from now on its prices are relative to what moves."""
        self.label[blossom], self.entry[blossom] = label, entry
        members, sign = self._group(blossom), 1 if label == OUTER else -1
        self.looks += len(members)
        for member in members:
            self.price[member] += sign * self.moved
        if blossom >= self.size:
            self.extra[blossom] -= 2 * sign * self.moved
            if label == INNER:
                heappush(self.heap, (self.extra[blossom] // 2, blossom, -1, 0))
        if label == OUTER:
            self._scan(members)

    def _scan(self, members: Sequence[int]) -> None:
        """Queue what outer members can reach before the search ends."""
        price, label, heap, moved = self.price, self.label, self.heap, self.moved
        group, outermost = self.group, self.outermost
        for one in members:
            if price[one] < self.limit:
                self.limit, self.lowest = price[one], one
        for one in members:
            own, home = price[one], outermost[group[one]]
            for other, worth in self.neighbors[one]:
                far = outermost[group[other]]
                if far == home:
                    continue
                state = label.get(far, 0)
                if state == 0:
                    at = own + price[other] - worth
                elif state == OUTER:
                    at = (own + price[other] - worth) // 2
                else:
                    continue
                if at < self.limit:
                    heappush(heap, (at if at > moved else moved, one, other, worth))

    def _assign(self, member: int, source: int) -> None:
        """Take a pair of the pairing into the tree: the member's blossom as inner, that of its mate as outer."""
        inner = self._top(member)
        self._enter(inner, INNER, (source, member))
        base = self.base[inner]
        self._enter(self._top(self.mate[base]), OUTER, (base, self.mate[base]))

    def _shrink(self, one: int, other: int) -> None:
        """Make a blossom of the cycle that an exactly paid pair closes between two outer members."""
        ways: list[list[int]] = [[], []]
        seen, ends, turn = set[int](), [self._top(one), self._top(other)], 0
        while True:  # climb in turns, so that it costs what the cycle is long
            at = ends[turn]
            if at >= 0:
                if at in seen:
                    common = at
                    break
                seen.add(at)
                ends[turn] = self._above(at)
            turn = 1 - turn
        links: list[list[Edge]] = [[], []]
        for side, start in enumerate((one, other)):
            member = start
            while (blossom := self._top(member)) != common:
                entry = self.entry[blossom]
                assert entry is not None
                ways[side].append(blossom)
                links[side].append(entry)
                member = entry[0]
        children = [common, *reversed(ways[0]), *ways[1]]
        cycle = [*reversed(links[0]), (one, other), *((end, start) for start, end in links[1])]
        blossom = len(self.base)
        self.base.append(self.base[common])
        self.parent.append(-1)
        self.children[blossom], self.links[blossom], self.extra[blossom] = children, cycle, -2 * self.moved
        fresh: list[int] = []
        groups = []
        for child in children:
            self.parent[child] = blossom
            is_inner = self.label.pop(child) == INNER
            members = self._group(child)
            groups.append(self.group[members[0]])
            if child >= self.size:
                self.extra[child] += -2 * self.moved if is_inner else 2 * self.moved
            if is_inner:
                fresh += members
        for member in fresh:
            self.price[member] += 2 * self.moved
        self._join(blossom, groups)
        self.label[blossom], self.entry[blossom] = OUTER, self.entry.pop(common)
        self._scan(fresh)

    def _above(self, outer: int) -> int:
        """Return the outer blossom two steps nearer to the root; -1 above the root."""
        entry = self.entry[outer]
        if entry is None:
            return -1
        inner = self.entry[self._top(entry[0])]
        assert inner is not None
        return self._top(inner[0])

    def _expand(self, blossom: int) -> None:
        """Put the children of an inner blossom without a price of its own in its place."""
        entry = self.entry.pop(blossom)
        assert entry is not None
        source, member = entry
        del self.label[blossom], self.extra[blossom]
        children, links = self.children.pop(blossom), self.links.pop(blossom)
        for child in children:
            self.parent[child] = -1
            self._split(child)
            for each in self._group(child):
                self.price[each] += self.moved
        at = children.index(self._top(member))
        step = 1 if at % 2 else -1  # towards the base over an even number of links
        while at % len(children):
            self._assign(member, source)
            at += step
            near = links[at % len(children)] if step == 1 else links[(at - 1) % len(children)][::-1]
            source, member = near
            at += step
        self._enter(children[0], INNER, (source, member))
        for child in children:
            if child not in self.label:
                for each in self._group(child):
                    for other, worth in self.neighbors[each]:
                        if self.label.get(self._top(other)) == OUTER:
                            when = self.price[other] + self.price[each] - worth
                            if when < self.limit:
                                heappush(self.heap, (max(when, self.moved), other, each, worth))

    def _augment(self, member: int, mate: int) -> None:
        """Pair an outer member with ``mate`` (-1: leave it single), and change the pairs from there to the root."""
        while True:
            outer = self._top(member)
            self._turn(outer, member)
            self.mate[member] = mate
            entry = self.entry[outer]
            if entry is None:
                return
            inner = self._top(entry[0])
            above = self.entry[inner]
            assert above is not None
            member, mate = above
            self._turn(inner, mate)
            self.mate[mate] = member

    def _turn(self, blossom: int, member: int) -> None:
        """Change the pairs inside a blossom so that ``member`` is the one whose mate is outside."""
        waiting = [(blossom, member)]
        while waiting:
            blossom, member = waiting.pop()
            if blossom < self.size:
                continue
            child = member
            while self.parent[child] != blossom:
                child = self.parent[child]
            waiting.append((child, member))
            children, links = self.children[blossom], self.links[blossom]
            place = at = children.index(child)
            step, count = (1 if at % 2 else -1), len(children)
            while at % count:
                at += step
                near, far = links[at % count] if step == 1 else links[(at - 1) % count][::-1]
                waiting.append((children[at % count], near))
                at += step
                waiting.append((children[at % count], far))
                self.mate[near], self.mate[far] = far, near
            self.children[blossom] = children[place:] + children[:place]
            self.links[blossom] = links[place:] + links[:place]
            self.base[blossom] = member

    def _settle(self) -> None:
        """Write down the prices of what the tree touched."""
        for blossom, label in self.label.items():
            sign = 1 if label == OUTER else -1
            for member in self._group(blossom):
                self.price[member] -= sign * self.moved
            if blossom >= self.size:
                self.extra[blossom] += 2 * sign * self.moved
