"""Prompts: the letters of a chapter's morning, written circle by circle; and a word to who stands in the next post."""

import os
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from directory import clock
from directory.db import write_session
from directory.engine import weekly_prompts
from directory.engine.text_similarity import FRESH
from directory.engine.weekly_pairings import propose_pairings
from directory.outbox import mail
from directory.outbox.occurrence import Occurrence
from directory.week import prompt
from directory.week.mention import mentions_of
from directory.week.post import posts_of
from jobs.worker import celery_app, engine

SHIFT = timedelta(seconds=25)  # shorter than the time between two rings, which goes on with what is left
FEW = 30  # texts that are read by their meaning in each circle of a busy morning

log = structlog.get_logger()


def compose(engine: Engine, *, now: datetime, shift: timedelta | None = None) -> int:
    """Write the letters of every chapter whose morning it is; how many. Whoever does the same, each is written once."""
    end, made = monotonic() + shift.total_seconds() if shift else inf, 0
    with Session(engine) as session:
        turns = [(row.id, row.public_id) for row in weekly_prompts.occurrences_due(session, now=now)]
    first = os.getpid() % len(turns) if turns else 0  # two workers at once do not begin with the same
    for row_id, public_id in turns[first:] + turns[:first]:
        if monotonic() > end:
            break
        try:
            made += _of_turn(engine, row_id, max(FEW, FRESH // len(turns)), end, now)
        except SQLAlchemyError as error:  # the other chapters' mornings come too
            log.error("not_prompted", occurrence=public_id, error=type(error).__name__)
    return made


def _of_turn(engine: Engine, row_id: int, fresh: int, end: float, now: datetime) -> int:
    made = 0
    with write_session(engine) as session:
        turn = session.get_one(Occurrence, row_id)
        if turn.prompted_at is not None:
            return 0
        propose_pairings(session, occurrence=turn, now=now)  # so that the letter names the talk
    with Session(engine) as session:
        circles = weekly_prompts.member_batches(session, occurrence=session.get_one(Occurrence, row_id))
    for people in circles:
        if monotonic() > end:
            return made
        with Session(engine) as session:  # nobody waits for a lock while this thinks
            turn = session.get_one(Occurrence, row_id)
            composed = weekly_prompts.compose_prompts(session, occurrence=turn, people=people, fresh=fresh, now=now)
        with write_session(engine) as session:
            made += prompt.store_prompts(
                session, occurrence=session.get_one(Occurrence, row_id), composed=composed, now=now
            )
    with write_session(engine) as session:
        session.get_one(Occurrence, row_id).prompted_at = now
    return made


def tell_mentioned(engine: Engine, *, now: datetime) -> int:
    """The day before a post, write to who stands in it, once a week, how to be taken out; how many letters."""
    with Session(engine) as session:
        unheard = [(row.occurrence_id, row.id) for row in prompt.unnotified_mentions(session, now=now)]
    made = 0
    for turn_id in dict.fromkeys(turn_id for turn_id, _row_id in unheard):
        with write_session(engine) as session:
            turn = session.get_one(Occurrence, turn_id)
            if not (posts := posts_of(session, occurrence=turn)):
                continue
            day = f"{turn.due_at.astimezone(ZoneInfo(turn.chapter.zone)):%A}"
            common = {"chapter": turn.chapter.name, "day": day, "text": posts[0].text}
            told = [
                row for row in mentions_of(session, occurrence=turn) if (turn_id, row.id) in unheard and row.is_agreed
            ]
            letters = [(row.member, turn.public_id, {**common, "why": row.reason}) for row in told]
            event = f"mention-{turn.public_id}"
            made += mail.enqueue_all(session, letter="mentioned", event=event, letters=letters, now=now)
    return made


def _compose() -> None:
    compose(engine(), now=clock.utc_now(), shift=SHIFT)


def _tell_mentioned() -> None:
    tell_mentioned(engine(), now=clock.utc_now())


ring = celery_app.task(name="jobs.weekly_prompts.compose")(_compose)
ring_for_mentioned = celery_app.task(name="jobs.weekly_prompts.tell_mentioned")(_tell_mentioned)
