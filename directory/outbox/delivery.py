"""Deliveries: one message to one destination, written down before it is sent, at most once on its way."""

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
from directory.outbox.kill_switch import Stop, audit_object, increment_posting_counter, not_stopped
from directory.outbox.occurrence import CATCH_UP, Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.translation import gettext

MOST_TRIES = 8
DAILY_CAP = 3  # posts of one channel in a day: the last guard against a program that runs away
DAY = timedelta(days=1)


class DeliveryState(StrEnum):
    """Where a message is. ``unknown`` waits for a person: it may have arrived. So does ``by_hand``, to be posted."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BY_HAND = "by_hand"


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
    look_asked_at: Mapped[datetime | None]  # a person wants it looked up now, since nobody can tell
    looked_at: Mapped[datetime | None]
    found: Mapped[str] = mapped_column(String(300), default="")  # what that look said, in words

    channel: Mapped[Channel | None] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()


# Not while nobody has looked whether an account that was connected anew is the one that it was.
_IS_KNOWN = Channel.settings["before"].as_string().is_(None)
_KEPT = case((Delivery.channel_id.is_(None), b""), else_=Delivery.payload)  # what a settled row keeps


def due_deliveries(session: Session, *, now: datetime) -> list[Delivery]:
    """What waits and may go, its time come, the longest waiting first."""
    return list(session.scalars(select(Delivery).where(*_ready(now)).order_by(Delivery.due_at, Delivery.id)))


def next_fair_batch(session: Session, *, now: datetime, most: int) -> list[str]:
    """The public ids of what is to be tried next: of the kind of channel that the fewest are on their way to.

    So a network that does not answer holds up one worker, and not everybody else's posts; nor do many letters.
    """
    kind = func.coalesce(Channel.kind, case((Delivery.key.like("mail:prompt%"), "prompt"), else_="mail"))
    of_kind = select(kind, func.count()).select_from(Delivery).join(Delivery.channel, isouter=True)
    sending = of_kind.where(Delivery.state == DeliveryState.SENDING).group_by(kind)
    flights = dict(session.execute(sending).all()) or {"": 0}
    busy = case(flights, value=kind, else_=0)
    waiting = select(Delivery.public_id, busy).join(Delivery.channel, isouter=True).where(*_ready(now))
    first = session.execute(waiting.order_by(busy, Delivery.due_at, Delivery.id).limit(most)).all()
    return [public_id for public_id, many in first if many == first[0][1]]


def claim_delivery(
    session: Session, *, now: datetime, lease: timedelta, ids: Collection[str] | None = None
) -> Delivery | None:
    """Take one due delivery (of the public ``ids``, if given) for a try; nobody else gets it while it is under way.

    Commit before the transport is called: from then on the row says that the message may be on its way. A post that
    would be one too many for its channel's day is put off instead.
    """
    waiting = select(Delivery.id).where(*_ready(now))
    if ids is not None:
        waiting = waiting.where(Delivery.public_id.in_(ids))
    first = waiting.order_by(Delivery.due_at, Delivery.id).limit(1).with_for_update(skip_locked=True)
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
    others = (Delivery.channel_id == claimed.channel_id, Delivery.id != claimed.id, Delivery.started_at > now - DAY)
    if session.scalars(select(func.count()).where(*others)).one() < DAILY_CAP:
        return claimed
    release_unsent(
        session, delivery=claimed, at=now + timedelta(hours=1), reason=gettext("Enough was posted there today.")
    )
    return None


def _ready(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What may be tried now. Letters always; a post while its channel is open and nobody has stopped its chapter."""
    is_open = select(Channel.id).where(Channel.state == ChannelState.OPEN, _IS_KNOWN, not_stopped(Channel.chapter_id))
    may_go = or_(Delivery.channel_id.is_(None), Delivery.channel_id.in_(is_open))
    return Delivery.state == DeliveryState.PENDING, Delivery.due_at <= now, may_go


