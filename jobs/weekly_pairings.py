"""Propose the week's pairings of each chapter, once, in a transaction per chapter."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine.weekly_pairings import occurrences_to_pair, propose_pairings
from directory.outbox.occurrence import Occurrence
from jobs.batch import run_batch


def propose(engine: Engine, *, now: datetime, **_: object) -> int:
    """Propose pairings for every occurrence whose week begins, and return how many."""
    with Session(engine) as session:
        ids = [row.id for row in occurrences_to_pair(session, now=now)]

    def pair(row_id: int) -> int:
        with write_session(engine) as session:
            return len(propose_pairings(session, occurrence=session.get_one(Occurrence, row_id), now=now))

    return run_batch(ids, pair, failed="pairing_failed")
