"""What people say on each network that is heard reaches the inbox once, and our own words never do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from mastodon import Mastodon
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory import clock, safe_http
from directory.db import write_session
from directory.outbox.channel import Channel, store_secrets
from directory.people.chapter import Chapter
from directory.secrets import SecretBox
from directory.settings import Settings
from directory.week.social_inbox import EACH, Reply
from jobs.social_listening import listen
from tests.services import bluesky, mastodon, x

Said = tuple[dict[str, Any], Mapping[str, str]]


@contextmanager
def on_mastodon() -> Iterator[Said]:
    with mastodon.server() as running:
        for token in (mastodon.NEIGHBOUR, mastodon.TOKEN):
            api = Mastodon(access_token=token, api_base_url=running.base_url)
            api.status_post("@goodword who knows a roofer? #referralwednesday")
        yield {"address": running.base_url}, {"access_token": mastodon.TOKEN}


@contextmanager
def on_bluesky() -> Iterator[Said]:
    with bluesky.Bluesky() as server:
        server.hear("Who knows a roofer? #referralwednesday", "3kaaaaaaaaaab", reason="mention")
        address = f"http://127.0.0.1:{server.port}"
        yield {"address": address, "handle": bluesky.HANDLE}, {"app_password": server.password}


@contextmanager
def on_x() -> Iterator[Said]:
    fake = x.FakeX()
    for author in ("2002", x.ME):
        fake.add(author, "@network who knows a roofer?")
    with x.serving(fake) as host:
        yield {"host": host, "client_id": x.CLIENT["client_id"]}, {**x.CLIENT, **x.TOKENS}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "network"), [("mastodon", on_mastodon), ("bluesky", on_bluesky), ("x", on_x)])
def test_what_others_say_is_in_the_inbox_once(
    engine: Engine, settings: Settings, kind: str, network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    now = clock.utc_now()
    with network() as (said, secrets):
        with write_session(engine) as session:
            channel = Channel(chapter=Chapter(key="mesa", name="Mesa"), kind=kind, name=kind, settings=said)
            session.add(channel)
            session.flush()
            store_secrets(channel, secrets, SecretBox(settings.encryption_keys))
        assert [listen(engine, settings=settings, now=now + each * EACH) for each in range(2)] == [1, 0]
    with Session(engine) as session:
        reply = session.scalars(select(Reply)).one()
        assert (reply.kind, "who knows a roofer?" in reply.text.lower()) == ("mention", True)
        assert session.scalars(select(Channel.listen_said)).one() == ""
