"""Introductions: who wants to meet whom, through whom, and whose answer is missing. Both must accept."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, and_, func, or_, select, union
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.facts import interaction
from directory.facts.collaboration import finished_between
from directory.facts.vouch import Vouch
from directory.people.tables import Member
from directory.post_attribution import AttributedRow

LIFETIME = timedelta(days=21)  # from when the introduction reached the person who must answer; after that it ends


class IntroductionState(StrEnum):
    """Whose answer an introduction waits for, or how it ended."""

    WITH_VIA = "with_via"  # the introducer was asked to pass it on
    WITH_TARGET = "with_target"
    OFFERED = "offered"  # an introducer who knows both has asked both
    ACCEPTED = "accepted"
    DECLINED = "declined"  # by any of them; the others still see it as waiting
    CANCELLED = "cancelled"  # by the person who started it


class Introduction(AttributedRow, PublicRow, Base):
    """``asker`` wants to meet ``target``, for the reason in ``text``, through ``via`` or directly (None).

    In an offer, ``via`` started it, and ``asker`` and ``target`` have the same part: each is asked.
    """

    __tablename__ = "introduction"
    __table_args__ = (CheckConstraint("asker_id <> target_id", name="two_people"),)

    asker_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    via_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    is_offer: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(String(600))
    word: Mapped[str] = mapped_column(String(600), default="")  # what the introducer adds
    state: Mapped[IntroductionState]
    asker_yes: Mapped[bool | None]  # None: has not answered
    target_yes: Mapped[bool | None]
    asked_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]

    asker: Mapped[Member] = relationship(foreign_keys=[asker_id])
    target: Mapped[Member] = relationship(foreign_keys=[target_id])
    via: Mapped[Member | None] = relationship(foreign_keys=[via_id])

    @property
    def begun_by_id(self) -> int | None:
        """The id of the person who started it, and may cancel it."""
        return self.via_id if self.is_offer else self.asker_id

    @property
    def is_accepted(self) -> bool:
        return self.state == IntroductionState.ACCEPTED

    @property
    def ends_at(self) -> datetime:
        return (self.passed_at or self.asked_at) + LIFETIME

    def is_open(self, now: datetime) -> bool:
        """Whether it still waits, as seen by everybody but the person who declined it."""
        return self.state not in (IntroductionState.ACCEPTED, IntroductionState.CANCELLED) and now < self.ends_at

    def waits_for(self, member: Member, now: datetime) -> bool:
        """Whether the introduction waits for the member's answer."""
        if not self.is_open(now) or not all(person.is_active for person in (self.asker, self.target)):
            return False
        if self.is_offer:
            return member.id in (self.asker_id, self.target_id) and self.said_by(member) is None
        awaited_id = {IntroductionState.WITH_VIA: self.via_id, IntroductionState.WITH_TARGET: self.target_id}
        return awaited_id.get(self.state) == member.id

    def said_by(self, member: Member) -> bool | None:
        """Return the answer of ``asker`` or ``target``; None if there is none yet."""
        return self.asker_yes if member.id == self.asker_id else self.target_yes

    def is_seen_by(self, member: Member) -> bool:
        """Whether the member may know of it.

        A target may not while it is still with the introducer.
        """
        if member.id == self.begun_by_id or member.id == self.via_id:
            return True
        reached = self.is_offer or self.via_id is None or self.passed_at is not None
        return reached and self.state != IntroductionState.CANCELLED

    def other(self, member: Member) -> Member:
        """Return the person whom ``member`` (asker or target) would meet."""
        return self.asker if member.id == self.target_id else self.target


def introductions_of(session: Session, *, member: Member) -> list[Introduction]:
    """Return the introductions that the member started or may know of, newest first."""
    part = or_(
        *(column == member.id for column in (Introduction.asker_id, Introduction.target_id, Introduction.via_id))
    )
    loads = (joinedload(Introduction.asker), joinedload(Introduction.target), joinedload(Introduction.via))
    newest = select(Introduction).where(part).options(*loads).order_by(Introduction.id.desc())
    return [row for row in session.scalars(newest) if row.is_seen_by(member)]


def introductions_between(
    session: Session, *, one: Member, other: Member, is_locked: bool = False
) -> list[Introduction]:
    """Return all introductions of the two, newest first; ``is_locked`` locks the rows."""
    pair = or_(
        and_(Introduction.asker_id == one.id, Introduction.target_id == other.id),
        and_(Introduction.asker_id == other.id, Introduction.target_id == one.id),
    )
    newest = select(Introduction).where(pair).order_by(Introduction.id.desc())
    return list(
        session.scalars(newest.with_for_update() if is_locked else newest.options(joinedload(Introduction.via)))
    )


def are_acquainted(session: Session, one: Member, other: Member) -> bool:
    """Whether a shareable fact connects the two.

    That is a confirmed interaction, an accepted vouch, an accepted introduction or finished work of their firms.
    """
    pair = (one.id, other.id)
    vouched = select(func.count()).where(
        Vouch.giver_id.in_(pair), Vouch.receiver_id.in_(pair), Vouch.accepted_at.is_not(None)
    )
    return one.id != other.id and bool(
        interaction.have_met(session, one, other)
        or session.scalar(vouched)
        or other.id in introduced_to(session, member=one)
        or finished_between(session, one.business_id, other.business_id)
    )


def introduced_to(session: Session, *, member: Member) -> set[int]:
    """Return the ids of everybody with whom ``member`` has an accepted introduction, in one query."""
    accepted = Introduction.state == IntroductionState.ACCEPTED
    targets = select(Introduction.target_id).where(Introduction.asker_id == member.id, accepted)
    askers = select(Introduction.asker_id).where(Introduction.target_id == member.id, accepted)
    return set(session.scalars(union(targets, askers)))
