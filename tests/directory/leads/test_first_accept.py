"""Many accept at once: exactly one wins each seat, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.errors import Conflict
from directory.leads.lead import Lead, LeadState, Terms, Wish, create_lead
from directory.leads.lead_state import LeadChange
from directory.leads.offer import Offer, OfferState
from directory.leads.offer_answer import accept
from directory.leads.seat_holder import SeatHolder
from directory.people.tables import Business, Member
from tests.cast import make_cast


def race(engine: Engine, now: datetime, *, people: int, leads: int, rivals_each: int) -> None:
    """Let a thread a firm accept what it is asked: of ``people`` firms, each of ``leads`` asks ``rivals_each``."""
    with write_session(engine) as session:
        cast = make_cast(session, now)
        rivals = [
            Member(name=f"Rival {number}", business=Business(name=f"Firm {number}", created_at=now), joined_at=now)
            for number in range(people)
        ]
        session.add_all(rivals)
        session.flush()
        wishes = [Wish(cast.wordpress.id)]
        rows = [
            create_lead(session, member=cast.nia, text=f"Site {number}", wishes=wishes, terms=Terms(), now=now)
            for number in range(leads)
        ]
        for number, lead in enumerate(rows):
            asked = [rivals[(number + step * people // rivals_each) % people] for step in range(rivals_each)]
            session.add_all(
                Offer(
                    lead_id=lead.id,
                    business_id=rival.business_id,
                    member_id=rival.id,
                    by_id=cast.nia.id,
                    asked_at=now,
                    due_at=now,
                    capabilities=[cast.wordpress],
                )
                for rival in asked
            )
        session.flush()
        by_rival = [
            list(session.scalars(select(Offer.id).where(Offer.member_id == rival.id).order_by(Offer.id)))
            for rival in rivals
        ]
    start = Barrier(people)

    def accept_all(offers: list[int]) -> int:
        start.wait()
        won = 0
        waiting = offers.copy()
        while waiting:
            try:
                with write_session(engine) as session:
                    offer = session.get_one(Offer, waiting[-1])
                    assert offer.member is not None
                    accept(session, offer=offer, by=offer.member, now=now)
                won += 1
            except Conflict:
                pass
            except OperationalError:
                continue  # SQLite serves in no order: who waited too long comes again, as a browser is told to
            waiting.pop()
        return won

    with ThreadPoolExecutor(people) as pool:
        assert sum(pool.map(accept_all, by_rival)) == leads
    with Session(engine) as session:
        states = dict(session.execute(select(Offer.state, func.count()).group_by(Offer.state)).all())
        assert states == {OfferState.ACCEPTED: leads, OfferState.TAKEN: leads * (rivals_each - 1)}
        assert session.scalar(select(func.count()).select_from(SeatHolder)) == leads
        assert set(session.scalars(select(Lead.state))) == {LeadState.ACTIVE}
        assert session.scalar(select(func.count()).select_from(LeadChange)) == leads
        firms = select(Offer.lead_id, Offer.business_id).where(Offer.state == OfferState.ACCEPTED)
        assert set(session.execute(firms)) == set(session.execute(select(SeatHolder.lead_id, SeatHolder.business_id)))


def test_of_a_few_exactly_one_wins(engine: Engine, now: datetime) -> None:
    race(engine, now, people=4, leads=3, rivals_each=4)


@pytest.mark.slow
def test_of_fifty_exactly_one_wins_each_of_two_hundred_leads(engine: Engine, now: datetime) -> None:
    race(engine, now, people=50, leads=200, rivals_each=3)
