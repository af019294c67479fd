"""The week's turn: plan, compose, post. Each chapter in a transaction of its own, so that none holds up another."""

from datetime import datetime, timedelta
from math import inf
from time import monotonic

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.errors import Conflict
from directory.outbox import delivery as deliveries
from directory.outbox.kill_switch import not_stopped
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.settings import Settings
from directory.week.occurrence_schedule import plan_occurrences
from directory.week.post import freeze
from jobs.batch import run_batch
from jobs.deliver import announce, deliver_one, reconcile_stuck
from jobs.restore_guard import stop_if_restored

SHIFT = timedelta(seconds=40)  # shorter than the worker lets a task run
STALE = timedelta(minutes=5)  # so old a coming post may be; it is written a last time when it is frozen

log = structlog.get_logger()


def run_occurrence(
    engine: Engine,
    *,
    now: datetime,
    chapter: str | None = None,
    settings: Settings | None = None,
    shift: timedelta | None = None,
) -> None:
    """Plan what comes, freeze the posts whose time has come, and write the coming ones anew; of one chapter, or of all.

    A chapter whose posts somebody stopped keeps its turn, so that what it says then is what is agreed to then.
    After a ``shift`` the rest is left to the next call.
    """
    until = monotonic() + shift.total_seconds() if shift else inf
    with write_session(engine) as session:
        rows = [row for row in plan_occurrences(session, now=now) if chapter is None or row.chapter.key == chapter]
        let = set(session.scalars(select(Chapter.id).where(not_stopped(Chapter.id))))
        due = [row.id for row in rows if row.due_at <= now and row.chapter_id in let]
        stale = [row for row in rows if row.drafted_at is None or row.drafted_at <= now - STALE]
        coming = [row.id for row in stale if row.due_at > now]

    def post(row_id: int) -> int:
        try:
            with write_session(engine) as session:
                occurrence = session.get_one(Occurrence, row_id)
                frozen, occurrence.drafted_at = freeze(session, occurrence=occurrence, now=now, settings=settings), now
                public_id = occurrence.public_id
        except Conflict:
            return 0  # Somebody else did it in this moment.
        if frozen:
            log.info("posted", occurrence=public_id, deliveries=len(frozen))
        return len(frozen)

    if not run_batch(due, post, failed="turn_failed", until=until):  # What is due does not wait for next week's.
        run_batch(coming, post, failed="turn_failed", until=until)


def run_due_occurrences(engine: Engine, *, settings: Settings, now: datetime, chapter: str | None = None) -> list[str]:
    """The whole week at once, without a broker: the turn, and every delivery that is due, sent here and now.

    A worker may be doing the same; each message leaves once. The public ids of what this call delivered.
    """
    stop_if_restored(engine, settings.home, now=now)
    run_occurrence(engine, now=now, chapter=chapter, settings=settings)
    reconcile_stuck(engine, settings=settings, now=now)
    with Session(engine) as session:
        due = [
            row.public_id
            for row in deliveries.due_deliveries(session, now=now)
            if chapter is None or (row.channel and row.channel.chapter.key == chapter)
        ]
    return [public_id for public_id in due if deliver_one(engine, public_id, settings=settings, now=now)]


def tick(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """The turn of every chapter, as far as a shift goes, and somebody is asked to deliver what is due."""
    stop_if_restored(engine, settings.home, now=now)
    run_occurrence(engine, now=now, settings=settings, shift=SHIFT)
    announce(engine, now=now)
