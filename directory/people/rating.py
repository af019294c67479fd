"""Ratings: private. Nobody but the rater ever sees one; for others they count as published bands only."""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import fmean

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row, bump_world
from directory.errors import Invalid, Refused
from directory.language import gettext as _
from directory.leads.collaboration import finished_between
from directory.people.capability import Capability
from directory.people.interaction import have_met
from directory.people.member import Member

# Bands hide single ratings only while enough firms stand behind them: an exact mean of three protects nobody,
# a band of three did (a colluder's guess is right 0.42-0.50 of the time, where a blind guess is right 0.40).
SMALL_NETWORK = 40  # members; below it three firms are enough, else nobody would ever have a band
FEW_RATERS, ENOUGH_RATERS = 3, 5
LEAST_CHANGED = 3  # firms whose view changed, before a band may move: one new rating cannot be read off it
PATIENCE = timedelta(days=14)  # a rating counts when both gave theirs, or after this
PRIOR_MEAN, PRIOR_WEIGHT = 3.5, 3  # the shrunken mean of n firms: (sum + 3 * 3.5) / (n + 3)
BAND_2_FROM, BAND_3_FROM = 3.0, 4.0


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


def rate(
    session: Session,
    *,
    rater: Member,
    ratee: Member,
    warmth: int,
    competence: int,
    capability: Capability | None = None,
    now: datetime,
) -> None:
    """Keep how the rater sees the ratee from now on. Not audited: who rated whom is nobody's to read.

    Raises Refused for oneself, and where no confirmed interaction or finished collaboration joins the two; Invalid
    outside 1-5.
    """
    if rater.business_id == ratee.business_id:
        raise Refused(_("You can only say this of somebody at another firm."))
    for field, value in (("warmth", warmth), ("competence", competence)):
        if not 1 <= value <= 5:
            raise Invalid(_("Choose one of the five."), field=field)
    if not have_met(session, rater, ratee) and not finished_between(session, rater.business_id, ratee.business_id):
        raise Refused(_("First say that you two worked together or met, and have it confirmed."))
    session.add(
        Rating(
            rater_id=rater.id,
            ratee_id=ratee.id,
            capability_id=capability.id if capability else None,
            warmth=warmth,
            competence=competence,
            rated_at=now,
        )
    )
    session.flush()


def own_ratings(session: Session, *, rater: Member) -> dict[int, tuple[int, int]]:
    """What the rater said last of each ratee: member id -> (warmth, competence), each 1-5. For the rater alone."""
    given = select(Rating).where(Rating.rater_id == rater.id).order_by(Rating.rated_at, Rating.id)
    return {rating.ratee_id: (rating.warmth, rating.competence) for rating in session.scalars(given)}


def publish_bands(session: Session, *, now: datetime) -> int:
    """Freeze the week's bands, as of last Monday 0:00 UTC; returns how many appeared, moved or went.

    A member's view by a firm is the mean of the newest ratings by its people. A band needs enough such firms, moves
    only when at least three of them changed since it was frozen, and goes when too few are left. Calling it twice in
    a week changes nothing.
    """
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    threshold = _threshold(session)
    bands = {band.member_id: band for band in session.scalars(select(Band))}
    ratings = _ratings_by_ratee(session)
    changed = 0
    for member_id in sorted(ratings.keys() | bands.keys()):
        band, views = bands.get(member_id), _views(ratings[member_id], monday)
        if len(views) < threshold:
            if band is not None:
                session.delete(band)
                changed += 1
            continue
        if band is not None:
            before = _views(ratings[member_id], band.frozen_at)
            moved = [firm for firm in views.keys() | before.keys() if views.get(firm) != before.get(firm)]
            if len(moved) < LEAST_CHANGED:
                continue
        else:
            band = Band(member_id=member_id)
            session.add(band)
        band.warmth = _band([warmth for warmth, _ in views.values()])
        band.competence = _band([competence for _, competence in views.values()])
        band.frozen_at = monday
        changed += 1
    if changed:
        bump_world(session)
    return changed


def _threshold(session: Session) -> int:
    members = session.scalar(select(func.count()).where(Member.is_active)) or 0
    return FEW_RATERS if members < SMALL_NETWORK else ENOUGH_RATERS


# A rating, the firm of its rater, and when the ratee first rated that rater, if ever.
_Given = tuple[Rating, int, datetime | None]


def _ratings_by_ratee(session: Session) -> defaultdict[int, list[_Given]]:
    """All ratings that may count, oldest first, by the member they are about."""
    members = session.scalars(select(Member).where(Member.is_active))
    firm = {member.id: member.business_id for member in members}
    ratings = session.scalars(select(Rating).order_by(Rating.rated_at, Rating.id)).all()
    first: dict[tuple[int, int], datetime] = {}
    for rating in ratings:
        first.setdefault((rating.rater_id, rating.ratee_id), rating.rated_at)
    by_ratee: defaultdict[int, list[_Given]] = defaultdict(list)
    for rating in ratings:
        if rating.rater_id in firm and firm[rating.rater_id] != firm.get(rating.ratee_id):
            returned = first.get((rating.ratee_id, rating.rater_id))
            by_ratee[rating.ratee_id].append((rating, firm[rating.rater_id], returned))
    return by_ratee


def _views(given: list[_Given], at: datetime) -> dict[int, tuple[float, float]]:
    """How each firm sees the member at that instant: business id -> mean (warmth, competence)."""
    newest: dict[tuple[int, int | None], tuple[int, Rating]] = {}
    for rating, firm, returned_at in given:
        both = returned_at is not None and returned_at < at
        if rating.rated_at < at and (both or rating.rated_at + PATIENCE <= at):
            newest[rating.rater_id, rating.capability_id] = (firm, rating)
    by_firm: defaultdict[int, list[Rating]] = defaultdict(list)
    for firm, rating in newest.values():
        by_firm[firm].append(rating)
    return {
        firm: (fmean(rating.warmth for rating in seen), fmean(rating.competence for rating in seen))
        for firm, seen in by_firm.items()
    }


def _band(means: list[float]) -> int:
    shrunken = (sum(means) + PRIOR_WEIGHT * PRIOR_MEAN) / (len(means) + PRIOR_WEIGHT)
    return 3 if shrunken >= BAND_3_FROM else 2 if shrunken >= BAND_2_FROM else 1
