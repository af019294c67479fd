"""Bounces: reads the mails that came back into the maildir ``bounces`` under GOODWORD_HOME."""

from datetime import datetime

from sqlalchemy import Engine

from directory.db import write_session
from directory.outbox.mail_refusal import MAX_BOUNCE, record_bounce
from directory.settings import Settings
from jobs.maildir import read_maildir


def read_bounces(engine: Engine, *, settings: Settings, now: datetime, **_: object) -> int:
    """Record the refusals among the new mails and return how many there were. Any other mail is kept, since people
    answer to the sender's address too."""

    def take(content: bytes) -> bool:
        with write_session(engine) as session:
            return record_bounce(session, content=content, now=now)

    return read_maildir(settings.home / "bounces", MAX_BOUNCE, take)
