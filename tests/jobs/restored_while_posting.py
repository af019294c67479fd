"""A backup taken while workers post, die and post again, restored: nothing is posted until a person says so.

Run by ``make chaos`` alone.
"""

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.clock import utc_now
from directory.db import write_session
from directory.outbox.delivery import lift_stop
from directory.outbox.kill_switch import Stop
from tests.jobs.test_chaos import KINDS, arrivals, networks, wait_for_deliveries
from tests.jobs.test_crash import storm

POSTS, KILLS, PATIENCE = 2, 3, 15  # chapters before the backup, after it, and once it is restored; seconds


def copy_of(database: Path, to: Path) -> None:
    with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(to)) as kept:
        live.backup(kept)


def test_a_backup_of_a_busy_database_posts_nothing_until_a_person_says_so(tmp_path: Path) -> None:
    database, kept = tmp_path / "chaos.db", tmp_path / "kept.db"
    flags = "filesystem://", "--wild", str(KILLS)
    with networks(tmp_path, KINDS) as (engine, there, write):
        written: list[range] = []

        def busy(chapters: range) -> None:
            written.append(chapters)
            write(chapters)
            if len(written) == 2 and not kept.exists():
                copy_of(database, kept)  # while posts are on their way

        with storm(tmp_path, str(engine.url), *flags):
            wait_for_deliveries(tmp_path, engine, busy, len(KINDS), KILLS, POSTS)
        posted = arrivals(there)
        assert len(posted) >= (POSTS - 1) * KILLS * len(KINDS)
        engine.dispose()
        for path in tmp_path.glob("chaos.db*"):
            path.unlink()
        database.write_bytes(kept.read_bytes())
        (tmp_path / "kills").unlink()
        write(range(1000, 1000 + POSTS))
        with storm(tmp_path, str(engine.url), *flags):
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                time.sleep(0.5)
                assert arrivals(there) == posted
        with Session(engine) as session:
            assert session.scalars(select(Stop.reason)).all()
        with write_session(engine) as session:
            lift_stop(session, chapter=None, member=None, is_copy=True, now=utc_now())
        write(range(2000, 2000 + POSTS))
        (tmp_path / "kills").unlink()
        with storm(tmp_path, str(engine.url), *flags):
            end = time.monotonic() + 3 * PATIENCE
            while len(arrivals(there)) < len(posted) + POSTS * len(KINDS):
                assert time.monotonic() < end, (tmp_path / "log").read_text()[-2000:]
                time.sleep(0.5)
            time.sleep(5)
        after = arrivals(there)
    doubled, new = [key for key, times in after.items() if times > 1], len(after) - len(posted)
    sys.stdout.write(f"restored: posts before={len(posted)} while stopped=0 after={new} doubled={len(doubled)}\n")
    assert (doubled, new) == ([], POSTS * len(KINDS))  # what fell due while they were stopped is skipped
