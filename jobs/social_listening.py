"""Fetch replies, mentions and tagged posts of strangers into the inbox. Read-only: nothing is ever answered."""

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
from jobs.deliver import TIME_BUDGET, account_of

log = structlog.get_logger()


def listen(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Fetch from every account that is due, within TIME_BUDGET, and return how many posts were new.

    An account that fails is retried at its next time and does not stop the others.
    """
    until = monotonic() + TIME_BUDGET.total_seconds()
    with Session(engine) as session:
        ids = [channel.id for channel in social_inbox.channels_to_listen(session)]
    return run_batch(ids, lambda row_id: _listen_to(engine, row_id, settings, now), failed="listen_failed", until=until)


def _listen_to(engine: Engine, channel_id: int, settings: Settings, now: datetime) -> int:
    with write_session(engine) as session:
        channel = session.get_one(Channel, channel_id)
        if not social_inbox.lease_listening(session, channel=channel, now=now):
            return 0
        listener = transport_of(channel.kind, account_of(engine, channel, settings))
        tags, since = [tag[1:] for tag in hashtags(channel.chapter).split()], channel.heard_until
    assert isinstance(listener, Listener), channel.kind
    try:
        posts = listener.listen(since, tags)
    except TransportError as error:
        log.warning("listen_refused", channel=channel_id)  # The preflight of each post reports a broken account.
        with write_session(engine) as session:
            social_inbox.record_listen_failure(
                session.get_one(Channel, channel_id), reason=str(error), until=error.retry_at, now=now
            )
        return 0
    with write_session(engine) as session:
        channel, new = session.get_one(Channel, channel_id), 0
        channel.listen_said = ""
        for post in posts:
            fields = {name: value for name, value in vars(post).items() if name != "at"}
            new += social_inbox.store_reply(session, channel=channel, **fields, said_at=post.at, now=now)
        ids = [post.external_id for post in posts if len(post.external_id) <= social_inbox.MAX_ID_LENGTH]
        channel.heard_until = ids[-1] if ids else channel.heard_until
    return new
