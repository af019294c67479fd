"""A channel is one account for ever: after a reconnection it is unused until a check shows the same account."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.errors import Conflict
from directory.outbox import channel_lifecycle, delivery
from directory.outbox.channel import Channel, ChannelState, store_secrets
from directory.outbox.delivery import MAX_ATTEMPTS, Delivery, DeliveryState
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.secrets import SecretBox
from directory.settings import Settings
from jobs import channels as transports
from jobs import on_demand_checks
from jobs.channels.transport import Account, AccountCheck, Message, TransportError
from jobs.deliver import deliver_one, reconcile_stuck
from tests.chapterhouse import Chapterhouse

REVOKED = TransportError("The account lets us in no more.", permanent=True, accepted="no", is_revoked=True)
HANDLE = {"handle": "mesa.example", "app_password": "hush"}
LATER = timedelta(minutes=5)


class Accounts:
    """A fake network of accounts: the test sets the one that is signed in, and each keeps what it was sent."""

    name = "@mesa.example"
    posts: list[tuple[str, str]]
    on_send: Any = None

    def __init__(self, account: Account) -> None:
        pass

    def check(self) -> AccountCheck:
        return AccountCheck(self.name)

    def send(self, message: Message) -> str:
        if Accounts.on_send is not None:
            Accounts.on_send()
        self.posts.append((self.name, message.key))
        return message.key

    def find(self, message: Message) -> str | None:
        return message.key if (self.name, message.key) in self.posts else None


class House:
    """Mesa with an account and the deliveries k (pending), s (sending, arrived) and u (unknown, arrived)."""

    def __init__(self, engine: Engine, settings: Settings, now: datetime) -> None:
        self.engine, self.settings, self.now = engine, settings, now

    def connect(self, at: datetime | None = None) -> None:
        with write_session(self.engine) as session:
            of = session.get_one(Channel, 1)
            what: dict[str, Any] = {"chapter": of.chapter, "kind": "bluesky", "values": HANDLE, "channel": of}
            what |= {"secrets": SecretBox(["k" * 32]), "member": session.get_one(Member, 1)}
            channel_lifecycle.connect(session, **what, now=at or self.now + LATER)

    def look(self) -> None:
        on_demand_checks.run_requested_checks(self.engine, settings=self.settings, now=self.now + LATER)

    def work(self) -> None:
        for key in "ksu":
            deliver_one(self.engine, self.row(key).public_id, settings=self.settings, now=self.now + LATER)
        reconcile_stuck(self.engine, settings=self.settings, now=self.now + LATER)

    def row(self, key: str) -> Delivery:
        with Session(self.engine) as session:
            return session.query(Delivery).filter_by(key=key).one()

    def channel(self) -> Channel:
        with Session(self.engine) as session:
            return session.get_one(Channel, 1)

    def states(self) -> list[str]:
        return [self.row(key).state for key in "ksu"]


@pytest.fixture
def house(
    mesa: Chapterhouse, engine: Engine, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> House:
    monkeypatch.setitem(transports.TRANSPORTS, "bluesky", Accounts)
    monkeypatch.setattr(Accounts, "posts", [("@mesa.example", "s"), ("@mesa.example", "u")], raising=False)
    monkeypatch.setattr(Accounts, "name", "@mesa.example")
    monkeypatch.setattr(Accounts, "on_send", None)
    settings = settings.__class__(**{**settings.__dict__, "encryption_keys": ("k" * 32,)})
    mesa.channel.kind, mesa.channel.settings = "bluesky", {"handle": "mesa.example", "account": "@mesa.example"}
    mesa.channel.connected_at = now
    states = {"k": DeliveryState.PENDING, "s": DeliveryState.SENDING, "u": DeliveryState.UNKNOWN}
    for key, state in states.items():
        row = Delivery(key=key, channel=mesa.channel, payload=b"{}", state=state, due_at=now, attempts=key != "k")
        row.lease_until = now if key == "s" else None
        mesa.session.add(row)
    mesa.session.commit()
    return House(engine, settings, now)


def test_a_reconnected_account_is_unused_until_it_is_seen_to_be_the_same(house: House) -> None:
    house.connect()
    house.work()
    assert house.states() == ["pending", "sending", "unknown"]
    house.look()
    house.work()
    assert house.states() == ["delivered", "delivered", "unknown"]
    assert len(Accounts.posts) == 3


def test_deliveries_of_the_first_account_are_not_sent_to_another(house: House) -> None:
    house.connect()
    Accounts.name = "@new.example"
    house.look()
    with write_session(house.engine) as session:
        channel_lifecycle.request_lookup(session, delivery=session.get_one(Delivery, 3), now=house.now + LATER)
    house.look()
    house.work()
    assert house.states() == ["pending", "unknown", "unknown"]
    channel = house.channel()
    assert channel.state is ChannelState.BROKEN
    assert channel.broken_reason.startswith("It is @new.example now, and was @mesa.example")
    assert "not connected" in house.row("u").found
    Accounts.name = "@mesa.example"
    house.connect(house.now + 2 * LATER)
    house.look()
    house.work()
    assert house.states() == ["delivered", "unknown", "unknown"]
    assert {name for name, _key in Accounts.posts} == {"@mesa.example"}


def test_deliveries_under_way_at_disconnection_wait_for_a_person(house: House) -> None:
    with write_session(house.engine) as session:
        member, channel = session.get_one(Member, 1), session.get_one(Channel, 1)
        channel_lifecycle.disconnect(session, channel=channel, member=member, now=house.now)
    assert house.states() == ["failed", "unknown", "unknown"]
    by: dict[str, Any] = {"has_arrived": False, "now": house.now}
    with write_session(house.engine) as session, pytest.raises(Conflict, match="by hand"):
        delivery.resolve_unknown(
            session, delivery=session.get_one(Delivery, 2), member=session.get_one(Member, 1), **by
        )


def test_a_send_with_the_old_token_does_not_break_a_new_connection(house: House) -> None:
    def connect_and_refuse() -> None:
        house.connect()
        raise REVOKED

    Accounts.on_send = connect_and_refuse
    assert not deliver_one(house.engine, house.row("k").public_id, settings=house.settings, now=house.now)
    assert (house.channel().state, house.row("k").state) == (ChannelState.OPEN, "pending")


def test_a_check_with_the_old_token_does_not_break_a_new_connection(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_: Accounts) -> AccountCheck:
        house.connect()
        raise REVOKED

    monkeypatch.setattr(Accounts, "check", check)
    assert not on_demand_checks.check_one(house.engine, 1, settings=house.settings, now=house.now)
    assert (house.channel().state, house.channel().is_ok) == (ChannelState.OPEN, None)


def test_retries_end_for_an_account_refused_after_every_reconnection(house: House) -> None:
    def refuse() -> None:
        raise REVOKED

    Accounts.on_send = refuse
    for number in range(MAX_ATTEMPTS):
        assert house.row("k").state == "pending"
        at = house.now + number * LATER
        assert not deliver_one(house.engine, house.row("k").public_id, settings=house.settings, now=at)
        with write_session(house.engine) as session:
            session.execute(update(Channel).values(state=ChannelState.OPEN))
    assert house.row("k").state == "failed"


def test_an_account_without_its_decryption_key_posts_nothing_and_is_reported(house: House) -> None:
    with write_session(house.engine) as session:
        store_secrets(session.get_one(Channel, 1), {"app_password": "hush"}, SecretBox(["another key"]))
    house.work()
    channel = house.channel()
    assert (house.states(), len(Accounts.posts)) == (["pending", "unknown", "unknown"], 2)
    assert channel.state is ChannelState.BROKEN
    assert "no longer has the key" in channel.broken_reason
    house.connect()
    house.look()
    house.work()
    assert house.states() == ["delivered", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("told", "kept", "page"),
    [
        ("@net.example", "@net.example", "https://bsky.app/profile/net.example"),
        ("@a\u202eb\x00\u200b\n<i>", "@ab <i>", ""),
        ("@" + "x" * 10_000, "@" + "x" * 119, "https://bsky.app/profile/" + "x" * 119),
        ("@a/../../evil", "@a/../../evil", ""),
        ("javascript:alert(1)", "javascript:alert(1)", ""),
    ],
)
def test_an_account_name_is_cleaned_and_links_only_to_its_server(
    now: datetime, told: str, kept: str, page: str
) -> None:
    channel = Channel(kind="bluesky", settings={})
    channel_lifecycle.record_check(channel, name=told, limit=10**9, now=now)
    assert (channel.settings["account"], channel.settings["limit"]) == (kept, 5000)
    assert channel_lifecycle.account_page(channel) == page


def test_a_mastodon_server_cannot_link_readers_to_another_server() -> None:
    channel = Channel(kind="mastodon", chapter=Chapter(name="C"), settings={"account": "@a@evil.example/@m.example"})
    assert channel_lifecycle.account_page(channel) == ""
    channel.settings = {"account": "@a@m.example"}
    assert channel_lifecycle.account_page(channel) == "https://m.example/@a"
