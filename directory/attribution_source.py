"""Where an act came from: the row that it makes names the post whose short link led there, whichever verb makes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

_delivery_id: ContextVar[int | None] = ContextVar("came_from", default=None)


class AttributedRow:
    """Mixin: ``came_from_id`` is a post's delivery, None where no link is known to have led here."""

    came_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id"), index=True, default=lambda: _delivery_id.get()
    )


@contextmanager
def attributed_to(delivery_id: int | None) -> Iterator[None]:
    """What is made and flushed inside came from that delivery."""
    token = _delivery_id.set(delivery_id)
    try:
        yield
    finally:
        _delivery_id.reset(token)
