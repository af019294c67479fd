"""Ratings: private. Nobody but the rater ever sees one; for others they count as published bands only."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.facts.collaboration import finished_between
from directory.facts.interaction import Interaction, have_met
from directory.people.member import lock_members
from directory.people.tables import Band, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


class Rating(PublicRow, Base):
    """Warmth and competence of ``ratee`` as ``rater`` sees them, each 1-5; None where the rater took it back.

    Append-only: each row is a revision, and the newest of a rater, a ratee and a capability (or none) is current.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("rater_id <> ratee_id", name="two_people"),
        CheckConstraint("warmth between 1 and 5", name="warmth"),
        CheckConstraint("competence between 1 and 5", name="competence"),
        CheckConstraint("(warmth is null) = (competence is null)", name="both_or_none"),
        Index("ix_rating_rater_ratee", "rater_id", "ratee_id"),
    )

    rater_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))
    warmth: Mapped[int | None]
    competence: Mapped[int | None]
    rated_at: Mapped[datetime]

    rater: Mapped[Member] = relationship(foreign_keys=[rater_id])
    ratee: Mapped[Member] = relationship(foreign_keys=[ratee_id])
    capability: Mapped[Capability | None] = relationship()


def shown_band(session: Session, member: Member) -> Band | None:
    """The member's published band, None where there is none or it rests."""
    return session.scalar(select(Band).where(Band.member_id == member.id, Band.warmth > 0))


def may_rate(session: Session, *, rater: Member, ratee: Member) -> bool:
    """Whether a confirmed interaction or finished collaboration joins these two people of two firms.

    It asks for nothing that anybody rated, so it takes as long and says as much whether or not the ratee did.
    """
    if rater.business_id == ratee.business_id or not ratee.is_active:
        return False
    return have_met(session, rater, ratee) or bool(finished_between(session, rater.business_id, ratee.business_id))


def rate(
    session: Session,
    *,
    rater: Member,
    ratee: Member,
    warmth: int,
    competence: int,
    capability: Capability | None = None,
    now: datetime,
) -> Rating:
    """Keep how the rater sees the ratee from now on. Not audited: who rated whom is nobody's to read.

    Said twice, it is kept once. Raises Refused for oneself and one's own firm, and where nothing joins the two;
    Invalid outside 1-5.
    """
    if rater.business_id == ratee.business_id:
        raise Refused(_("You can only say this of somebody at another firm."))
    for field, value in (("warmth", warmth), ("competence", competence)):
        if not 1 <= value <= 5:
            raise Invalid(_("Choose one of the five."), field=field)
    if not may_rate(session, rater=rater, ratee=ratee):
        raise Refused(_("First say that you two worked together or met, and have it confirmed."))
    lock_members(session, rater, ratee)
    said = Rating(
        rater_id=rater.id,
        ratee_id=ratee.id,
        capability_id=capability.id if capability else None,
        warmth=warmth,
        competence=competence,
        rated_at=now,
    )
    before = _current(session, said)
    if before is not None and (before.warmth, before.competence) == (warmth, competence):
        return before
    return _append(session, said)


def withdraw(session: Session, *, rating: Rating, by: Member, now: datetime) -> Rating:
    """Take back what one said; a revision too. Raises Refused for anybody else, Conflict where it was taken back."""
    _own(rating, by)
    lock_members(session, rating.rater, rating.ratee)
    before = _current(session, rating)
    if before is None or before.warmth is None:
        raise Conflict(_("You took this back already."))
    return _append(session, _revision(rating, None, None, now))


def restore(session: Session, *, rating: Rating, by: Member, now: datetime) -> Rating:
    """Say again what this revision says, whatever was said since. Raises Refused for anybody else."""
    _own(rating, by)
    if rating.warmth is None or rating.competence is None:
        return withdraw(session, rating=rating, by=by, now=now)
    lock_members(session, rating.rater, rating.ratee)
    return _append(session, _revision(rating, rating.warmth, rating.competence, now))


def ratings_given(session: Session, *, rater: Member, ratee: Member | None = None) -> list[Rating]:
    """The rater's current ratings that were not taken back, newest first; for the rater alone."""
    mine = select(Rating).where(Rating.rater_id == rater.id).order_by(Rating.rated_at, Rating.id)
    if ratee is not None:
        mine = mine.where(Rating.ratee_id == ratee.id)
    loads = (joinedload(Rating.ratee).joinedload(Member.business), joinedload(Rating.capability))
    kept = current_ratings(session.scalars(mine.options(*loads)))
    return sorted(kept, key=lambda rating: (rating.rated_at, rating.id), reverse=True)


def current_ratings(revisions: Iterable[Rating]) -> list[Rating]:
    """The newest of each rater, ratee and capability, where it was not taken back; ``revisions`` oldest first."""
    newest = {(row.rater_id, row.ratee_id, row.capability_id): row for row in revisions}
    return [row for row in newest.values() if row.warmth is not None]


def own_ratings(session: Session, *, rater: Member) -> dict[int, tuple[int, int]]:
    """What the rater said last of each ratee: member id -> (warmth, competence), each 1-5. For the rater alone."""
    return {
        rating.ratee_id: (rating.warmth, rating.competence)
        for rating in reversed(ratings_given(session, rater=rater))
        if rating.warmth is not None and rating.competence is not None
    }


def next_to_rate(session: Session, *, rater: Member, now: datetime) -> Member | None:
    """One person to rate this week: somebody the rater met, and never rated. None once a first rating was given."""
    monday = week_of(now)
    ever = select(Rating.ratee_id).where(Rating.rater_id == rater.id)
    begun = ever.group_by(Rating.ratee_id).having(func.min(Rating.rated_at) >= monday)
    both = Interaction.confirmed_at.is_not(None)
    said = select(Interaction.other_id).where(Interaction.said_by_id == rater.id, both)
    heard = select(Interaction.said_by_id).where(Interaction.other_id == rater.id, both)
    met = (
        select(Member)
        .where(Member.id.in_(said.union(heard)), Member.id.not_in(ever), Member.is_active, ~begun.exists())
        .where(Member.business_id != rater.business_id)
        .options(joinedload(Member.business))
        .order_by(Member.id)
    )
    people = session.scalars(met).all()
    return people[monday.toordinal() // 7 % len(people)] if people else None


def week_of(now: datetime) -> datetime:
    """The Monday, 0:00 UTC, that ``now``'s week began with."""
    return (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def _own(rating: Rating, by: Member) -> None:
    if by.id != rating.rater_id:
        raise Refused(_("Only the person who said this can change it."))


def _current(session: Session, like: Rating) -> Rating | None:
    """The newest revision of the same rater, ratee and capability."""
    same = select(Rating).where(
        *(Rating.rater_id == like.rater_id, Rating.ratee_id == like.ratee_id),
        Rating.capability_id.is_not_distinct_from(like.capability_id),
    )
    return session.scalar(same.order_by(Rating.rated_at.desc(), Rating.id.desc()).limit(1))


def _revision(of: Rating, warmth: int | None, competence: int | None, now: datetime) -> Rating:
    same = {"rater_id": of.rater_id, "ratee_id": of.ratee_id, "capability_id": of.capability_id}
    return Rating(**same, warmth=warmth, competence=competence, rated_at=now)


def _append(session: Session, rating: Rating) -> Rating:
    session.add(rating)
    session.flush()
    return rating
