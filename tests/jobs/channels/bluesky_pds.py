"""Tests against Bluesky's own server, which ``make chaos`` runs by name, since its installation takes minutes."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from directory import safe_http
from directory.settings import Settings
from jobs.channels.bluesky import BlueskyTransport
from jobs.channels.transport import Account, TransportError
from tests.jobs.channels.platforms import PICTURE, TEXT, account_of, message, picture
from tests.services import pds
from tests.services.bluesky import HANDLE
from tests.services.proxy import Proxy


@pytest.fixture(scope="module")
def server() -> Iterator[pds.Pds]:
    with pds.serving() as server:
        yield server


@pytest.fixture
def proxy(server: pds.Pds, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    with Proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def account(server: pds.Pds, proxy: Proxy, settings: Settings) -> Account:
    return account_of({"address": proxy.address, "handle": HANDLE}, {"app_password": server.password}, settings)


def sent(account: Account, key: str, **said: Any) -> str:
    """Send a message as a worker does, with a new transport, and return the key of the record."""
    return BlueskyTransport(account).send(message(key, **said)).rpartition("/")[2]


def expire_token(account: Account) -> None:
    """Replace the stored access token by the one that the server would have signed two hours earlier."""

    def bare(content: bytes) -> str:
        return urlsafe_b64encode(content).decode().rstrip("=")

    session = json.loads(account.secrets["session"])
    head, claims, _ = session["accessJwt"].split(".")
    past = {**json.loads(urlsafe_b64decode(f"{claims}==")), "exp": 1}
    unsigned = f"{head}.{bare(json.dumps(past).encode())}"
    session["accessJwt"] = f"{unsigned}.{bare(hmac.digest(pds.JWT_SECRET.encode(), unsigned.encode(), 'sha256'))}"
    account.renew(lambda kept: {**kept, "session": json.dumps(session)})


def test_only_the_hashtags_become_facets(server: pds.Pds, account: Account) -> None:
    key = sent(account, "tags")
    record = server.records[key]
    tapped = [TEXT.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]] for facet in record["facets"]]
    assert [word.decode() for word in tapped] == ["#referralwednesday", "#PartnerNetzwerkTübingen"]
    assert record["text"] == TEXT


def test_sending_the_same_text_again_writes_nothing(server: pds.Pds, account: Account) -> None:
    key = sent(account, "again")
    written = server.ask("GET", "sync.getLatestCommit", params={"did": server.did})
    assert sent(account, "again") == key
    assert server.ask("GET", "sync.getLatestCommit", params={"did": server.did}) == written


def test_a_record_with_another_text_is_not_replaced(server: pds.Pds, account: Account) -> None:
    key = sent(account, "words")
    with pytest.raises(TransportError) as caught:
        sent(account, "words", text="Other words")
    assert (caught.value.permanent, caught.value.accepted) == (True, "maybe")
    assert server.records[key]["text"] == TEXT


def test_eight_workers_refresh_an_expired_session_once_and_post_pictures(
    server: pds.Pds, proxy: Proxy, account: Account, settings: Settings
) -> None:
    sent(account, "first")
    expire_token(account)
    eight = [replace(account, secrets=dict(account.secrets)) for _ in range(8)]
    with ThreadPoolExecutor(8) as workers:
        keys = set(workers.map(lambda stale, key: sent(stale, key, image=picture(settings)), eight, "abcdefgh"))
    assert [sum(what in one for one in proxy.asked) for what in ("refreshSession", "createSession")] == [1, 1]
    pictures = [server.records[key]["embed"]["images"][0]["image"]["ref"]["$link"] for key in keys]
    assert len(pictures) == 8
    assert server.ask("GET", "sync.getBlob", params={"did": server.did, "cid": pictures[0]}) == PICTURE


def test_a_server_without_an_app_view_receives_nothing(account: Account) -> None:
    assert BlueskyTransport(account).listen(None, ["referralwednesday"]) == []


def test_a_withdrawn_app_password_counts_as_revoked(server: pds.Pds, account: Account) -> None:
    sent(account, "before")
    server.ask("POST", "server.revokeAppPassword", json={"name": "goodword"})
    expire_token(account)
    with pytest.raises(TransportError) as caught:
        sent(account, "after")
    assert (caught.value.accepted, caught.value.is_revoked) == ("no", True)
