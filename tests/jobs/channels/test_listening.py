"""On each network with a Listener, posts of strangers reach the inbox once, and our own posts never do."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory import clock
from directory.db import write_session
from directory.outbox.channel import Channel, store_secrets
from directory.outbox.channel_kind import CHANNEL_KINDS
from directory.people.chapter import Chapter
from directory.secrets import SecretBox
from directory.settings import Settings
from directory.week.social_inbox import LISTEN_INTERVAL, Reply
from jobs.social_listening import listen
from tests.jobs.channels.platforms import Platform, over


@pytest.mark.slow
@over([kind.kind for kind in CHANNEL_KINDS if kind.is_heard])
def test_what_others_post_reaches_the_inbox_once(engine: Engine, settings: Settings, platform: Platform) -> None:
    assert platform.speak, f"tests/jobs/channels/platforms.py: the Platform of {platform.kind} needs a 'speak'."
    platform.speak()
    now, said = clock.utc_now(), dict(platform.account.settings)
    with write_session(engine) as session:
        channel = Channel(chapter=Chapter(key="mesa", name="Mesa"), kind=platform.kind, name="N", settings=said)
        session.add(channel)
        session.flush()
        store_secrets(channel, platform.account.secrets, SecretBox(settings.encryption_keys))
    assert [listen(engine, settings=settings, now=now + each * LISTEN_INTERVAL) for each in range(2)] == [1, 0]
    with Session(engine) as session:
        reply = session.scalars(select(Reply)).one()
        assert (reply.kind, "who knows a roofer?" in reply.text.lower()) == ("mention", True)
        assert session.scalars(select(Channel.listen_said)).one() == ""
