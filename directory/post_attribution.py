"""Attribution: a row records the post whose short link led to its creation, whichever verb creates it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

_delivery_id: ContextVar[int | None] = ContextVar("came_from", default=None)


class AttributedRow:
    """Mixin: ``came_from_id`` is the delivery of a post; None if no short link led to the row."""

    came_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id"), index=True, default=lambda: _delivery_id.get()
    )


@contextmanager
def attributed_to(delivery_id: int | None) -> Iterator[None]:
    """Attribute rows that are created and flushed in this context to the delivery; None attributes them to none."""
    token = _delivery_id.set(delivery_id)
    try:
        yield
    finally:
        _delivery_id.reset(token)
