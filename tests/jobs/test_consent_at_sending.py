"""A waiting post is sent only if everybody in it still consents at the moment of sending."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.delivery import Delivery, DeliveryState, lift_stop
from directory.outbox.kill_switch import stop
from directory.people.chapter import Chapter
from directory.people.tables import Member, MemberState, Wanted
from directory.settings import Settings
from directory.week.post import freeze
from jobs.deliver import deliver_one
from tests.chapterhouse import Chapterhouse


def take_back_the_name(session: Session) -> None:
    session.get_one(Member, 1).spotlight_at = None


def be_suspended(session: Session) -> None:
    session.get_one(Member, 1).state = MemberState.SUSPENDED


def take_back_the_ask(session: Session) -> None:
    session.get_one(Wanted, 1).shared_at = None


def nothing(session: Session) -> None:
    """Do nothing: the lack of consent of a member who only asks and is not named does not matter."""
    assert session.get_one(Member, 2).spotlight_at is None


@pytest.mark.parametrize("change", [take_back_the_name, be_suspended, take_back_the_ask, nothing])
def test_a_stopped_post_is_not_sent_after_a_consent_was_withdrawn(
    mesa: Chapterhouse, engine: Engine, settings: Settings, change: Any
) -> None:
    mesa.alma.spotlight_at = mesa.now
    mesa.asks(mesa.alma)
    mesa.asks(mesa.bo, "Builders of boats")
    turn = mesa.turn()
    due_at = turn.due_at
    (row,) = freeze(mesa.session, occurrence=turn, now=due_at)
    assert b"Alma Reyes" in row.payload
    public_id = row.public_id
    stop(mesa.session, chapter=mesa.chapter, member=mesa.bo, now=due_at)
    mesa.session.commit()
    later = due_at + timedelta(minutes=5)
    with write_session(engine) as session:
        change(session)
        lift_stop(session, chapter=session.get_one(Chapter, 1), member=None, now=later)
    is_fine = change is nothing
    assert deliver_one(engine, public_id, settings=settings, now=later) is is_fine
    with Session(engine) as session:
        row = session.get_one(Delivery, 1)
        assert row.state is (DeliveryState.DELIVERED if is_fine else DeliveryState.FAILED)
        assert is_fine or "without them" in row.reason
    assert bool(list(settings.home.glob("posts/*/*.json"))) is is_fine
