"""Businesses: the firms of the network. They hold capabilities; their people hold trust."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.chapter import Chapter

if TYPE_CHECKING:
    from directory.people.member import Member


class Business(PublicRow, Base):
    """A firm. Without members it was imported: known by its work, not yet by its people.

    ``key`` is what an import knows it by; prices are what a usual project costs, in minor units of ``currency``.
    """

    __tablename__ = "business"

    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    chapter_id: Mapped[int | None] = mapped_column(ForeignKey("chapter.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    is_remote: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[str] = mapped_column(String(500), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    price_low_minor: Mapped[int | None] = mapped_column(BigInteger)
    price_high_minor: Mapped[int | None] = mapped_column(BigInteger)
    smallest_deal_minor: Mapped[int | None] = mapped_column(BigInteger)
    capacity: Mapped[int | None]  # projects at a time
    busy: Mapped[int] = mapped_column(default=0)  # projects now
    free_on: Mapped[date | None]  # the first day with room for a new project
    best_customers: Mapped[str] = mapped_column(String(500), default="")
    good_referrals: Mapped[str] = mapped_column(String(500), default="")
    not_a_fit: Mapped[str] = mapped_column(String(500), default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    chapter: Mapped[Chapter | None] = relationship()
    members: Mapped[list["Member"]] = relationship(back_populates="business", order_by="Member.id")
