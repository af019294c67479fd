"""Rating cases: a member reports their band as unfair, and a moderator reviews signs under pseudonyms.

Law: a moderator sees pseudonyms and coarse facts, never a rating, name, firm or date. The ratee learns only that the
case is closed.
"""

import hmac
import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid, Refused
from directory.facts.rating import Rating, current_ratings, shown_band
from directory.outbox.mail import enqueue
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.translation import gettext as _

NEW = timedelta(days=30)  # a member who joined within it is new
SEVERAL = 3  # people one must have rated for the sign "rates everybody the lowest"
FAR = 1.5  # distance from the median of the other raters' means, on the scale of 1-5
REQUEST_INTERVAL = timedelta(days=91)  # from one request of a member to the next, so that cases do not reveal changes


class RatingCase(PublicRow, Base):
    """A report that ``ratee``'s band looks unfair; ``key`` is a secret that makes this case's pseudonyms."""

    __tablename__ = "rating_case"

    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_hex(32))
    flagged_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    ratee: Mapped[Member] = relationship()


class Quarantine(Row, Base):
    """Excludes ``rater``'s ratings of the case's ratee.

    It holds from the first epoch after ``at`` until ``released_at``.
    """

    __tablename__ = "quarantine"

    case_id: Mapped[int] = mapped_column(ForeignKey("rating_case.id"), index=True)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]


@dataclass(frozen=True)
class RaterSigns:
    """What a moderator sees of one rater: a pseudonym and sentences."""

    pseudonym: str
    facts: tuple[str, ...]
    is_far: bool  # from the median of the others; the direction is not shown
    is_set_aside: bool


def request_case(session: Session, *, ratee: Member, now: datetime) -> RatingCase:
    """Open a case about one's own band.

    Raises Refused without a band, Conflict while a case is open or within REQUEST_INTERVAL of the last request.
    """
    if shown_band(session, ratee) is None:
        raise Refused(_("Nothing is published about you that could be looked at."))
    lock_members(session, ratee)
    last = session.scalar(
        select(RatingCase).where(RatingCase.ratee_id == ratee.id).order_by(RatingCase.flagged_at.desc()).limit(1)
    )
    if last is not None and (last.closed_at is None or last.flagged_at + REQUEST_INTERVAL > now):
        raise Conflict(_("You asked for this in the last three months; it can be asked again after that."))
    case = RatingCase(ratee=ratee, flagged_at=now)
    session.add(case)
    session.flush()
    record(session, actor_id=ratee.id, action="rating_case.flag", object=case, now=now)
    return case


def open_case(session: Session, *, ratee: Member) -> RatingCase | None:
    """Return the member's open case, or None."""
    return session.scalar(select(RatingCase).where(RatingCase.ratee_id == ratee.id, RatingCase.closed_at.is_(None)))


def open_cases(session: Session) -> list[RatingCase]:
    """Return all open cases, oldest first."""
    waiting = select(RatingCase).where(RatingCase.closed_at.is_(None))
    return list(session.scalars(waiting.order_by(RatingCase.flagged_at, RatingCase.id)))


def concerns_member(case: RatingCase, by: Member) -> bool:
    """Whether the case is about this member or a member of the same firm."""
    return by.business_id == case.ratee.business_id


def case_signs(session: Session, *, case: RatingCase, by: Member) -> list[RaterSigns]:
    """Return the signs of everybody who had rated the ratee when the case was opened, by pseudonym R1, R2, ...

    Pseudonyms stay the same. Raises Refused for a case about oneself or one's own firm.
    """
    _require_impartial(case, by)
    raters = _raters(session, case)
    ids = {rater.id for rater in raters.values()}
    revisions = select(Rating).where(Rating.rater_id.in_(ids), Rating.rated_at <= case.flagged_at)
    ratings: defaultdict[int, list[Rating]] = defaultdict(list)
    for row in current_ratings(session.scalars(revisions.order_by(Rating.rated_at, Rating.id))):
        ratings[row.rater_id].append(row)
    ratings_here = {id: [row for row in ratings[id] if row.ratee_id == case.ratee_id] for id in ids}
    means = {key: _mean(rows) for key, rows in ratings_here.items() if rows}
    days = Counter(day for rows in ratings_here.values() for day in {row.rated_at.date() for row in rows})
    sponsors = Counter(rater.sponsor_id for rater in raters.values() if rater.sponsor_id)
    quarantined_ids = {row.rater_id for row in _active_quarantines(session, case)}
    result = []
    for pseudonym, rater in raters.items():
        rows, others = ratings[rater.id], [mean for key, mean in means.items() if key != rater.id]
        is_lowest = len({row.ratee_id for row in rows}) >= SEVERAL and all(_mean([row]) == 1 for row in rows)
        has_same_sponsor = rater.sponsor_id is not None and sponsors[rater.sponsor_id] > 1
        facts = {
            _("in the network for less than 30 days"): rater.joined_at > case.flagged_at - NEW,
            _("rates everybody the lowest"): is_lowest,
            _("asked in by the same person as others here"): has_same_sponsor,
            _("rated on the same day as others"): any(days[row.rated_at.date()] > 1 for row in ratings_here[rater.id]),
        }
        is_far = rater.id in means and bool(others) and abs(means[rater.id] - median(others)) >= FAR
        sentences = tuple(sentence for sentence, is_true in facts.items() if is_true)
        result.append(RaterSigns(pseudonym, sentences, is_far, rater.id in quarantined_ids))
    return result


