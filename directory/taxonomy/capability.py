"""Capabilities: nodes of a taxonomy, category > service > platform. Schemes stand beside each other."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.text import fold

CURATED = "goodword"  # the scheme that ships, and that members choose from


class CapabilityKind(StrEnum):
    """How deep a node stands; schemes with more levels call all deeper ones platforms."""

    CATEGORY = "category"
    SERVICE = "service"
    PLATFORM = "platform"


class Capability(PublicRow, Base):
    """Something a business can do. ``asks`` are how people ask for it who do not know the trade's word.

    ``vector`` is its meaning and then that of each ask: rows of 384 float16 of unit length, absent until embedded.
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
    vector: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    parent: Mapped["Capability | None"] = relationship(remote_side="Capability.id")


def capability_choices(session: Session) -> Sequence[Capability]:
    """The curated capabilities by name, for people to choose from."""
    return session.scalars(select(Capability).where(Capability.scheme == CURATED).order_by(Capability.name)).all()


def capabilities_by_name(session: Session, text: str) -> Capability | None:
    """The capability that a person means by typing ``text``: its name or a synonym, curated ones first."""
    wanted = fold(text)
    for capability in capability_choices(session):
        if wanted in (fold(word) for word in (capability.name, *capability.synonyms)):
            return capability
    name = text.replace("\0", "").strip().lower()  # no database takes a NUL
    foreign = select(Capability).where(func.lower(Capability.name) == name).order_by(Capability.id)
    return session.scalars(foreign.limit(1)).one_or_none()
