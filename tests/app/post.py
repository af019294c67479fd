"""The post of a test: what the outbox holds is delivered into the home, and its links are read there."""

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.outbox.delivery import Delivery, DeliveryState
from directory.settings import Settings
from jobs.deliver import deliver_one


def delivered(engine: Engine, settings: Settings, now: datetime) -> list[EmailMessage]:
    """Deliver what waits; those mails, in the order they were written."""
    with Session(engine) as session:
        waiting = select(Delivery.public_id).where(Delivery.state == DeliveryState.PENDING).order_by(Delivery.id)
        ids = session.scalars(waiting).all()
    mails, kept = [], settings.home / "mail"
    for public_id in ids:
        before = set(kept.glob("*.eml"))
        deliver_one(engine, public_id, settings=settings, now=now)
        mails += [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in set(kept.glob("*.eml")) - before
        ]
    return mails


def link_in(mail: EmailMessage) -> str:
    """The path of the one link that works once."""
    return re.search(r"^  http://localhost(/\S+)\r?$", mail.get_content(), re.M)[1]
