"""Capabilities: nodes of a taxonomy, category > service > platform. Several schemes can be stored at once."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.text import fold

CURATED = "goodword"  # the scheme that ships, from which members choose


class CapabilityKind(StrEnum):
    """A node's level. In schemes with more levels all deeper nodes are platforms."""

    CATEGORY = "category"
    SERVICE = "service"
    PLATFORM = "platform"


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
    vector: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    parent: Mapped["Capability | None"] = relationship(remote_side="Capability.id")


def capability_choices(session: Session) -> Sequence[Capability]:
    """Return the curated capabilities in the order of their names, for people to choose from."""
    return session.scalars(select(Capability).where(Capability.scheme == CURATED).order_by(Capability.name)).all()


def capabilities_by_name(session: Session, text: str) -> Capability | None:
    """Return the capability that ``text`` names, None if there is none.

    A name or synonym of a curated one wins over the name of an imported one.
    """
    wanted = fold(text)
    for capability in capability_choices(session):
        if wanted in (fold(name) for name in (capability.name, *capability.synonyms)):
            return capability
    name = text.replace("\0", "").strip().lower()  # no database takes a NUL
    foreign = select(Capability).where(func.lower(Capability.name) == name).order_by(Capability.id)
    return session.scalars(foreign.limit(1)).one_or_none()
