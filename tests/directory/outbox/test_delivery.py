"""Deliveries: one owner at a time; one that may have arrived is only settled by a look-up or a person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.errors import Conflict
from directory.outbox.channel import Channel
from directory.outbox.delivery import (
    MAX_ATTEMPTS,
    Delivery,
    DeliveryState,
    claim_delivery,
    due_deliveries,
    mark_delivered,
    mark_failed,
    mark_unknown,
    resolve_unknown,
    retry_later,
    stuck_deliveries,
)
from directory.people.chapter import Chapter
from tests.chapterhouse import Chapterhouse

LEASE = timedelta(minutes=1)


def written(session: Session, now: datetime, many: int = 1) -> list[Delivery]:
    chapter = Chapter(key="x", name="X")
    channels = [Channel(chapter=chapter, kind="file", name="F") for _ in range(many)]
    rows = [Delivery(key=f"k{at}", channel=each, payload=b"{}", due_at=now) for at, each in enumerate(channels)]
    session.add_all(rows)
    session.flush()
    return rows


def test_a_delivery_is_claimed_only_when_due_and_only_once(session: Session, now: datetime) -> None:
    (row,) = written(session, now)
    assert claim_delivery(session, now=now - timedelta(seconds=1), lease=LEASE) is None
    assert claim_delivery(session, now=now, lease=LEASE, ids=["somebody-else"]) is None
    assert due_deliveries(session, now=now) == [row]
    assert claim_delivery(session, now=now, lease=LEASE) is row
    assert (row.state, row.attempts, row.lease_until) == (DeliveryState.SENDING, 1, now + LEASE)
    assert claim_delivery(session, now=now, lease=LEASE) is None


def test_concurrent_workers_claim_each_row_once(engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        written(session, now, 30)

    def worker(_: int) -> list[str]:
        mine = []
        while True:
            with write_session(engine) as session:
                row = claim_delivery(session, now=now, lease=LEASE)
                if row is None:
                    return mine
                mine.append(row.key)

    with ThreadPoolExecutor(8) as crowd:
        taken = [key for keys in crowd.map(worker, range(8)) for key in keys]
    assert sorted(taken) == sorted(f"k{number}" for number in range(30))


def test_an_abandoned_attempt_cannot_fail_the_next_attempt(session: Session, now: datetime) -> None:
    written(session, now)
    old = claim_delivery(session, now=now, lease=LEASE)
    assert old is not None
    session.expunge(old)
    (row,) = stuck_deliveries(session, now=now + 2 * LEASE)
    retry_later(session, delivery=row, at=now, reason="lost", now=now)
    claim_delivery(session, now=now, lease=LEASE)
    assert not mark_failed(session, delivery=old, reason="refused", now=now)
    assert row.state is DeliveryState.SENDING
    assert mark_delivered(session, delivery=old, external_id="late", now=now)
    assert (row.state, row.external_id) == (DeliveryState.DELIVERED, "late")


def test_a_delivery_fails_after_the_maximum_of_attempts(session: Session, now: datetime) -> None:
    written(session, now)
    for _ in range(MAX_ATTEMPTS):
        row = claim_delivery(session, now=now, lease=LEASE)
        assert row is not None
        retry_later(session, delivery=row, at=now, reason="busy", now=now)
    assert (row.state, row.reason) == (DeliveryState.FAILED, "busy")


@pytest.mark.parametrize("has_arrived", [True, False])
def test_a_person_resolves_an_unknown_delivery_once(mesa: Chapterhouse, now: datetime, has_arrived: bool) -> None:
    (row,) = written(mesa.session, now)
    claim_delivery(mesa.session, now=now, lease=LEASE)
    mark_unknown(mesa.session, delivery=row, reason="no answer", now=now)
    assert due_deliveries(mesa.session, now=now) == stuck_deliveries(mesa.session, now=now + 9 * LEASE) == []
    resolve_unknown(mesa.session, delivery=row, has_arrived=has_arrived, member=mesa.alma, now=now)
    assert row.state is (DeliveryState.DELIVERED if has_arrived else DeliveryState.PENDING)
    with pytest.raises(Conflict):
        resolve_unknown(mesa.session, delivery=row, has_arrived=True, member=mesa.alma, now=now)
