"""Scheduling: write each chapter's occurrence, (chapter, local date), exactly once; hold, release and skip it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory import audit
from directory.db import insert_into
from directory.outbox.kill_switch import not_stopped
from directory.outbox.occurrence import CATCH_UP, Occurrence, lock, lock_open
from directory.people.blackout_period import BlackoutPeriod, blackout_periods, blackout_reason
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.translation import gettext

WEEK = timedelta(days=7)
LOOKBACK = timedelta(days=70)


def slot_instant(chapter: Chapter, on: date, at: time | None = None) -> datetime:
    """Return the instant of the chapter's post time, or of another time ``at``, on a local day.

    A time that the clock change in spring leaves out comes as much later (02:30 becomes 03:30). A time that the clock
    change in autumn repeats means its first pass.
    """
    return datetime.combine(on, at or chapter.post_time, ZoneInfo(chapter.zone)).astimezone(UTC)


def _slots(chapter: Chapter, after: date, now: datetime) -> list[tuple[date, datetime]]:
    """The chapter's slots on local days later than ``after``, up to and including the first one after ``now``."""
    on = after + timedelta(days=1 + (chapter.weekday - after.weekday() - 1) % 7)
    slots = [(on, slot_instant(chapter, on))]
    while slots[-1][1] <= now:
        on += WEEK
        slots.append((on, slot_instant(chapter, on)))
    return slots


def coming_slot(chapter: Chapter, now: datetime) -> datetime:
    """Return the chapter's first slot after ``now``, whether its occurrence is written or not."""
    return _slots(chapter, now.astimezone(ZoneInfo(chapter.zone)).date() - timedelta(days=1), now)[-1][1]


def plan_occurrences(session: Session, *, now: datetime) -> list[Occurrence]:
    """Write every chapter's coming occurrence and the missed ones; return the open ones, oldest first.

    An occurrence missed by more than CATCH_UP, or overtaken by the next one, is marked as skipped, so that two posts
    never go out at once. Planners may run concurrently. If a chapter changes its slot, its coming occurrences move too.
    """
    last_due, coming_rows, rows = _last_due_dates(session, now), _coming_occurrences(session, now), []
    blackouts = blackout_periods(session, since=(now - LOOKBACK).date())
    for chapter in session.scalars(select(Chapter).order_by(Chapter.id)):
        last, today = last_due.get(chapter.id), now.astimezone(ZoneInfo(chapter.zone)).date()
        *missed, coming = _slots(chapter, last or today - WEEK, now)
        if chapter.id in coming_rows:  # Occurrences are written without a gap, so none was missed.
            _move_to_slot(chapter, coming_rows[chapter.id], coming[0], now)
            continue
        for on, due_at in [*missed, coming]:
            if last or due_at > now - CATCH_UP:
                rows.append(occurrence_values(chapter, on, blackouts))
    _insert_once(session, rows)
    session.flush()
    _skip_missed(session, now)
    open_occurrences = select(Occurrence).where(Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(open_occurrences.order_by(Occurrence.due_at, Occurrence.id)))


def _last_due_dates(session: Session, now: datetime) -> dict[int, date]:
    """The local date of each chapter's last occurrence that is due; a chapter without one in LOOKBACK is left out."""
    recent = (Occurrence.due_at <= now, Occurrence.due_at > now - LOOKBACK)
    last = select(Occurrence.chapter_id, func.max(Occurrence.local_date)).where(*recent)
    return dict(session.execute(last.group_by(Occurrence.chapter_id)).all())


def _coming_occurrences(session: Session, now: datetime) -> dict[int, list[Occurrence]]:
    """The occurrences of each chapter whose time has not come, the earliest first."""
    rows: dict[int, list[Occurrence]] = {}
    for row in session.scalars(select(Occurrence).where(Occurrence.due_at > now).order_by(Occurrence.due_at)):
        rows.setdefault(row.chapter_id, []).append(row)
    return rows


def _move_to_slot(chapter: Chapter, rows: list[Occurrence], coming: date, now: datetime) -> None:
    """Move coming occurrences to the chapter's present day and time; an occurrence never becomes due by it."""
    moves = rows[0].local_date.weekday() != chapter.weekday
    shift = coming - rows[0].local_date if moves else timedelta(0)
    for row in rows:
        due_at = slot_instant(chapter, row.local_date + shift, row.own_time)
        if due_at != row.due_at and due_at > now:
            row.local_date, row.due_at = row.local_date + shift, due_at


