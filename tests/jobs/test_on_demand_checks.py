"""Requested checks of accounts and deliveries, and the one mail about a revoked account to the person in charge."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.db import write_session
from directory.outbox import channel_lifecycle
from directory.outbox.channel import Channel, ChannelState, store_secrets
from directory.outbox.delivery import Delivery, DeliveryState
from directory.secrets import SecretBox
from directory.settings import Settings
from jobs import channels as transports
from jobs import on_demand_checks
from jobs.channels.transport import AccountCheck, TransportError
from jobs.mail_rendering import mail_of
from tests.chapterhouse import Chapterhouse

REVOKED = TransportError("It let us out.", permanent=True, accepted="no", is_revoked=True)
BUSY = TransportError("It is busy.", permanent=False, accepted="no")


class Platform:
    """A fake transport that gives the answer set by the test."""

    said: Any = None
    asked = 0

    def __init__(self, account: Any) -> None:
        self.check = self.answer

    def answer(self, *_: Any) -> Any:
        Platform.asked += 1
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    find = revoke = answer


@pytest.fixture
def channel(mesa: Chapterhouse, monkeypatch: pytest.MonkeyPatch) -> Channel:
    monkeypatch.setitem(transports.TRANSPORTS, "file", Platform)
    mesa.channel.owner_id = mesa.alma.id
    mesa.channel.check_asked_at = mesa.now
    mesa.alma.email = "alma@mesa.example"
    mesa.alma.is_admin = True
    mesa.session.commit()
    return mesa.channel


def asked(engine: Engine, now: datetime, settings: Settings, said: Any) -> Channel:
    Platform.said, Platform.asked = said, 0
    on_demand_checks.run_requested_checks(engine, settings=settings, now=now)
    with Session(engine) as session:
        return session.get_one(Channel, 1)


def test_a_check_stores_the_account_name_and_limit(
    engine: Engine, channel: Channel, now: datetime, settings: Settings
) -> None:
    found = asked(engine, now, settings, AccountCheck("@mesa@example", 500))
    assert (found.is_ok, found.checked_at, found.check_asked_at) == (True, now, None)
    assert found.settings == {"account": "@mesa@example", "limit": 500}


def test_an_account_that_is_busy_stays_connected(
    engine: Engine, channel: Channel, now: datetime, settings: Settings
) -> None:
    found = asked(engine, now, settings, BUSY)
    assert (found.is_ok, found.check_said, found.state) == (False, "It is busy.", ChannelState.OPEN)


def test_a_revoked_account_is_marked_broken_and_one_mail_is_sent(
    engine: Engine, channel: Channel, now: datetime, settings: Settings
) -> None:
    assert asked(engine, now, settings, REVOKED).state is ChannelState.BROKEN
    with write_session(engine) as session:
        row = session.get_one(Channel, 1)
        assert not channel_lifecycle.mark_broken(session, row, reason="again", now=now + timedelta(minutes=1))
        assert not on_demand_checks.check_one(engine, 1, settings=settings, now=now)
        (letter,) = session.scalars(select(Delivery)).all()
        sent = mail_of(session, letter, settings=settings, now=now)
        assert sent is not None
        assert "alma@mesa.example" in sent.decode()
        assert f"http://localhost/channels/{row.public_id}" in sent.decode()
        assert [entry.actor_id for entry in session.scalars(select(AuditEntry))] == [None]


@pytest.mark.parametrize("said", [None, BUSY])
def test_disconnecting_wipes_the_secrets_whatever_the_network_answers(
    engine: Engine, mesa: Chapterhouse, channel: Channel, now: datetime, settings: Settings, said: Any
) -> None:
    store_secrets(channel, {"token": "t"}, SecretBox(settings.encryption_keys))
    channel_lifecycle.disconnect(mesa.session, channel=channel, member=mesa.alma, now=now)
    mesa.session.commit()
    assert channel.sealed
    left = asked(engine, now + timedelta(days=1), settings, said)
    assert (left.state, left.sealed, left.checked_at) == (ChannelState.GONE, "", None)
    assert Platform.asked == 1


@pytest.mark.parametrize(
    ("said", "then", "found"),
    [
        ("id", DeliveryState.DELIVERED, ""),
        (None, DeliveryState.UNKNOWN, "It is not there."),
        (BUSY, DeliveryState.UNKNOWN, "It is busy."),
    ],
)
def test_a_found_delivery_is_settled_and_others_wait_for_a_person(
    engine: Engine, channel: Channel, now: datetime, settings: Settings, said: Any, then: DeliveryState, found: str
) -> None:
    with write_session(engine) as session:
        session.get_one(Channel, 1).check_asked_at = None
        session.add(Delivery(key="k", channel_id=1, payload=b"{}", due_at=now, state=DeliveryState.UNKNOWN))
        session.flush()
        channel_lifecycle.request_lookup(session, delivery=session.get_one(Delivery, 1), now=now)
    asked(engine, now, settings, said)
    with Session(engine) as session:
        row = session.get_one(Delivery, 1)
        assert (row.state, row.found, row.look_asked_at, row.looked_at) == (then, found, None, now)


def test_an_expired_check_request_is_not_run(
    engine: Engine, channel: Channel, now: datetime, settings: Settings
) -> None:
    assert asked(engine, now + channel_lifecycle.LOOKUP_TIMEOUT, settings, AccountCheck("late")).checked_at is None


def test_an_internal_error_in_one_check_does_not_stop_the_others(
    engine: Engine, channel: Channel, now: datetime, settings: Settings
) -> None:
    with write_session(engine) as session:
        session.add(Channel(chapter_id=1, kind="gone", name="G", check_asked_at=now - timedelta(seconds=1)))
    assert asked(engine, now, settings, AccountCheck("mesa")).is_ok
