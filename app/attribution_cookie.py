"""Last-click attribution: the session cookie remembers the post whose short link the browser followed last.

The click is kept until the visitor acts, at most thirty days, and only in the browser's own session. What is stored
for good is the post, on the row that the act created.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import session
from sqlalchemy import select

from app.db import db
from app.request_time import now
from directory.outbox.delivery import Delivery
from directory.post_attribution import attributed_to

NAME, LIFETIME = "came_from", timedelta(days=30)


def remember_click(delivery: Delivery) -> None:
    """Remember a click on the link of this post, in place of an earlier click."""
    session[NAME] = [delivery.public_id, now().timestamp()]


@contextmanager
def credit_last_click() -> Iterator[None]:
    """Credit what happens in this block to the post of the last click, then forget the click.

    The click stays remembered if the block raises.
    """
    public_id, clicked_at = session.get(NAME, ("", 0.0))
    is_recent = 0 <= now().timestamp() - clicked_at < LIFETIME.total_seconds()
    delivery_id = select(Delivery.id).where(Delivery.public_id == public_id)
    with attributed_to(db.session.scalar(delivery_id) if is_recent else None):
        yield
    session.pop(NAME, None)
