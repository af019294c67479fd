"""Suggestions: the engine's answer to a lead, stored as data. Only the member who asked reads it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.leads.lead import Lead
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability


def whole_percents(shares: Sequence[float]) -> list[int]:
    """Return shares that sum to a positive number as whole percents that add up to 100, by the largest remainders.

    >>> whole_percents([1, 1, 1])
    [34, 33, 33]
    """
    exact = [100 * share / sum(shares) for share in shares]
    percents = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: percents[place] - exact[place])
    for place in by_remainder[: 100 - sum(percents)]:
        percents[place] += 1
    return percents


class Answer(StrEnum):
    """The kinds of answer: a team, the bringer's own firm alone, or nobody here."""

    TEAM = "team"
    YOURSELF = "yourself"
    NOBODY = "nobody"


class Suggestion(PublicRow, Base):
    """Ranked teams for a lead from the point of view of ``asker``, with the needs that nobody here covers."""

    __tablename__ = "suggestion"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    asker_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    made_at: Mapped[datetime]
    answer: Mapped[Answer]
    model: Mapped[str] = mapped_column(String(20))  # minilm or lexical
    weights_version: Mapped[str] = mapped_column(String(20))
    world_version: Mapped[int] = mapped_column(BigInteger)
    missing: Mapped[list[dict[str, Any]]]  # needs nobody covers, each with the nearest capability there is
    proof: Mapped[dict[str, Any]]  # optimal, bound, considered
    similar: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # firms that write about it: id, digest
    offered: Mapped[list[int]] = mapped_column(default=list)  # capability ids that the text may be about besides

    lead: Mapped[Lead] = relationship()
    teams: Mapped[list["Team"]] = relationship(
        back_populates="suggestion", order_by="Team.rank", cascade="all, delete-orphan"
    )


class Team(Row, Base):
    """One ranked team: who leads, who does what, and why."""

    __tablename__ = "team"

    suggestion_id: Mapped[int] = mapped_column(ForeignKey("suggestion.id"), index=True)
    rank: Mapped[int]
    score: Mapped[float]  # the sum of the reasons' contributions
    shown: Mapped[int]  # 0-100, a monotone map of the score
    reasons: Mapped[list[dict[str, Any]]]  # matching.outputs.Reason as data, with row ids for indices
    paths: Mapped[dict[str, Any]]  # business id -> the steps by which the asker knows it
    missing: Mapped[list[int]]  # capability ids of the needs that nobody in this team covers

    suggestion: Mapped[Suggestion] = relationship(back_populates="teams")
    seats: Mapped[list["Seat"]] = relationship(back_populates="team", order_by="Seat.id", cascade="all, delete-orphan")


class SeatKind(StrEnum):
    """What a seat is for."""

    BUSINESS_DEVELOPMENT = "business development"
    PROJECT_MANAGEMENT = "project management"
    NEED = "need"


class Seat(Row, Base):
    """A place in a team; ``share`` is 0-1 of the work.

    The prime, where there is one, holds business development and project management.
    """

    __tablename__ = "seat"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    kind: Mapped[SeatKind]
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # whom to talk to
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))
    share: Mapped[float]
    is_prime: Mapped[bool]
    alternates: Mapped[list[dict[str, Any]]]  # business_id, member_id, shown, trust

    team: Mapped[Team] = relationship(back_populates="seats")
    business: Mapped[Business] = relationship()
    member: Mapped[Member | None] = relationship()
    capability: Mapped[Capability | None] = relationship()
