"""Chapters: a group inside the network with its own weekday, time zone and hashtags."""

from datetime import datetime, time

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from directory.db import Base, PublicRow


class Chapter(PublicRow, Base):
    """A group that meets, with the slot of its weekly post in its own time zone."""

    __tablename__ = "chapter"
    __table_args__ = (CheckConstraint("weekday between 0 and 6", name="weekday"),)

    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    weekday: Mapped[int] = mapped_column(default=2)  # 0 is Monday
    post_time: Mapped[time] = mapped_column(default=time(9, 0))
    about: Mapped[str] = mapped_column(String(1000), default="")  # whom it is for, as its public page says
    public_at: Mapped[datetime | None]  # a page of its own on the open web
    indexed_at: Mapped[datetime | None]  # and found there by search engines
    hashtags: Mapped[list[str]] = mapped_column(default=lambda: ["referralwednesday"])
