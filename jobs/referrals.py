"""Remind whoever a referral waits for, when nothing is heard of it; at last the leads of the chapter."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.offer import Offer
from directory.leads.referral_clock import chase, referrals_to_chase
from jobs.batch import run_batch


def chase_silent(engine: Engine, *, now: datetime, **_: object) -> int:
    """Remind of what is due, in a transaction per referral, and return of how many."""
    with Session(engine) as session:
        ids = referrals_to_chase(session, now=now)

    def chase_one(row_id: int) -> int:
        with write_session(engine) as session:
            return chase(session, offer=session.get_one(Offer, row_id), now=now)

    return run_batch(ids, chase_one, failed="referrals_failed")
