"""Deliveries: the outbox table, one message to one destination a row, and its state machine."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, Select, String, case, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory import audit
from directory.db import Base, PublicRow
from directory.errors import Conflict
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.channel_kind import CHANNEL_KINDS, SETTLE
from directory.outbox.kill_switch import Stop, increment_posting_counter, not_stopped
from directory.outbox.occurrence import CATCH_UP, Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.translation import gettext

MAX_ATTEMPTS = 8
DAILY_CAP = 3  # posts of one channel in 24 hours: the last guard against a program out of control
DAY = timedelta(days=1)


class DeliveryState(StrEnum):
    """The state of a message. In ``unknown`` (it may have arrived) and ``by_hand`` it waits for a person."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BY_HAND = "by_hand"


class Delivery(PublicRow, Base):
    """A message with frozen ``payload``; ``key`` is ``post:occurrence:channel`` or ``mail:event:recipient``.

    Without a channel it is mail. Its payload names the letter and the recipient; the text is rendered anew for each
    attempt, since links are created then. The payload is emptied when the mail is settled.
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
    started_at: Mapped[datetime | None]  # when the current or last attempt began
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(300), default="")
    look_asked_at: Mapped[datetime | None]  # when a person requested a lookup
    looked_at: Mapped[datetime | None]
    found: Mapped[str] = mapped_column(String(300), default="")  # the result of the lookup, as a sentence

    channel: Mapped[Channel | None] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()


# False for a reconnected account that no check has shown to be the same one.
_IS_VERIFIED = Channel.settings["before"].as_string().is_(None)
_KEPT_PAYLOAD = case((Delivery.channel_id.is_(None), b""), else_=Delivery.payload)  # the payload after settling


def due_deliveries(session: Session, *, now: datetime) -> list[Delivery]:
    """Return the deliveries that may be sent now, longest due first."""
    return list(session.scalars(select(Delivery).where(*_is_ready(now)).order_by(Delivery.due_at, Delivery.id)))


def next_fair_batch(session: Session, *, now: datetime, limit: int) -> list[str]:
    """Return the public ids of up to ``limit`` due deliveries of the channel kinds with the fewest sends in flight.

    So a network that does not answer blocks one worker, and neither it nor a large mailing delays the other kinds.
    """
    kind = func.coalesce(Channel.kind, case((Delivery.key.like("mail:prompt%"), "prompt"), else_="mail"))
    of_kind = select(kind, func.count()).select_from(Delivery).join(Delivery.channel, isouter=True)
    sending = of_kind.where(Delivery.state == DeliveryState.SENDING).group_by(kind)
    in_flight = dict(session.execute(sending).all()) or {"": 0}
    load = case(in_flight, value=kind, else_=0)
    waiting = select(Delivery.public_id, load).join(Delivery.channel, isouter=True).where(*_is_ready(now))
    rows = session.execute(waiting.order_by(load, Delivery.due_at, Delivery.id).limit(limit)).all()
    return [public_id for public_id, row_load in rows if row_load == rows[0][1]]


def claim_delivery(
    session: Session, *, now: datetime, lease: timedelta, ids: Collection[str] | None = None
) -> Delivery | None:
    """Claim one due delivery (of the public ``ids``, if given) for an attempt, and lease it to the caller.

    Commit before calling the transport: from then on the row says that the message may be in flight. A post that would
    exceed its channel's DAILY_CAP is postponed by an hour instead. None if nothing was claimed.
    """
    ready = select(Delivery.id).where(*_is_ready(now))
    if ids is not None:
        ready = ready.where(Delivery.public_id.in_(ids))
    first = ready.order_by(Delivery.due_at, Delivery.id).limit(1).with_for_update(skip_locked=True)
    claimed = session.scalars(
        update(Delivery)
        .where(Delivery.id == first.scalar_subquery(), Delivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.SENDING, started_at=now, lease_until=now + lease, attempts=Delivery.attempts + 1)
        .returning(Delivery)
        .execution_options(populate_existing=True, synchronize_session=False)
    ).one_or_none()
    if claimed is None or claimed.channel_id is None:
        return claimed
    increment_posting_counter(session)
    recent = (Delivery.channel_id == claimed.channel_id, Delivery.id != claimed.id, Delivery.started_at > now - DAY)
    if session.scalars(select(func.count()).where(*recent)).one() < DAILY_CAP:
        return claimed
    release_unsent(
        session, delivery=claimed, at=now + timedelta(hours=1), reason=gettext("That is enough posts there for today.")
    )
    return None


def _is_ready(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for an attempt now. A post needs an open channel and no stop; mail needs neither."""
    is_open = select(Channel.id).where(
        Channel.state == ChannelState.OPEN, _IS_VERIFIED, not_stopped(Channel.chapter_id)
    )
    may_go = or_(Delivery.channel_id.is_(None), Delivery.channel_id.in_(is_open))
    return Delivery.state == DeliveryState.PENDING, Delivery.due_at <= now, may_go


