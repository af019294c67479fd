"""Pairings: each chapter's talks of the week are proposed in a transaction of their own, once."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine.weekly_pairings import occurrences_to_pair, propose_pairings
from directory.outbox.occurrence import Occurrence
from jobs.batch import run_batch


def propose(engine: Engine, *, now: datetime, **_: object) -> int:
    """Pair who should talk wherever the week begins; how many talks."""
    with Session(engine) as session:
        turns = [row.id for row in occurrences_to_pair(session, now=now)]

    def pair(row_id: int) -> int:
        with write_session(engine) as session:
            return len(propose_pairings(session, occurrence=session.get_one(Occurrence, row_id), now=now))

    return run_batch(turns, pair, failed="not_paired")
