"""The week's turn: plan, compose, post. Each chapter in a transaction of its own, so that none holds up another."""

from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from directory import clock
from directory.db import writing
from directory.errors import Conflict
from directory.settings import Settings
from directory.week import delivery as deliveries
from directory.week.occurrence import Occurrence, plan
from directory.week.post import freeze
from jobs.deliver import announce, deliver_one, settle
from jobs.worker import celery_app, engine

log = structlog.get_logger()


def turn(engine: Engine, *, now: datetime, chapter: str | None = None) -> None:
    """Plan what comes, write the coming posts anew, and freeze those whose time has come; of one chapter, or of all."""
    with writing(engine) as session:
        waiting = [
            (row.id, row.public_id) for row in plan(session, now=now) if chapter is None or row.chapter.key == chapter
        ]
    for row_id, public_id in waiting:
        try:
            with writing(engine) as session:
                frozen = freeze(session, occurrence=session.get_one(Occurrence, row_id), now=now)
        except Conflict:
            continue  # Somebody else did it in this moment.
        except SQLAlchemyError as error:
            log.error("turn_failed", occurrence=public_id, error=type(error).__name__)
            continue
        if frozen:
            log.info("posted", occurrence=public_id, deliveries=len(frozen))


def run(engine: Engine, *, settings: Settings, now: datetime, chapter: str | None = None) -> list[str]:
    """The whole week at once, without a broker: the turn, and every delivery that is due, sent here and now.

    A worker may be doing the same; each message leaves once. The public ids of what this call delivered.
    """
    turn(engine, now=now, chapter=chapter)
    settle(engine, settings=settings, now=now)
    with Session(engine) as session:
        due = [
            row.public_id
            for row in deliveries.due(session, now=now)
            if chapter is None or (row.channel and row.channel.chapter.key == chapter)
        ]
    return [public_id for public_id in due if deliver_one(engine, public_id, settings=settings, now=now)]


def _tick() -> None:
    now = clock.utc_now()
    turn(engine(), now=now)
    announce(engine(), now=now)


tick = celery_app.task(name="jobs.weekly.tick")(_tick)
