"""Compose the weekly prompt mails, batch by batch of members, and notify members mentioned in the next post."""

import os
from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine import weekly_prompts
from directory.engine.weekly_pairings import propose_pairings
from directory.local_format import weekday_text
from directory.outbox import mail
from directory.outbox.occurrence import Occurrence
from directory.week import prompt
from directory.week.mention_choice import mentions_of
from directory.week.post import posts_of
from jobs.batch import run_batch

TIME_BUDGET = timedelta(seconds=25)  # shorter than the time between two runs; the next one does the rest


def compose(engine: Engine, *, now: datetime, **_: object) -> int:
    """Write the prompts of every occurrence that is due for them, and return how many.

    Several workers may do so at once: each prompt is stored once.
    """
    until = monotonic() + TIME_BUDGET.total_seconds()
    with Session(engine) as session:
        ids = [row.id for row in weekly_prompts.occurrences_due(session, now=now)]
    first = os.getpid() % len(ids) if ids else 0  # by process, so that two workers seldom begin with the same
    rows = ids[first:] + ids[:first]
    return run_batch(rows, lambda row_id: _prompt(engine, row_id, until, now), failed="prompt_failed", until=until)


def _prompt(engine: Engine, row_id: int, until: float, now: datetime) -> int:
    stored = 0
    with write_session(engine) as session:
        occurrence = session.get_one(Occurrence, row_id)
        if occurrence.prompted_at is not None:
            return 0
        propose_pairings(session, occurrence=occurrence, now=now)  # so that the prompt can name the pairing
    with Session(engine) as session:
        batches = weekly_prompts.member_batches(session, occurrence=session.get_one(Occurrence, row_id))
    for people in batches:
        if monotonic() > until:
            return stored
        with Session(engine) as session:  # a read transaction: composing is slow and holds no write lock
            occurrence = session.get_one(Occurrence, row_id)
            composed = weekly_prompts.compose_prompts(session, occurrence=occurrence, people=people, now=now)
        with write_session(engine) as session:
            stored += prompt.store_prompts(
                session, occurrence=session.get_one(Occurrence, row_id), composed=composed, now=now
            )
    with write_session(engine) as session:
        session.get_one(Occurrence, row_id).prompted_at = now
    return stored


def notify_mentioned(engine: Engine, *, now: datetime, **_: object) -> int:
    """The day before a post, mail those it mentions, once a week, how to be taken out. Return how many letters."""
    with Session(engine) as session:
        unnotified = [(row.occurrence_id, row.id) for row in prompt.unnotified_mentions(session, now=now)]
    queued = 0
    for occurrence_id in dict.fromkeys(occurrence_id for occurrence_id, _row_id in unnotified):
        with write_session(engine) as session:
            occurrence = session.get_one(Occurrence, occurrence_id)
            if not (posts := posts_of(session, occurrence=occurrence)):
                continue
            chapter = occurrence.chapter
            day = weekday_text(occurrence.due_at.astimezone(ZoneInfo(chapter.zone)))
            common = {"chapter": chapter.name, "day": day, "text": posts[0].text}
            letters = [
                (row.member, occurrence.public_id, {**common, "why": row.reason})
                for row in mentions_of(session, occurrence=occurrence)
                if (occurrence_id, row.id) in unnotified and row.is_agreed
            ]
            event = f"mention-{occurrence.public_id}"
            queued += mail.enqueue_all(session, letter="mentioned", event=event, letters=letters, now=now)
    return queued
