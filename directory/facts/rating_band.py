"""Bands: what is published of private ratings, late, coarse, from enough firms, and with a little chance in it."""

import secrets
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import fmean

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.db import bump_world
from directory.facts.rating import Rating, week_of
from directory.facts.rating_case import Quarantine
from directory.people.tables import Band, Member

# Bands hide single ratings only while enough firms stand behind them: an exact mean of three protects nobody.
# Nor do bands alone: whoever knows all other ratings, and may change them, asks "is the mean still above 4?" week
# after week and reads the last one (measured: right 1.00 of the time after three questions). So chance as large as one
# person's whole say and a half goes into each band, and a band gives no second answer for a season. After half a year
# of asking, a guess of 1-5 is right 0.42 of the time and one of its third 0.49, after a year 0.43 and 0.52, where a
# blind guess is right 0.40 (tests/app/test_attacker.py). The price: with five firms 0.71 of the bands are what they
# would be without chance, with twenty 0.86. Lowering any of these numbers takes the former away.
SMALL_NETWORK = 40  # members; below it three firms are enough, else nobody would ever have a band
FEW_RATERS, ENOUGH_RATERS = 3, 5
LEAST_CHANGED = 3  # firms whose view changed, before a band may move: one new rating cannot be read off it
SEASON = timedelta(weeks=13)  # before a band may move
SPREAD = 6.0  # of a sum of ratings, the most that chance adds or takes; one person's say is worth 4
PATIENCE = timedelta(days=14)  # a pair's ratings count when both gave theirs, or after this
PRIOR_MEAN, PRIOR_WEIGHT = 3.5, 3  # the shrunken mean of n firms: (sum + 3 * 3.5) / (n + 3)
BAND_2_FROM, BAND_3_FROM = 3.0, 4.0

Views = dict[int, tuple[float, float]]  # of each effective rater: mean warmth and competence


def random_noise() -> float:
    """Chance from -1 to 1, which nobody can foresee or see."""
    return secrets.SystemRandom().uniform(-1.0, 1.0)


def publish_bands(session: Session, *, now: datetime, chance: Callable[[], float] = random_noise) -> int:
    """Freeze the week's bands, as of last Monday 0:00 UTC; returns how many appeared, moved or went.

    A band needs enough effective raters. It moves only when at least three of their views changed since it was
    frozen, and a season after that. It rests when too few are left or one it rests on was quarantined, and comes back
    no sooner. Calling it twice in a week changes nothing.
    """
    monday, threshold, changed = week_of(now), _threshold(session), 0
    bands = {band.member_id: band for band in session.scalars(select(Band))}
    book = _Book(session)
    for member_id in sorted(book.by_ratee.keys() | bands.keys()):
        band, views = bands.get(member_id), book.views(member_id, monday)
        is_shown = band is not None and band.warmth > 0
        if len(views) < threshold:
            moves, after = is_shown, (0, 0)
        elif band is None:
            moves, after = True, _bands(views, chance)
        else:
            before = book.views(member_id, band.frozen_at)
            moved = [rater for rater in views.keys() | before.keys() if views.get(rater) != before.get(rater)]
            is_tainted = is_shown and book.was_set_aside(member_id, band.frozen_at, monday)
            is_due = band.frozen_at + SEASON <= monday and (len(moved) >= LEAST_CHANGED or is_tainted or not is_shown)
            moves, after = is_due or is_tainted, _bands(views, chance) if is_due else (0, 0)
        if not moves:
            continue
        if band is None:
            band = Band(member_id=member_id)
            session.add(band)
        band.warmth, band.competence = after
        if after[0]:
            band.frozen_at = monday
        changed += 1
    if changed:
        bump_world(session)
    return changed


def _threshold(session: Session) -> int:
    members = session.scalar(select(func.count()).where(Member.is_active)) or 0
    return FEW_RATERS if members < SMALL_NETWORK else ENOUGH_RATERS


