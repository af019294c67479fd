"""Listening: what people say to the accounts comes into the inbox. Only read: nothing is ever answered from here."""

from datetime import datetime
from time import monotonic

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.channel import Channel
from directory.settings import Settings
from directory.week import social_inbox
from directory.week.post_wording import hashtags
from jobs.batch import run_batch
from jobs.channels import transport_of
from jobs.channels.transport import Listener, TransportError
from jobs.deliver import SHIFT, account_of

log = structlog.get_logger()


def listen(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Listen to every account whose time has come, as many as fit into a shift; how much was new.

    An account that fails is tried again at its next time and holds up no other.
    """
    until = monotonic() + SHIFT.total_seconds()
    with Session(engine) as session:
        ids = [channel.id for channel in social_inbox.channels_to_listen(session)]
    return run_batch(ids, lambda each: _listen_to(engine, each, settings, now), failed="listening_failed", until=until)


def _listen_to(engine: Engine, channel_id: int, settings: Settings, now: datetime) -> int:
    with write_session(engine) as session:
        channel = session.get_one(Channel, channel_id)
        if not social_inbox.lease_listening(session, channel=channel, now=now):
            return 0
        listener = transport_of(channel.kind, account_of(engine, channel, settings))
        tags, since = [tag[1:] for tag in hashtags(channel.chapter).split()], channel.heard_until
    assert isinstance(listener, Listener), channel.kind
    try:
        heard = listener.listen(since, tags)
    except TransportError as error:
        log.warning("not_heard", channel=channel_id)  # A broken account is found by the look before each post.
        with write_session(engine) as session:
            social_inbox.record_listen_failure(
                session.get_one(Channel, channel_id), reason=str(error), until=error.retry_at, now=now
            )
        return 0
    with write_session(engine) as session:
        channel, new = session.get_one(Channel, channel_id), 0
        channel.listen_said = ""
        for each in heard:
            said = {name: value for name, value in vars(each).items() if name != "at"}
            new += social_inbox.store_reply(session, channel=channel, **said, said_at=each.at, now=now)
        known = [each.external_id for each in heard if len(each.external_id) <= social_inbox.MAX_ID_LENGTH]
        channel.heard_until = known[-1] if known else channel.heard_until
    return new