def release_unsent(session: Session, *, delivery: Delivery, at: datetime, reason: str = "") -> bool:
    """It was claimed and never sent: it waits as before, and the try does not count. False as in ``mark_failed``."""
    waits = {"state": DeliveryState.PENDING, "attempts": Delivery.attempts - 1, "started_at": None}
    return _end_try(session, delivery, due_at=at, reason=reason[:300], **waits)


def count_failed_attempt(session: Session, *, public_id: str, now: datetime) -> None:
    """Our own code failed before it was sent: put it behind the others, and end it after MOST_TRIES."""
    waiting = select(Delivery).where(Delivery.public_id == public_id, Delivery.state == DeliveryState.PENDING)
    row = session.scalars(waiting.with_for_update()).one_or_none()
    if row is not None:
        row.attempts, row.due_at = row.attempts + 1, now + timedelta(minutes=10)
        row.reason = gettext("It could not be made ready to send; who runs this installation finds why in its log.")
        if row.attempts >= MOST_TRIES:
            row.state, row.settled_at = DeliveryState.FAILED, now


def give_up_late(session: Session, *, now: datetime) -> None:
    """End the posts that nothing keeps back any more and whose time is long over."""
    late = select(Delivery.id).where(*_ready(now), Delivery.channel_id.is_not(None), Delivery.due_at <= now - CATCH_UP)
    _fail(session, late, gettext("It was too late when it could have been sent again."), now)


