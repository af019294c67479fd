"""Preflight: the day before a post, check each account it goes to and mail the people who can fix a problem."""

from datetime import datetime
from functools import partial
from time import monotonic

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.occurrence import Occurrence
from directory.settings import Settings
from directory.week import preflight
from jobs.batch import run_batch
from jobs.deliver import TIME_BUDGET
from jobs.on_demand_checks import check_one


def look_ahead(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Check the next day's occurrences within TIME_BUDGET and return how many letters were queued."""
    until = monotonic() + TIME_BUDGET.total_seconds()
    with Session(engine) as session:
        coming = preflight.occurrences_to_check(session, now=now)
        channels = {row.id: [channel.id for channel in preflight.channels_to_check(session, row)] for row in coming}

    def check_occurrence(occurrence_id: int) -> int:
        run_batch(
            channels[occurrence_id], partial(check_one, engine, settings=settings, now=now), failed="check_failed"
        )
        with write_session(engine) as session:
            return preflight.report_problems(session, occurrence=session.get_one(Occurrence, occurrence_id), now=now)

    return run_batch(channels, check_occurrence, failed="look_ahead_failed", until=until)
