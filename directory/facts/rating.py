"""Ratings: private, seen by their rater alone; for others they count only through published bands."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.facts.collaboration import finished_between
from directory.facts.interaction import have_met, met_by
from directory.people.member import lock_members
from directory.people.tables import Band, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


class Rating(PublicRow, Base):
    """Warmth and competence of ``ratee`` as ``rater`` sees them, each 1-5; None if the rater withdrew the rating.

    Append-only: each row is a revision. The newest for a rater, a ratee and a capability (or none) is current.
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
    """Return the member's published band, or None if there is none or it is suspended (0)."""
    return session.scalar(select(Band).where(Band.member_id == member.id, Band.warmth > 0))


def may_rate(session: Session, *, rater: Member, ratee: Member) -> bool:
    """Whether a confirmed interaction or finished collaboration connects these two people of two firms.

    It reads no ratings, so neither its duration nor its result shows whether the ratee has rated.
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
    """Store a rating as the current one. It is not audited: nobody may read who rated whom.

    An unchanged rating adds no row. Raises Refused for oneself, for one's own firm and without a confirmed interaction
    or finished collaboration; Invalid outside 1-5.
    """
    if rater.business_id == ratee.business_id:
        raise Refused(_("You can say this only about somebody at another firm."))
    for field, value in (("warmth", warmth), ("competence", competence)):
        if not 1 <= value <= 5:
            raise Invalid(_("Choose one of the five answers."), field=field)
    if not may_rate(session, rater=rater, ratee=ratee):
        raise Refused(_("First say that you two worked together or met, and have it confirmed."))
    lock_members(session, rater, ratee)
    rating = Rating(
        rater_id=rater.id,
        ratee_id=ratee.id,
        capability_id=capability.id if capability else None,
        warmth=warmth,
        competence=competence,
        rated_at=now,
    )
    current = _current(session, rating)
    if current is not None and (current.warmth, current.competence) == (warmth, competence):
        return current
    return _append(session, rating)


def withdraw(session: Session, *, rating: Rating, by: Member, now: datetime) -> Rating:
    """Withdraw a rating by appending a revision without values.

    Raises Refused for anybody but the rater, Conflict if it is withdrawn already.
    """
    _require_rater(rating, by)
    lock_members(session, rating.rater, rating.ratee)
    current = _current(session, rating)
    if current is None or current.warmth is None:
        raise Conflict(_("You already withdrew this."))
    return _append(session, _revision(rating, None, None, now))


def restore(session: Session, *, rating: Rating, by: Member, now: datetime) -> Rating:
    """Make this revision's values current again, whatever came after it.

    Raises Refused for anybody but the rater. A revision without values withdraws the rating, as ``withdraw`` does.
    """
    _require_rater(rating, by)
    if rating.warmth is None or rating.competence is None:
        return withdraw(session, rating=rating, by=by, now=now)
    lock_members(session, rating.rater, rating.ratee)
    return _append(session, _revision(rating, rating.warmth, rating.competence, now))


def ratings_given(session: Session, *, rater: Member, ratee: Member | None = None) -> list[Rating]:
    """Return the rater's current ratings, without withdrawn ones, newest first. For the rater alone."""
    mine = select(Rating).where(Rating.rater_id == rater.id).order_by(Rating.rated_at, Rating.id)
    if ratee is not None:
        mine = mine.where(Rating.ratee_id == ratee.id)
    loads = (joinedload(Rating.ratee).joinedload(Member.business), joinedload(Rating.capability))
    current = current_ratings(session.scalars(mine.options(*loads)))
    return sorted(current, key=lambda rating: (rating.rated_at, rating.id), reverse=True)


def current_ratings(revisions: Iterable[Rating]) -> list[Rating]:
    """Return the newest revision of each rater, ratee and capability, without withdrawn ones; takes oldest first."""
    newest = {(row.rater_id, row.ratee_id, row.capability_id): row for row in revisions}
    return [row for row in newest.values() if row.warmth is not None]


def own_ratings(session: Session, *, rater: Member) -> dict[int, tuple[int, int]]:
    """Return the rater's newest rating of each ratee: member id -> (warmth, competence). For the rater alone."""
    return {
        rating.ratee_id: (rating.warmth, rating.competence)
        for rating in reversed(ratings_given(session, rater=rater))
        if rating.warmth is not None and rating.competence is not None
    }


def next_to_rate(session: Session, *, rater: Member, now: datetime) -> Member | None:
    """Return one person whom the rater met and never rated, to be rated this week.

    None if there is nobody, or once the rater has rated somebody for the first time this week.
    """
    monday = week_of(now)
    ever = select(Rating.ratee_id).where(Rating.rater_id == rater.id)
    begun_now = ever.group_by(Rating.ratee_id).having(func.min(Rating.rated_at) >= monday)
    met = (
        select(Member)
        .where(Member.id.in_(met_by(rater)), Member.id.not_in(ever), Member.is_active, ~begun_now.exists())
        .where(Member.business_id != rater.business_id)
        .options(joinedload(Member.business))
        .order_by(Member.id)
    )
    people = session.scalars(met).all()
    return people[monday.toordinal() // 7 % len(people)] if people else None


def week_of(now: datetime) -> datetime:
    """Return the start of ``now``'s week: Monday, 0:00 UTC."""
    return (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def _require_rater(rating: Rating, by: Member) -> None:
    if by.id != rating.rater_id:
        raise Refused(_("Only the person who said this can change it."))


def _current(session: Session, like: Rating) -> Rating | None:
    """Return the newest revision of the same rater, ratee and capability, or None."""
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