def lift_stop(
    session: Session, *, chapter: Chapter | None, member: Member | None, is_copy: bool = False, now: datetime
) -> None:
    """A person ends the chapter's stop, or the network's: what waited goes out now.

    ``member`` None is who runs the installation. ``is_copy``: the database is an older copy, and what was due until
    now may be out already; it is left out.
    """
    ended = session.scalars(select(Stop).where(Stop.chapter_id == (chapter.id if chapter else None))).all()
    for row in ended:
        session.delete(row)
    channels, turns = select(Channel.id), update(Occurrence)
    if chapter is not None:
        channels = channels.where(Channel.chapter_id == chapter.id)
        turns = turns.where(Occurrence.chapter_id == chapter.id)
    turns = turns.where(Occurrence.due_at <= now, Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    theirs = (Delivery.state == DeliveryState.PENDING, Delivery.channel_id.in_(channels), Delivery.due_at <= now)
    if is_copy:
        why = gettext("The database was put back from an older copy, and this may have been posted before.")
        session.execute(turns.values(skipped=why))
        _fail(session, select(Delivery.id).where(*theirs), why, now)
    elif ended:
        session.execute(turns.values(due_at=now))
        session.execute(update(Delivery).where(*theirs).values(due_at=now))
    action = "post.let_go_of_copy" if is_copy else "post.let_go"
    actor_id = member.id if member else None
    audit.record(session, actor_id=actor_id, action=action, object=audit_object(chapter), now=now)


def stuck_deliveries(session: Session, *, now: datetime) -> list[Delivery]:
    """What is still on its way after its lease and its kind's ``settle``: look whether it arrived before all else."""
    ended = case({kind.kind: now - kind.settle for kind in CHANNEL_KINDS}, value=Channel.kind, else_=now - SETTLE)
    late = (Delivery.state == DeliveryState.SENDING, Delivery.lease_until <= ended, _IS_KNOWN)
    rows = select(Delivery).join(Delivery.channel, isouter=True).where(*late)
    return list(session.scalars(rows.order_by(Delivery.lease_until, Delivery.id)))


def cap_leases(session: Session, *, lease: timedelta, now: datetime) -> None:
    """Let no try last beyond a whole ``lease`` from now: it was begun by a clock that was ahead and was set back."""
    ahead = (Delivery.state == DeliveryState.SENDING, Delivery.lease_until > now + lease)
    session.execute(update(Delivery).where(*ahead).values(started_at=now, lease_until=now + lease))


def defer_recheck(session: Session, *, delivery: Delivery, now: datetime) -> None:
    """It is looked for now; should nobody be able to tell yet, the next look is after all the others'."""
    delivery.lease_until = max(delivery.lease_until or now, now)


def mark_delivered(session: Session, *, delivery: Delivery, external_id: str, now: datetime) -> bool:
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


def mark_failed(session: Session, *, delivery: Delivery, reason: str, now: datetime) -> bool:
    """It was refused for good. False when another try has begun since."""
    return _end_try(session, delivery, state=DeliveryState.FAILED, settled_at=now, reason=reason[:300], payload=_KEPT)


def retry_later(session: Session, *, delivery: Delivery, at: datetime, reason: str, now: datetime) -> bool:
    """It was certainly not accepted: try again ``at`` a time, MOST_TRIES times in all. False as above."""
    if delivery.attempts >= MOST_TRIES:
        return mark_failed(session, delivery=delivery, reason=reason, now=now)
    return _end_try(session, delivery, state=DeliveryState.PENDING, due_at=at, reason=reason[:300])


def mark_unknown(session: Session, *, delivery: Delivery, reason: str, now: datetime) -> bool:
    """Nobody can tell whether it arrived: a person decides. False as above."""
    return _end_try(session, delivery, state=DeliveryState.UNKNOWN, settled_at=now, reason=reason[:300])


def resolve_unknown(session: Session, *, delivery: Delivery, has_arrived: bool, member: Member, now: datetime) -> None:
    """A person looked: it arrived, or it did not and is sent again. Raises Conflict when it is no longer unknown."""
    values = (
        {"state": DeliveryState.DELIVERED, "settled_at": now, "reason": ""}
        if has_arrived
        else {"state": DeliveryState.PENDING, "settled_at": None, "due_at": now}
    )
    if not has_arrived and delivery.channel is not None and delivery.channel.state is ChannelState.GONE:
        raise Conflict(gettext("Its channel was disconnected, so nothing can be sent; post it by hand and say so."))
    if not _move(session, delivery, (DeliveryState.UNKNOWN,), **values):
        raise Conflict(gettext("Somebody has decided this already; look at it again."))
    action = "delivery.arrived" if has_arrived else "delivery.resend"
    audit.record(session, actor_id=member.id, action=action, object=f"delivery {delivery.public_id}", now=now)


def mark_posted_by_hand(
    session: Session, *, delivery: Delivery, member: Member, now: datetime, is_so: bool = True
) -> None:
    """A person says that they posted it; not ``is_so`` takes that back. Raises Conflict when it was said before."""
    here, there = DeliveryState.BY_HAND, DeliveryState.DELIVERED
    by_hand = delivery.state is here or (delivery.external_id is None and delivery.attempts == 0)
    moved = by_hand and (
        _move(session, delivery, (here,), state=there, settled_at=now)
        if is_so
        else _move(session, delivery, (there,), state=here, settled_at=None)
    )
    if not moved:
        raise Conflict(gettext("Somebody has said this already; look at it again."))
    action = "delivery.by_hand" if is_so else "delivery.not_by_hand"
    audit.record(session, actor_id=member.id, action=action, object=f"delivery {delivery.public_id}", now=now)


def _fail(session: Session, which: Select[int], reason: str, now: datetime) -> None:
    values = {"state": DeliveryState.FAILED, "settled_at": now, "reason": reason}
    session.execute(update(Delivery).where(Delivery.id.in_(which)).values(**values))


def _end_try(session: Session, delivery: Delivery, **values: object) -> bool:
    """End the try that ``delivery`` stands for, unless it was ended, or a later one has begun."""
    return _move(session, delivery, (DeliveryState.SENDING,), delivery.attempts, lease_until=None, **values)


def _move(
    session: Session,
    delivery: Delivery,
    states: Collection[DeliveryState],
    of_try: int | None = None,
    **values: object,
) -> bool:
    change = update(Delivery).where(Delivery.id == delivery.id, Delivery.state.in_(states)).values(**values)
    if of_try is not None:
        change = change.where(Delivery.attempts == of_try)
    moved = session.scalars(
        change.returning(Delivery).execution_options(synchronize_session=False, populate_existing=True)
    )
    return moved.one_or_none() is not None
