"""The calendar: a chapter's next weeks as they stand, and what its people change in them before their time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import audit
from directory.errors import Conflict, Invalid
from directory.outbox.occurrence import Occurrence, lock_open
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.text import clean_line
from directory.translation import gettext
from directory.week.blackout_period import BlackoutPeriod, blackout_periods, blackout_reason
from directory.week.occurrence_schedule import WEEK, coming_slot, record_audit, slot_instant, write_ahead

WEEKS = 8
LONGEST_QUIET = timedelta(days=92)


@dataclass(frozen=True)
class Week:
    """One turn of the coming weeks; ``turn`` is None while nobody has decided anything about it."""

    on: date
    due_at: datetime
    turn: Occurrence | None
    skipped: str | None

    @property
    def is_going(self) -> bool:
        """Whether it goes out at its time unless somebody changes that."""
        return self.skipped is None and (self.turn is None or self.turn.held_at is None)


def weeks(session: Session, *, chapter: Chapter, now: datetime) -> list[Week]:
    """The chapter's next turns, one that is held beyond its time included, the first of them first."""
    coming = select(Occurrence).where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_(None))
    coming = coming.where((Occurrence.due_at > now) | Occurrence.skipped.is_(None)).order_by(Occurrence.local_date)
    found = [Week(row.local_date, row.due_at, row, row.skipped) for row in session.scalars(coming.limit(WEEKS))]
    on = found[-1].on + WEEK if found else coming_slot(chapter, now).astimezone(ZoneInfo(chapter.zone)).date()
    quiet = blackout_periods(session, since=on, chapter_id=chapter.id)
    days = [on + WEEK * at for at in range(WEEKS - len(found))]
    return found + [
        Week(day, slot_instant(chapter, day), None, blackout_reason(quiet, chapter.id, day)) for day in days
    ]


def occurrence_on(session: Session, *, chapter: Chapter, on: date, now: datetime) -> Occurrence:
    """The chapter's turn on one of its coming days, written now if it was not. Raises Conflict for another day."""
    if on not in {week.on for week in weeks(session, chapter=chapter, now=now)}:
        raise Conflict(gettext("There is no turn on that day any more; look at the calendar again."))
    write_ahead(session, chapter=chapter, until=on, now=now)
    theirs = (Occurrence.chapter_id == chapter.id, Occurrence.local_date == on)
    return session.scalars(select(Occurrence).where(*theirs)).one()


def set_hour(session: Session, *, occurrence: Occurrence, at: time | None, member: Member, now: datetime) -> None:
    """Post it at another time of its day, or at the usual one again (None). Raises Invalid for a time that is over."""
    lock_open(session, occurrence)
    due_at = slot_instant(occurrence.chapter, occurrence.local_date, at)
    if due_at <= now:
        raise Invalid(gettext("That time is over; choose a later one, or let it go out now."), field="at")
    occurrence.own_time, occurrence.due_at, occurrence.preflight_at = at, due_at, None
    record_audit(session, "occurrence.set_hour", occurrence, member, now)


def add_blackout(
    session: Session, *, chapter: Chapter, first_on: date, last_on: date, reason: str, member: Member, now: datetime
) -> BlackoutPeriod:
    """Post nothing from one day to another, both included; a person may still let a single week go. Raises Invalid."""
    said = clean_line(reason, field="reason", what=gettext("the reason"), limit=120)
    if not first_on <= last_on <= first_on + LONGEST_QUIET:
        raise Invalid(gettext("Choose a last day after the first, three months later at most."), field="last_on")
    if last_on < now.astimezone(ZoneInfo(chapter.zone)).date():
        raise Invalid(gettext("Those days are over; choose later ones."), field="last_on")
    quiet = BlackoutPeriod(chapter_id=chapter.id, first_on=first_on, last_on=last_on, reason=said)
    quiet.set_by_id, quiet.set_at = member.id, now
    session.add(quiet)
    session.flush()
    for turn in _turns_in(session, quiet, now):
        turn.skipped = turn.skipped or quiet.words
    _record(session, "quiet_time.set", quiet, member, now)
    return quiet


def end_blackout(session: Session, *, quiet: BlackoutPeriod, member: Member, now: datetime) -> None:
    """Take a quiet time back; what it left out and is still to come goes out again."""
    for turn in _turns_in(session, quiet, now):
        if turn.skipped == quiet.words:
            turn.skipped = None
    session.delete(quiet)
    _record(session, "quiet_time.end", quiet, member, now)


def _turns_in(session: Session, quiet: BlackoutPeriod, now: datetime) -> list[Occurrence]:
    """The written turns in those days whose time has not come, locked."""
    rows = select(Occurrence).where(Occurrence.chapter_id == quiet.chapter_id, Occurrence.due_at > now)
    rows = rows.where(Occurrence.local_date.between(quiet.first_on, quiet.last_on), Occurrence.posted_at.is_(None))
    return list(session.scalars(rows.with_for_update()))


def _record(session: Session, action: str, quiet: BlackoutPeriod, member: Member, now: datetime) -> None:
    audit.record(session, actor_id=member.id, action=action, object=f"quiet_time {quiet.public_id}", now=now)
