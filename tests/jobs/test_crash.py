"""A worker is killed at each boundary of a delivery: each post still arrives, and only once."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.clock import utc_now
from directory.db import Base, connect, write_session
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member

POINTS = {
    "tape": (
        *("before the claim", "claimed, not committed", "before the transport", "mid-transport"),
        *("sent, not recorded", "recorded, not committed", "recorded, not acknowledged"),
    ),
    "file": ("draft written", "file placed"),
}
TURNING = {"frozen, not committed", "frozen, not announced", "looked up, not recorded"}
ALL = {point for points in POINTS.values() for point in points}
TIMEOUT = 80  # seconds
pytestmark = pytest.mark.slow


def write_chapters(engine: Engine) -> None:
    """Write a chapter for each point, due five minutes ago, with a member to mention."""
    now = utc_now()
    at = now - timedelta(minutes=5)
    with write_session(engine) as session:
        for kind, points in POINTS.items():
            for point in points:
                chapter = Chapter(key=point, name="C", zone="UTC", weekday=at.weekday(), post_time=at.time())
                business = Business(name="B", chapter=chapter, created_at=now)
                member = Member(name="A", business=business, joined_at=now, spotlight_at=now)
                session.add_all([member, Channel(chapter=chapter, kind=kind, name=point)])


@contextmanager
def storm(folder: Path, database_url: str, broker_url: str, *flags: str) -> Iterator[None]:
    environ = {
        **os.environ,
        "GOODWORD_HOME": str(folder / "home"),
        "GOODWORD_DATABASE_URL": database_url,
        "GOODWORD_BROKER_URL": broker_url,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.storm", str(folder), *flags], env=environ, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)


def wait_for_deliveries(folder: Path, engine: Engine) -> tuple[Counter[str], set[str]]:
    """Wait until every death was died and every delivery settled; what arrived how often, by point, and the deaths."""
    settled = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.UNKNOWN)
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        time.sleep(0.2)
        deaths = {path.name for path in folder.iterdir()} & (ALL | TURNING)
        with Session(engine) as session:
            done = session.scalar(select(func.count()).where(Delivery.state.in_(settled)))
        if deaths == ALL | TURNING and done == len(ALL):
            break
    with Session(engine) as session:
        points = {row.key: row.channel.name for row in session.scalars(select(Delivery))}
        states = Counter(session.scalars(select(Delivery.state)))
    assert states == {DeliveryState.DELIVERED: len(ALL)}, (folder / "log").read_text()[-3000:]
    arrived = Counter((folder / "tape").read_text().splitlines())
    arrived.update(path.stem for path in (folder / "home" / "posts").glob("*/*.json"))
    return Counter({points[key]: times for key, times in arrived.items()}), deaths


def run(folder: Path, database_url: str, broker_url: str, *flags: str) -> tuple[Counter[str], set[str]]:
    engine = connect(database_url)
    try:
        Base.metadata.create_all(engine)
        write_chapters(engine)
        with storm(folder, database_url, broker_url, *flags):
            return wait_for_deliveries(folder, engine)
    finally:
        engine.dispose()


def test_no_delivery_is_lost_or_doubled_when_killed_at_any_boundary(tmp_path: Path) -> None:
    arrived, deaths = run(tmp_path, f"sqlite:///{tmp_path / 'storm.db'}", "filesystem://")
    assert deaths == ALL | TURNING
    assert arrived == dict.fromkeys(ALL, 1)


def test_none_is_lost_or_doubled_with_postgresql_and_redis_either(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    arrived, deaths = run(tmp_path, postgres_url, redis_url)
    assert deaths == ALL | TURNING
    assert arrived == dict.fromkeys(ALL, 1)


def test_blind_retries_are_seen_to_duplicate_deliveries(tmp_path: Path) -> None:
    arrived, _ = run(tmp_path, f"sqlite:///{tmp_path / 'storm.db'}", "filesystem://", "--blind")
    doubled = {point for point, times in arrived.items() if times > 1}
    assert {"mid-transport", "sent, not recorded", "recorded, not committed"} <= doubled
