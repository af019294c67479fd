"""Warming up: what changed is read again in the background, before anybody asks for it."""

import gc
from collections.abc import Iterator
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import bump_world, write_session
from directory.engine import warm_up, world_cache


@pytest.fixture(autouse=True)
def collected_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_change_is_read_before_anybody_asks(demo: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "EVERY", 0.01)
    is_ready, is_over = Event(), Event()
    warming = Thread(target=warm_up.keep_warm, args=(demo,), kwargs={"is_ready": is_ready, "is_over": is_over})
    warming.start()
    try:
        assert is_ready.wait(30)
        with write_session(demo) as session:
            bump_world(session)
        deadline = monotonic() + 30
        with Session(demo) as session:
            while world_cache._worlds.ready(session) is None:
                assert monotonic() < deadline
                session.rollback()
                sleep(0.01)
    finally:
        is_over.set()
        warming.join()
