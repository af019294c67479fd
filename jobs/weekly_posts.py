"""Plan occurrences, compose drafts and freeze due posts, in a transaction per chapter so that none delays another."""

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
from directory.week.occurrence_planning import plan_occurrences
from directory.week.post import freeze
from jobs.batch import run_batch
from jobs.deliver import announce, deliver_one, reconcile_stuck
from jobs.restore_guard import stop_if_restored

TIME_BUDGET = timedelta(seconds=40)  # shorter than the worker lets a task run
STALE = timedelta(minutes=5)  # maximum age of a draft; a post is composed a last time when it is frozen

log = structlog.get_logger()


def run_occurrence(
    engine: Engine,
    *,
    now: datetime,
    chapter: str | None = None,
    settings: Settings | None = None,
    time_budget: timedelta | None = None,
) -> None:
    """Plan occurrences, freeze the posts that are due, and compose stale drafts anew; for one chapter or for all.

    A chapter whose posts are stopped keeps its due occurrence unfrozen, so that its post follows the consents of the
    moment it is frozen. After ``time_budget`` the rest is left to the next call.
    """
    until = monotonic() + time_budget.total_seconds() if time_budget else inf
    with write_session(engine) as session:
        rows = [row for row in plan_occurrences(session, now=now) if chapter is None or row.chapter.key == chapter]
        may_post = set(session.scalars(select(Chapter.id).where(not_stopped(Chapter.id))))
        due = [row.id for row in rows if row.due_at <= now and row.chapter_id in may_post]
        stale = [row for row in rows if row.drafted_at is None or row.drafted_at <= now - STALE]
        coming = [row.id for row in stale if row.due_at > now]

    def post(row_id: int) -> int:
        try:
            with write_session(engine) as session:
                occurrence = session.get_one(Occurrence, row_id)
                frozen, occurrence.drafted_at = freeze(session, occurrence=occurrence, now=now, settings=settings), now
                public_id = occurrence.public_id
        except Conflict:
            return 0  # Another worker has just frozen it.
        if frozen:
            log.info("posted", occurrence=public_id, deliveries=len(frozen))
        return len(frozen)

    if not run_batch(due, post, failed="occurrence_failed", until=until):  # due posts go out before drafts are made
        run_batch(coming, post, failed="occurrence_failed", until=until)


def run_due_occurrences(engine: Engine, *, settings: Settings, now: datetime, chapter: str | None = None) -> list[str]:
    """Run the due occurrences and send every due delivery here and now, without a broker.

    Return the public ids of what this call delivered. A worker may do the same at the same time: each message is sent
    once.
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
    """Run the occurrences of every chapter within TIME_BUDGET, then enqueue the delivery of what is due."""
    stop_if_restored(engine, settings.home, now=now)
    run_occurrence(engine, now=now, settings=settings, time_budget=TIME_BUDGET)
    announce(engine, now=now)
