"""Rating cases: a member says that their band looks unfair, and a moderator looks at signs without names.

Law: a moderator sees pseudonyms and coarse facts, never a rating, a name, a firm or a date; the ratee learns that the
case is closed, and nothing else.
"""

import hmac
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid, Refused
from directory.facts.rating import Rating, current_ratings, shown_band
from directory.outbox.mail import enqueue
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.translation import gettext as _

NEW = timedelta(days=30)
SEVERAL = 3  # people rated, before "rates everybody the lowest" says something
FAR = 1.5  # of 1-5, from the middle of the others
REST = timedelta(days=91)  # before the same member may ask again: a case is no way to look twice


class RatingCase(PublicRow, Base):
    """``ratee`` says that their band looks unfair; ``key`` makes the pseudonyms of this case, and of no other."""

    __tablename__ = "rating_case"

    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_hex(32))
    flagged_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    ratee: Mapped[Member] = relationship()


class Quarantine(Row, Base):
    """What ``rater`` said of the case's ratee does not count from the first epoch after ``at`` to ``released_at``."""

    __tablename__ = "quarantine"

    case_id: Mapped[int] = mapped_column(ForeignKey("rating_case.id"), index=True)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]


@dataclass(frozen=True)
class RaterSigns:
    """What a moderator sees of one rater: a name that stands for nobody, and sentences."""

    pseudonym: str
    facts: tuple[str, ...]
    is_far: bool  # from the middle of the others; not in which direction
    is_set_aside: bool


def request_case(session: Session, *, ratee: Member, now: datetime) -> RatingCase:
    """Ask for a look at one's band. Raises Refused without a band, Conflict where a case is open or too recent."""
    if shown_band(session, ratee) is None:
        raise Refused(_("Nothing is published about you that could be looked at."))
    lock_members(session, ratee)
    last = session.scalar(
        select(RatingCase).where(RatingCase.ratee_id == ratee.id).order_by(RatingCase.flagged_at.desc()).limit(1)
    )
    if last is not None and (last.closed_at is None or last.flagged_at + REST > now):
        raise Conflict(_("You asked for this in the last three months; it can be asked again after that."))
    case = RatingCase(ratee=ratee, flagged_at=now)
    session.add(case)
    session.flush()
    record(session, actor_id=ratee.id, action="rating_case.flag", object=f"rating_case {case.public_id}", now=now)
    return case


def open_case(session: Session, *, ratee: Member) -> RatingCase | None:
    """The case of this member that nobody has closed yet."""
    return session.scalar(select(RatingCase).where(RatingCase.ratee_id == ratee.id, RatingCase.closed_at.is_(None)))


def open_cases(session: Session) -> list[RatingCase]:
    """All cases that nobody has closed yet, the oldest first."""
    waiting = select(RatingCase).where(RatingCase.closed_at.is_(None))
    return list(session.scalars(waiting.order_by(RatingCase.flagged_at, RatingCase.id)))


def concerns_member(case: RatingCase, by: Member) -> bool:
    """Whether the case is about this member, or about somebody of their firm."""
    return by.business_id == case.ratee.business_id


def case_signs(session: Session, *, case: RatingCase, by: Member) -> list[RaterSigns]:
    """What a moderator sees of those who had rated the ratee when the case was opened; R1, R2… for good.

    Raises Refused for a case about oneself or one's own firm.
    """
    _judge(case, by)
    raters = _raters(session, case)
    rows = {rater.id: _said(session, Rating.rater_id == rater.id, case.flagged_at) for rater in raters.values()}
    here = {key: [row for row in said if row.ratee_id == case.ratee_id] for key, said in rows.items()}
    level = {key: _mean(said) for key, said in here.items() if said}
    days = Counter(day for said in here.values() for day in {row.rated_at.date() for row in said})
    sponsors = Counter(rater.sponsor_id for rater in raters.values() if rater.sponsor_id)
    aside = {row.rater_id for row in _set_aside(session, case)}
    seen = []
    for pseudonym, rater in raters.items():
        said, others = rows[rater.id], [mean for key, mean in level.items() if key != rater.id]
        facts = (
            (rater.joined_at > case.flagged_at - NEW, _("in the network for less than 30 days")),
            (
                len({row.ratee_id for row in said}) >= SEVERAL and all(_mean([row]) == 1 for row in said),
                _("rates everybody the lowest"),
            ),
            (
                rater.sponsor_id is not None and sponsors[rater.sponsor_id] > 1,
                _("asked in by the same person as others here"),
            ),
            (any(days[row.rated_at.date()] > 1 for row in here[rater.id]), _("rated on the same day as others")),
        )
        is_far = rater.id in level and bool(others) and abs(level[rater.id] - median(others)) >= FAR
        told = tuple(sentence for holds, sentence in facts if holds)
        seen.append(RaterSigns(pseudonym, told, is_far, rater.id in aside))
    return seen


