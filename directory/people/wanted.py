"""Wanted: whom a member wants to meet, and why."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.capability import Capability
from directory.people.member import Member


class WantedKind(StrEnum):
    """Whom the member wants to meet: an ideal client, a partner with a capability, a whole category."""

    CLIENT = "client"
    PARTNER = "partner"
    CATEGORY = "category"


class Wanted(PublicRow, Base):
    """A live ask; it may stand in the weekly post from ``shared_at`` on."""

    __tablename__ = "wanted"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[WantedKind]
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))
    text: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(String(300), default="")
    wanted_at: Mapped[datetime]
    shared_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    capability: Mapped[Capability | None] = relationship()
