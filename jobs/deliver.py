"""Send deliveries: claim, commit, send, record. An interrupted delivery is looked up, never just sent again."""

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
from directory.outbox import channel_lifecycle, mail_refusal
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
from jobs.channels.transport import Account, Message, PictureRefused, Transport, TransportError
from jobs.mail_rendering import mail_of, recipient_of
from jobs.restore_guard import remember_counter, stop_if_restored

LEASE = timedelta(seconds=60)  # longer than the worker lets a task run
LOOKUP_PERIOD = timedelta(hours=1)  # how long a failing look-up is retried before a person is asked
LOOKUP_FIRST_AFTER = timedelta(hours=1)  # a post this late may have been sent without this database knowing
MESSAGE_EXPIRY = 60  # seconds; by then the sweep has enqueued the job again
MAX_RETRY_WAIT = timedelta(hours=2)  # between two attempts
MAX_MESSAGES = 16  # enqueued at a time; one message is enough for many deliveries
TIME_BUDGET = timedelta(seconds=15)  # of one run; a last attempt begun in it ends before the worker's time limit

log = structlog.get_logger()


def deliver_one(engine: Engine, public_id: str, *, settings: Settings, now: datetime) -> bool:
    """Attempt a delivery that is due, unless another worker holds it. Return True if this attempt delivered it."""
    stop_if_restored(engine, settings.home, now=now)
    with write_session(engine) as session:
        claimed = deliveries.claim_delivery(session, now=now, lease=LEASE, ids=[public_id])
        if claimed is None:
            return False
        transport = transport_for(engine, claimed, settings)
        payload = claimed.payload if claimed.channel else mail_of(session, claimed, settings=settings, now=now)
        if payload is None:
            reason = gettext("Not needed any more: they have left, turned these emails off, or the week was skipped.")
            deliveries.mark_failed(session, delivery=claimed, reason=reason, now=now)
            return False
        if claimed.occurrence_id is not None and not is_still_agreed(session, claimed.occurrence_id, payload):
            reason = gettext("Somebody in it no longer agrees to it. Post it by hand, without them.")
            deliveries.mark_failed(session, delivery=claimed, reason=reason, now=now)
            return False
        chapter_id = claimed.channel.chapter_id if claimed.channel else None
        connected_at = claimed.channel.connected_at if claimed.channel else None
        counter = posting_counter(session)
        session.flush()
        session.expunge(claimed)  # its present state identifies this attempt later on
    if chapter_id is not None:
        remember_counter(settings.home, *counter)
        if _is_stopped_now(engine, claimed, chapter_id, now):
            return False
    message = Message(claimed.key, payload)
    try:
        is_late = chapter_id is not None and now - claimed.due_at > LOOKUP_FIRST_AFTER
        external_id, note = (_find_before_sending(transport, message) if is_late else None), ""
        if external_id is None:
            external_id, note = send(transport, message)
    except TransportError as error:
        log.warning("not_delivered", delivery=public_id, accepted=error.accepted, permanent=error.permanent)
        if error.accepted == "no" or error.is_revoked:
            with write_session(engine) as session:
                _record_refusal(session, claimed, connected_at, error, now)
        return False  # A delivery that may have been accepted stays as it is, until ``reconcile_stuck`` looks it up.
    with write_session(engine) as session:
        deliveries.mark_delivered(session, delivery=claimed, external_id=external_id, note=note, now=now)
    log.info("delivered", delivery=public_id)
    return True


def send(transport: Transport, message: Message) -> tuple[str, str]:
    """Send the message, its text alone if its picture is refused; return its external id and a note about that."""
    try:
        return transport.send(message), ""
    except PictureRefused as refused:
        note = gettext("It was posted without its picture. %(why)s", why=str(refused))
        return transport.send(message.without_picture()), note


def _is_stopped_now(engine: Engine, claimed: Delivery, chapter_id: int, now: datetime) -> bool:
    """Check a last time before sending; release the delivery, due as before, if posts were stopped since the claim."""
    with Session(engine) as session:
        if not is_stopped(session, chapter_id):
            return False
    with write_session(engine) as session:
        return deliveries.release_unsent(session, delivery=claimed, at=claimed.due_at)


def _find_before_sending(transport: Transport, message: Message) -> str | None:
    """Return the external id of the message if it arrived, None if it did not or the transport can never look it up.

    Raises TransportError, not permanent and certainly not accepted, if the account cannot be asked now.
    """
    try:
        return transport.find(message)
    except TransportError as error:
        if error.permanent and not error.is_revoked:
            return None  # No look-up can ever succeed, and nothing in the database says that it was sent.
        raise TransportError(
            str(error), permanent=False, accepted="no", retry_at=error.retry_at, is_revoked=error.is_revoked
        ) from None