def quarantine(session: Session, *, case: RatingCase, pseudonym: str, by: Member, now: datetime) -> None:
    """Exclude this rater's ratings of the ratee from the next epoch on.

    Raises Refused for a case about one's own firm, Conflict for a closed one, Invalid for an unknown pseudonym.
    """
    rater = _rater_by_pseudonym(session, case, pseudonym, by)
    if all(row.rater_id != rater.id for row in _active_quarantines(session, case)):
        session.add(Quarantine(case_id=case.id, ratee_id=case.ratee_id, rater_id=rater.id, at=now))
        record(session, actor_id=by.id, action="rating_case.quarantine", object=case, now=now)


def release_quarantine(session: Session, *, case: RatingCase, pseudonym: str, by: Member, now: datetime) -> None:
    """Include the ratings again from the next epoch on. Raises as ``quarantine`` does."""
    rater = _rater_by_pseudonym(session, case, pseudonym, by)
    for row in _active_quarantines(session, case):
        if row.rater_id == rater.id:
            row.released_at = now
            record(session, actor_id=by.id, action="rating_case.release", object=case, now=now)


def close_case(session: Session, *, case: RatingCase, by: Member, now: datetime) -> None:
    """Close the case and notify the ratee. Raises Refused as above, Conflict if it is closed already."""
    _require_impartial(case, by)
    _require_open(case)
    case.closed_at = now
    record(session, actor_id=by.id, action="rating_case.close", object=case, now=now)
    enqueue(session, letter="case_closed", to=case.ratee, event=f"case-{case.public_id}", now=now)


def _require_impartial(case: RatingCase, by: Member) -> None:
    if concerns_member(case, by):
        raise Refused(_("This is about you or your own firm; somebody else has to look at it."))


def _require_open(case: RatingCase) -> None:
    if case.closed_at is not None:
        raise Conflict(_("This case is closed."))


def _rater_by_pseudonym(session: Session, case: RatingCase, pseudonym: str, by: Member) -> Member:
    _require_impartial(case, by)
    _require_open(case)
    raters = _raters(session, case)
    if pseudonym not in raters:
        raise Invalid(_("Choose one of those in this case."), field="rater")
    return raters[pseudonym]


def _raters(session: Session, case: RatingCase) -> dict[str, Member]:
    """Return everybody who had rated the ratee when the case was opened, by pseudonym.

    Neither later ratings nor suspensions change the pseudonyms, since both could be used to find out who is who.
    """
    rater_ids = select(Rating.rater_id).where(Rating.ratee_id == case.ratee_id, Rating.rated_at <= case.flagged_at)
    people = session.scalars(select(Member).where(Member.id.in_(rater_ids))).all()
    shuffled = sorted(people, key=lambda rater: hmac.digest(case.key.encode(), rater.public_id.encode(), "sha256"))
    return {f"R{number}": rater for number, rater in enumerate(shuffled, 1)}


def _mean(ratings: list[Rating]) -> float:
    return sum((row.warmth or 0) + (row.competence or 0) for row in ratings) / (2 * len(ratings))


def _active_quarantines(session: Session, case: RatingCase) -> list[Quarantine]:
    active = select(Quarantine).where(Quarantine.ratee_id == case.ratee_id, Quarantine.released_at.is_(None))
    return list(session.scalars(active))
