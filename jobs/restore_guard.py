"""The restore guard: stop all posts when the database is an older copy or another one than last posted from.

``posting.json`` in GOODWORD_HOME keeps the database's identity, its posting counter, and the machines that posted. One
case cannot be detected: a copy of both the database and the home, restored together on the machine they came from.
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

MACHINE_ID = Path("/etc/machine-id")  # absent in many containers, which then count as one machine

log = structlog.get_logger()


def remember_counter(home: Path, identity: str, number: int) -> None:
    """Store the posting counter on disk, before anything is posted. The stored number never decreases."""
    with _locked(home):
        stored = _read(home)
        _write(home, identity, max(number, stored["number"] if stored else 0))


def stop_if_restored(engine: Engine, home: Path, *, now: datetime) -> None:
    """Stop the network's posts if the database is not the one that this installation last posted from.

    Each mismatch stops them once: afterwards the database found is the one remembered.
    """
    stored = _read(home)  # read before the database, whose counter may increase meanwhile
    with Session(engine) as session:
        identity, number = posting_counter(session)
    if stored is not None and not _mismatch(stored, identity, number):
        if number > stored["number"]:  # another machine has posted
            remember_counter(home, identity, number)
        return
    with _locked(home):  # Several workers may start at once: only the first writes the file or stops the posts.
        stored = _read(home)
        with write_session(engine) as session:
            if mismatch := _mismatch(stored, *posting_counter(session)):
                stop(session, chapter=None, member=None, reason=mismatch, now=now)
                log.warning("posts_stopped", reason=mismatch)
            if mismatch or stored is None:
                increment_posting_counter(session, to=stored["number"] if stored else 0)
            counter = posting_counter(session)
        if mismatch or stored is None:
            _write(home, *counter)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / "posting.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(home: Path, identity: str, number: int) -> None:
    """Replace ``posting.json`` atomically, with this machine added."""
    stored = _read(home)
    machines = sorted({_machine_id(), *(stored["machines"] if stored else ())})
    draft = home / "posting.json.draft"
    with draft.open("w", encoding="ascii") as file:
        json.dump({"identity": identity, "number": number, "machines": machines}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(home / "posting.json")


def _mismatch(stored: dict[str, Any] | None, identity: str, number: int) -> str:
    """Return a sentence on why the database may be an older copy or a duplicate, "" if it is the expected one."""
    if stored is None:
        return gettext("The database has posted before, but this site has no record of it.") if number else ""
    if stored["identity"] != identity:
        return gettext("The database is not the one this site posted from.")
    if stored["number"] > number:
        return gettext("The database is older than the last post: it was restored from a backup.")
    if _machine_id() not in stored["machines"]:
        return gettext("This site was moved or copied to another machine, which never posted.")
    return ""


def _read(home: Path) -> dict[str, Any] | None:
    with suppress(FileNotFoundError):
        stored: dict[str, Any] = json.loads((home / "posting.json").read_text(encoding="ascii"))
        return stored
    return None


def _machine_id() -> str:
    with suppress(OSError):
        return sha256(MACHINE_ID.read_bytes()).hexdigest()[:16]
    return ""
