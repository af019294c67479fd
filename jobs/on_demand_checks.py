"""Checks that pages request: a row asks for an account or a delivery, the worker looks it up and stores the answer."""

from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox import channel_lifecycle
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import Delivery, DeliveryState
from directory.settings import Settings
from directory.translation import gettext as _
from jobs.batch import run_batch
from jobs.channels.transport import Message, Revocable, Transport, TransportError
from jobs.deliver import transport_for, transport_to

LIMIT = 4  # checks in one run of the job, since a network may answer each of them late

log = structlog.get_logger()


def check_one(engine: Engine, channel_id: int, *, settings: Settings, now: datetime) -> bool:
    """Check whether the account accepts our credentials, and store the result; return whether it does.

    Return False, without a check, for a channel that is broken or gone; a gone one has its permission revoked.
    """
    with Session(engine) as session:
        channel = session.get_one(Channel, channel_id)
        if channel.state is ChannelState.BROKEN:
            return False
        is_gone, connected_at = channel.state is ChannelState.GONE, channel.connected_at
        transport = transport_to(engine, channel, settings)
    if is_gone:
        _revoke(engine, channel_id, transport)
        return False
    failure = None
    try:
        result = transport.check()
    except TransportError as error:
        failure = error
    with write_session(engine) as session:
        channel = session.get_one(Channel, channel_id, with_for_update=True)
        if channel.connected_at != connected_at:
            return False  # Somebody has reconnected it meanwhile, which requests a check of its own.
        if failure is None and (message := channel_lifecycle.wrong_account_message(channel, result.name)):
            failure = TransportError(message, permanent=True, accepted="no", is_revoked=True)
            channel_lifecycle.mark_sending_unknown(session, channel=channel, now=now)
        if failure is None:
            channel_lifecycle.record_check(channel, name=result.name, limit=result.limit, now=now)
            return True
        channel_lifecycle.record_check(channel, error=str(failure), now=now)
        if failure.is_revoked:
            session.flush()
            channel_lifecycle.mark_broken(session, channel, reason=str(failure), now=now)
    log.warning("account_check_failed", channel=channel_id, is_revoked=failure.is_revoked)
    return False


def _revoke(engine: Engine, channel_id: int, transport: Transport) -> None:
    """Ask the network to revoke our permission, and wipe the secrets whatever it answers."""
    try:
        if isinstance(transport, Revocable):
            transport.revoke()
    except TransportError:
        log.warning("permission_not_revoked", channel=channel_id)
    with write_session(engine) as session:
        session.get_one(Channel, channel_id).sealed = ""


def look_one(engine: Engine, delivery_id: int, *, settings: Settings, now: datetime) -> None:
    """Look up whether a delivery in state UNKNOWN arrived. If it is found, it is marked as delivered."""
    with Session(engine) as session:
        row = session.get_one(Delivery, delivery_id)
        message, transport = Message(row.key, row.payload), transport_for(engine, row, settings)
        is_same_account = row.channel is None or "before" not in row.channel.settings
    external_id = None
    try:
        external_id = transport.find(message) if is_same_account else None
        finding = _("It is not there.") if is_same_account else _("The account it was sent from is not connected.")
    except TransportError as error:
        finding = str(error)
    with write_session(engine) as session:
        row = session.get_one(Delivery, delivery_id, with_for_update=True)
        if row.state is not DeliveryState.UNKNOWN:
            return
        row.look_asked_at, row.looked_at, row.found = None, now, finding[:300] if external_id is None else ""
        session.flush()
        if external_id is not None:
            deliveries.mark_delivered(session, delivery=row, external_id=external_id, now=now)


def run_requested_checks(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Run up to LIMIT requested checks: channels, then deliveries, each longest waiting first.

    A check that fails does not stop the others.
    """
    with Session(engine) as session:
        channels, rows = channel_lifecycle.requested_lookups(session, now=now)
    for check, row_ids in ((check_one, channels[:LIMIT]), (look_one, rows[: max(0, LIMIT - len(channels))])):
        run_batch(row_ids, partial(check, engine, settings=settings, now=now), failed="check_failed")
