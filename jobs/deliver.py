"""Deliveries on their way: claim, commit, send, record. What was found half-done is looked up, never just repeated."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import NoReturn

import structlog
from cryptography.fernet import InvalidToken
from kombu.exceptions import OperationalError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory import clock
from directory.db import write_session
from directory.outbox import channel_connection
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel, secrets_of, store_secrets
from directory.outbox.delivery import Delivery
from directory.outbox.kill_switch import is_stopped, posting_counter
from directory.outbox.occurrence import CATCH_UP
from directory.secrets import SecretBox
from directory.settings import Settings
from directory.translation import gettext
from directory.week.post_archive import is_still_agreed
from jobs.batch import run_batch
from jobs.broker import enqueue
from jobs.channels import mail_transport, transport_of
from jobs.channels.transport import Account, Message, Transport, TransportError
from jobs.mail_rendering import mail_of
from jobs.restore_guard import remember_counter, stop_if_restored

LEASE = timedelta(seconds=60)  # longer than the worker lets a task run
PATIENCE = timedelta(hours=1)  # so long a look-up that fails is tried again before a person is asked
SILENCE = timedelta(hours=1)  # what waited longer may be there by a way this database does not know: look first
EXPIRES = 60  # seconds, then a ring is dropped: the sweep has rung again
LONGEST_WAIT = timedelta(hours=2)  # between two tries
RINGS = 16  # at most, each time: one ring is enough for many deliveries
SHIFT = timedelta(seconds=15)  # so long one ring goes on with what is due; with a last try still within its time

log = structlog.get_logger()


def deliver_one(engine: Engine, public_id: str, *, settings: Settings, now: datetime) -> bool:
    """Try a delivery that is due, unless somebody else has it. True when this try brought it there."""
    stop_if_restored(engine, settings.home, now=now)
    with write_session(engine) as session:
        claimed = deliveries.claim_delivery(session, now=now, lease=LEASE, ids=[public_id])
        if claimed is None:
            return False
        transport = transport_for(engine, claimed, settings)
        payload = claimed.payload if claimed.channel else mail_of(session, claimed, settings=settings, now=now)
        if payload is None:
            gone = gettext("Nobody wants it any more: they have left, get no such letters, or the week was left out.")
            deliveries.mark_failed(session, delivery=claimed, reason=gone, now=now)
            return False
        if claimed.occurrence_id is not None and not is_still_agreed(session, claimed.occurrence_id, payload):
            unwilling = gettext("Somebody in it no longer agrees to it. Post it by hand, without them.")
            deliveries.mark_failed(session, delivery=claimed, reason=unwilling, now=now)
            return False
        chapter_id = claimed.channel.chapter_id if claimed.channel else None
        connected_at = claimed.channel.connected_at if claimed.channel else None
        known = posting_counter(session)
        session.flush()
        session.expunge(claimed)  # as it is now, to name this try later on
    if chapter_id is not None:
        remember_counter(settings.home, *known)
        if _is_stopped_now(engine, claimed, chapter_id, now):
            return False
    message = Message(claimed.key, payload)
    try:
        was_silent = chapter_id is not None and now - claimed.due_at > SILENCE
        external_id = (_looked_up(transport, message) if was_silent else None) or transport.send(message)
    except TransportError as error:
        log.warning("not_delivered", delivery=public_id, accepted=error.accepted, permanent=error.permanent)
        if error.accepted == "no" or error.is_revoked:
            with write_session(engine) as session:
                _record_refusal(session, claimed, connected_at, error, now)
        return False  # What may have been accepted stays as it is, until ``reconcile_stuck`` looks.
    with write_session(engine) as session:
        deliveries.mark_delivered(session, delivery=claimed, external_id=external_id, now=now)
    log.info("delivered", delivery=public_id)
    return True


def _is_stopped_now(engine: Engine, claimed: Delivery, chapter_id: int, now: datetime) -> bool:
    """Look a last time before the call; what was stopped since it was claimed waits as before."""
    with Session(engine) as session:
        if not is_stopped(session, chapter_id):
            return False
    with write_session(engine) as session:
        return deliveries.release_unsent(session, delivery=claimed, at=claimed.due_at)


def _looked_up(transport: Transport, message: Message) -> str | None:
    """The id of what arrived, as far as can be told; an account that cannot be asked at the moment is asked later."""
    try:
        return transport.find(message)
    except TransportError as error:
        if error.permanent and not error.is_revoked:
            return None  # Nobody can ever look there, and nothing here says that it was sent.
        raise TransportError(
            str(error), permanent=False, accepted="no", retry_at=error.retry_at, is_revoked=error.is_revoked
        ) from None


def reconcile_stuck(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Look up what a crash or a lost answer left half-done: it arrived, it is to be sent again, or nobody can tell.

    It ends with its shift, so that accounts that do not answer leave time for the others; they come last next time.
    """
    until = monotonic() + SHIFT.total_seconds()
    with Session(engine) as session:
        ids = [row.id for row in deliveries.stuck_deliveries(session, now=now)]
    run_batch(ids, lambda each: _settle_one(engine, each, settings, now), failed="settling_failed", until=until)


