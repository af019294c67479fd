"""Intake: reads clients' mails in the maildir ``intake`` under GOODWORD_HOME, as requests to a chapter."""

from datetime import datetime

from sqlalchemy import Engine

from directory.db import write_session
from directory.leads.request_mail import MAX_MAIL, take_mail
from directory.secrets import SecretBox
from directory.settings import Settings
from jobs.maildir import read_maildir


def read_requests(engine: Engine, *, settings: Settings, now: datetime, **_: object) -> int:
    """Make submissions of the new mails and return how many there were. Any other mail is kept for a person."""
    box = SecretBox(settings.encryption_keys)

    def take(content: bytes) -> bool:
        with write_session(engine) as session:
            own = settings.mail_from
            return take_mail(session, content=content, own_address=own, secrets=box, now=now).is_settled

    return read_maildir(settings.home / "intake", MAX_MAIL, take)
