"""Settle the offers of each lead that ended: the overdue expire, the next are asked, the bringer gets one email."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.lead import Lead
from directory.leads.offer_round import leads_to_settle, settle_offers
from jobs.batch import run_batch


def settle(engine: Engine, *, now: datetime, **_: object) -> int:
    """Settle what is due, in a transaction per lead, and return how many offers ended."""
    with Session(engine) as session:
        ids = leads_to_settle(session, now=now)

    def settle_one(row_id: int) -> int:
        with write_session(engine) as session:
            return settle_offers(session, lead=session.get_one(Lead, row_id), now=now)

    return run_batch(ids, settle_one, failed="offers_failed")
