"""Leads: what a client wishes, in the words of the member who brings it, and what it needs."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.people.business import Business
from directory.people.capability import Capability
from directory.people.member import Member


class MatchedBy(StrEnum):
    """How a need was found in the text; ``person`` means somebody chose or corrected it."""

    SYNONYM = "synonym"
    WORDS = "bm25"
    MEANING = "meaning"
    PERSON = "person"


class Lead(PublicRow, Base):
    """A request. Its bringer's business is prime unless told otherwise; no client contact is stored.

    ``asked_at`` is the bringer's consent that the ask (never the client) stands in the weekly post.
    """

    __tablename__ = "lead"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(120), default="")
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    due_on: Mapped[date | None]
    keeps_prime: Mapped[bool] = mapped_column(default=True)  # the bringer leads the work
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    business: Mapped[Business] = relationship()
    needs: Mapped[list["Need"]] = relationship(back_populates="lead", order_by="Need.id", cascade="all, delete-orphan")


class Need(Row, Base):
    """A capability the lead requires. ``share`` is its part of the work, 0-1; the needs of a lead sum to 1."""

    __tablename__ = "need"
    __table_args__ = (CheckConstraint("share >= 0 and share <= 1", name="share"),)

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"))
    is_must: Mapped[bool] = mapped_column(default=True)
    share: Mapped[float]
    matched_by: Mapped[MatchedBy]
    phrase: Mapped[str] = mapped_column(String(200), default="")  # the words of the text that spoke for it

    lead: Mapped[Lead] = relationship(back_populates="needs")
    capability: Mapped[Capability] = relationship()
