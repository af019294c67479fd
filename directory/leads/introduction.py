"""Introductions: one member asks to meet another, or asks somebody in between; details move after two yeses."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, select, union
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.member import Member


class IntroductionState(StrEnum):
    """Whose turn it is, or how it ended."""

    WITH_VIA = "with_via"  # the person in between was asked to pass it on
    WITH_TARGET = "with_target"
    ACCEPTED = "accepted"
    DECLINED = "declined"  # by either; the asker sees no more than that it waits
    CANCELLED = "cancelled"  # by the asker


class Introduction(PublicRow, Base):
    """``asker`` wants to meet ``target``, for the reason in ``text``; ``via`` introduces them, None for nobody."""

    __tablename__ = "introduction"
    __table_args__ = (CheckConstraint("asker_id <> target_id", name="two_people"),)

    asker_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    via_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    text: Mapped[str] = mapped_column(String(600))
    word: Mapped[str] = mapped_column(String(600), default="")  # what the person in between adds
    state: Mapped[IntroductionState]
    asked_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]

    asker: Mapped[Member] = relationship(foreign_keys=[asker_id])
    target: Mapped[Member] = relationship(foreign_keys=[target_id])
    via: Mapped[Member | None] = relationship(foreign_keys=[via_id])


def introduced_to(session: Session, *, member: Member) -> set[int]:
    """The ids of everybody with whom ``member`` has an accepted introduction, in one query."""
    accepted = Introduction.state == IntroductionState.ACCEPTED
    met = select(Introduction.target_id).where(Introduction.asker_id == member.id, accepted)
    was_met = select(Introduction.asker_id).where(Introduction.target_id == member.id, accepted)
    return set(session.scalars(union(met, was_met)))
