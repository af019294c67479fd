"""Deliveries: one message to one destination, written down before it is sent, at most once on its way."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, case, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory import audit
from directory.db import Base, PublicRow
from directory.errors import Conflict
from directory.language import gettext
from directory.people.member import Member
from directory.week.channel import Channel
from directory.week.occurrence import Occurrence

MOST_TRIES = 8


class DeliveryState(StrEnum):
    """Where a message is. ``unknown`` waits for a person: it may have arrived."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Delivery(PublicRow, Base):
    """A message. ``key`` is unique (``post:occurrence:channel``, ``mail:event:recipient``).

    ``payload`` are its frozen bytes. Without a channel it is mail: the payload says which letter to whom, is put into
    words for each try, since links are made then, and is emptied when the letter is settled.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_state_due_at", "state", "due_at"),)

    key: Mapped[str] = mapped_column(String(160), unique=True)
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"), index=True)
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

    channel: Mapped[Channel | None] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()


_KEPT = case((Delivery.channel_id.is_(None), b""), else_=Delivery.payload)  # what a settled row keeps


def due(session: Session, *, now: datetime) -> list[Delivery]:
    """What waits and whose time has come, the longest waiting first."""
    waiting = select(Delivery).where(Delivery.state == DeliveryState.PENDING, Delivery.due_at <= now)
    return list(session.scalars(waiting.order_by(Delivery.due_at, Delivery.id)))


def claim(session: Session, *, now: datetime, lease: timedelta, ids: Collection[str] | None = None) -> Delivery | None:
    """Take one due delivery (of the public ``ids``, if given) for a try; nobody else gets it while it is under way.

    Commit before the transport is called: from then on the row says that the message may be on its way.
    """
    waiting = select(Delivery.id).where(Delivery.state == DeliveryState.PENDING, Delivery.due_at <= now)
    if ids is not None:
        waiting = waiting.where(Delivery.public_id.in_(ids))
    first = waiting.order_by(Delivery.due_at, Delivery.id).limit(1).with_for_update(skip_locked=True)
    return session.scalars(
        update(Delivery)
        .where(Delivery.id == first.scalar_subquery(), Delivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.SENDING, started_at=now, lease_until=now + lease, attempts=Delivery.attempts + 1)
        .returning(Delivery)
        .execution_options(populate_existing=True, synchronize_session=False)
    ).one_or_none()


def stuck(session: Session, *, now: datetime, settle: timedelta) -> list[Delivery]:
    """What is still on its way ``settle`` after its lease ran out: look whether it arrived before anything else."""
    late = select(Delivery).where(Delivery.state == DeliveryState.SENDING, Delivery.lease_until <= now - settle)
    return list(session.scalars(late.order_by(Delivery.lease_until, Delivery.id)))


def delivered(session: Session, *, delivery: Delivery, external_id: str, now: datetime) -> bool:
    """It arrived, and is known there as ``external_id``. True news even when the row has moved on; False if known."""
    return _move(
        session,
        delivery,
        (DeliveryState.SENDING, DeliveryState.PENDING, DeliveryState.UNKNOWN),
        state=DeliveryState.DELIVERED,
        external_id=external_id[:200],
        settled_at=now,
        reason="",
        payload=_KEPT,
    )


def failed(session: Session, *, delivery: Delivery, reason: str, now: datetime) -> bool:
    """It was refused for good. False when another try has begun since."""
    return _end_try(session, delivery, state=DeliveryState.FAILED, settled_at=now, reason=reason[:300], payload=_KEPT)


def retry_later(session: Session, *, delivery: Delivery, at: datetime, reason: str, now: datetime) -> bool:
    """It was certainly not accepted: try again ``at`` a time, MOST_TRIES times in all. False as above."""
    if delivery.attempts >= MOST_TRIES:
        return failed(session, delivery=delivery, reason=reason, now=now)
    return _end_try(session, delivery, state=DeliveryState.PENDING, due_at=at, reason=reason[:300])


def unknown(session: Session, *, delivery: Delivery, reason: str, now: datetime) -> bool:
    """Nobody can tell whether it arrived: a person decides. False as above."""
    return _end_try(session, delivery, state=DeliveryState.UNKNOWN, settled_at=now, reason=reason[:300])


def resolve_unknown(session: Session, *, delivery: Delivery, has_arrived: bool, member: Member, now: datetime) -> None:
    """A person looked: it arrived, or it did not and is sent again. Raises Conflict when it is no longer unknown."""
    values = (
        {"state": DeliveryState.DELIVERED, "settled_at": now, "reason": ""}
        if has_arrived
        else {"state": DeliveryState.PENDING, "settled_at": None, "due_at": now}
    )
    if not _move(session, delivery, (DeliveryState.UNKNOWN,), **values):
        raise Conflict(gettext("Somebody has decided this already; look at it again."))
    action = "delivery.arrived" if has_arrived else "delivery.resend"
    audit.record(session, actor_id=member.id, action=action, object=f"delivery {delivery.public_id}", now=now)


def _end_try(session: Session, delivery: Delivery, **values: object) -> bool:
    """End the try that ``delivery`` stands for, unless it was ended, or a later one has begun."""
    return _move(session, delivery, (DeliveryState.SENDING,), delivery.attempts, lease_until=None, **values)


def _move(
    session: Session,
    delivery: Delivery,
    states: Collection[DeliveryState],
    attempts: int | None = None,
    **values: object,
) -> bool:
    change = update(Delivery).where(Delivery.id == delivery.id, Delivery.state.in_(states)).values(**values)
    if attempts is not None:
        change = change.where(Delivery.attempts == attempts)
    moved = session.scalars(
        change.returning(Delivery).execution_options(synchronize_session=False, populate_existing=True)
    )
    return moved.one_or_none() is not None
