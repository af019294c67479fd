"""Builder of tiny test worlds by name: ``Town`` makes the World and the Ask from firms, members, facts and works."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matching.inputs import (
    FACT_KINDS,
    Ask,
    Businesses,
    Claims,
    Facts,
    Floats,
    Members,
    Need,
    Statements,
    Taxonomy,
    Works,
    World,
)
from matching.outputs import Answer, Team
from matching.team_suggestion import answer

TODAY = 739_000


@dataclass
class Town:
    """``firms``: name -> its claims, each "capability", "capability vouched 2" or "capability evidenced 3"."""

    firms: dict[str, tuple[str, ...]]
    members: dict[str, str] = field(default_factory=dict)  # name -> firm
    facts: list[str] = field(default_factory=list)  # "anna worked bea", perhaps with " 400" days ago
    works: list[str] = field(default_factory=list)  # "prime gave sub"
    bands: dict[str, tuple[int, int]] = field(default_factory=dict)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)  # firm -> city, remote, price_low, chapter, ...
    writes: dict[str, float] = field(default_factory=dict)  # firm -> likeness of what it writes; below 0 against
    trades: dict[str, int] = field(default_factory=dict)  # node -> trade; -1 of others; empty: all are one trade
    lasts: int = 365  # days from today for which vouches and evidence count

    def __post_init__(self) -> None:
        self.names = list(self.firms)
        self.people = list(self.members)
        self.nodes = sorted({claim.split()[0] for claims in self.firms.values() for claim in claims} | {*"xyz", "rare"})

    def firm(self, name: str) -> int:
        return self.names.index(name)

    def person(self, name: str) -> int:
        return self.people.index(name)

    def _said(self, key: str, default: object) -> list[Any]:
        return [self.said.get(name, {}).get(key, default) for name in self.names]

    def world(self) -> World:
        claims = [(self.firm(name), *claim.split(), "claimed") for name in self.names for claim in self.firms[name]]
        count = [int(parts[3]) if len(parts) > 4 else 0 for parts in claims]
        vouches = [n if parts[2] == "vouched" else 0 for n, parts in zip(count, claims, strict=True)]
        evidence = [n if parts[2] == "evidenced" else 0 for n, parts in zip(count, claims, strict=True)]
        facts = [fact.split() for fact in self.facts]
        works = [work.split() for work in self.works]
        names, people = len(self.names), len(self.people)
        return World(
            1,
            Taxonomy(
                np.arange(len(self.nodes)),
                ("goodword",) * len(self.nodes),
                tuple(self.nodes),
                ((),) * len(self.nodes),
                np.full(len(self.nodes), -1),
                np.zeros((len(self.nodes), 0), dtype=np.float32),
                trades=np.array([self.trades.get(node, -1 if self.trades else 0) for node in self.nodes]),
            ),
            Businesses(
                ids=np.arange(names),
                cities=tuple(self._said("city", "")),
                regions=tuple(self._said("region", "")),
                remote=np.array(self._said("remote", False)),
                price_low=np.array(self._said("price_low", np.nan), dtype=float),
                price_high=np.array(self._said("price_high", np.nan), dtype=float),
                currencies=tuple(self._said("currency", "USD")),
                capacity=np.array(self._said("capacity", np.nan), dtype=float),
                busy=np.array(self._said("busy", 0), dtype=float),
                free_on=np.array(self._said("free_on", 0), dtype=np.int64),
            ),
            Members(
                np.arange(people),
                np.array([self.firm(self.members[name]) for name in self.people], dtype=np.int64),
                np.array([self.bands.get(name, (0, 0))[0] for name in self.people], dtype=np.int64),
                np.array([self.bands.get(name, (0, 0))[1] for name in self.people], dtype=np.int64),
            ),
            Claims(
                np.array([parts[0] for parts in claims], dtype=np.int64),
                np.array([self.nodes.index(parts[1]) for parts in claims], dtype=np.int64),
                np.full(len(claims), TODAY - 100),
                np.array(vouches, dtype=np.int64),
                np.array([TODAY - 50 if n else 0 for n in vouches], dtype=np.int64),
                np.array([TODAY + self.lasts if n else 0 for n in vouches], dtype=np.int64),
                np.array(evidence, dtype=np.int64),
                np.array([TODAY - 30 if n else 0 for n in evidence], dtype=np.int64),
                np.array([TODAY + self.lasts if n else 0 for n in evidence], dtype=np.int64),
            ),
            Facts(
                np.array([self.person(a) for a, *_ in facts], dtype=np.int64),
                np.array([self.person(fact[2]) for fact in facts], dtype=np.int64),
                np.array([FACT_KINDS.index(fact[1]) for fact in facts], dtype=np.int64),
                np.array([TODAY - int((*fact, "20")[3]) for fact in facts], dtype=np.int64),
            ),
            Works(
                np.array([self.firm(prime) for prime, _, _ in works], dtype=np.int64),
                np.array([self.firm(sub) for _, _, sub in works], dtype=np.int64),
                np.full(len(works), TODAY - 200),
            ),
        )

    def ask(self, *needs: str, asker: str = "", bringer: str = "", **more: Any) -> Ask:
        """Return an Ask for needs of equal share; a final "?" makes one optional. ``own`` maps names to ratings."""
        own = {self.person(name): rating for name, rating in more.pop("own", {}).items()}
        return Ask(
            today=TODAY,
            needs=tuple(Need(self.nodes.index(n.rstrip("?")), not n.endswith("?"), 1 / len(needs)) for n in needs),
            asker=self.person(asker) if asker else None,
            bringer=self.firm(bringer) if bringer else None,
            own_ratings=own,
            **more,
        )

    def nearness(self, ask: Ask) -> Floats:
        """Return the nearness in which each node meets only itself."""
        return np.eye(len(self.nodes))[[need.capability for need in ask.needs]]

    def answer(self, *needs: str, **more: Any) -> Answer:
        ask = self.ask(*needs, **more)
        return answer(self.world(), ask, self.nearness(ask), self.statements(ask))

    def statements(self, ask: Ask) -> Statements:
        """Return what the firms write, the same to each need; what is above 0 is evidence that they do it."""
        writes = np.tile(np.array([self.writes.get(name, 0.0) for name in self.names]), (len(ask.needs), 1))
        likeness = writes.clip(0.0)
        return Statements(likeness, likeness, np.where(writes != 0, 0, -1), writes < 0)

    def holders(self, team: Team) -> dict[str, str]:
        """Return the firm's name by seat: the index of its need, or the kind of a standing seat."""
        return {seat.kind if seat.need is None else str(seat.need): self.names[seat.business] for seat in team.seats}
