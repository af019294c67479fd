"""Capabilities: nodes of a taxonomy, category > service > platform. Several schemes can be stored at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, Select, String, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Load, Mapped, Session, aliased, mapped_column, relationship
from sqlalchemy.sql.base import ExecutableOption

from directory.db import Base, PublicRow

CURATED = "goodword"  # the scheme that ships, from which members choose
OWN = "own"  # the network's own words, which stand under curated ones


class CapabilityKind(StrEnum):
    """A node's level. In schemes with more levels all deeper nodes are platforms."""

    CATEGORY = "category"
    SERVICE = "service"
    PLATFORM = "platform"


class Mark(StrEnum):
    """A rule of a taxonomy for a node and all that stands below it.

    ``NO_SHARE``: law restricts fees for referrals here, so no share of the work is ever suggested, and nobody leads it
    for another firm. ``TRADES``: the nodes directly below are trades of their own; elsewhere a category is one trade.
    """

    NO_SHARE = "no share"
    TRADES = "trades"


class Capability(PublicRow, Base):
    """Something a business can do. ``asks`` are how people ask for it without the technical term.

    ``vector`` holds its embedding and then that of each ask: rows of 384 float16 of unit length, None until embedded.
    """

    __tablename__ = "capability"
    __table_args__ = (UniqueConstraint("scheme", "code"),)

    scheme: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(160))
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[CapabilityKind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    synonyms: Mapped[list[str]] = mapped_column(default=list)
    asks: Mapped[list[str]] = mapped_column(default=list)
    marks: Mapped[list[str]] = mapped_column(default=list)  # of Mark
    origin: Mapped[str | None] = mapped_column(String(200))  # of one's own word: a file, or "" for a member's page
    hidden_at: Mapped[datetime | None]  # an own word that was hidden, or joined with another
    vector: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    parent: Mapped["Capability | None"] = relationship(remote_side="Capability.id")


def without_words() -> ExecutableOption:
    """Return the loader option for rows whose names are shown: their long lists are read only where one is used."""
    return Load(Capability).defer(Capability.synonyms).defer(Capability.asks).defer(Capability.marks)


def kind_below(kind: CapabilityKind | None) -> CapabilityKind:
    """Return the level of what stands under a node of ``kind``; None stands for no node."""
    if kind is None:
        return CapabilityKind.CATEGORY
    return CapabilityKind.SERVICE if kind is CapabilityKind.CATEGORY else CapabilityKind.PLATFORM


def without_shares(session: Session, capability_ids: Collection[int]) -> set[int]:
    """Return those of the capabilities that are marked NO_SHARE, or stand below one that is."""
    rows = session.execute(_climb(), {"ids": [*capability_ids]}) if capability_ids else ()
    return {start for start, marks in rows if Mark.NO_SHARE in marks}


@cache
def _climb() -> Select[Any]:
    """Return the query of the marks of the ``ids`` and of all above them: making it takes longer than asking it."""
    above = aliased(Capability)
    climb = (
        select(Capability.id.label("start"), Capability.parent_id, Capability.marks)
        .where(Capability.id.in_(bindparam("ids", expanding=True)))
        .cte(recursive=True)
    )
    climb = climb.union_all(
        select(climb.c.start, above.parent_id, above.marks)
        .select_from(climb)
        .join(above, above.id == climb.c.parent_id)
    )
    return select(climb.c.start, climb.c.marks)


def capability_choices(session: Session) -> Sequence[Capability]:
    """Return the curated capabilities and the network's own in the order of their names, for people to choose from."""
    shown = select(Capability).where(Capability.scheme.in_((CURATED, OWN)), Capability.hidden_at.is_(None))
    return session.scalars(shown.order_by(Capability.name)).all()


def imported_by_name(session: Session, text: str) -> Capability | None:
    """Return the first capability of an imported scheme that has exactly this name, None if there is none."""
    name = text.replace("\0", "").strip().lower()  # no database takes a NUL
    foreign = select(Capability).where(func.lower(Capability.name) == name, Capability.scheme.not_in((CURATED, OWN)))
    return session.scalars(foreign.order_by(Capability.id).limit(1)).one_or_none()