def release_unsent(session: Session, *, delivery: Delivery, at: datetime, reason: str = "") -> bool:
    """Return a claimed delivery that was not sent to ``pending``, due ``at``; the attempt does not count.

    False as in ``mark_failed``.
    """
    values = {"state": DeliveryState.PENDING, "attempts": Delivery.attempts - 1, "started_at": None}
    return _end_attempt(session, delivery, due_at=at, reason=reason[:300], **values)


def count_failed_attempt(session: Session, *, public_id: str, now: datetime) -> None:
    """Count an attempt that our own code failed to prepare: retry in ten minutes, fail after MAX_ATTEMPTS."""
    pending = select(Delivery).where(Delivery.public_id == public_id, Delivery.state == DeliveryState.PENDING)
    row = session.scalars(pending.with_for_update()).one_or_none()
    if row is not None:
        row.attempts, row.due_at = row.attempts + 1, now + timedelta(minutes=10)
        row.reason = gettext("It could not be prepared for sending. Your site’s administrator can see why in the log.")
        if row.attempts >= MAX_ATTEMPTS:
            row.state, row.settled_at = DeliveryState.FAILED, now


def give_up_late(session: Session, *, now: datetime) -> None:
    """Fail the posts that are ready to be sent but were due more than CATCH_UP ago."""
    is_late = (Delivery.channel_id.is_not(None), Delivery.due_at <= now - CATCH_UP)
    late = select(Delivery.id).where(*_is_ready(now), *is_late)
    _fail(session, late, gettext("By the time it could be sent again, it was too late."), now)


