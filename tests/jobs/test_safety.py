"""A stop, a restored database, a revoked account or concurrent workers never lead to a post that should not go out."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.channel_kind import SETTLE, kind_named
from directory.outbox.delivery import Delivery, DeliveryState, lift_stop
from directory.outbox.kill_switch import PostingCounter, Stop, posting_counter, stop
from directory.outbox.occurrence import CATCH_UP
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.settings import Settings
from jobs import channels as transports
from jobs import deliver, restore_guard
from jobs.channels.transport import Account, Message, TransportError
from jobs.deliver import LEASE, deliver_one, drain, reconcile_stuck
from jobs.restore_guard import stop_if_restored

MINUTE = timedelta(minutes=1)
NO = {"permanent": False, "accepted": "no"}
MAYBE = {"permanent": False, "accepted": "maybe"}
REVOKED = TransportError("The account lets us in no more.", permanent=True, accepted="no", is_revoked=True)


class Platform:
    """Keeps what it is sent. It answers a new message with ``says``, and raises it if it is an exception."""

    sent: list[str]
    says: dict[str, Any]

    def __init__(self, account: Account) -> None:
        pass

    def send(self, message: Message) -> str:
        answer = self.says.get(message.key)
        if callable(answer):
            answer()
        elif answer is not None:
            raise answer
        self.sent.append(message.key)
        return message.key

    def find(self, message: Message) -> str | None:
        answer = self.says.get(f"find {message.key}")
        if isinstance(answer, Exception):
            raise answer
        return answer or (message.key if message.key in self.sent else None)


@pytest.fixture
def rows(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three posts of one chapter for three accounts on the platform, due now."""
    Platform.sent, Platform.says = [], {}
    monkeypatch.setitem(transports.TRANSPORTS, "mastodon", Platform)
    with write_session(engine) as session:
        chapter = Chapter(key="c", name="C")
        posts = [
            Delivery(key=key, channel=Channel(chapter=chapter, kind="mastodon", name=key), payload=b"{}", due_at=now)
            for key in "abc"
        ]
        session.add_all(posts)
        session.flush()
        return [post.public_id for post in posts]


def states(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [str(state) for state in session.scalars(select(Delivery.state).order_by(Delivery.id))]


def clock(start: datetime) -> Callable[[], datetime]:
    ticks = iter(range(10**6))
    return lambda: start + timedelta(seconds=next(ticks))


def stops(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Stop.reason)))


def test_a_stop_takes_effect_right_before_sending(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_now(*_: object) -> None:
        with write_session(engine) as session:
            stop(session, chapter=session.get_one(Chapter, 1), member=None, now=now)

    monkeypatch.setattr(deliver, "remember_counter", stop_now)  # it is claimed and committed, but not yet sent
    assert not deliver_one(engine, rows[0], settings=settings, now=now)
    assert (Platform.sent, states(engine)) == ([], ["pending"] * 3)
    with Session(engine) as session:
        assert session.scalars(select(Delivery.attempts)).all() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(PostingCounter).values(number=1), "restored from a backup"),
        (update(PostingCounter).values(identity="another"), "not the one"),
        (delete(PostingCounter), "not the one"),
    ],
)
def test_a_restored_database_posts_nothing_until_a_person_allows_it(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, change: Any, reason: str
) -> None:
    for row in rows[:2]:
        assert deliver_one(engine, row, settings=settings, now=now)
    with write_session(engine) as session:
        session.execute(change)
    assert not deliver_one(engine, rows[2], settings=settings, now=now)
    (said,) = stops(engine)
    assert reason in said
    stop_if_restored(engine, settings.home, now=now)
    assert stops(engine) == [said], "it is found once"
    with write_session(engine) as session:
        session.execute(delete(Stop))
    assert deliver_one(engine, rows[2], settings=settings, now=now)
    assert Platform.sent == ["a", "b", "c"]


