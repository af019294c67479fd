"""A worker's attempts at a delivery, on the file channel and on a platform that misbehaves."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kombu import Connection
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.channel import Channel
from directory.outbox.channel_kind import SETTLE
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.settings import Settings
from directory.taxonomy.capability import Capability, CapabilityKind
from directory.week.occurrence_planning import plan_occurrences
from jobs import channels as transports
from jobs import deliver, weekly_posts
from jobs.channels.file import FileTransport
from jobs.channels.transport import Account, Message, TransportError
from jobs.housekeeping import embed_some


class Platform:
    """A fake transport that returns the test's answers in order; it raises those that are exceptions."""

    answers: list[Any]

    def __init__(self, account: Account) -> None:
        pass

    def send(self, message: Message) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    find = send


@pytest.fixture
def row(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(transports.TRANSPORTS, "mastodon", Platform)
    with write_session(engine) as session:
        channel = Channel(chapter=Chapter(key="c", name="C"), kind="mastodon", name="P")
        delivery = Delivery(key="k", channel=channel, payload=b"{}", due_at=now)
        session.add(delivery)
        session.flush()
        return delivery.public_id


def state(engine: Engine) -> tuple[DeliveryState, datetime]:
    with Session(engine) as session:
        found = session.get_one(Delivery, 1)
        return found.state, found.due_at


NO = {"permanent": False, "accepted": "no"}
MAYBE = {"permanent": False, "accepted": "maybe"}
BLIND = {"permanent": True, "accepted": "maybe"}
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("answer", "then", "wait"),
    [
        ("id", DeliveryState.DELIVERED, 0),
        (TransportError("busy", **NO), DeliveryState.PENDING, 2),
        (TransportError("gone", permanent=True, accepted="no"), DeliveryState.FAILED, 0),
        (TransportError("no answer", **MAYBE), DeliveryState.SENDING, 0),
    ],
)
def test_an_attempt_ends_in_the_state_that_the_platform_reports(
    engine: Engine, row: str, now: datetime, settings: Settings, answer: Any, then: DeliveryState, wait: int
) -> None:
    Platform.answers = [answer]
    assert deliver.deliver_one(engine, row, settings=settings, now=now) == (answer == "id")
    assert state(engine) == (then, now + timedelta(minutes=wait))
    assert not deliver.deliver_one(engine, row, settings=settings, now=now)


@pytest.mark.parametrize(
    ("answers", "then"),
    [
        (["id"], DeliveryState.DELIVERED),
        ([None], DeliveryState.PENDING),
        ([TransportError("down", **MAYBE), "id"], DeliveryState.DELIVERED),
        ([TransportError("down", **MAYBE), TransportError("down", **MAYBE)], DeliveryState.UNKNOWN),
        ([TransportError("cannot look", **BLIND)], DeliveryState.UNKNOWN),
    ],
)
def test_a_post_that_may_have_arrived_is_looked_up_before_it_is_sent_again(
    engine: Engine, row: str, now: datetime, settings: Settings, answers: list[Any], then: DeliveryState
) -> None:
    Platform.answers = [TransportError("no answer", **MAYBE)]
    deliver.deliver_one(engine, row, settings=settings, now=now)
    deliver.reconcile_stuck(engine, settings=settings, now=now + deliver.LEASE + SETTLE - timedelta(seconds=1))
    assert state(engine)[0] is DeliveryState.SENDING
    Platform.answers = list(answers)
    for later in (HOUR / 2, HOUR + timedelta(minutes=1)):
        deliver.reconcile_stuck(engine, settings=settings, now=now + later)
    assert state(engine)[0] is then
    assert Platform.answers == []


def test_a_file_is_written_once_and_found(tmp_path: Path) -> None:
    channel = FileTransport(tmp_path / "posts", ".json")
    first, second = Message("post:a:../b", b"one"), Message("post:a:../b", b"two")
    assert channel.find(first) is None
    assert channel.send(first) == channel.send(second) == channel.find(first)
    (path,) = (tmp_path / "posts").iterdir()
    assert path.read_bytes() == b"one"


def test_an_unwritable_folder_is_retried_later(tmp_path: Path) -> None:
    (tmp_path / "posts").write_text("in the way")
    with pytest.raises(TransportError) as error:
        FileTransport(tmp_path / "posts", ".json").send(Message("k", b""))
    assert (error.value.permanent, error.value.accepted) == (False, "no")


def test_a_week_run_twice_is_posted_once(engine: Engine, now: datetime, settings: Settings, tmp_path: Path) -> None:
    with write_session(engine) as session:
        chapter = Chapter(key="mesa", name="Mesa", zone="America/Phoenix")
        business = Business(name="B", chapter=chapter, created_at=now)
        member = Member(name="Alma Reyes", business=business, joined_at=now, spotlight_at=now)
        session.add_all([member, Channel(chapter=chapter, kind="file", name="F")])
        due_at = plan_occurrences(session, now=now)[0].due_at
    assert weekly_posts.run_due_occurrences(engine, settings=settings, now=now) == []
    runs = [
        weekly_posts.run_due_occurrences(engine, settings=settings, now=due_at, chapter=key)
        for key in ("elsewhere", "mesa", None)
    ]
    assert [len(run) for run in runs] == [0, 1, 0]
    assert len(list(tmp_path.glob("posts/*/*.json"))) == 1


def test_two_missed_weeks_are_skipped_and_the_third_is_posted_once(
    engine: Engine, now: datetime, settings: Settings
) -> None:
    with write_session(engine) as session:
        chapter = Chapter(key="mesa", name="Mesa")
        business = Business(name="Alma & Co", chapter=chapter, created_at=now)
        session.add(Member(name="Alma Reyes", business=business, joined_at=now, spotlight_at=now))
        session.add(Channel(chapter=chapter, kind="file", name="Folder"))
        first = plan_occurrences(session, now=now)[0].due_at
    again = [
        weekly_posts.run_due_occurrences(engine, settings=settings, now=first + timedelta(days=14, hours=at))
        for at in range(3)
    ]
    assert [len(delivered) for delivered in again] == [1, 0, 0]
    with Session(engine) as session:
        turns = session.scalars(select(Occurrence).order_by(Occurrence.due_at)).all()
    assert [(bool(turn.skipped), turn.posted_at is not None) for turn in turns] == [
        *[(True, False)] * 2,
        (False, True),
        (False, False),
    ]


def test_the_embedded_broker_loses_no_message_while_it_is_written(tmp_path: Path) -> None:
    folders = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), str(tmp_path))

    def open_queue() -> Any:
        return Connection("filesystem://localhost", transport_options=folders).SimpleQueue("q")

    def write() -> None:
        queue = open_queue()
        for number in range(200):
            queue.put(number)

    writer, queue, heard = Thread(target=write), open_queue(), []
    writer.start()
    while len(heard) < 200:
        try:
            message = queue.get(block=False)
        except queue.Empty:
            assert writer.is_alive() or any(tmp_path.glob("*.msg"))
            continue
        heard.append(message.payload)
        message.ack()
    writer.join()
    assert sorted(heard) == list(range(200))


def test_a_capability_without_an_embedding_gets_one(engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        session.add(Capability(scheme="test", code="wp", name="WordPress", kind=CapabilityKind.SERVICE))
    assert embed_some(engine, now=now) == 1
    assert embed_some(engine, now=now) == 0
