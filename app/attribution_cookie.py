"""Where a browser came from: the post whose short link it followed last, until its person acts, at most thirty days.

Kept in the browser's own session and nowhere else; what is kept for good is the post, on the row that the act made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import session
from sqlalchemy import select

from app.db import db
from app.request_time import now
from directory.attribution_source import attributed_to
from directory.outbox.delivery import Delivery

NAME, LASTS = "came_from", timedelta(days=30)


def remember_click(delivery: Delivery) -> None:
    """The last click wins."""
    session[NAME] = [delivery.public_id, now().timestamp()]


@contextmanager
def credit_last_click() -> Iterator[None]:
    """What is done inside is credited to that post; when it is done, the click is used up."""
    code, at = session.get(NAME, ("", 0.0))
    is_recent = 0 <= now().timestamp() - at < LASTS.total_seconds()
    post = select(Delivery.id).where(Delivery.public_id == code)
    with attributed_to(db.session.scalar(post) if is_recent else None):
        yield
    session.pop(NAME, None)