def test_a_copied_installation_on_another_machine_posts_nothing(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(restore_guard, "MACHINE_ID", tmp_path / "here")
    assert deliver_one(engine, rows[0], settings=settings, now=now)
    monkeypatch.setattr(restore_guard, "MACHINE_ID", tmp_path / "there")
    assert not deliver_one(engine, rows[1], settings=settings, now=now)
    assert "another machine" in stops(engine)[0]
    monkeypatch.setattr(restore_guard, "MACHINE_ID", tmp_path / "here")
    stop_if_restored(engine, settings.home, now=now)
    assert len(stops(engine)) == 1, "two machines on one home know each other from then on"


def test_a_new_home_with_a_database_that_has_posted_stops_posts(
    engine: Engine, rows: list[str], settings: Settings, now: datetime
) -> None:
    deliver_one(engine, rows[0], settings=settings, now=now)
    assert stops(engine) == []
    assert json.loads((settings.home / "posting.json").read_text())["number"] == 2, "its own beginning, and the post"
    (settings.home / "posting.json").unlink()
    stop_if_restored(engine, settings.home, now=now)
    assert "has no record of it" in stops(engine)[0]


def test_a_long_overdue_post_is_looked_up_before_it_is_sent(
    engine: Engine, rows: list[str], settings: Settings, now: datetime
) -> None:
    Platform.says = {
        "find a": "there",
        "find b": TransportError("cannot look", permanent=True, accepted="maybe"),
        "find c": TransportError("down", **MAYBE),
    }
    late = now + timedelta(hours=2)
    assert [deliver_one(engine, row, settings=settings, now=late) for row in rows] == [True, True, False]
    assert (Platform.sent, states(engine)) == (["b"], ["delivered", "delivered", "pending"])


def test_a_revoked_account_breaks_its_channel_and_the_post_waits(
    engine: Engine, rows: list[str], settings: Settings, now: datetime
) -> None:
    Platform.says = {"a": REVOKED, "b": TransportError("busy", **NO)}
    for row in rows:
        deliver_one(engine, row, settings=settings, now=now)
    assert states(engine) == ["pending", "pending", "delivered"]
    with Session(engine) as session:
        assert [channel.state for channel in session.scalars(select(Channel).order_by(Channel.id))] == [
            ChannelState.BROKEN,
            ChannelState.OPEN,  # a server error does not mean a revoked account
            ChannelState.OPEN,
        ]
    drain(engine, settings=settings, utc_now=clock(now + timedelta(minutes=5)))
    assert states(engine) == ["pending", "pending", "delivered"]
    Platform.says = {}
    with write_session(engine) as session:
        session.get_one(Channel, 1).state = ChannelState.OPEN
    drain(engine, settings=settings, utc_now=clock(now + timedelta(minutes=10)))
    assert states(engine) == ["delivered"] * 3


@pytest.mark.parametrize(
    ("said", "waited"),
    [
        (17 * MINUTE, 17 * MINUTE),
        (timedelta(days=9000), CATCH_UP),  # long after its week
        (timedelta(0), 2 * MINUTE),
        (timedelta(days=-9), 2 * MINUTE),
        (timedelta(seconds=1), timedelta(seconds=2)),  # else eight attempts are used up in seconds
    ],
)
def test_the_platform_s_retry_time_is_respected_within_limits(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, said: timedelta, waited: timedelta
) -> None:
    Platform.says = {"a": TransportError("slow down", retry_at=now + said, **NO)}
    deliver_one(engine, rows[0], settings=settings, now=now)
    with Session(engine) as session:
        assert session.get_one(Delivery, 1).due_at == now + waited


def test_an_account_that_crashes_our_code_does_not_stop_others(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(engine) as session:
        first = session.get_one(Channel, 1).public_id
    monkeypatch.setitem(
        transports.TRANSPORTS, "mastodon", lambda account: {}[1] if account.channel == first else Platform(account)
    )
    monkeypatch.setattr(deliver.os, "getpid", lambda: 0)
    drain(engine, settings=settings, utc_now=clock(now))
    assert states(engine) == ["pending", "delivered", "delivered"]
    with write_session(engine) as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENDING, lease_until=now, started_at=now))
    reconcile_stuck(engine, settings=settings, now=now + SETTLE)
    assert states(engine) == ["sending", "delivered", "delivered"]


