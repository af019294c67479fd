"""The calendar: a chapter's next weeks, and the changes that its people make to them in advance."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import audit
from directory.errors import Conflict, Invalid
from directory.outbox.occurrence import Occurrence, lock_open
from directory.people.blackout_period import BlackoutPeriod, blackout_periods
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.text import clean_line
from directory.translation import gettext
from directory.week.occurrence_planning import (
    WEEK,
    coming_occurrences,
    coming_slot,
    occurrence_values,
    slot_instant,
    write_ahead,
)

WEEKS_AHEAD = 8
MAX_BLACKOUT = timedelta(days=92)


def weeks(session: Session, *, chapter: Chapter, now: datetime) -> list[Occurrence]:
    """Return the chapter's next WEEKS_AHEAD occurrences, the earliest first, an open one that is overdue included.

    Those that are not written yet are not in the session either.
    """
    written = coming_occurrences(session, chapter=chapter, now=now, limit=WEEKS_AHEAD)
    next_on = coming_slot(chapter, now).astimezone(ZoneInfo(chapter.zone)).date()
    on = written[-1].local_date + WEEK if written else next_on
    blackouts = blackout_periods(session, since=on, chapter_id=chapter.id)
    days = [on + WEEK * index for index in range(WEEKS_AHEAD - len(written))]
    return [*written, *(Occurrence(**occurrence_values(chapter, day, blackouts)) for day in days)]


def occurrence_on(session: Session, *, chapter: Chapter, on: date, now: datetime) -> Occurrence:
    """Return the chapter's occurrence on one of its coming days, written now if it was not.

    Raises Conflict for any other day.
    """
    if on not in {week.local_date for week in weeks(session, chapter=chapter, now=now)}:
        raise Conflict(gettext("There is no post on that day any more. Check the calendar again."))
    write_ahead(session, chapter=chapter, until=on, now=now)
    conditions = (Occurrence.chapter_id == chapter.id, Occurrence.local_date == on)
    return session.scalars(select(Occurrence).where(*conditions)).one()


def set_hour(session: Session, *, occurrence: Occurrence, at: time | None, member: Member, now: datetime) -> None:
    """Post the occurrence at another time of its day, or at the usual one again (None).

    Raises Invalid for a time that is over, Conflict when the occurrence is over.
    """
    lock_open(session, occurrence)
    due_at = slot_instant(occurrence.chapter, occurrence.local_date, at)
    if due_at <= now:
        raise Invalid(gettext("That time is over. Choose a later one."), field="at")
    occurrence.own_time, occurrence.due_at, occurrence.preflight_at = at, due_at, None
    audit.record(session, actor_id=member.id, action="occurrence.set_hour", object=occurrence, now=now)


def add_blackout(
    session: Session, *, chapter: Chapter, first_on: date, last_on: date, reason: str, member: Member, now: datetime
) -> BlackoutPeriod:
    """Post nothing from ``first_on`` to ``last_on``, both included; a person may still release a single week.

    Raises Invalid for a reason that is empty or too long, and for days that are in the wrong order, too many or over.
    """
    cleaned = clean_line(reason, field="reason", what=gettext("the reason"), limit=120)
    if not first_on <= last_on <= first_on + MAX_BLACKOUT:
        raise Invalid(gettext("Choose a last day after the first, at most three months later."), field="last_on")
    if last_on < now.astimezone(ZoneInfo(chapter.zone)).date():
        raise Invalid(gettext("Those days are over. Choose later ones."), field="last_on")
    blackout = BlackoutPeriod(chapter_id=chapter.id, first_on=first_on, last_on=last_on, reason=cleaned)
    blackout.set_by_id, blackout.set_at = member.id, now
    session.add(blackout)
    session.flush()
    for occurrence in _coming_occurrences_in(session, blackout, now):
        occurrence.skipped = occurrence.skipped or blackout.skip_reason
    audit.record(session, actor_id=member.id, action="quiet_time.set", object=blackout, now=now)
    return blackout


def end_blackout(session: Session, *, blackout: BlackoutPeriod, member: Member, now: datetime) -> None:
    """Delete a blackout period; the coming occurrences that it skipped are open again."""
    for occurrence in _coming_occurrences_in(session, blackout, now):
        if occurrence.skipped == blackout.skip_reason:
            occurrence.skipped = None
    session.delete(blackout)
    audit.record(session, actor_id=member.id, action="quiet_time.end", object=blackout, now=now)


def _coming_occurrences_in(session: Session, period: BlackoutPeriod, now: datetime) -> list[Occurrence]:
    """Lock and return the unposted occurrences on those days whose time has not come."""
    rows = select(Occurrence).where(Occurrence.chapter_id == period.chapter_id, Occurrence.due_at > now)
    rows = rows.where(Occurrence.local_date.between(period.first_on, period.last_on), Occurrence.posted_at.is_(None))
    return list(session.scalars(rows.with_for_update()))
