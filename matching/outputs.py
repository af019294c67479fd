"""Output dataclasses of the engine: the answer as data, never prose. Indices are those of the World that was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Known(StrEnum):
    """Whether the asker knows somebody. An unknown member is not blocked, but is marked as not yet known."""

    YES = "known"
    NOT_YET = "not yet known"


@dataclass(frozen=True)
class Reason:
    """A term of a team's score. The contributions of a team's reasons sum to its score."""

    signal: str
    business: int
    contribution: float  # >= 0, in nats: how far above the signal's floor
    strength: float  # 0-1, shown as a small meter
    data: Mapping[str, Any] = field(default_factory=dict)  # for the sentence; plain values, rows as indices


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
    """Another firm that could take a seat; ``shown`` is the team's shown score with that firm in it."""

    business: int
    member: int | None
    shown: int
    known: Known


@dataclass(frozen=True)
class Seat:
    """A place in the team. ``need`` indexes the ask's needs; None for the two standing seats of a prime."""

    kind: str  # business development, project management, need
    business: int
    member: int | None
    need: int | None
    share: float
    alternates: tuple[Alternate, ...] = ()


@dataclass(frozen=True)
class Team:
    """One team of a ranked answer."""

    score: float  # log domain, the sum of the reasons' contributions
    shown: int  # 0-100
    prime: int | None  # None where the lead is handed over: each firm works for the client
    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...]
    paths: Mapping[int, tuple[Step, ...]]  # business -> how the asker knows it; empty where not yet known
    missing: tuple[int, ...]  # indices of needs that nobody in the team covers


@dataclass(frozen=True)
class Missing:
    """A need that nobody covers, and the nearest claim as (capability, business), if there is one."""

    need: int
    nearest: tuple[int, int] | None


@dataclass(frozen=True)
class Proof:
    """What the search, which is exact, proved about its best team."""

    bound: float  # no team scores more
    considered: int  # teams that the search decided on


@dataclass(frozen=True)
class Answer:
    """The engine's answer to an Ask."""

    kind: str  # team, yourself, nobody
    teams: tuple[Team, ...]
    missing: tuple[Missing, ...]
    proof: Proof
    weights_version: str


@dataclass(frozen=True)
class Without:
    """What is lost if a firm is not available."""

    business: int
    lost: float  # of the best team's score, >= 0
    open: tuple[int, ...]  # the needs that nobody covers then, and that the best team covers
    answer: Answer  # without the firm


@dataclass(frozen=True)
class WhyNot:
    """Why a firm is not in the best team."""

    business: int
    kind: str  # chosen; excluded, blocked, covers nothing; or behind
    behind: float  # how far the best team with the firm falls short of the best team, >= 0; inf where there is none
    team: Team | None  # the best team with the firm
