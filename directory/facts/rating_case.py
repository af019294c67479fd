"""Rating cases: a member reports their band as unfair, and two people look at facts about everybody who met them.

Law: a case reads no rating. It has everybody who may have rated, under pseudonyms, with coarse facts that are the same
whether or not they did; so neither its pages nor its letters can tell a rating, nor that there is one.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid, Refused
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction
from directory.facts.rating import shown_band
from directory.outbox.mail import enqueue, enqueue_all
from directory.people.member import lock_members
from directory.people.tables import Member, MemberState
from directory.secrets import new_token
from directory.translation import gettext as _

HALF_A_YEAR, TWO_YEARS = timedelta(days=182), timedelta(days=730)  # the steps of the dates that a case shows
REQUEST_INTERVAL = timedelta(days=91)  # from one request of a member to the next, so that cases do not reveal changes


class RatingCase(PublicRow, Base):
    """A report that ``ratee``'s band looks unfair; ``key`` is a secret that makes this case's pseudonyms.

    ``asked_by`` wants it opened; somebody else opened it at ``opened_at``.
    """

    __tablename__ = "rating_case"

    ratee_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), default=new_token)
    flagged_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    ratee: Mapped[Member] = relationship(foreign_keys=[ratee_id])
    asked_by: Mapped[Member | None] = relationship(foreign_keys=[asked_by_id])


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
class PersonSigns:
    """What a moderator sees of one person who may have rated the ratee: a pseudonym and sentences."""

    pseudonym: str
    facts: tuple[str, ...]
    is_set_aside: bool


def request_case(session: Session, *, ratee: Member, now: datetime) -> RatingCase:
    """Open a case about one's own band.

    Raises Refused without a band, Conflict while a case is open or within REQUEST_INTERVAL of the last request.
    """
    if shown_band(session, ratee) is None:
        raise Refused(_("There is no sentence about you to review yet."))
    lock_members(session, ratee)
    last = session.scalar(
        select(RatingCase).where(RatingCase.ratee_id == ratee.id).order_by(RatingCase.flagged_at.desc()).limit(1)
    )
    if last is not None and (last.closed_at is None or last.flagged_at + REQUEST_INTERVAL > now):
        raise Conflict(_("You asked for a review in the last three months. You can ask again after that."))
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


def ask_to_open(session: Session, *, case: RatingCase, by: Member, now: datetime) -> None:
    """Ask that the case is opened, or open it if somebody of another firm asked; then everybody in it is told.

    Raises Refused for a case about oneself or one's own firm, or if one's own firm asked; Conflict if it is open or
    closed already.
    """
    _require_impartial(case, by)
    _require_not_closed(case)
    if case.opened_at is not None:
        raise Conflict(_("This case is already open."))
    first = case.asked_by
    if first is None or not first.is_active:
        case.asked_by = by
        record(session, actor_id=by.id, action="rating_case.ask", object=case, now=now)
        return
    if first.business_id == by.business_id:
        raise Refused(_("Your firm already asked for it. Somebody at another firm has to agree."))
    case.opened_at = now
    record(session, actor_id=by.id, action="rating_case.open", object=case, now=now)
    people = people_by_pseudonym(session, case).values()
    event = f"case-opened-{case.public_id}"
    enqueue_all(session, letter="case_opened", event=event, letters=((each, "", {}) for each in people), now=now)


def case_signs(session: Session, *, case: RatingCase, by: Member) -> list[PersonSigns]:
    """Return the facts about everybody who may have rated the ratee when they reported it, by pseudonym R1, R2, ...

    No rating is read, and pseudonyms stay the same. Raises Refused for a case about oneself or one's own firm, Conflict
    until two people opened it.
    """
    _require_impartial(case, by)
    _require_opened(case)
    people = people_by_pseudonym(session, case)
    quarantined_ids = {row.rater_id for row in _active_quarantines(session, case)}
    noted = _noted_at(session, case)
    return [
        PersonSigns(pseudonym, _facts(case, person, people, noted.get(person.id)), person.id in quarantined_ids)
        for pseudonym, person in people.items()
    ]


def _facts(case: RatingCase, person: Member, people: Mapping[str, Member], noted: datetime | None) -> tuple[str, ...]:
    facts = [
        {
            0: _("In the network for less than half a year"),
            1: _("In the network for half a year to two years"),
            2: _("In the network for more than two years"),
        }[_step(case.flagged_at - person.joined_at)]
    ]
    if noted is not None:
        facts.append(
            {
                0: _("They said they met or worked together less than half a year ago"),
                1: _("They said they met or worked together half a year to two years ago"),
                2: _("They said they met or worked together more than two years ago"),
            }[_step(case.flagged_at - noted)]
        )
    if person.sponsor_id is not None:
        inviter = next((name for name, other in people.items() if other.id == person.sponsor_id), "")
        same = [name for name, other in people.items() if other.sponsor_id == person.sponsor_id and other is not person]
        if person.sponsor_id == case.ratee_id:
            facts.append(_("Invited by the person this case is about"))
        elif inviter:
            facts.append(_("Invited by %(person)s", person=inviter))
        if same:
            facts.append(_("Invited by the same person as %(people)s", people=", ".join(same)))
    return tuple(facts)


def _step(age: timedelta) -> int:
    return (age >= HALF_A_YEAR) + (age >= TWO_YEARS)


def quarantine(session: Session, *, case: RatingCase, pseudonym: str, by: Member, now: datetime) -> None:
    """Exclude this rater's ratings of the ratee from the next epoch on.

    Raises Refused for a case about one's own firm, Conflict for one that is closed or not opened, Invalid for an
    unknown pseudonym.
    """
    rater = _person_by_pseudonym(session, case, pseudonym, by)
    if all(row.rater_id != rater.id for row in _active_quarantines(session, case)):
        session.add(Quarantine(case_id=case.id, ratee_id=case.ratee_id, rater_id=rater.id, at=now))
        record(session, actor_id=by.id, action="rating_case.quarantine", object=case, now=now)


def release_quarantine(session: Session, *, case: RatingCase, pseudonym: str, by: Member, now: datetime) -> None:
    """Include the ratings again from the next epoch on. Raises as ``quarantine`` does."""
    rater = _person_by_pseudonym(session, case, pseudonym, by)
    for row in _active_quarantines(session, case):
        if row.rater_id == rater.id:
            row.released_at = now
            record(session, actor_id=by.id, action="rating_case.release", object=case, now=now)


def close_case(session: Session, *, case: RatingCase, by: Member, now: datetime) -> None:
    """Close the case and notify the ratee. Raises Refused as above, Conflict if it is closed already."""
    _require_impartial(case, by)
    _require_not_closed(case)
    case.closed_at = now
    record(session, actor_id=by.id, action="rating_case.close", object=case, now=now)
    enqueue(session, letter="case_closed", to=case.ratee, event=f"case-{case.public_id}", now=now)


def _require_impartial(case: RatingCase, by: Member) -> None:
    if concerns_member(case, by):
        raise Refused(_("This is about you or your own firm. Somebody else has to review it."))


def _require_not_closed(case: RatingCase) -> None:
    if case.closed_at is not None:
        raise Conflict(_("This case is closed."))


def _require_opened(case: RatingCase) -> None:
    if case.opened_at is None:
        raise Conflict(_("Two people have to agree before this case opens."))


def _person_by_pseudonym(session: Session, case: RatingCase, pseudonym: str, by: Member) -> Member:
    _require_impartial(case, by)
    _require_not_closed(case)
    _require_opened(case)
    people = people_by_pseudonym(session, case)
    if pseudonym not in people:
        raise Invalid(_("Choose somebody in this case."), field="rater")
    return people[pseudonym]


def people_by_pseudonym(session: Session, case: RatingCase) -> dict[str, Member]:
    """Return everybody who may have rated the ratee when the case was reported, by pseudonym.

    Those are the people of firms with finished work, and who is said to have met the ratee, even if one of the two took
    that back since: they rated while it stood.
    """
    firm = case.ratee.business_id
    is_finished = Collaboration.finished_at <= case.flagged_at
    led = select(Collaboration.sub_id).where(Collaboration.prime_id == firm, is_finished)
    done = select(Collaboration.prime_id).where(Collaboration.sub_id == firm, is_finished)
    may_have_rated = or_(Member.id.in_(_noted_at(session, case)), Member.business_id.in_(led.union(done)))
    is_here = (Member.state != MemberState.GONE, Member.business_id != firm)
    people = session.scalars(select(Member).where(may_have_rated, *is_here)).all()
    shuffled = sorted(people, key=lambda person: hmac.digest(case.key.encode(), person.public_id.encode(), "sha256"))
    return {f"R{number}": person for number, person in enumerate(shuffled, 1)}


def _noted_at(session: Session, case: RatingCase) -> dict[int, datetime]:
    """Return when it was first said that the ratee met or worked with somebody, by that person's id."""
    ratee_id, said_at = case.ratee_id, Interaction.said_at
    is_theirs = or_(Interaction.said_by_id == ratee_id, Interaction.other_id == ratee_id)
    rows = session.execute(
        select(Interaction.said_by_id, Interaction.other_id, said_at)
        .where(is_theirs, said_at <= case.flagged_at)
        .order_by(said_at.desc())
    )
    return {(other if one == ratee_id else one): at for one, other, at in rows}


def _active_quarantines(session: Session, case: RatingCase) -> list[Quarantine]:
    active = select(Quarantine).where(Quarantine.ratee_id == case.ratee_id, Quarantine.released_at.is_(None))
    return list(session.scalars(active))
