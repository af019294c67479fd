"""What strangers post to an account is stored once, accounts do not affect each other, and nothing is ever sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.chapter import Chapter
from directory.settings import Settings
from directory.week.social_inbox import LISTEN_INTERVAL, RETENTION, Outcome, Reply
from jobs import social_listening
from jobs.channels.transport import Account, ReceivedPost, TransportError
from jobs.housekeeping import forget
from jobs.social_listening import listen as listen_once

HOSTILE = "<script>alert(1)</script>\u202e evil\u200b" + "x" * 10_000


class Ears:
    """A fake account that returns the test's posts and records the requests to listen; it must never be sent to."""

    says: dict[str, Any]
    asked: list[tuple[str, str | None, tuple[str, ...]]]

    def __init__(self, account: Account) -> None:
        self.name = account.settings["name"]

    def listen(self, since: str | None, tags: list[str]) -> list[ReceivedPost]:
        self.asked.append((self.name, since, tuple(tags)))
        said = self.says.get(self.name, [])
        if isinstance(said, Exception):
            raise said
        return list(said)

    def send(self, *_: object) -> str:
        self.asked.append(("sent", None, ()))
        return "1"


def received(external_id: str, at: datetime, **said: Any) -> ReceivedPost:
    return ReceivedPost(
        **{"kind": "mention", "author": "@vera", "text": "Who?", "address": "https://s.example/1", **said},
        external_id=external_id,
        at=at,
    )


@pytest.fixture(autouse=True)
def accounts(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts of Mesa that can listen, a paused one, and a file channel, which cannot."""
    monkeypatch.setattr(Ears, "says", {}, raising=False)
    monkeypatch.setattr(Ears, "asked", [], raising=False)
    monkeypatch.setattr(social_listening, "transport_of", lambda kind, account: Ears(account))
    with write_session(engine) as session:
        mesa = Chapter(key="mesa", name="Mesa", hashtags=["Mesa Makers"])
        for name, kind, state in (
            ("one", "mastodon", ChannelState.OPEN),
            ("two", "bluesky", ChannelState.OPEN),
            ("three", "x", ChannelState.PAUSED),
            ("four", "file", ChannelState.OPEN),
        ):
            session.add(
                Channel(
                    chapter=mesa, kind=kind, name=name, settings={"name": name, "account": "@us@s.example"}, state=state
                )
            )


def replies(engine: Engine) -> list[Reply]:
    with Session(engine) as session:
        return list(session.scalars(select(Reply).order_by(Reply.id)))


def test_open_accounts_are_polled_every_ten_minutes_for_new_posts(
    engine: Engine, settings: Settings, now: datetime
) -> None:
    Ears.says = {"one": [received("7", now), received("9", now)]}
    tags = ("referralwednesday", "MesaMakers")
    assert listen_once(engine, settings=settings, now=now) == 2
    assert listen_once(engine, settings=settings, now=now + LISTEN_INTERVAL / 2) == 0
    assert Ears.asked == [("one", None, tags), ("two", None, tags)]
    assert listen_once(engine, settings=settings, now=now + LISTEN_INTERVAL) == 0  # they return the same posts again
    assert Ears.asked[2:] == [("one", "9", tags), ("two", None, tags)]
    assert [each.external_id for each in replies(engine)] == ["7", "9"]


def test_eight_concurrent_workers_store_a_reply_once(engine: Engine, settings: Settings, now: datetime) -> None:
    Ears.says = {"one": [received("7", now)]}
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda _: listen_once(engine, settings=settings, now=now), range(8)))
    assert sum(new) == len(replies(engine)) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        TransportError("Not now.", permanent=False, accepted="no"),
        TransportError("Let in no more.", permanent=True, accepted="no", is_revoked=True),
        ValueError("whatever"),
    ],
)
def test_a_failing_account_does_not_delay_others_and_keeps_its_state(
    engine: Engine, settings: Settings, now: datetime, trouble: Exception
) -> None:
    Ears.says = {"one": trouble, "two": [received("at://a/1", now)]}
    assert listen_once(engine, settings=settings, now=now) == 1
    with Session(engine) as session:
        assert session.scalars(select(Channel.state).where(Channel.name == "one")).one() is ChannelState.OPEN


def test_a_network_s_retry_time_is_respected_within_limits(engine: Engine, settings: Settings, now: datetime) -> None:
    no = {"permanent": False, "accepted": "no"}
    Ears.says = {
        "one": TransportError("Later.", retry_at=now + timedelta(hours=1), **no),
        "two": TransportError("Later.", retry_at=now + timedelta(days=9999), **no),
    }
    for minutes, asked in ((0, ["one", "two"]), (50, []), (60, ["one"]), (119, ["one"]), (120, ["two"])):
        Ears.asked.clear()
        listen_once(engine, settings=settings, now=now + timedelta(minutes=minutes))
        assert [name for name, *_rest in Ears.asked] == asked, minutes


def test_a_stranger_s_text_is_cleaned_and_linked_to_the_post_it_answers(
    engine: Engine, settings: Settings, now: datetime
) -> None:
    with write_session(engine) as session:
        channel = session.scalars(select(Channel).where(Channel.name == "one")).one()
        post = Delivery(key="p", channel=channel, payload=b"", due_at=now, state=DeliveryState.DELIVERED)
        post.external_id = "42"
        session.add(post)
    Ears.says = {
        "one": [
            received("1", now + timedelta(days=3), text=HOSTILE, author="@v\u202eera\n" + "e" * 500, about="42"),
            received("2", now, address="javascript:alert(1)", text=""),
            received("3", now, address="https://user@evil.example/"),
            received("4", now - RETENTION - LISTEN_INTERVAL),
            received("5" * 400, now),
        ]
    }
    assert listen_once(engine, settings=settings, now=now) == 3
    first, second, third = replies(engine)
    assert first.text.startswith("<script>alert(1)</script> evilx")
    assert (len(first.text), first.said_at, first.author[:9]) == (4000, now, "@vera eee")
    assert (first.about_id is not None, first.address) == (True, "https://s.example/1")
    assert (second.address, third.address) == ("", "")


def test_replies_are_deleted_after_ninety_days_decided_or_not(
    engine: Engine, settings: Settings, now: datetime
) -> None:
    Ears.says = {"one": [received("1", now), received("2", now)]}
    listen_once(engine, settings=settings, now=now)
    with write_session(engine) as session:
        session.scalars(select(Reply)).first().outcome = Outcome.IGNORED  # type: ignore[union-attr]
    forget(engine, settings=settings, now=now + RETENTION - LISTEN_INTERVAL)
    assert len(replies(engine)) == 2
    forget(engine, settings=settings, now=now + RETENTION)
    assert replies(engine) == []
