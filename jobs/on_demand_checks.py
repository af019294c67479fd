"""Checks: what a page wants to know of an account is a row; the worker looks, and writes what it found."""

from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox import channel_connection
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import Delivery, DeliveryState
from directory.settings import Settings
from directory.translation import gettext as _
from jobs.channels.transport import Leaver, Message, Transport, TransportError
from jobs.deliver import transport_for, transport_to

MOST = 4  # looks in one turn of the worker, each of which a network may answer late

log = structlog.get_logger()


def check_one(engine: Engine, channel_id: int, *, settings: Settings, now: datetime) -> bool:
    """Look whether the account lets us in, and keep what was found; False for one that is broken or gone as well."""
    with Session(engine) as session:
        channel = session.get_one(Channel, channel_id)
        if channel.state is ChannelState.BROKEN:
            return False
        is_gone, connected_at = channel.state is ChannelState.GONE, channel.connected_at
        transport = transport_to(engine, channel, settings)
    if is_gone:
        _leave(engine, channel_id, transport)
        return False
    failure = None
    try:
        found = transport.check()
    except TransportError as error:
        failure = error
    with write_session(engine) as session:
        channel = session.get_one(Channel, channel_id, with_for_update=True)
        if channel.connected_at != connected_at:
            return False  # Somebody connected it anew meanwhile, and has that looked at.
        if failure is None and (said := channel_connection.wrong_account_message(channel, found.name)):
            failure = TransportError(said, permanent=True, accepted="no", is_revoked=True)
            channel_connection.mark_sending_unknown(session, channel=channel, now=now)
        if failure is None:
            channel_connection.record_check(channel, name=found.name, limit=found.limit, now=now)
            return True
        channel_connection.record_check(channel, error=str(failure), now=now)
        if failure.is_revoked:
            session.flush()
            channel_connection.mark_broken(session, channel, reason=str(failure), now=now)
    log.warning("not_let_in", channel=channel_id, is_revoked=failure.is_revoked)
    return False


def _leave(engine: Engine, channel_id: int, transport: Transport) -> None:
    """Have the network forget us, and wipe the secrets whatever it says: nothing opens the channel any more."""
    try:
        if isinstance(transport, Leaver):
            transport.leave()
    except TransportError:
        log.warning("permission_not_taken_back", channel=channel_id)
    with write_session(engine) as session:
        session.get_one(Channel, channel_id).sealed = ""


def look_one(engine: Engine, delivery_id: int, *, settings: Settings, now: datetime) -> None:
    """Look whether a delivery that nobody can tell of arrived; what is found there needs nobody to decide."""
    with Session(engine) as session:
        row = session.get_one(Delivery, delivery_id)
        message, transport = Message(row.key, row.payload), transport_for(engine, row, settings)
        is_known = row.channel is None or "before" not in row.channel.settings
    found = None
    try:
        found = transport.find(message) if is_known else None
        said = _("It is not there.") if is_known else _("The account it was sent from is not connected.")
    except TransportError as error:
        said = str(error)
    with write_session(engine) as session:
        row = session.get_one(Delivery, delivery_id, with_for_update=True)
        if row.state is not DeliveryState.UNKNOWN:
            return
        row.look_asked_at, row.looked_at, row.found = None, now, said[:300] if found is None else ""
        session.flush()
        if found is not None:
            deliveries.mark_delivered(session, delivery=row, external_id=found, now=now)


def run_requested_checks(engine: Engine, *, settings: Settings, now: datetime) -> None:
    """Look at what pages asked for, the longest waiting first; one that fails holds up no other."""
    with Session(engine) as session:
        channels, rows = channel_connection.requested_lookups(session, now=now)
    looks = [(check_one, each) for each in channels] + [(look_one, each) for each in rows]
    for look, row_id in looks[:MOST]:
        try:
            look(engine, row_id, settings=settings, now=now)
        except Exception as error:
            log.error("look_failed", row=row_id, error=type(error).__name__)
