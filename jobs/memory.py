"""What an installation remembers of its posting outside the database, so that an older copy of that is noticed.

``posting.json`` in GOODWORD_HOME keeps the database's name, how far its ledger was, and the machines that posted. What
nobody can notice: a copy of the database and of the home, put back together on the machine they came from.
"""

import fcntl
import json
import os
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import writing
from directory.language import gettext
from directory.week.stop import count_up, ledger, stop

MACHINE_ID = Path("/etc/machine-id")  # absent in many containers, which are one machine then

log = structlog.get_logger()


def remember(home: Path, identity: str, number: int, *, is_anew: bool = False) -> None:
    """Keep how far the ledger was, on disk before anything is posted; ``is_anew`` forgets another database."""
    with (home / "posting.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _kept(home)
        known = number if is_anew or kept is None else max(number, kept["number"])
        machines = sorted({_machine(), *(kept["machines"] if kept else ())})
        said = {"identity": identity, "number": known, "machines": machines}
        if said == kept:
            return
        draft = home / "posting.json.draft"
        with draft.open("w", encoding="ascii") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(home / "posting.json")


def guard(engine: Engine, home: Path, *, now: datetime) -> None:
    """Stop the network's posts where the database is not the one that this installation knew; once for each find."""
    kept = _kept(home)  # before the database is asked, which may go on counting meanwhile
    with Session(engine) as session:
        identity, number = ledger(session)
    why = _doubt(kept, identity, number)
    if why:
        with writing(engine) as session:
            stop(session, chapter=None, member=None, reason=why, now=now)
            count_up(session, to=kept["number"] if kept else 0)
            identity, number = ledger(session)
        log.warning("posts_stopped", reason=why)
    if number:
        remember(home, identity, number, is_anew=bool(why))


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