def _skip_missed(session: Session, now: datetime) -> None:
    """Mark what came too late as skipped; held and stopped occurrences wait until the next one is due."""
    overdue = select(Occurrence).where(
        Occurrence.due_at <= now, Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None)
    )
    rows = session.scalars(overdue.with_for_update().execution_options(populate_existing=True)).all()
    if not rows:
        return
    last_due = _last_due_dates(session, now)
    running = set(session.scalars(select(Chapter.id).where(not_stopped(Chapter.id))))
    for row in rows:
        if row.local_date != last_due.get(row.chapter_id):
            row.skipped = gettext("It was already time for the next week's post before this one was posted.")
        elif row.held_at is None and row.chapter_id in running and row.due_at <= now - CATCH_UP:
            row.skipped = gettext("Goodword was not running at its time, and afterwards it was too late.")


def occurrence_values(chapter: Chapter, on: date, blackouts: list[BlackoutPeriod]) -> dict[str, Any]:
    """Return the columns of the chapter's occurrence on a local day, skipped where a blackout period covers it."""
    skipped = blackout_reason(blackouts, chapter.id, on)
    return {"chapter_id": chapter.id, "local_date": on, "due_at": slot_instant(chapter, on), "skipped": skipped}


def _insert_once(session: Session, rows: list[dict[str, Any]]) -> None:
    """Insert occurrences; those that exist already stay as they are."""
    if rows:
        session.connection().execute(insert_into(session, Occurrence).on_conflict_do_nothing(), rows)


def write_ahead(session: Session, *, chapter: Chapter, until: date, now: datetime) -> None:
    """Write the chapter's occurrences up to a local day, without a gap, so that each can be changed."""
    first = now.astimezone(ZoneInfo(chapter.zone)).date() - timedelta(days=1)
    on, _due_at = _slots(chapter, _last_due_dates(session, now).get(chapter.id, first), now)[-1]
    blackouts = blackout_periods(session, since=on, chapter_id=chapter.id)
    days = [on + WEEK * index for index in range((until - on) // WEEK + 1)]
    _insert_once(session, [occurrence_values(chapter, day, blackouts) for day in days])


def coming_occurrences(session: Session, *, chapter: Chapter, now: datetime, limit: int) -> Sequence[Occurrence]:
    """Return the chapter's next occurrences, open or skipped before their time; an open one may be overdue."""
    query = select(Occurrence).where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_(None))
    coming = query.where((Occurrence.due_at > now) | Occurrence.skipped.is_(None))
    return session.scalars(coming.order_by(Occurrence.due_at).limit(limit)).all()


def upcoming_occurrence(session: Session, *, chapter: Chapter, now: datetime) -> Occurrence | None:
    """Return the first of the chapter's coming occurrences; None without one."""
    return next(iter(coming_occurrences(session, chapter=chapter, now=now, limit=1)), None)


def hold(session: Session, *, occurrence: Occurrence, member: Member | None, now: datetime, reason: str = "") -> None:
    """Keep the occurrence from being posted until it is released; ``member`` is None for the program itself.

    Raises Conflict when it was posted or skipped.
    """
    lock_open(session, occurrence)
    occurrence.held_at, occurrence.held_by_id = now, member.id if member else None
    occurrence.held_reason = reason[:300]
    by_id = occurrence.held_by_id
    audit.record(session, actor_id=by_id, action="occurrence.hold", object=occurrence, reason=reason, now=now)


def release(session: Session, *, occurrence: Occurrence, member: Member, now: datetime) -> None:
    """Undo a hold, or a skip before its time; an overdue occurrence becomes due now.

    Raises Conflict when it was posted, or skipped and its time has come.
    """
    lock(session, occurrence)
    if occurrence.due_at > now:
        occurrence.skipped = None
    lock_open(session, occurrence)
    occurrence.held_at, occurrence.held_by_id, occurrence.held_reason = None, None, ""
    occurrence.due_at = max(occurrence.due_at, now)
    audit.record(session, actor_id=member.id, action="occurrence.release", object=occurrence, now=now)


def skip(session: Session, *, occurrence: Occurrence, member: Member, now: datetime) -> None:
    """Leave this week out. Raises Conflict when it was posted or skipped before."""
    lock_open(session, occurrence)
    occurrence.skipped = why = gettext("Skipped this week.")
    audit.record(session, actor_id=member.id, action="occurrence.skip", object=occurrence, reason=why, now=now)
