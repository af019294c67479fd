"""Bounces: reads the mails that came back into the maildir ``bounces`` under GOODWORD_HOME."""

from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Engine

from directory.db import write_session
from directory.outbox.mail_refusal import MAX_BOUNCE, record_bounce
from directory.settings import Settings

AT_ONCE = 200  # mails of one run

log = structlog.get_logger()


def read_bounces(engine: Engine, *, settings: Settings, now: datetime, **_: object) -> int:
    """Record the refusals among the new mails and return how many there were.

    A bounce that was recorded is deleted. Any other mail is moved to ``cur``, where a mail program shows it, since
    people answer to the sender's address too. Without the folder nothing happens.
    """
    recorded = 0
    folder = settings.home / "bounces"
    for path in sorted((folder / "new").glob("*"))[:AT_ONCE]:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BOUNCE)
            with write_session(engine) as session:
                is_recorded = record_bounce(session, content=content, now=now)
            _put_away(path, is_recorded)
            recorded += is_recorded
        except OSError as error:  # another worker was faster, or it may not be read
            log.warning("bounce_unread", error=type(error).__name__)
    return recorded


def _put_away(path: Path, is_recorded: bool) -> None:
    if is_recorded:
        path.unlink()
    else:
        (path.parents[1] / "cur").mkdir(exist_ok=True)
        path.rename(path.parents[1] / "cur" / f"{path.name}:2,")
