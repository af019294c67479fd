"""The job of offers: what is overdue expires and the next one is asked, once, however often and at once it runs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.lead import Terms, Wish, create_lead
from directory.leads.offer import Offer, OfferState
from directory.leads.offer_request import ask
from directory.outbox.delivery import Delivery
from jobs.offers import settle
from tests.cast import make_cast


def test_workers_at_once_ask_the_next_one_once(engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        cast = make_cast(session, now)
        for member in (cast.nia, cast.bea, cast.dana):
            member.email = f"{member.id}@example.org"
        for number in range(3):
            wishes = [Wish(cast.wordpress.id)]
            lead = create_lead(session, member=cast.nia, text=f"Site {number}", wishes=wishes, terms=Terms(), now=now)
            seats = {"capabilities": [cast.wordpress], "then": [cast.dana]}
            ask(session, lead=lead, member=cast.bea, by=cast.nia, **seats, now=now)
    assert settle(engine, now=now + timedelta(hours=1)) == 0
    late = now + timedelta(days=2)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _worker: settle(engine, now=late), range(3))) == 3
    assert settle(engine, now=late) == 0
    with Session(engine) as session:
        states = list(session.scalars(select(Offer.state).order_by(Offer.id)))
        assert sorted(states) == sorted([OfferState.EXPIRED] * 3 + [OfferState.PENDING] * 3)
        assert (
            len(list(session.scalars(select(Delivery.key)))) == 9
        )  # two who were asked, and one email about each lead