def _settle_one(engine: Engine, row_id: int, settings: Settings, now: datetime) -> None:
    with write_session(engine) as session:
        row = session.get_one(Delivery, row_id)
        message, public_id, began = Message(row.key, row.payload), row.public_id, row.started_at or now
        deliveries.defer_recheck(session, delivery=row, now=now)
        transport = transport_for(engine, row, settings)
        session.flush()
        session.expunge(row)
    try:
        external_id = transport.find(message)
    except TransportError as error:
        if error.permanent or now - began >= PATIENCE:
            with write_session(engine) as session:
                deliveries.mark_unknown(session, delivery=row, reason=str(error), now=now)
            log.warning("unknown", delivery=public_id)
        return
    with write_session(engine) as session:
        if external_id is not None:
            deliveries.mark_delivered(session, delivery=row, external_id=external_id, now=now)
        else:
            lost = gettext("The last try was cut off before it arrived.")
            deliveries.retry_later(session, delivery=row, at=now, reason=lost, now=now)
    log.info("settled", delivery=public_id, has_arrived=external_id is not None)


def announce(engine: Engine, *, now: datetime) -> None:
    """Ring for what is due. Without a broker nothing is lost: the next sweep rings again."""
    with Session(engine) as session:
        waiting = len(deliveries.next_fair_batch(session, now=now, limit=RINGS))
    try:
        for _ in range(waiting):
            enqueue(deliver, expires=EXPIRES)
    except OperationalError:
        log.warning("no_broker", waiting=waiting)


def drain(engine: Engine, *, settings: Settings, utc_now: Callable[[], datetime]) -> None:
    """Deliver what is due, the fairest first, until nothing is or this hand's shift is over."""
    end = utc_now() + SHIFT
    while (now := utc_now()) < end:
        with Session(engine) as session:
            waiting = deliveries.next_fair_batch(session, now=now, limit=RINGS)
        if not waiting:
            return
        public_id = waiting[os.getpid() % len(waiting)]  # by process, so that two seldom want the same
        try:
            deliver_one(engine, public_id, settings=settings, now=now)
        except Exception as error:
            log.error("stumbled", delivery=public_id, error=type(error).__name__)
            with write_session(engine) as session:
                deliveries.count_failed_attempt(session, public_id=public_id, now=now)


def transport_for(engine: Engine, row: Delivery, settings: Settings) -> Transport:
    """What brings a delivery there, with the secrets of its channel as they are now."""
    if row.channel is None:
        return mail_transport(settings)
    return transport_to(engine, row.channel, settings)


class Locked:
    """The transport of an account whose secrets no key of the installation opens: it says so, and does nothing."""

    def send(self, *_: object) -> NoReturn:
        """Always TransportError: the account waits for a person, as one does that lets us in no more."""
        shut = gettext("This installation no longer has the key to this account’s secrets. Connect the account again.")
        raise TransportError(shut, permanent=True, accepted="no", is_revoked=True)

    find = check = send


def transport_to(engine: Engine, channel: Channel, settings: Settings) -> Transport:
    """What brings messages to a channel."""
    try:
        account = account_of(engine, channel, settings)
    except (InvalidToken, ValueError):
        return Locked()
    return transport_of(channel.kind, account)


def account_of(engine: Engine, channel: Channel, settings: Settings) -> Account:
    """A channel as its transport needs it, outside any transaction."""
    secrets, channel_id = SecretBox(settings.encryption_keys), channel.id

    def renew(change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
        with write_session(engine) as session:
            row = session.get_one(Channel, channel_id, with_for_update=True)
            renewed = change(secrets_of(row, secrets))
            store_secrets(row, renewed, secrets)
        return renewed

    return Account(channel.public_id, channel.settings, secrets_of(channel, secrets), renew, settings)


def _record_refusal(
    session: Session, row: Delivery, connected_at: datetime | None, error: TransportError, now: datetime
) -> None:
    if error.is_revoked and row.channel_id is not None:
        channel = session.get_one(Channel, row.channel_id)
        if channel.connected_at == connected_at:  # else a person connected it anew meanwhile, and this is old news
            channel_connection.mark_broken(session, channel, reason=str(error), now=now)
        if error.accepted == "no":
            deliveries.retry_later(session, delivery=row, at=now, reason=str(error), now=now)  # once it is connected
    elif error.permanent:
        deliveries.mark_failed(session, delivery=row, reason=str(error), now=now)
    else:
        wait = min(timedelta(minutes=2**row.attempts), LONGEST_WAIT)
        asked = error.retry_at if error.retry_at is not None and error.retry_at > now else now + wait
        at = min(max(asked, now + wait / 60), now + CATCH_UP)  # no try in vain; later is too late for the week
        deliveries.retry_later(session, delivery=row, at=at, reason=str(error), now=now)


def deliver(engine: Engine, *, settings: Settings, **_: object) -> None:
    """What ``announce`` asks for."""
    drain(engine, settings=settings, utc_now=clock.utc_now)


def sweep(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Settle what was left half-done, give up what is too late, and ask for what is due."""
    stop_if_restored(engine, settings.home, now=now)
    reconcile_stuck(engine, settings=settings, now=now)
    with write_session(engine) as session:
        deliveries.cap_leases(session, lease=LEASE, now=now)
        deliveries.give_up_late(session, now=now)
    announce(engine, now=now)
