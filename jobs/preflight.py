"""The day before: look at each account that a coming post is meant for, then write to who can put things right."""

from datetime import datetime
from time import monotonic

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory import clock
from directory.db import write_session
from directory.outbox.occurrence import Occurrence
from directory.settings import Settings
from directory.week import preflight
from jobs.deliver import SHIFT
from jobs.on_demand_checks import check_one
from jobs.worker import celery_app, engine, settings

log = structlog.get_logger()


def look_ahead(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Look at the turns of the next day, as many as fit into a shift; how many letters that made."""
    end, letters = monotonic() + SHIFT.total_seconds(), 0
    with Session(engine) as session:
        turns = [
            (row.id, [each.id for each in preflight.channels_to_check(session, row)])
            for row in preflight.occurrences_to_check(session, now=now)
        ]
    for turn_id, channel_ids in turns:
        if monotonic() > end:
            break
        for channel_id in channel_ids:
            try:
                check_one(engine, channel_id, settings=settings, now=now)
            except Exception as error:  # the account's own page says no more either; the others are looked at
                log.error("check_failed", channel=channel_id, error=type(error).__name__)
        with write_session(engine) as session:
            letters += preflight.report_problems(session, occurrence=session.get_one(Occurrence, turn_id), now=now)
    return letters


def _look_ahead() -> None:
    look_ahead(engine(), settings=settings(), now=clock.utc_now())


task = celery_app.task(name="jobs.preflight.look_ahead")(_look_ahead)