def quarantine(session: Session, *, case: RatingCase, pseudonym: str, by: Member, now: datetime) -> None:
    """Let what this rater said of the ratee not count from the next epoch on. Raises Refused, Conflict, Invalid."""
    rater = _named(session, case, pseudonym, by)
    if all(row.rater_id != rater.id for row in _set_aside(session, case)):
        session.add(Quarantine(case_id=case.id, ratee_id=case.ratee_id, rater_id=rater.id, at=now))
        _record(session, case, "quarantine", by, now)


def release_quarantine(session: Session, *, case: RatingCase, pseudonym: str, by: Member, now: datetime) -> None:
    """Let it count again from the next epoch on. Raises Refused, Conflict, Invalid."""
    rater = _named(session, case, pseudonym, by)
    for row in _set_aside(session, case):
        if row.rater_id == rater.id:
            row.released_at = now
            _record(session, case, "release", by, now)


def close_case(session: Session, *, case: RatingCase, by: Member, now: datetime) -> None:
    """End the case; the ratee is told that it is closed. Raises Refused, Conflict where it was closed before."""
    _judge(case, by)
    _still_open(case)
    case.closed_at = now
    _record(session, case, "close", by, now)
    enqueue(session, letter="case_closed", to=case.ratee, event=f"case-{case.public_id}", now=now)


def _judge(case: RatingCase, by: Member) -> None:
    if concerns_member(case, by):
        raise Refused(_("This is about you or your own firm; somebody else has to look at it."))


def _still_open(case: RatingCase) -> None:
    if case.closed_at is not None:
        raise Conflict(_("This case is closed."))


def _named(session: Session, case: RatingCase, pseudonym: str, by: Member) -> Member:
    _judge(case, by)
    _still_open(case)
    raters = _raters(session, case)
    if pseudonym not in raters:
        raise Invalid(_("Choose one of those in this case."), field="rater")
    return raters[pseudonym]


def _raters(session: Session, case: RatingCase) -> dict[str, Member]:
    """Who had ever rated the ratee when the case was opened, by pseudonym.

    A later rating never renames anybody, nor does a suspension, by which one could try out who they are.
    """
    ever = select(Rating.rater_id).where(Rating.ratee_id == case.ratee_id, Rating.rated_at <= case.flagged_at)
    people = session.scalars(select(Member).where(Member.id.in_(ever))).all()
    mixed = sorted(people, key=lambda rater: hmac.digest(case.key.encode(), rater.public_id.encode(), "sha256"))
    return {f"R{number}": rater for number, rater in enumerate(mixed, 1)}


def _said(session: Session, about: ColumnElement[bool], at: datetime) -> list[Rating]:
    rows = select(Rating).where(about, Rating.rated_at <= at).order_by(Rating.rated_at, Rating.id)
    return current_ratings(session.scalars(rows))


def _mean(said: list[Rating]) -> float:
    return sum((row.warmth or 0) + (row.competence or 0) for row in said) / (2 * len(said))


def _set_aside(session: Session, case: RatingCase) -> list[Quarantine]:
    kept = select(Quarantine).where(Quarantine.ratee_id == case.ratee_id, Quarantine.released_at.is_(None))
    return list(session.scalars(kept))


def _record(session: Session, case: RatingCase, act: str, by: Member, now: datetime) -> None:
    record(session, actor_id=by.id, action=f"rating_case.{act}", object=f"rating_case {case.public_id}", now=now)
