"""Capabilities: nodes of a taxonomy, category > service > platform. Schemes stand beside each other."""

from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow

CURATED = "goodword"  # the scheme that ships, and that members choose from


class Kind(StrEnum):
    """How deep a node stands; schemes with more levels call all deeper ones platforms."""

    CATEGORY = "category"
    SERVICE = "service"
    PLATFORM = "platform"


class Capability(PublicRow, Base):
    """Something a business can do. ``vector`` is its meaning: 384 float16 of unit length, absent until embedded."""

    __tablename__ = "capability"
    __table_args__ = (UniqueConstraint("scheme", "code"),)

    scheme: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(160))
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[Kind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    synonyms: Mapped[list[str]] = mapped_column(default=list)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    parent: Mapped["Capability | None"] = relationship(remote_side="Capability.id")
