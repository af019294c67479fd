"""Ratings: private. Nobody but the rater ever sees one; for others they count as published bands only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from directory.db import Base, Row


class Rating(Row, Base):
    """Warmth and competence of ``ratee`` as ``rater`` sees them, each 1-5; append-only, the newest counts."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("rater_id <> ratee_id", name="two_people"),
        CheckConstraint("warmth between 1 and 5", name="warmth"),
        CheckConstraint("competence between 1 and 5", name="competence"),
        Index("ix_rating_rater_ratee", "rater_id", "ratee_id"),
    )

    rater_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))
    warmth: Mapped[int]
    competence: Mapped[int]
    rated_at: Mapped[datetime]


class Band(Row, Base):
    """What is published of all ratings of a member: a band per dimension, 1 to 3, frozen weekly; absent below the
    threshold of raters."""

    __tablename__ = "band"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    warmth: Mapped[int]
    competence: Mapped[int]
    frozen_at: Mapped[datetime]
