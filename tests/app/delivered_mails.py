"""Mail in tests: delivers the pending rows of the outbox into the home, and reads the links in the mails."""

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.outbox.delivery import Delivery, DeliveryState
from directory.settings import Settings
from jobs.deliver import deliver_one


def delivered(engine: Engine, settings: Settings, now: datetime, to: str = "") -> list[EmailMessage]:
    """Deliver the pending rows of the outbox, or only those whose key ends with ``to``, and return their mails in
    the order of the rows."""
    with Session(engine) as session:
        pending = Delivery.state == DeliveryState.PENDING, Delivery.key.endswith(to)
        ids = session.scalars(select(Delivery.public_id).where(*pending).order_by(Delivery.id)).all()
    mails, folder = [], settings.home / "mail"
    for public_id in ids:
        before = set(folder.glob("*.eml"))
        deliver_one(engine, public_id, settings=settings, now=now)
        mails += [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in set(folder.glob("*.eml")) - before
        ]
    return mails


def link_in(mail: EmailMessage) -> str:
    """Return the path of the first link in the mail that stands on a line of its own."""
    return re.search(r"^  http://localhost(/\S+)\r?$", mail.get_content(), re.M)[1]