def lift_stop(
    session: Session, *, chapter: Chapter | None, member: Member | None, is_copy: bool = False, now: datetime
) -> None:
    """Lift the stop of a chapter, or of the network for None; what was due meanwhile becomes due now.

    ``member`` None is the operator. ``is_copy``: the database is an older copy, so what was due until now may have been
    posted already; it is skipped.
    """
    stops = session.scalars(select(Stop).where(Stop.chapter_id == (chapter.id if chapter else None))).all()
    for row in stops:
        session.delete(row)
    channels, occurrences = select(Channel.id), update(Occurrence)
    if chapter is not None:
        channels = channels.where(Channel.chapter_id == chapter.id)
        occurrences = occurrences.where(Occurrence.chapter_id == chapter.id)
    is_missed = (Occurrence.due_at <= now, Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    occurrences = occurrences.where(*is_missed)
    pending = (Delivery.state == DeliveryState.PENDING, Delivery.channel_id.in_(channels), Delivery.due_at <= now)
    if is_copy:
        reason = gettext("The site was restored from a backup, and this may already have been posted.")
        session.execute(occurrences.values(skipped=reason))
        _fail(session, select(Delivery.id).where(*pending), reason, now)
    elif stops:
        session.execute(occurrences.values(due_at=now))
        session.execute(update(Delivery).where(*pending).values(due_at=now))
    action = "post.let_go_of_copy" if is_copy else "post.let_go"
    actor_id = member.id if member else None
    audit.record(session, actor_id=actor_id, action=action, object=chapter or "network", now=now)


def stuck_deliveries(session: Session, *, now: datetime) -> list[Delivery]:
    """Return deliveries in flight past their lease and their kind's ``settle``; look these up before all else."""
    lease_limit = case({kind.kind: now - kind.settle for kind in CHANNEL_KINDS}, value=Channel.kind, else_=now - SETTLE)
    conditions = (Delivery.state == DeliveryState.SENDING, Delivery.lease_until <= lease_limit, _IS_VERIFIED)
    rows = select(Delivery).join(Delivery.channel, isouter=True).where(*conditions)
    return list(session.scalars(rows.order_by(Delivery.lease_until, Delivery.id)))


def cap_leases(session: Session, *, lease: timedelta, now: datetime) -> None:
    """Shorten leases that end more than ``lease`` from now: they began under a clock that was ahead."""
    ahead = (Delivery.state == DeliveryState.SENDING, Delivery.lease_until > now + lease)
    session.execute(update(Delivery).where(*ahead).values(started_at=now, lease_until=now + lease))


def defer_recheck(session: Session, *, delivery: Delivery, now: datetime) -> None:
    """Move the delivery to the end of the lookup order, in case nobody can tell yet whether it arrived."""
    delivery.lease_until = max(delivery.lease_until or now, now)


def mark_delivered(session: Session, *, delivery: Delivery, external_id: str, now: datetime, note: str = "") -> bool:
    """Mark it as delivered under the network's ``external_id``, also from ``pending`` and ``unknown``.

    ``note`` says what a person should know of it. False if it is in any other state.
    """
    return _change_state(
        session,
        delivery,
        (DeliveryState.SENDING, DeliveryState.PENDING, DeliveryState.UNKNOWN),
        state=DeliveryState.DELIVERED,
        external_id=external_id[:200],
        settled_at=now,
        reason=note[:300],
        payload=_KEPT_PAYLOAD,
    )


def mark_failed(session: Session, *, delivery: Delivery, reason: str, now: datetime) -> bool:
    """Mark it as refused for good. False if the attempt has ended or a later one has begun."""
    return _end_attempt(
        session, delivery, state=DeliveryState.FAILED, settled_at=now, reason=reason[:300], payload=_KEPT_PAYLOAD
    )


def retry_later(session: Session, *, delivery: Delivery, at: datetime, reason: str, now: datetime) -> bool:
    """Retry at ``at``, since it was certainly not accepted; fail after MAX_ATTEMPTS. False as above."""
    if delivery.attempts >= MAX_ATTEMPTS:
        return mark_failed(session, delivery=delivery, reason=reason, now=now)
    return _end_attempt(session, delivery, state=DeliveryState.PENDING, due_at=at, reason=reason[:300])


def mark_unknown(session: Session, *, delivery: Delivery, reason: str, now: datetime) -> bool:
    """Mark it as unknown: it may have arrived, and a person must decide. False as above."""
    return _end_attempt(session, delivery, state=DeliveryState.UNKNOWN, settled_at=now, reason=reason[:300])


def resolve_unknown(session: Session, *, delivery: Delivery, has_arrived: bool, member: Member, now: datetime) -> None:
    """Settle an unknown delivery: it arrived, or it did not and is sent again.

    Raises Conflict if it is no longer unknown, or cannot be sent again because its channel is disconnected.
    """
    values = (
        {"state": DeliveryState.DELIVERED, "settled_at": now, "reason": ""}
        if has_arrived
        else {"state": DeliveryState.PENDING, "settled_at": None, "due_at": now}
    )
    if not has_arrived and delivery.channel is not None and delivery.channel.state is ChannelState.GONE:
        raise Conflict(gettext("Its channel was disconnected, so nothing can be sent. Post it by hand and say so."))
    if not _change_state(session, delivery, (DeliveryState.UNKNOWN,), **values):
        raise Conflict(gettext("Somebody has already decided this. Check it again."))
    action = "delivery.arrived" if has_arrived else "delivery.resend"
    audit.record(session, actor_id=member.id, action=action, object=delivery, now=now)


def mark_posted_by_hand(
    session: Session, *, delivery: Delivery, member: Member, now: datetime, is_so: bool = True
) -> None:
    """Mark it as posted by hand, or undo that (``is_so`` False). Raises Conflict if that was done before."""
    before, after = DeliveryState.BY_HAND, DeliveryState.DELIVERED
    is_by_hand = delivery.state is before or (delivery.external_id is None and delivery.attempts == 0)
    if not is_so:
        before, after = after, before
    settled_at = now if is_so else None
    if not (is_by_hand and _change_state(session, delivery, (before,), state=after, settled_at=settled_at)):
        raise Conflict(gettext("Somebody has already said this. Check it again."))
    action = "delivery.by_hand" if is_so else "delivery.not_by_hand"
    audit.record(session, actor_id=member.id, action=action, object=delivery, now=now)


def _fail(session: Session, ids: Select[int], reason: str, now: datetime) -> None:
    values = {"state": DeliveryState.FAILED, "settled_at": now, "reason": reason}
    session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(**values))


def _end_attempt(session: Session, delivery: Delivery, **values: object) -> bool:
    """End the attempt that ``delivery`` was loaded in, unless it was ended or a later one has begun."""
    return _change_state(session, delivery, (DeliveryState.SENDING,), delivery.attempts, lease_until=None, **values)


def _change_state(
    session: Session,
    delivery: Delivery,
    states: Collection[DeliveryState],
    attempt: int | None = None,
    **values: object,
) -> bool:
    change = update(Delivery).where(Delivery.id == delivery.id, Delivery.state.in_(states)).values(**values)
    if attempt is not None:
        change = change.where(Delivery.attempts == attempt)
    moved = session.scalars(
        change.returning(Delivery).execution_options(synchronize_session=False, populate_existing=True)
    )
    return moved.one_or_none() is not None
