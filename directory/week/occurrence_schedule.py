"""Occurrences: one turn of a chapter's week, (chapter, local date), once and only once."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from directory import audit
from directory.db import new_public_id
from directory.outbox.kill_switch import not_stopped
from directory.outbox.occurrence import CATCH_UP, Occurrence, lock, lock_open
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.translation import gettext
from directory.week.blackout_period import blackout_periods, blackout_reason

if TYPE_CHECKING:
    pass

WEEK = timedelta(days=7)
AGES = timedelta(days=70)


def slot_instant(chapter: Chapter, on: date, at: time | None = None) -> datetime:
    """The instant of the chapter's post time, or of another ``at``, on a local day.

    A time that the spring change leaves out comes as much later (02:30 runs at 03:30); one that the autumn change
    repeats means its first pass.
    """
    return datetime.combine(on, at or chapter.post_time, ZoneInfo(chapter.zone)).astimezone(UTC)


def _turns(chapter: Chapter, after: date, now: datetime) -> list[tuple[date, datetime]]:
    """The chapter's slots on local days later than ``after``, up to and including the first one after ``now``."""
    on = after + timedelta(days=1 + (chapter.weekday - after.weekday() - 1) % 7)
    turns = [(on, slot_instant(chapter, on))]
    while turns[-1][1] <= now:
        on += WEEK
        turns.append((on, slot_instant(chapter, on)))
    return turns


def coming_slot(chapter: Chapter, now: datetime) -> datetime:
    """The chapter's first slot after ``now``, whether it is planned yet or not."""
    return _turns(chapter, now.astimezone(ZoneInfo(chapter.zone)).date() - timedelta(days=1), now)[-1][1]


def plan_occurrences(session: Session, *, now: datetime, window: timedelta = CATCH_UP) -> list[Occurrence]:
    """See that every chapter's coming turn is a row, and every missed one; the turns that are open now, oldest first.

    What was missed by more than ``window``, or overtaken by the next turn, is kept as skipped: never two posts at
    once. Planners may run at the same time. A chapter that changes its slot takes its coming turns along.
    """
    begun, ahead, written = _begun(session, now), _ahead(session, now), []
    quiet = blackout_periods(session, since=(now - AGES).date())
    for chapter in session.scalars(select(Chapter).order_by(Chapter.id)):
        last, today = begun.get(chapter.id), now.astimezone(ZoneInfo(chapter.zone)).date()
        *missed, coming = _turns(chapter, last or today - WEEK, now)
        if chapter.id in ahead:  # Turns are written without a gap, so nothing before it was missed.
            _take_along(chapter, ahead[chapter.id], coming[0], now)
            continue
        for on, due_at in [*missed, coming]:
            if last or due_at > now - window:
                written.append({**_row(chapter, on, due_at), "skipped": blackout_reason(quiet, chapter.id, on)})
    insert_once(session, written)
    session.flush()
    _skip_missed(session, now, window)
    open_turns = select(Occurrence).where(Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(open_turns.order_by(Occurrence.due_at, Occurrence.id)))


def _begun(session: Session, now: datetime) -> dict[int, date]:
    """The local day of each chapter's last turn whose time has come; who was silent for AGES begins anew."""
    lately = (Occurrence.due_at <= now, Occurrence.due_at > now - AGES)
    last = select(Occurrence.chapter_id, func.max(Occurrence.local_date)).where(*lately)
    return dict(session.execute(last.group_by(Occurrence.chapter_id)).all())


def _ahead(session: Session, now: datetime) -> dict[int, list[Occurrence]]:
    """The turns of each chapter whose time has not come, the first of them first."""
    rows: dict[int, list[Occurrence]] = {}
    for row in session.scalars(select(Occurrence).where(Occurrence.due_at > now).order_by(Occurrence.due_at)):
        rows.setdefault(row.chapter_id, []).append(row)
    return rows


def _take_along(chapter: Chapter, rows: list[Occurrence], coming: date, now: datetime) -> None:
    """Put written turns where the chapter's day and time are now; a turn never becomes due by it."""
    moves = rows[0].local_date.weekday() != chapter.weekday
    shift = coming - rows[0].local_date if moves else timedelta(0)
    for row in rows:
        due_at = slot_instant(chapter, row.local_date + shift, row.own_time)
        if due_at != row.due_at and due_at > now:
            row.local_date, row.due_at = row.local_date + shift, due_at


