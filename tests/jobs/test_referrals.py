"""The job of referrals: silence is followed up once, however often and at once it runs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.lead import Terms, create_lead
from directory.leads.offer_answer import accept
from directory.leads.referral import hand_over
from directory.outbox.delivery import Delivery
from jobs.referrals import chase_silent
from tests.cast import make_cast


def test_workers_at_once_remind_once(engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        cast = make_cast(session, now)
        for member in (cast.nia, cast.bea):
            member.email = f"{member.id}@example.org"
        for number in range(3):
            lead = create_lead(session, member=cast.nia, text=f"Site {number}", wishes=[], terms=Terms(), now=now)
            offer = hand_over(session, lead=lead, member=cast.bea, by=cast.nia, words="", now=now)
            accept(session, offer=offer, by=cast.bea, now=now)
    with Session(engine) as session:
        before = session.scalar(select(func.count(Delivery.id)))
    assert chase_silent(engine, now=now + timedelta(days=2)) == 0
    late = now + timedelta(days=3)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _worker: chase_silent(engine, now=late), range(3))) == 3
    assert chase_silent(engine, now=late) == 0
    with Session(engine) as session:
        assert session.scalar(select(func.count(Delivery.id))) == before + 3