class _Book:
    """All ratings, oldest first by ratee, and who counts as one with whom."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(select(Member.id, Member.business_id, Member.sponsor_id, Member.is_active)).all()
        firm = {row.id: row.business_id for row in rows}
        active = {row.id for row in rows if row.is_active}
        self.voice = _voices(firm, {row.id: row.sponsor_id for row in rows if row.sponsor_id})
        self.by_ratee: defaultdict[int, list[Rating]] = defaultdict(list)
        self.first: dict[tuple[int, int], datetime] = {}
        for rating in session.scalars(select(Rating).order_by(Rating.rated_at, Rating.id)):
            pair = rating.rater_id, rating.ratee_id
            self.first.setdefault(pair, rating.rated_at)
            if active.issuperset(pair) and firm[rating.rater_id] != firm[rating.ratee_id]:
                self.by_ratee[rating.ratee_id].append(rating)
        self.aside: defaultdict[int, list[Quarantine]] = defaultdict(list)
        for row in session.scalars(select(Quarantine)):
            self.aside[row.ratee_id].append(row)

    def views(self, ratee_id: int, at: datetime) -> Views:
        """How each effective rater sees the member at that instant: the mean of what its people said last."""
        aside = {row.rater_id for row in self.aside[ratee_id] if _is_aside(row, at)}
        newest: dict[tuple[int, int | None], Rating] = {}
        for rating in self.by_ratee[ratee_id]:
            if rating.rated_at < at and rating.rater_id not in aside and self._is_open(rating, at):
                newest[rating.rater_id, rating.capability_id] = rating
        said: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for rating in newest.values():
            if rating.warmth is not None and rating.competence is not None:
                said[self.voice[rating.rater_id]].append((rating.warmth, rating.competence))
        return {
            voice: (fmean(warmth for warmth, _ in each), fmean(competence for _, competence in each))
            for voice, each in said.items()
        }

    def was_set_aside(self, ratee_id: int, before: datetime, at: datetime) -> bool:
        """Whether somebody is set aside at that instant who was not before."""
        return any(_is_aside(row, at) and not _is_aside(row, before) for row in self.aside[ratee_id])

    def _is_open(self, rating: Rating, at: datetime) -> bool:
        """Whether the two both gave theirs, or waited long enough; what they change later needs no new wait."""
        returned = self.first.get((rating.ratee_id, rating.rater_id))
        return self.first[rating.rater_id, rating.ratee_id] + PATIENCE <= at or (returned is not None and returned < at)


def _is_aside(row: Quarantine, at: datetime) -> bool:
    return row.at < at and (row.released_at is None or row.released_at >= at)


def _voices(firm: dict[int, int], sponsor: dict[int, int]) -> dict[int, int]:
    """Each member's effective rater, named by the smallest of its firms: one of a firm, one of an invite tree."""
    root = {business: business for business in firm.values()}

    def find(business: int) -> int:
        while root[business] != business:
            root[business] = business = root[root[business]]
        return business

    for member, by in sponsor.items():
        one, other = sorted((find(firm[member]), find(firm[by])))
        root[other] = one
    return {member: find(business) for member, business in firm.items()}


def _bands(views: Views, chance: Callable[[], float]) -> tuple[int, int]:
    warmth, competence = zip(*views.values(), strict=True)
    return band_of(warmth, chance()), band_of(competence, chance())


def band_of(views: tuple[float, ...], chance: float) -> int:
    """The band of these views, 1-3, with ``chance`` of -1 to 1. It never makes a mean that reaches 2 a 1.

    >>> [band_of((4.0, 4.0, 5.0), chance) for chance in (-1.0, 0.0, 1.0)], band_of((3.0, 3.0, 3.0), -1.0)
    ([2, 2, 3], 2)
    """
    weight = len(views) + PRIOR_WEIGHT
    shrunken = (sum(views) + PRIOR_WEIGHT * PRIOR_MEAN) / weight
    most = SPREAD / weight
    if shrunken + chance * most >= BAND_3_FROM:
        return 3
    return 1 if shrunken + (chance + 1) * most < BAND_2_FROM else 2
