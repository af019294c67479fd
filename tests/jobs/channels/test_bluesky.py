"""Bluesky: record keys, facets' byte positions, and sessions that are reused."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory import safe_http
from directory.settings import Settings
from jobs.channels.bluesky import BlueskyTransport, facets_of, record_key
from jobs.channels.transport import Account, TransportError
from tests.jobs.channels.platforms import account_of, message
from tests.services.bluesky import DID, HANDLE, PASSWORD, Bluesky
from tests.services.proxy import Fault, Proxy

instants = st.integers(1_600_000_000 * 1000, 3_800_000_000 * 1000).map(
    lambda ms: datetime.fromtimestamp(ms / 1000, UTC)
)

pytestmark = pytest.mark.slow


@given(instants, instants, st.text(), st.text())
def test_a_record_key_is_a_tid_of_its_second_and_delivery(one: datetime, other: datetime, key: str, third: str) -> None:
    assert re.fullmatch("[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", record_key(one, key))
    assert record_key(one, key) == record_key(one.replace(microsecond=0), key)
    if int(one.timestamp()) < int(other.timestamp()):
        assert record_key(one, key) < record_key(other, third)


def test_a_record_key_is_stable_and_other_libraries_read_its_second() -> None:
    at = datetime(2026, 11, 4, 16, tzinfo=UTC)
    assert record_key(at, "post:o:c") == "3mzipweikm5qj"
    number = reduce(lambda read, sign: read * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(sign), "3mzipweikm5qj", 0)
    assert datetime.fromtimestamp((number >> 10) // 10**6, UTC) == at


def test_thousands_of_deliveries_in_one_second_get_distinct_keys() -> None:
    at = datetime(2026, 11, 4, 16, tzinfo=UTC)
    assert len({record_key(at, f"post:{number}:c") for number in range(4000)}) == 4000


@given(
    st.lists(st.sampled_from(["Zoë", "🏳️‍🌈", "#referralwednesday", "https://a.example/ä?b=1", "猫", "#1", "a#b", "\n"]))
)
def test_facets_have_the_byte_positions_of_links_and_hashtags(words: list[str]) -> None:
    text = " ".join(words)
    found = []
    for facet in facets_of(text):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        found.append(text.encode()[start:end].decode())
        (feature,) = facet["features"]
        assert found[-1] == feature.get("uri", f"#{feature.get('tag')}")
    assert found == [word for word in words if word in ("#referralwednesday", "https://a.example/ä?b=1")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See (https://a.example/b).", ["https://a.example/b"]),
        ("https://a.example/#part, #Tübingen!", ["https://a.example/#part", "Tübingen"]),
        ("#2026 #a1 #!", ["a1"]),
        ("#हिन्दी, ＃東京! #می\u200cخواهم #co-op.", ["हिन्दी", "東京", "می\u200cخواهم", "co-op"]),
        (
            "https://firm.example/a_(b), https://ja.example/日本",
            ["https://firm.example/a_(b)", "https://ja.example/日本"],
        ),
        ("https://", []),
    ],
)
def test_links_and_hashtags_end_where_a_reader_expects(text: str, found: list[str]) -> None:
    features = [facet["features"][0] for facet in facets_of(text)]
    assert [feature.get("uri") or feature["tag"] for feature in features] == found


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bluesky, Proxy]]:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    with ExitStack() as stack:
        bluesky = stack.enter_context(Bluesky())
        yield bluesky, stack.enter_context(Proxy(bluesky.port))


@pytest.fixture
def account(server: tuple[Bluesky, Proxy], settings: Settings) -> Account:
    said = {"address": server[1].address, "handle": HANDLE}
    return account_of(said, {"app_password": PASSWORD}, settings)


def asked(proxy: Proxy, what: str) -> int:
    return sum(what in one for one in proxy.asked)


def sent(account: Account, key: str = "post:o:c", text: str = "Who knows a roofer?") -> Any:
    """Send a message as a worker does, with a new transport."""
    return BlueskyTransport(account).send(message(key, text))


def test_one_session_serves_all_posts(server: tuple[Bluesky, Proxy], account: Account) -> None:
    for number in range(3):
        sent(account, str(number))
    assert asked(server[1], "createSession") == 1
    assert asked(server[1], "refreshSession") == 0


@pytest.mark.parametrize(("ended", "made"), [(["access"], 1), (["access", "refresh"], 2)])
def test_an_expired_session_is_refreshed_before_a_new_one_is_created(
    server: tuple[Bluesky, Proxy], account: Account, ended: list[str], made: int
) -> None:
    sent(account)
    server[0].end(*ended)
    assert sent(account, "next")
    assert (asked(server[1], "refreshSession"), asked(server[1], "createSession")) == (1, made)
    assert len(server[0].records) == 2


def test_eight_workers_refresh_a_session_once(server: tuple[Bluesky, Proxy], account: Account) -> None:
    sent(account)
    server[0].end("access")
    barrier, found = Barrier(8), []

    def work(number: int) -> None:
        stale = replace(account, secrets=dict(account.secrets))
        barrier.wait()
        found.append(sent(stale, str(number)))

    workers = [Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(found)) == 8
    assert (asked(server[1], "refreshSession"), asked(server[1], "createSession")) == (1, 1)


def test_a_server_error_during_refresh_neither_posts_nor_signs_in(
    server: tuple[Bluesky, Proxy], account: Account
) -> None:
    sent(account)
    server[0].end("access")
    server[1].faults.append(Fault("POST", "refreshSession", 503, headers={"Retry-After": "60"}))
    with pytest.raises(TransportError) as caught:
        sent(account, "next")
    assert (caught.value.accepted, caught.value.is_revoked) == ("no", False)
    assert caught.value.retry_at is not None
    assert asked(server[1], "createSession") == 1


def test_a_withdrawn_app_password_counts_as_revoked(server: tuple[Bluesky, Proxy], account: Account) -> None:
    sent(account)
    server[0].password = "another"
    server[0].end("access", "refresh")
    with pytest.raises(TransportError) as caught:
        sent(account, "next")
    assert (caught.value.accepted, caught.value.is_revoked) == ("no", True)


def test_a_record_with_another_text_is_not_replaced(server: tuple[Bluesky, Proxy], account: Account) -> None:
    first = message()
    sent_at = json.loads(first.payload)["at"]
    BlueskyTransport(account).send(first)
    with pytest.raises(TransportError) as caught:
        BlueskyTransport(account).send(message(text="Other words", at=datetime.fromisoformat(sent_at)))
    assert (caught.value.permanent, caught.value.accepted) == (True, "maybe")
    (record,) = server[0].records.values()
    assert "Other words" not in record["text"]


def test_a_received_post_has_its_place_on_bluesky(server: tuple[Bluesky, Proxy], account: Account) -> None:
    assert sent(account).startswith(f"at://{DID}/app.bsky.feed.post/3")


def test_replies_mentions_and_tagged_posts_are_returned_oldest_first(
    server: tuple[Bluesky, Proxy], account: Account
) -> None:
    ours = sent(account)
    server[0].add_post("Mine: #referralwednesday <b>", "3kaaaaaaaaaaa")
    server[0].add_post("Hi @goodword.test", "3kaaaaaaaaaab", reason="mention")
    server[0].add_post("I do", "3kaaaaaaaaaac", reason="reply", parent=ours)
    heard = BlueskyTransport(account).listen(None, ["referralwednesday"])
    assert [(one.kind, one.author, one.text, one.about) for one in heard] == [
        ("tag", "@bea.test", "Mine: #referralwednesday <b>", ""),
        ("mention", "@bea.test", "Hi @goodword.test", ""),
        ("reply", "@bea.test", "I do", ours),
    ]
    assert heard[0].address == "https://bsky.app/profile/bea.test/post/3kaaaaaaaaaaa"
    server[0].add_post("And I", "3kaaaaaaaaaad", reason="mention")
    assert BlueskyTransport(account).listen(heard[-1].external_id, [])[-1].text == "And I"


def test_a_server_without_an_app_view_receives_nothing(server: tuple[Bluesky, Proxy], account: Account) -> None:
    server[0].has_view = False
    for faults in ([], [Fault("GET", "app.bsky", 501, times=2)]):
        server[1].faults = faults
        assert BlueskyTransport(account).listen(None, ["referralwednesday"]) == []
