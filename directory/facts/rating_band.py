"""Bands: the weekly published form of private ratings: delayed, coarse, from enough firms and with random noise."""

import secrets
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import fmean

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from directory.facts.rating import Rating, ratings_given, week_of
from directory.facts.rating_case import Quarantine
from directory.people.tables import Band, Member

# Bands hide single ratings only while enough firms contribute: an exact mean of three protects nobody.
# Bands alone are not enough either: an attacker who knows all other ratings, and may change them, asks "is the mean
# still above 4?" week after week and reads the last one (measured: right 1.00 of the time after three questions).
# Therefore each band gets random noise of up to one and a half times one person's weight, and a band does not move
# again for a season. After half a year of questions, a guess of 1-5 is right 0.42 of the time and a guess of its third
# 0.49, after a year 0.43 and 0.52; a blind guess is right 0.40 of the time (tests/app/test_rating_inference.py). Cost:
# with five firms 0.71 of the bands are what they would be without noise, with twenty 0.86. Lowering any of these
# numbers weakens the protection.
SMALL_NETWORK = 40  # active members; below it three firms are enough, otherwise nobody would get a band
FEW_RATERS, ENOUGH_RATERS = 3, 5
LEAST_CHANGED = 3  # firms whose view must change before a band may move, so that one new rating cannot be inferred
SEASON = timedelta(weeks=13)  # a band holds so long
# That a band appears, moves or goes tells that somebody rated, to whoever holds all the other ratings. So how many
# firms it takes is drawn for each member, and for each band how many changed views its next move takes. Where a blind
# guess is right 0.50 of the time, one with a threshold less one of colluders is right 0.56 of the time, and 0.61 with
# as many as it takes (tests/app/test_band_appearance.py). A suspended band rests, so that a new draw is no new look.
# A band that went because one of its raters left would tell that they rated (right 1.00 of the time): so it stays.
EXTRA = 4  # the most that chance adds to the threshold, and to LEAST_CHANGED
REST = 2 * SEASON
NEVER = datetime.min.replace(tzinfo=UTC)  # when a band that was never shown was frozen
SPREAD = 6.0  # the largest noise on a sum of ratings; one person's rating can change the sum by 4
PATIENCE = timedelta(days=14)  # a pair's ratings count once both have rated, or after this time
PRIOR_MEAN, PRIOR_WEIGHT = 3.5, 3  # the shrunken mean of n firms is (sum + 3 * 3.5) / (n + 3)
BAND_2_FROM, BAND_3_FROM = 3.0, 4.0

Views = dict[int, tuple[float, float]]  # by effective rater: mean warmth and mean competence


def random_noise() -> float:
    """Return uniform random noise from -1 to 1, from the operating system's generator."""
    return secrets.SystemRandom().uniform(-1.0, 1.0)


def publish_bands(session: Session, *, now: datetime, chance: Callable[[], float] = random_noise) -> int:
    """Freeze the week's bands as of last Monday, 0:00 UTC; return how many appeared, moved or were suspended.

    A band appears with enough effective raters: the threshold and as many more as chance said. Then it holds for
    SEASON. After that it moves once enough views changed, or is suspended (0) if too many raters took their ratings
    back. Who departs takes no band along, unless nobody is left. If a rater was quarantined it is suspended at once. A
    suspended band returns no sooner than after REST, by a new draw. A second call in the same week changes nothing.
    """
    monday, threshold, count = week_of(now), _threshold(session), 0
    bands = {band.member_id: band for band in session.scalars(select(Band))}
    history = _RatingHistory(session)
    for member_id in sorted(history.by_ratee.keys() | bands.keys()):
        band, views = bands.get(member_id), history.views(member_id, monday)
        if band is None and not views:
            continue
        if band is None:
            band = Band(member_id=member_id, warmth=0, competence=0, extra_raters=draw(EXTRA, chance))
            session.add(band)
        since = band.frozen_at or NEVER
        departed = len(history.departed[member_id] - views.keys()) + band.departed if band.warmth else 0
        is_enough = len(views) > 0 and len(views) + departed >= threshold + band.extra_raters
        if not band.warmth:
            has_changed = is_enough and since + REST <= monday
            if has_changed:
                band.extra_raters = draw(band.extra_raters, chance)
        elif history.has_new_quarantine(member_id, since, monday):
            has_changed, is_enough = True, False
        else:
            changed = history.changed(member_id, since, monday)
            has_changed = since + SEASON <= monday and (not is_enough or changed >= LEAST_CHANGED + band.extra_changes)
        if not has_changed:
            continue
        band.warmth, band.competence = _bands(views, chance) if is_enough else (0, 0)
        band.frozen_at, band.extra_changes = monday, draw(EXTRA, chance)
        if not is_enough:
            band.extra_raters, band.departed = draw(EXTRA, chance), 0
        count += 1
    session.flush()
    return count


