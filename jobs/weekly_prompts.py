"""Prompts: the letters of a chapter's morning, written circle by circle; and a word to who stands in the next post."""

import os
from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine import weekly_prompts
from directory.engine.text_similarity import FRESH
from directory.engine.weekly_pairings import propose_pairings
from directory.outbox import mail
from directory.outbox.occurrence import Occurrence
from directory.week import prompt
from directory.week.mention import mentions_of
from directory.week.post import posts_of
from jobs.batch import run_batch

SHIFT = timedelta(seconds=25)  # shorter than the time between two rings, which goes on with what is left
FEW = 30  # texts that are read by their meaning in each circle of a busy morning


def compose(engine: Engine, *, now: datetime, **_: object) -> int:
    """Write the letters of every chapter whose morning it is; how many. Whoever does the same, each is written once."""
    until = monotonic() + SHIFT.total_seconds()
    with Session(engine) as session:
        turns = [row.id for row in weekly_prompts.occurrences_due(session, now=now)]
    first = os.getpid() % len(turns) if turns else 0  # two workers at once do not begin with the same
    fresh = max(FEW, FRESH // max(1, len(turns)))
    rows = turns[first:] + turns[:first]
    return run_batch(rows, lambda each: _of_turn(engine, each, fresh, until, now), failed="not_prompted", until=until)


def _of_turn(engine: Engine, row_id: int, fresh: int, until: float, now: datetime) -> int:
    made = 0
    with write_session(engine) as session:
        turn = session.get_one(Occurrence, row_id)
        if turn.prompted_at is not None:
            return 0
        propose_pairings(session, occurrence=turn, now=now)  # so that the letter names the talk
    with Session(engine) as session:
        circles = weekly_prompts.member_batches(session, occurrence=session.get_one(Occurrence, row_id))
    for people in circles:
        if monotonic() > until:
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


def tell_mentioned(engine: Engine, *, now: datetime, **_: object) -> int:
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
