"""The day before: look at each account that a coming post is meant for, then write to who can put things right."""

from datetime import datetime
from time import monotonic

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.occurrence import Occurrence
from directory.settings import Settings
from directory.week import preflight
from jobs.batch import run_batch
from jobs.deliver import SHIFT
from jobs.on_demand_checks import check_one


def look_ahead(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Look at the turns of the next day, as many as fit into a shift; how many letters that made."""
    until = monotonic() + SHIFT.total_seconds()
    with Session(engine) as session:
        coming = preflight.occurrences_to_check(session, now=now)
        accounts = {row.id: [each.id for each in preflight.channels_to_check(session, row)] for row in coming}

    def check(channel_id: int) -> None:
        check_one(engine, channel_id, settings=settings, now=now)

    def look(turn_id: int) -> int:
        run_batch(accounts[turn_id], check, failed="check_failed")  # the account's own page says no more either
        with write_session(engine) as session:
            return preflight.report_problems(session, occurrence=session.get_one(Occurrence, turn_id), now=now)

    return run_batch(accounts, look, failed="look_ahead_failed", until=until)
