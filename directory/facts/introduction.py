"""Introductions: who wants to meet whom, through whom, and whose turn it is. Details move after two yeses."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, and_, func, or_, select, union
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.attribution_source import AttributedRow
from directory.db import Base, PublicRow
from directory.facts import interaction
from directory.facts.collaboration import finished_between
from directory.facts.vouch import Vouch
from directory.people.tables import Member

LASTS = timedelta(days=21)  # from when it reached whom it waits for; then it simply ends


class IntroductionState(StrEnum):
    """Whose turn it is, or how it ended."""

    WITH_VIA = "with_via"  # the person in between was asked to pass it on
    WITH_TARGET = "with_target"
    OFFERED = "offered"  # both are asked, by somebody who knows both
    ACCEPTED = "accepted"
    DECLINED = "declined"  # by anyone; the others see no more than that it waits
    CANCELLED = "cancelled"  # by who began it


class Introduction(AttributedRow, PublicRow, Base):
    """``asker`` wants to meet ``target``, for the reason in ``text``; ``via`` introduces them, None for nobody.

    In an offer it is ``via`` who began it, and the two are asked alike.
    """

    __tablename__ = "introduction"
    __table_args__ = (CheckConstraint("asker_id <> target_id", name="two_people"),)

    asker_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    via_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    is_offer: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(String(600))
    word: Mapped[str] = mapped_column(String(600), default="")  # what the person in between adds
    state: Mapped[IntroductionState]
    asker_yes: Mapped[bool | None]  # None: has not said
    target_yes: Mapped[bool | None]
    asked_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]

    asker: Mapped[Member] = relationship(foreign_keys=[asker_id])
    target: Mapped[Member] = relationship(foreign_keys=[target_id])
    via: Mapped[Member | None] = relationship(foreign_keys=[via_id])

    @property
    def begun_by_id(self) -> int | None:
        """Who may take it back."""
        return self.via_id if self.is_offer else self.asker_id

    @property
    def is_accepted(self) -> bool:
        return self.state == IntroductionState.ACCEPTED

    @property
    def ends_at(self) -> datetime:
        return (self.passed_at or self.asked_at) + LASTS

    def is_open(self, now: datetime) -> bool:
        """Whether it waits, as far as anybody sees who did not decline it."""
        return self.state not in (IntroductionState.ACCEPTED, IntroductionState.CANCELLED) and now < self.ends_at

    def waits_for(self, member: Member, now: datetime) -> bool:
        """Whether the member has something to say to it."""
        if not self.is_open(now) or not all(each.is_active for each in (self.asker, self.target)):
            return False
        if self.is_offer:
            return member.id in (self.asker_id, self.target_id) and self.said_by(member) is None
        turn = {IntroductionState.WITH_VIA: self.via_id, IntroductionState.WITH_TARGET: self.target_id}
        return turn.get(self.state) == member.id

    def said_by(self, member: Member) -> bool | None:
        """What one of the two has said; None: nothing yet."""
        return self.asker_yes if member.id == self.asker_id else self.target_yes

    def is_seen_by(self, member: Member) -> bool:
        """Whether the member has been told of it: a target is not while it is with the person in between."""
        if member.id == self.begun_by_id or member.id == self.via_id:
            return True
        reached = self.is_offer or self.via_id is None or self.passed_at is not None
        return reached and self.state != IntroductionState.CANCELLED

    def other(self, member: Member) -> Member:
        """Whom the member would meet."""
        return self.asker if member.id == self.target_id else self.target


def introductions_of(session: Session, *, member: Member) -> list[Introduction]:
    """Every introduction that the member has begun or been told of, newest first."""
    part = or_(
        *(column == member.id for column in (Introduction.asker_id, Introduction.target_id, Introduction.via_id))
    )
    loads = (joinedload(Introduction.asker), joinedload(Introduction.target), joinedload(Introduction.via))
    newest = select(Introduction).where(part).options(*loads).order_by(Introduction.id.desc())
    return [each for each in session.scalars(newest) if each.is_seen_by(member)]


def introductions_between(session: Session, *, one: Member, other: Member, is_held: bool = False) -> list[Introduction]:
    """Every introduction of the two, the newest first; ``is_held``: nobody else changes one meanwhile."""
    pair = or_(
        and_(Introduction.asker_id == one.id, Introduction.target_id == other.id),
        and_(Introduction.asker_id == other.id, Introduction.target_id == one.id),
    )
    newest = select(Introduction).where(pair).order_by(Introduction.id.desc())
    return list(session.scalars(newest.with_for_update() if is_held else newest.options(joinedload(Introduction.via))))


def are_acquainted(session: Session, one: Member, other: Member) -> bool:
    """Whether a shareable fact joins the two."""
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
    """The ids of everybody with whom ``member`` has an accepted introduction, in one query."""
    accepted = Introduction.state == IntroductionState.ACCEPTED
    met = select(Introduction.target_id).where(Introduction.asker_id == member.id, accepted)
    was_met = select(Introduction.asker_id).where(Introduction.target_id == member.id, accepted)
    return set(session.scalars(union(met, was_met)))