def count_departure(session: Session, *, rater: Member) -> None:
    """Let the bands that the rater, whose ratings are about to be deleted, had a part in go on as if they stayed."""
    rated = [rating.ratee_id for rating in ratings_given(session, rater=rater)]
    shown = Band.member_id.in_(rated), Band.warmth > 0
    session.execute(update(Band).where(*shown).values(departed=Band.departed + 1))


def draw(most: int, chance: Callable[[], float]) -> int:
    """Return a number from 0 to ``most``, of which 0 is half as likely as each other; 0 without chance."""
    return min(int(abs(chance()) * (most + 0.5) + 0.5), most)


def _threshold(session: Session) -> int:
    members = session.scalar(select(func.count()).where(Member.is_active)) or 0
    return FEW_RATERS if members < SMALL_NETWORK else ENOUGH_RATERS


class _RatingHistory:
    """All ratings by ratee, oldest first, and each member's effective rater."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(select(Member.id, Member.business_id, Member.sponsor_id, Member.is_active)).all()
        firm = {row.id: row.business_id for row in rows}
        active = {row.id for row in rows if row.is_active}
        self.effective_rater = _effective_raters(firm, {row.id: row.sponsor_id for row in rows if row.sponsor_id})
        self.by_ratee: defaultdict[int, list[Rating]] = defaultdict(list)
        self.departed: defaultdict[int, set[int]] = defaultdict(set)  # by ratee: the effective raters who are inactive
        self.first_rated_at: dict[tuple[int, int], datetime] = {}
        for rating in session.scalars(select(Rating).order_by(Rating.rated_at, Rating.id)):
            pair = rating.rater_id, rating.ratee_id
            self.first_rated_at.setdefault(pair, rating.rated_at)
            if active.issuperset(pair) and firm[rating.rater_id] != firm[rating.ratee_id]:
                self.by_ratee[rating.ratee_id].append(rating)
            elif rating.rater_id not in active:
                self.departed[rating.ratee_id].add(self.effective_rater[rating.rater_id])
        self.quarantines: defaultdict[int, list[Quarantine]] = defaultdict(list)
        for row in session.scalars(select(Quarantine)):
            self.quarantines[row.ratee_id].append(row)

    def views(self, ratee_id: int, at: datetime) -> Views:
        """Return each effective rater's view of the member at ``at``: the mean of its people's newest ratings."""
        excluded = {row.rater_id for row in self.quarantines[ratee_id] if _is_quarantined(row, at)}
        newest: dict[tuple[int, int | None], Rating] = {}
        for rating in self.by_ratee[ratee_id]:
            if rating.rated_at < at and rating.rater_id not in excluded and self._counts(rating, at):
                newest[rating.rater_id, rating.capability_id] = rating
        scores: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for rating in newest.values():
            if rating.warmth is not None and rating.competence is not None:
                scores[self.effective_rater[rating.rater_id]].append((rating.warmth, rating.competence))
        return {
            rater: (fmean(warmth for warmth, _ in pairs), fmean(competence for _, competence in pairs))
            for rater, pairs in scores.items()
        }

    def changed(self, ratee_id: int, before: datetime, at: datetime) -> int:
        """Return how many effective raters have another view at ``at`` than at ``before``."""
        earlier, later = self.views(ratee_id, before), self.views(ratee_id, at)
        return sum(later.get(rater) != earlier.get(rater) for rater in later.keys() | earlier.keys())

    def has_new_quarantine(self, ratee_id: int, before: datetime, at: datetime) -> bool:
        """Whether a rater is quarantined at ``at`` who was not at ``before``."""
        return any(_is_quarantined(row, at) and not _is_quarantined(row, before) for row in self.quarantines[ratee_id])

    def _counts(self, rating: Rating, at: datetime) -> bool:
        """Whether both have rated each other, or PATIENCE has passed; later revisions need no new wait."""
        returned = self.first_rated_at.get((rating.ratee_id, rating.rater_id))
        return self.first_rated_at[rating.rater_id, rating.ratee_id] + PATIENCE <= at or (
            returned is not None and returned < at
        )


def _is_quarantined(row: Quarantine, at: datetime) -> bool:
    return row.at < at and (row.released_at is None or row.released_at >= at)


def _effective_raters(firm: dict[int, int], sponsor: dict[int, int]) -> dict[int, int]:
    """Return each member's effective rater, named by the smallest business id in its group.

    Members of one firm, and members who are linked by invitations, are one effective rater.
    """
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
    """Return the band of these views, 1-3, with noise ``chance`` from -1 to 1.

    Noise never turns a mean that reaches band 2 into band 1.

    >>> [band_of((4.0, 4.0, 5.0), chance) for chance in (-1.0, 0.0, 1.0)], band_of((3.0, 3.0, 3.0), -1.0)
    ([2, 2, 3], 2)
    """
    weight = len(views) + PRIOR_WEIGHT
    shrunken = (sum(views) + PRIOR_WEIGHT * PRIOR_MEAN) / weight
    spread = SPREAD / weight
    if shrunken + chance * spread >= BAND_3_FROM:
        return 3
    return 1 if shrunken + (chance + 1) * spread < BAND_2_FROM else 2
