"""Values kept per database: built once per version, of a large one what was is served while a thread builds."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, active_count
from time import sleep

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory import versioned_cache
from directory.db import Base, bump_world, connect, world_version, write_session
from directory.versioned_cache import VersionedCache


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path}/cache.db")
    Base.metadata.create_all(engine)
    change(engine)
    yield engine
    engine.dispose()


def change(engine: Engine) -> None:
    with write_session(engine) as session:
        bump_world(session)


class Counter:
    """A cache of the version, and how often it was built; a build waits for ``may_go_on``."""

    def __init__(self, size: int = versioned_cache.LARGE) -> None:
        self.builds, self.may_go_on = 0, Event()
        self.may_go_on.set()
        self.cache = VersionedCache(self.build, size=lambda _value: size)

    def build(self, session: Session, before: int | None) -> int:
        self.builds += 1
        assert self.may_go_on.wait(10)
        return world_version(session)


def test_it_is_built_once_per_version_by_one_of_many_threads(engine: Engine) -> None:
    counter = Counter()

    def ask(_number: int) -> int:
        with Session(engine) as session:
            return counter.cache.current(session)

    with ThreadPoolExecutor(8) as threads:
        first = set(threads.map(ask, range(50)))
        change(engine)
        second = set(threads.map(ask, range(50)))
    assert (counter.builds, len(first), len(second)) == (2, 1, 1)
    assert first != second


def test_what_a_session_wrote_itself_is_seen_and_lost_with_its_transaction(engine: Engine) -> None:
    counter = Counter()
    with Session(engine) as session:
        first = counter.cache.current(session)
        bump_world(session)
        assert counter.cache.current(session) == world_version(session) != first
        session.rollback()
        assert counter.cache.current(session) == first


@pytest.mark.parametrize("size", [versioned_cache.LARGE - 1, versioned_cache.LARGE])
def test_of_a_large_value_the_one_before_is_served_while_one_thread_builds(engine: Engine, size: int) -> None:
    counter = Counter(size)
    with Session(engine) as session:
        first = counter.cache.recent(session)
        session.rollback()
        counter.cache._of(session).rests_until = 0.0
        change(engine)
        if size < versioned_cache.LARGE:
            assert counter.cache.recent(session) == world_version(session) != first
            return
        counter.may_go_on.clear()
        assert [counter.cache.recent(session) for _ in range(5)] == [first] * 5
        assert counter.cache.ready(session) is None
        counter.may_go_on.set()
        while counter.cache.recent(session) == first:
            sleep(0.001)
        assert counter.cache.recent(session) == counter.cache.ready(session) == world_version(session)
    assert counter.builds == 2


def test_builds_in_the_background_rest_in_between(engine: Engine) -> None:
    counter = Counter()
    with Session(engine) as session:
        first = counter.cache.current(session)
        session.rollback()
        kept = counter.cache._of(session)
        kept.rests_until += 100.0
        change(engine)
        assert counter.cache.recent(session) == first
        kept.checked_at -= versioned_cache.MAX_AGE + 1  # but nobody is served what is too old
        assert counter.cache.recent(session) == world_version(session) != first
    assert counter.builds == 2


def test_no_thread_and_no_connection_outlives_its_engine(tmp_path: Path) -> None:
    engine, counter, threads = connect(f"sqlite:///{tmp_path}/other.db"), Counter(), active_count()
    Base.metadata.create_all(engine)
    change(engine)
    with Session(engine) as session:
        counter.cache.current(session)
        session.rollback()
        counter.cache._of(session).rests_until = 0.0
        change(engine)
        counter.cache.recent(session)
    engine.dispose()
    assert active_count() == threads
    assert counter.builds == 2
    del engine, session
    gc.collect()  # an open connection would be a warning, which is an error here
    assert not [*counter.cache._kept]