def reconcile_stuck(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Look up deliveries that a crash or a lost answer interrupted; mark each as delivered, due again, or unknown.

    It stops after TIME_BUDGET, so that accounts that do not answer leave time for the others; those that did not
    answer come last next time.
    """
    until = monotonic() + TIME_BUDGET.total_seconds()
    with Session(engine) as session:
        ids = [row.id for row in deliveries.stuck_deliveries(session, now=now)]
    run_batch(ids, lambda row_id: _reconcile_one(engine, row_id, settings, now), failed="reconcile_failed", until=until)


def _reconcile_one(engine: Engine, row_id: int, settings: Settings, now: datetime) -> None:
    with write_session(engine) as session:
        row = session.get_one(Delivery, row_id)
        message, public_id, started_at = Message(row.key, row.payload), row.public_id, row.started_at or now
        deliveries.defer_recheck(session, delivery=row, now=now)
        transport = transport_for(engine, row, settings)
        session.flush()
        session.expunge(row)
    try:
        external_id = transport.find(message)
    except TransportError as error:
        if error.permanent or now - started_at >= LOOKUP_PERIOD:
            with write_session(engine) as session:
                deliveries.mark_unknown(session, delivery=row, reason=str(error), now=now)
            log.warning("delivery_unknown", delivery=public_id)
        return
    with write_session(engine) as session:
        if external_id is not None:
            deliveries.mark_delivered(session, delivery=row, external_id=external_id, now=now)
        else:
            reason = gettext("The last try was cut off before it went through.")
            deliveries.retry_later(session, delivery=row, at=now, reason=reason, now=now)
    log.info("reconciled", delivery=public_id, has_arrived=external_id is not None)


def announce(engine: Engine, *, now: datetime) -> None:
    """Enqueue ``deliver`` for what is due. Without a broker nothing is lost: the next sweep enqueues it again."""
    with Session(engine) as session:
        waiting = len(deliveries.next_fair_batch(session, now=now, limit=MAX_MESSAGES))
    try:
        for _ in range(waiting):
            enqueue(deliver, expires=MESSAGE_EXPIRY)
    except OperationalError:
        log.warning("no_broker", waiting=waiting)


def drain(engine: Engine, *, settings: Settings, utc_now: Callable[[], datetime]) -> None:
    """Deliver what is due, in fair order, until nothing is due or this run's TIME_BUDGET is spent."""
    end = utc_now() + TIME_BUDGET
    while (now := utc_now()) < end:
        with Session(engine) as session:
            waiting = deliveries.next_fair_batch(session, now=now, limit=MAX_MESSAGES)
        if not waiting:
            return
        public_id = waiting[os.getpid() % len(waiting)]  # by process, so that two processes seldom claim the same
        try:
            deliver_one(engine, public_id, settings=settings, now=now)
        except Exception as error:
            log.error("delivery_failed", delivery=public_id, error=type(error).__name__)
            with write_session(engine) as session:
                deliveries.count_failed_attempt(session, public_id=public_id, now=now)


def transport_for(engine: Engine, row: Delivery, settings: Settings) -> Transport:
    """Return the transport of a delivery, with its channel's secrets as they are stored now."""
    if row.channel is None:
        return mail_transport(settings)
    return transport_to(engine, row.channel, settings)


class UnreadableAccount:
    """The transport of an account whose secrets no encryption key of the installation opens. It sends nothing."""

    def send(self, *_: object) -> NoReturn:
        """Always raise TransportError as for a revoked account: it waits until a person connects it again."""
        reason = gettext("This site no longer has the key to this account’s passwords. Reconnect the account.")
        raise TransportError(reason, permanent=True, accepted="no", is_revoked=True)

    find = check = send


def transport_to(engine: Engine, channel: Channel, settings: Settings) -> Transport:
    """Return the transport of a channel, an UnreadableAccount if its secrets cannot be decrypted."""
    try:
        account = account_of(engine, channel, settings)
    except (InvalidToken, ValueError):
        return UnreadableAccount()
    return transport_of(channel.kind, account)


def account_of(engine: Engine, channel: Channel, settings: Settings) -> Account:
    """Return the account that a channel's transport uses, outside any transaction.

    Its ``renew`` locks the channel's row and commits in a transaction of its own.
    """
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
        if channel.connected_at == connected_at:  # else a person has reconnected it, and the error is out of date
            channel_lifecycle.mark_broken(session, channel, reason=str(error), now=now)
        if error.accepted == "no":  # it is sent once the account is reconnected
            deliveries.retry_later(session, delivery=row, at=now, reason=str(error), now=now)
    elif error.permanent or row.attempts >= deliveries.MAX_ATTEMPTS:
        if deliveries.mark_failed(session, delivery=row, reason=str(error), now=now) and error.refusal:
            _record_refused_recipient(session, row, error.refusal, now)
    else:
        wait = min(timedelta(minutes=2**row.attempts), MAX_RETRY_WAIT)
        requested = error.retry_at if error.retry_at is not None and error.retry_at > now else now + wait
        at = min(max(requested, now + wait / 60), now + CATCH_UP)  # not too soon; later is too late for the week
        deliveries.retry_later(session, delivery=row, at=at, reason=str(error), now=now)


def _record_refused_recipient(session: Session, row: Delivery, code: str, now: datetime) -> None:
    if row.channel_id is None and (sent := recipient_of(session, row)) is not None:
        mail_refusal.record_refusal(session, member=sent[0], address=sent[1], code=code, now=now)


def deliver(engine: Engine, *, settings: Settings, **_: object) -> None:
    """Deliver what is due: the job that ``announce`` enqueues."""
    drain(engine, settings=settings, utc_now=clock.utc_now)


def sweep(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Reconcile interrupted deliveries, cap leases, give up what is too late, and enqueue what is due."""
    stop_if_restored(engine, settings.home, now=now)
    reconcile_stuck(engine, settings=settings, now=now)
    with write_session(engine) as session:
        deliveries.cap_leases(session, lease=LEASE, now=now)
        deliveries.give_up_late(session, now=now)
    announce(engine, now=now)
