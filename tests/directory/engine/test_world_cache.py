"""The cached World for pages with introduction paths: available at once, and not much older than the rows."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import bump_world, world_version, write_session
from directory.engine import world_cache
from directory.engine.world_cache import GOOD_FOR, known_world, recent_world


@pytest.mark.parametrize("large", [2_000, 0])
def test_recent_world_is_refreshed_after_half_a_minute(
    demo: Engine, now: datetime, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world_cache, "LARGE", large)
    with Session(demo) as session:
        first = known_world(session)
        assert recent_world(session, now=now).world.version == first.world.version
    with write_session(demo) as session:
        bump_world(session)
    with Session(demo) as session:
        assert recent_world(session, now=now + GOOD_FOR / 2) is first
        later, ends = now + 2 * GOOD_FOR, time.monotonic() + 10
        while recent_world(session, now=later) is first and time.monotonic() < ends:
            later += timedelta(seconds=1)
            time.sleep(0.02)
        assert recent_world(session, now=later).world.version == world_version(session)
    for thread in threading.enumerate():
        if thread.name == "refresh the world":
            thread.join()  # it reads in a session of its own, which must be closed before the database goes
