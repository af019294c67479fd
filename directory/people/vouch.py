"""Vouches: an open good word of a member for a member, shown only when its receiver accepts it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.capability import Capability
from directory.people.member import Member


class Vouch(PublicRow, Base):
    """``giver`` speaks for ``receiver``; with a capability it raises the receiver's claim to vouched."""

    __tablename__ = "vouch"
    __table_args__ = (
        CheckConstraint("giver_id <> receiver_id", name="two_people"),
        UniqueConstraint("giver_id", "receiver_id", "capability_id"),
    )

    giver_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    text: Mapped[str] = mapped_column(String(600))
    known_as: Mapped[str] = mapped_column(String(200))  # how they know each other
    given_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    giver: Mapped[Member] = relationship(foreign_keys=[giver_id])
    receiver: Mapped[Member] = relationship(foreign_keys=[receiver_id])
    capability: Mapped[Capability | None] = relationship()
