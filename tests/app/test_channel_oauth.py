"""Connecting an account at a network: an answer is believed once, soon, and only by who asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from app import channel_oauth
from directory import safe_http
from directory.errors import Invalid
from directory.settings import Settings
from jobs.channels.transport import Account
from jobs.channels.x import XTransport
from tests.services.x import CLIENT, FakeX, serving

BACK = "https://network.example/chapter/channels/answer"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeX]:
    fake = FakeX()
    fake.revoke()
    with serving(fake) as host:
        monkeypatch.setattr(channel_oauth, "X_API", host)
        monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
        yield fake


def test_what_x_gives_lets_the_account_post(fake: FakeX, settings: Settings, now: datetime) -> None:
    address, kept = channel_oauth.begin("x", CLIENT, BACK, now=now)
    asked = dict(parse_qsl(urlsplit(address).query))
    assert address.startswith("https://x.com/i/oauth2/authorize?")
    assert (asked["redirect_uri"], asked["client_id"]) == (BACK, CLIENT["client_id"])
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert {"tweet.write", "media.write", "offline.access"} <= set(asked["scope"].split())
    assert not {kept["verifier"], CLIENT["client_secret"]} & set(asked.values())
    secrets = channel_oauth.finish("x", CLIENT, kept, fake.agree(address), now=now + timedelta(minutes=9))
    told = {"client_id": CLIENT["client_id"], "host": channel_oauth.X_API}
    account = Account("c", told, secrets, lambda change: change(secrets), settings)
    assert XTransport(account).check().name == "@network"
    fake.expire()
    assert XTransport(account).check().name == "@network"


@pytest.mark.parametrize("wrong", [{"state": "forged"}, {"state": ""}, {"code": ""}, {"state": "ähnlich"}, {}])
def test_a_forged_answer_or_a_no_asks_x_nothing(fake: FakeX, now: datetime, wrong: dict[str, str]) -> None:
    address, kept = channel_oauth.begin("x", CLIENT, BACK, now=now)
    answered = {**fake.agree(address), **wrong} if wrong else {"error": "access_denied", "state": kept["state"]}
    with pytest.raises(Invalid):
        channel_oauth.finish("x", CLIENT, kept, answered, now=now)
    assert fake.asked == []


def test_an_answer_counts_once_and_for_ten_minutes(fake: FakeX, now: datetime) -> None:
    address, kept = channel_oauth.begin("x", CLIENT, BACK, now=now)
    answered = fake.agree(address)
    for late, forgotten in ((timedelta(minutes=11), kept), (timedelta(0), {})):
        with pytest.raises(Invalid, match="Start again"):
            channel_oauth.finish("x", CLIENT, forgotten, answered, now=now + late)
    assert fake.asked == []
    channel_oauth.finish("x", CLIENT, kept, answered, now=now)
    with pytest.raises(Invalid):
        channel_oauth.finish("x", CLIENT, kept, answered, now=now)


@pytest.mark.parametrize(
    ("said", "fault", "field"),
    [
        ({**CLIENT, "client_secret": "wrong"}, "", "client_id"),
        ({"client_id": CLIENT["client_id"]}, "", "client_id"),
        (CLIENT, "503", None),
        (CLIENT, "drop_after", None),
    ],
)
def test_what_x_refuses_is_said_at_the_field_and_what_it_cannot_do_is_not(
    fake: FakeX, now: datetime, said: dict[str, str], fault: str, field: str | None
) -> None:
    address, kept = channel_oauth.begin("x", said, BACK, now=now)
    fake.faults = [("/2/oauth2/token", fault)] if fault else []
    with pytest.raises(Invalid) as refused:
        channel_oauth.finish("x", said, kept, fake.agree(address), now=now)
    assert refused.value.field == field


def test_another_verifier_gets_nothing(fake: FakeX, now: datetime) -> None:
    address, kept = channel_oauth.begin("x", CLIENT, BACK, now=now)
    with pytest.raises(Invalid):
        channel_oauth.finish("x", CLIENT, {**kept, "verifier": "another"}, fake.agree(address), now=now)
