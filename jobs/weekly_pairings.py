"""Pairings: each chapter's talks of the week are proposed in a transaction of their own, once."""

from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from directory import clock
from directory.db import write_session
from directory.engine.weekly_pairings import occurrences_to_pair, propose_pairings
from directory.outbox.occurrence import Occurrence
from jobs.worker import celery_app, engine

log = structlog.get_logger()


def propose(engine: Engine, *, now: datetime) -> int:
    """Pair who should talk wherever the week begins; how many talks."""
    with Session(engine) as session:
        turns = [(row.id, row.public_id) for row in occurrences_to_pair(session, now=now)]
    made = 0
    for row_id, public_id in turns:
        try:
            with write_session(engine) as session:
                made += len(propose_pairings(session, occurrence=session.get_one(Occurrence, row_id), now=now))
        except SQLAlchemyError as error:
            log.error("not_paired", occurrence=public_id, error=type(error).__name__)
    return made


def _propose() -> None:
    propose(engine(), now=clock.utc_now())


pair = celery_app.task(name="jobs.weekly_pairings.pair")(_propose)