@pytest.mark.parametrize("kind", ["file", "mastodon", "x"])
def test_each_kind_is_reconciled_after_its_own_time(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(transports.TRANSPORTS, kind, Platform)
    with write_session(engine) as session:
        session.get_one(Channel, 1).kind = kind
    Platform.says = {"a": TransportError("no answer", **MAYBE)}
    deliver_one(engine, rows[0], settings=settings, now=now)
    settled = LEASE + kind_named(kind).settle
    for late, then in ((settled - MINUTE / 60, "sending"), (settled, "pending")):
        reconcile_stuck(engine, settings=settings, now=now + late)
        assert states(engine)[0] == then


def test_reconciliation_times_differ_between_networks() -> None:
    assert kind_named("file").settle < kind_named("mastodon").settle == SETTLE < kind_named("x").settle


def test_an_attempt_from_a_fast_clock_is_looked_up_and_not_repeated(
    engine: Engine, rows: list[str], settings: Settings, now: datetime
) -> None:
    Platform.says = {"a": TransportError("no answer", **MAYBE)}
    deliver_one(engine, rows[0], settings=settings, now=now + timedelta(days=9000))
    with write_session(engine) as session:
        deliveries.cap_leases(session, lease=LEASE, now=now)
    Platform.says = {"find a": "there"}
    for late, then in ((LEASE, "sending"), (LEASE + SETTLE, "delivered")):
        reconcile_stuck(engine, settings=settings, now=now + late)
        assert states(engine)[0] == then
    assert Platform.sent == []


def test_eight_workers_that_find_an_account_revoked_send_one_mail(
    engine: Engine, rows: list[str], settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "DAILY_CAP", 100)
    gate = Barrier(8, timeout=20)

    def refuse() -> None:
        gate.wait()
        raise REVOKED

    keys = [f"k{number}" for number in range(8)]
    Platform.says = dict.fromkeys(keys, refuse)
    with write_session(engine) as session:
        ada = Member(
            name="Ada", business=Business(name="B", created_at=now), joined_at=now, arrived_at=now, is_admin=True
        )
        ada.email, channel = "ada@example.org", session.get_one(Channel, 1)
        posts = [Delivery(key=key, channel=channel, payload=b"{}", due_at=now) for key in keys]
        session.add_all([ada, *posts])
        session.flush()
        ids = [post.public_id for post in posts]
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda row: deliver_one(engine, row, settings=settings, now=now), ids))
    with Session(engine) as session:
        assert session.get_one(Channel, 1).state is ChannelState.BROKEN
        told = session.scalars(select(Delivery.state).where(Delivery.key.like("mail:%"))).all()
        waiting = session.scalars(select(Delivery.state).where(Delivery.key.in_(keys))).all()
    assert (len(told), waiting) == (1, [DeliveryState.PENDING] * 8)


def test_posts_resumed_by_a_person_are_not_stopped_again(
    engine: Engine, rows: list[str], settings: Settings, now: datetime
) -> None:
    for row in rows[:2]:
        deliver_one(engine, row, settings=settings, now=now)
    with write_session(engine) as session:
        session.execute(update(PostingCounter).values(number=1))
    stop_if_restored(engine, settings.home, now=now)
    with write_session(engine) as session:
        ada = Member(
            name="Ada", business=Business(name="B", created_at=now), joined_at=now, arrived_at=now, is_admin=True
        )
        session.add(ada)
        session.flush()
        lift_stop(session, chapter=None, member=ada, now=now)
    drain(engine, settings=settings, utc_now=clock(now))
    assert (stops(engine), states(engine)) == ([], ["delivered"] * 3)


@pytest.mark.slow
def test_eight_workers_with_repeated_messages_send_each_post_once(
    engine: Engine, rows: list[str], settings: Settings, now: datetime
) -> None:
    with write_session(engine) as session:
        chapter = session.get_one(Chapter, 1)
        for number in range(30):
            channel = Channel(chapter=chapter, kind="mastodon", name="P")
            session.add(Delivery(key=f"k{number}", channel=channel, payload=b"{}", due_at=now))
    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(drain, engine, settings=settings, utc_now=clock(now)) for _ in range(3 * 8)]:
            future.result()
    drain(engine, settings=settings, utc_now=clock(now))
    assert sorted(Platform.sent) == sorted([*"abc", *(f"k{number}" for number in range(30))])
    assert set(states(engine)) == {"delivered"}
    with Session(engine) as session:
        assert json.loads((settings.home / "posting.json").read_text())["number"] == posting_counter(session)[1] == 34
