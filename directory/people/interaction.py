"""Interactions: "we worked together" or "we met", said by one, confirmed by the other; may be in the past."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.member import Member


class InteractionKind(StrEnum):
    """What the two did."""

    WORKED = "worked"
    MET = "met"


class Interaction(PublicRow, Base):
    """``said_by`` says it, ``other`` confirms it; a fact, and shareable, from ``confirmed_at`` on."""

    __tablename__ = "interaction"
    __table_args__ = (CheckConstraint("said_by_id <> other_id", name="two_people"),)

    said_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[InteractionKind]
    note: Mapped[str] = mapped_column(String(300), default="")
    happened_on: Mapped[date]
    said_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    said_by: Mapped[Member] = relationship(foreign_keys=[said_by_id])
    other: Mapped[Member] = relationship(foreign_keys=[other_id])
