"""Housekeeping: capabilities without a meaning get theirs, a few at a time; the week's bands are frozen."""

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory import clock
from directory.db import writing
from directory.engine.embedding import embed_missing
from directory.engine.sentences import load_model
from directory.people.capability import Capability
from directory.people.rating import publish_bands
from jobs.worker import celery_app, engine

AT_ONCE = 50  # nodes a minute: under a second, in which an embedded database takes no other writes


def embed_some(engine: Engine, *, now: datetime) -> int:
    """Embed up to AT_ONCE nodes; how many it were, 0 without a model."""
    with Session(engine) as session:
        missing = session.scalar(select(Capability.id).where(Capability.vector.is_(None)).limit(1))
    model = load_model() if missing else None  # It takes 140 MB, so it is loaded only where there is work for it.
    if model is None:
        return 0
    with writing(engine) as session:
        return embed_missing(session, model, limit=AT_ONCE, now=now)


def _embed() -> None:
    embed_some(engine(), now=clock.utc_now())


def _freeze_bands() -> None:
    with writing(engine()) as session:
        publish_bands(session, now=clock.utc_now())


embed = celery_app.task(name="jobs.housekeeping.embed")(_embed)
freeze_bands = celery_app.task(name="jobs.housekeeping.freeze_bands")(_freeze_bands)
