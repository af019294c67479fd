"""Where an act came from: the row that it makes names the post whose short link led there, whichever verb makes it."""

from contextvars import ContextVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

came_from: ContextVar[int | None] = ContextVar("came_from", default=None)  # the id of that post's delivery


class CameFrom:
    """Mixin: what is made and flushed while ``came_from`` is set; None where no link is known to have led here."""

    came_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id"), index=True, default=lambda: came_from.get()
    )
