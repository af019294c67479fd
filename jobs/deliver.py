"""Deliveries on their way: claim, commit, send, record. What was found half-done is looked up, never just repeated."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory import clock
from directory.db import writing
from directory.language import gettext
from directory.secrets import Secrets
from directory.settings import Settings
from directory.week import delivery as deliveries
from directory.week.channel import Channel, keep_secrets, secrets_of
from directory.week.delivery import Delivery
from jobs.channels import mail_transport, transport_of
from jobs.channels.transport import Account, Message, Transport, TransportError
from jobs.letters import mail_of
from jobs.worker import celery_app, engine, settings

LEASE = timedelta(seconds=60)  # longer than the worker lets a task run
SETTLE = timedelta(seconds=90)  # after the lease: whatever was still on its way has arrived by then, or never will
PATIENCE = timedelta(hours=1)  # so long a look-up that fails is tried again before a person is asked
EXPIRES = 60  # seconds, then a ring is dropped: the sweep has rung again
LONGEST_WAIT = timedelta(hours=2)  # between two tries

log = structlog.get_logger()


def deliver_one(engine: Engine, public_id: str, *, settings: Settings, now: datetime) -> bool:
    """Try a delivery that is due, unless somebody else has it. True when this try brought it there."""
    with writing(engine) as session:
        claimed = deliveries.claim(session, now=now, lease=LEASE, ids=[public_id])
        if claimed is None:
            return False
        transport = transport_for(engine, claimed, settings)
        payload = claimed.payload if claimed.channel else mail_of(session, claimed, settings=settings, now=now)
        if payload is None:
            gone = gettext("Its receiver has left the network.")
            deliveries.failed(session, delivery=claimed, reason=gone, now=now)
            return False
        session.expunge(claimed)  # as it is now, to name this try later on
    try:
        external_id = transport.send(Message(claimed.key, payload))
    except TransportError as error:
        log.warning("not_delivered", delivery=public_id, accepted=error.accepted, permanent=error.permanent)
        if error.accepted == "no":
            with writing(engine) as session:
                _record_refusal(session, claimed, error, now)
        return False  # What may have been accepted stays as it is, until ``settle`` looks.
    with writing(engine) as session:
        deliveries.delivered(session, delivery=claimed, external_id=external_id, now=now)
    log.info("delivered", delivery=public_id)
    return True


def settle(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Look up what a crash or a lost answer left half-done: it arrived, it is to be sent again, or nobody can tell."""
    with writing(engine) as session:
        late = [
            (row, transport_for(engine, row, settings)) for row in deliveries.stuck(session, now=now, settle=SETTLE)
        ]
        session.expunge_all()
    for row, transport in late:
        try:
            external_id = transport.find(Message(row.key, row.payload))
        except TransportError as error:
            if not error.permanent and row.started_at is not None and now - row.started_at < PATIENCE:
                continue
            with writing(engine) as session:
                deliveries.unknown(session, delivery=row, reason=str(error), now=now)
            log.warning("unknown", delivery=row.public_id)
            continue
        with writing(engine) as session:
            if external_id is not None:
                deliveries.delivered(session, delivery=row, external_id=external_id, now=now)
            else:
                lost = gettext("The last try was cut off before it arrived.")
                deliveries.retry_later(session, delivery=row, at=now, reason=lost, now=now)
        log.info("settled", delivery=row.public_id, has_arrived=external_id is not None)


def announce(engine: Engine, *, now: datetime) -> None:
    """Ring for each delivery that is due. Without a broker nothing is lost: the next minute rings again."""
    with Session(engine) as session:
        waiting = [row.public_id for row in deliveries.due(session, now=now)]
    try:
        for public_id in waiting:
            celery_app.send_task("jobs.deliver.deliver", (public_id,), expires=EXPIRES)
    except OperationalError:
        log.warning("no_broker", waiting=len(waiting))


def transport_for(engine: Engine, row: Delivery, settings: Settings) -> Transport:
    """What brings a delivery there, with the secrets of its channel as they are now."""
    if row.channel is None:
        return mail_transport(settings)
    return transport_of(row.channel.kind, account_of(engine, row.channel, settings))


def account_of(engine: Engine, channel: Channel, settings: Settings) -> Account:
    """A channel as its transport needs it, outside any transaction."""
    secrets, channel_id = Secrets(settings.encryption_keys), channel.id

    def renew(change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Mapping[str, str]:
        with writing(engine) as session:
            row = session.get_one(Channel, channel_id, with_for_update=True)
            renewed = change(secrets_of(row, secrets))
            keep_secrets(row, renewed, secrets)
        return renewed

    return Account(channel.public_id, channel.settings, secrets_of(channel, secrets), renew, settings)


def _record_refusal(session: Session, row: Delivery, error: TransportError, now: datetime) -> None:
    if error.permanent:
        deliveries.failed(session, delivery=row, reason=str(error), now=now)
    else:
        wait = min(timedelta(minutes=2**row.attempts), LONGEST_WAIT)
        deliveries.retry_later(session, delivery=row, at=error.retry_at or now + wait, reason=str(error), now=now)


def _deliver(public_id: str) -> None:
    deliver_one(engine(), public_id, settings=settings(), now=clock.utc_now())


def _sweep() -> None:
    now = clock.utc_now()
    settle(engine(), settings=settings(), now=now)
    announce(engine(), now=now)


deliver = celery_app.task(name="jobs.deliver.deliver")(_deliver)
sweep = celery_app.task(name="jobs.deliver.sweep")(_sweep)
