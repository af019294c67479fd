"""What the engine answers: data, never prose. Indices are those of the World that was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Known(StrEnum):
    """How the asker stands to somebody. Unknown passes, and is said."""

    YES = "known"
    NOT_YET = "not yet known"


@dataclass(frozen=True)
class Reason:
    """A part of a team's score. The contributions of a team's reasons add up to its score."""

    signal: str
    business: int
    contribution: float  # >= 0, in nats: how far above the least the signal can say
    strength: float  # 0-1, for a small meter
    data: Mapping[str, Any] = field(default_factory=dict)  # what the sentence needs; indices and numbers only


@dataclass(frozen=True)
class Step:
    """One edge of a path of shareable facts, walked from ``start`` to ``end`` (member indices)."""

    start: int
    end: int
    kind: str  # of FACT_KINDS
    forward: bool  # False where the fact was said from end to start
    day: int


@dataclass(frozen=True)
class Alternate:
    """Who else could take a seat: the team's shown score with them in it."""

    business: int
    member: int | None
    shown: int
    known: Known


@dataclass(frozen=True)
class Seat:
    """A place in the team. ``need`` indexes the ask's needs; None for the prime's two standing seats."""

    kind: str  # business development, project management, need
    business: int
    member: int | None
    need: int | None
    share: float
    alternates: tuple[Alternate, ...] = ()


@dataclass(frozen=True)
class Team:
    """One ranked answer."""

    score: float  # log domain, the sum of the reasons' contributions
    shown: int  # 0-100
    prime: int
    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...]
    paths: Mapping[int, tuple[Step, ...]]  # business -> how the asker knows it; empty where not yet known
    missing: tuple[int, ...]  # indices of needs nobody in the team covers


@dataclass(frozen=True)
class Missing:
    """A need that nobody covers, and the nearest thing anybody here does (capability, business), if any."""

    need: int
    nearest: tuple[int, int] | None


@dataclass(frozen=True)
class Proof:
    """How sure the search is of its best team."""

    optimal: bool
    bound: float  # no team scores more
    considered: int  # teams that the search ruled on


@dataclass(frozen=True)
class Answer:
    """The engine's answer to an Ask."""

    kind: str  # team, yourself, nobody
    teams: tuple[Team, ...]
    missing: tuple[Missing, ...]
    proof: Proof
    weights_version: str
