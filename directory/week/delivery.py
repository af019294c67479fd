"""Deliveries: one message to one destination, written down before it is sent, at most once on its way."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.week.channel import Channel
from directory.week.occurrence import Occurrence


class DeliveryState(StrEnum):
    """Where a message is. ``unknown`` waits for a person: it may have arrived."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Delivery(PublicRow, Base):
    """A message. ``key`` is unique (``post:occurrence:channel``); ``payload`` are its frozen bytes."""

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_state_due_at", "state", "due_at"),)

    key: Mapped[str] = mapped_column(String(160), unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.PENDING)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]  # when the try now under way, or the last one, began
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(300), default="")

    channel: Mapped[Channel] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()
