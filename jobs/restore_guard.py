"""What an installation remembers of its posting outside the database, so that an older copy of that is noticed.

``posting.json`` in GOODWORD_HOME keeps the database's name, how far its ledger was, and the machines that posted. What
nobody can notice: a copy of the database and of the home, put back together on the machine they came from.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.kill_switch import increment_posting_counter, posting_counter, stop
from directory.translation import gettext

MACHINE_ID = Path("/etc/machine-id")  # absent in many containers, which are one machine then

log = structlog.get_logger()


def remember_counter(home: Path, identity: str, number: int) -> None:
    """Keep how far the ledger was, on disk before anything is posted."""
    with _locked(home):
        kept = _kept(home)
        _write(home, identity, max(number, kept["number"] if kept else 0))


def stop_if_restored(engine: Engine, home: Path, *, now: datetime) -> None:
    """Stop the network's posts where the database is not the one that this installation knew; once for each find."""
    kept = _kept(home)  # before the database is asked, which may go on counting meanwhile
    with Session(engine) as session:
        identity, number = posting_counter(session)
    if kept is not None and not _doubt(kept, identity, number):
        if number > kept["number"]:  # other machines post too
            remember_counter(home, identity, number)
        return
    with _locked(home):  # Others begin at the same moment: only the first makes the memory, or doubts.
        kept = _kept(home)
        with write_session(engine) as session:
            if why := _doubt(kept, *posting_counter(session)):
                stop(session, chapter=None, member=None, reason=why, now=now)
                log.warning("posts_stopped", reason=why)
            if why or kept is None:
                increment_posting_counter(session, to=kept["number"] if kept else 0)
            found = posting_counter(session)
        if why or kept is None:
            _write(home, *found)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / "posting.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(home: Path, identity: str, number: int) -> None:
    """Put it in place of what is kept, as a whole."""
    kept = _kept(home)
    machines = sorted({_machine(), *(kept["machines"] if kept else ())})
    draft = home / "posting.json.draft"
    with draft.open("w", encoding="ascii") as file:
        json.dump({"identity": identity, "number": number, "machines": machines}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(home / "posting.json")


def _doubt(kept: dict[str, Any] | None, identity: str, number: int) -> str:
    """Why the database may be an older copy, or a copy's twin, in words; nothing where it is what it should be."""
    if kept is None:
        return gettext("The database has posted before, and this installation knows nothing of it.") if number else ""
    if kept["identity"] != identity:
        return gettext("The database is not the one that this installation posted from.")
    if kept["number"] > number:
        return gettext("The database is older than what was posted last: it was put back from a copy.")
    if _machine() not in kept["machines"]:
        return gettext("This installation was moved or copied to another machine, which never posted.")
    return ""


def _kept(home: Path) -> dict[str, Any] | None:
    with suppress(FileNotFoundError):
        kept: dict[str, Any] = json.loads((home / "posting.json").read_text(encoding="ascii"))
        return kept
    return None


def _machine() -> str:
    with suppress(OSError):
        return sha256(MACHINE_ID.read_bytes()).hexdigest()[:16]
    return ""