def _skip_missed(session: Session, now: datetime, window: timedelta) -> None:
    """Keep what came too late as skipped; what a person keeps back waits until the next turn."""
    late = select(Occurrence).where(
        Occurrence.due_at <= now, Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None)
    )
    rows = session.scalars(late.with_for_update().execution_options(populate_existing=True)).all()
    if not rows:
        return
    last, let = _begun(session, now), set(session.scalars(select(Chapter.id).where(not_stopped(Chapter.id))))
    for row in rows:
        if row.local_date != last.get(row.chapter_id):
            row.skipped = gettext("The next week's turn came before this one was posted.")
        elif row.held_at is None and row.chapter_id in let and row.due_at <= now - window:
            row.skipped = gettext("Nothing was running when its time came, and it was too late afterwards.")


def _row(chapter: Chapter, on: date, due_at: datetime) -> dict[str, object]:
    return {"chapter_id": chapter.id, "local_date": on, "due_at": due_at, "held_reason": ""}


def insert_once(session: Session, rows: list[dict[str, object]]) -> None:
    """Write turns that nobody has written yet."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    if rows:
        written = [{"public_id": new_public_id(), **row} for row in rows]
        session.connection().execute(dialect.insert(Occurrence).on_conflict_do_nothing(), written)


def write_ahead(session: Session, *, chapter: Chapter, until: date, now: datetime) -> None:
    """Write the chapter's turns up to a local day, without a gap, so that people may decide about each."""
    first = now.astimezone(ZoneInfo(chapter.zone)).date() - timedelta(days=1)
    *_, (on, due_at) = _turns(chapter, _begun(session, now).get(chapter.id, first), now)
    quiet, rows = blackout_periods(session, since=on, chapter_id=chapter.id), []
    while on <= until:
        rows.append({**_row(chapter, on, due_at), "skipped": blackout_reason(quiet, chapter.id, on)})
        on += WEEK
        due_at = slot_instant(chapter, on)
    insert_once(session, rows)


def upcoming_occurrence(session: Session, *, chapter: Chapter, now: datetime) -> Occurrence | None:
    """The chapter's next turn that is open, or that was skipped before its time; a held one may be overdue."""
    coming = select(Occurrence).where(
        Occurrence.chapter_id == chapter.id,
        Occurrence.posted_at.is_(None),
        (Occurrence.due_at > now) | Occurrence.skipped.is_(None),
    )
    first = coming.order_by(Occurrence.due_at).limit(1)
    return session.scalars(first).first()


def hold(session: Session, *, occurrence: Occurrence, member: Member | None, now: datetime, reason: str = "") -> None:
    """Keep the week from being posted until it is released; ``member`` None is the program itself.

    Raises Conflict when it was posted or skipped.
    """
    lock_open(session, occurrence)
    occurrence.held_at, occurrence.held_by_id = now, member.id if member else None
    occurrence.held_reason = reason[:300]
    record_audit(session, "occurrence.hold", occurrence, member, now, reason)


def release(session: Session, *, occurrence: Occurrence, member: Member, now: datetime) -> None:
    """Take back a hold, or a skip whose time has not come; what is overdue is due now.

    Raises Conflict when it was posted, or its turn is over.
    """
    lock(session, occurrence)
    if occurrence.due_at > now:
        occurrence.skipped = None
    lock_open(session, occurrence)
    occurrence.held_at, occurrence.held_by_id, occurrence.held_reason = None, None, ""
    occurrence.due_at = max(occurrence.due_at, now)
    record_audit(session, "occurrence.release", occurrence, member, now)


def skip(session: Session, *, occurrence: Occurrence, member: Member, now: datetime, reason: str = "") -> None:
    """Leave this week out, and keep why. Raises Conflict when it was posted or skipped before."""
    lock_open(session, occurrence)
    occurrence.skipped = reason.strip()[:300] or gettext("Left out this week.")
    record_audit(session, "occurrence.skip", occurrence, member, now, occurrence.skipped)


def record_audit(
    session: Session, action: str, occurrence: Occurrence, member: Member | None, now: datetime, reason: str = ""
) -> None:
    """Keep in the audit log what was done to a turn; ``member`` None is the program itself."""
    audit.record(
        session,
        actor_id=member.id if member else None,
        action=action,
        object=f"occurrence {occurrence.public_id}",
        reason=reason[:300],
        now=now,
    )
