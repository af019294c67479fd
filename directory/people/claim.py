"""Claims: a business says it can do something; vouches and finished work raise the claim by themselves."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, Row
from directory.people.business import Business
from directory.people.capability import Capability


class Level(StrEnum):
    """How well a claim stands. Derived from vouches and collaborations, never stored."""

    CLAIMED = "claimed"
    VOUCHED = "vouched"
    EVIDENCED = "evidenced"


class Claim(Row, Base):
    """A business claims a capability since ``claimed_at``."""

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("business_id", "capability_id"),)

    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"))
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)
    claimed_at: Mapped[datetime]

    business: Mapped[Business] = relationship()
    capability: Mapped[Capability] = relationship()
