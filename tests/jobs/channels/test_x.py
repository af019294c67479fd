"""X: posts, look-ups, tokens and errors, on a fake server validated by the published API description."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from time import perf_counter, sleep

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory import clock, files, safe_http
from directory.db import write_session
from directory.outbox.channel import Channel, secrets_of, store_secrets
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.people.chapter import Chapter
from directory.secrets import SecretBox as Seal
from directory.settings import Settings
from jobs import deliver
from jobs.channels import x as kind
from jobs.channels.transport import Account, Message, PictureRefused, Secrets, TransportError
from jobs.channels.x import T_CO, XTransport, _is_same_word
from tests.conftest import REAL_DATA
from tests.services.x import CLIENT, KEYS, ME, TOKENS, FakeX, serving

pytestmark = pytest.mark.slow

DESCRIPTION = REAL_DATA / "x-openapi.json.gz"
OAUTH_2 = {**TOKENS, "client_secret": CLIENT["client_secret"]}
TEXT = "Who knows a roofer? #referralwednesday"


@pytest.fixture
def fake(tmp_path: Path) -> FakeX:
    return FakeX(tape=tmp_path / "tape", description=DESCRIPTION if DESCRIPTION.is_file() else None)


@pytest.fixture
def host(fake: FakeX, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    with serving(fake) as address:
        yield address


Make = Callable[..., XTransport]


@pytest.fixture
def make(host: str, settings: Settings) -> Make:
    """Return a function that makes a transport with the given secrets."""

    def make(secrets: Secrets = OAUTH_2, where: str = host) -> XTransport:
        stored = [secrets]

        def renew(change: Callable[[Secrets], Secrets]) -> Secrets:
            stored.append(change(stored[-1]))
            return stored[-1]

        told = {"host": where, "client_id": CLIENT["client_id"]}
        return XTransport(Account("c", told, secrets, renew, settings))

    return make


def message(text: str = TEXT, image: str = "", at: datetime | None = None, alt: str = "A card") -> Message:
    at = at or clock.utc_now()
    return Message("k", PostSnapshot("C", "c", "o", at.date(), at, text, image, alt if image else "").to_bytes())


@pytest.mark.parametrize("secrets", [OAUTH_2, KEYS], ids=["oauth2", "oauth1"])
def test_a_post_sent_repeatedly_exists_once(fake: FakeX, make: Make, secrets: Secrets, tmp_path: Path) -> None:
    assert make(secrets).check().name == "@network"
    assert make(secrets).find(message()) is None
    sent = make(secrets).send(message())
    assert sent == make(secrets).send(message()) == make(secrets).find(message()) == fake.posts[0]["id"]
    assert [json.loads(line)["text"] for line in (tmp_path / "tape").read_text().splitlines()] == [TEXT]


@pytest.mark.parametrize("image", [b"", b"a picture"], ids=["", "picture"])
@pytest.mark.parametrize(
    "text",
    [
        "Fish & <chips>, typed as &amp; too",
        "See example.com, or https://a.example/b?c=d&e=f.\n\nhttps://week.example/w",
        "Cafe\u0301 de\u0301ja\u0300 vu",
        "  日本語 👨‍👩‍👧  and\n\nmore (#tag)\n",
    ],
)
def test_a_text_is_recognized_however_x_rewrites_it(
    fake: FakeX, make: Make, settings: Settings, text: str, image: bytes
) -> None:
    digest = files.store_file(settings.home, FOLDER, image) if image else ""
    assert make().send(message(text, digest)) == make().find(message(text, digest))
    assert make().find(message(text.replace("e", "3", 1).replace("日", "月"), digest)) is None
    assert make().find(message(text + " more", digest)) is None


def test_the_same_text_in_an_earlier_week_is_another_post(fake: FakeX, make: Make) -> None:
    make().send(message())
    later = message(at=clock.utc_now() + timedelta(hours=2))
    assert make().find(later) is None
    with pytest.raises(TransportError, match="Change the words") as refused:
        make().send(later)
    assert (refused.value.permanent, refused.value.accepted, len(fake.posts)) == (True, "no", 1)


def test_a_clock_difference_with_x_hides_no_post(make: Make) -> None:
    ahead = message(at=clock.utc_now() + timedelta(minutes=50))
    assert make().send(ahead) == make().find(ahead)


def test_a_picture_arrives_with_its_alt_text(fake: FakeX, make: Make, settings: Settings) -> None:
    digest = files.store_file(settings.home, FOLDER, b"\x89PNG")
    make().send(message(image=digest, alt="A card " + "x" * 1000))
    (picture,) = fake.pictures
    assert fake.posts[0]["media"] == [picture]
    assert fake.pictures[picture] == {"bytes": b"\x89PNG", "alt": "A card " + "x" * 993}


def test_a_picture_that_is_gone_or_too_large_posts_nothing(fake: FakeX, make: Make, settings: Settings) -> None:
    large = files.store_file(settings.home, FOLDER, bytes(kind.LARGEST_PICTURE + 1))
    for digest in ("0" * 64, large):
        with pytest.raises(TransportError, match="picture") as refused:
            make().send(message(image=digest))
        assert (refused.value.permanent, refused.value.accepted) == (True, "no")
    assert fake.asked == []


def test_a_text_too_long_for_x_is_a_permanent_failure(fake: FakeX, make: Make) -> None:
    with pytest.raises(TransportError) as refused:
        make().send(message("word " * 60))
    assert (refused.value.permanent, refused.value.accepted, fake.posts) == (True, "no", [])


@pytest.mark.parametrize(
    ("fault", "permanent", "accepted", "posts"),
    [
        ("400", True, "no", 0),
        ("402", False, "no", 0),
        ("403", True, "no", 0),
        ("429", False, "no", 0),
        ("307", False, "maybe", 0),
        ("500", False, "maybe", 0),
        ("503", False, "maybe", 0),
        ("drop_before", False, "maybe", 0),
        ("drop_after", False, "maybe", 1),
    ],
)
@pytest.mark.parametrize("secrets", [OAUTH_2, KEYS], ids=["oauth2", "oauth1"])
def test_an_error_tells_whether_the_post_may_exist(
    fake: FakeX, make: Make, secrets: Secrets, fault: str, permanent: bool, accepted: str, posts: int
) -> None:
    fake.faults = [("/2/tweets", fault)]
    with pytest.raises(TransportError) as failed:
        make(secrets).send(message())
    error = failed.value
    assert (error.permanent, error.accepted, error.is_revoked) == (permanent, accepted, False)
    assert not any(word in f"{error!r}{error.__cause__}" for word in (TEXT, *secrets.values()))
    assert (len(fake.posts), fake.asked.count("POST /2/tweets")) == (posts, 1)


def test_a_post_that_x_creates_after_the_timeout_may_exist(
    fake: FakeX, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as impatient:
        impatient.setattr(safe_http, "TIMEOUT", (1, 0.1))
        fake.faults = [("/2/tweets", "slow")]
        with pytest.raises(TransportError) as failed:
            make().send(message())
    assert (failed.value.permanent, failed.value.accepted) == (False, "maybe")
    for _ in range(100):
        if not fake.posts:
            sleep(0.05)
    assert make().find(message()) == fake.posts[0]["id"]


@pytest.mark.parametrize("text", ["Ask Bea", "Ask Bea: https://week.example/w", "See example.com today"])
def test_a_post_without_its_refused_picture_is_recognized(
    fake: FakeX, make: Make, settings: Settings, text: str
) -> None:
    pictured = message(text, image=files.store_file(settings.home, FOLDER, b"x"))
    fake.faults = [("/2/media/upload", "403")]
    with pytest.raises(PictureRefused):
        make().send(pictured)
    assert make().find(pictured) is None
    assert make().send(pictured.without_picture()) == make().find(pictured)


@pytest.mark.parametrize("path", ["/2/media/upload", "/2/media/metadata", "/2/oauth2/token"])
@pytest.mark.parametrize("fault", ["429", "503", "drop_before", "drop_after"])
def test_an_error_before_the_post_means_certainly_not_accepted(
    fake: FakeX, make: Make, settings: Settings, path: str, fault: str
) -> None:
    fake.expire()
    fake.faults = [(path, fault)]
    with pytest.raises(TransportError) as failed:
        make().send(message(image=files.store_file(settings.home, FOLDER, b"x")))
    assert (failed.value.permanent, failed.value.accepted, failed.value.is_revoked) == (False, "no", False)
    assert fake.posts == []


@pytest.mark.parametrize("when", ["before", "in mid-post"])
def test_eight_workers_renew_an_expired_token_once(
    engine: Engine, settings: Settings, fake: FakeX, host: str, when: str
) -> None:
    seal = Seal(settings.encryption_keys)
    with write_session(engine) as session:
        told = {"host": host, "client_id": CLIENT["client_id"]}
        channel = Channel(chapter=Chapter(key="c", name="C"), kind="x", name="X", settings=told)
        session.add(channel)
        session.flush()
        store_secrets(channel, OAUTH_2, seal)
    if when == "in mid-post":
        fake.faults = [("/2/tweets", "expire")]
    else:
        fake.expire()
    together = Barrier(8)

    def work(number: int) -> str:
        with Session(engine) as session:
            account = deliver.account_of(engine, session.get_one(Channel, 1), settings)
        together.wait()
        return XTransport(account).send(message(f"{TEXT} {number}"))

    with ThreadPoolExecutor(8) as workers:
        sent = set(workers.map(work, range(8)))
    assert sent == {post["id"] for post in fake.posts}
    assert (len(sent), fake.refreshed) == (8, 1)
    with Session(engine) as session:
        kept = secrets_of(session.get_one(Channel, 1), seal)
    assert (kept["refresh_token"], kept["client_secret"]) == (fake.refresh_token, OAUTH_2["client_secret"])


def test_a_new_token_is_stored_before_it_is_used(fake: FakeX, make: Make) -> None:
    fake.expire()
    transport, seen = make(), list[list[str]]()
    renew = transport.account.renew

    def watched(change: Callable[[Secrets], Secrets]) -> Secrets:
        new = renew(change)
        seen.append(list(fake.asked))
        return new

    object.__setattr__(transport.account, "renew", watched)
    transport.send(message())
    assert seen == [["POST /2/tweets", "POST /2/oauth2/token"]]
    assert fake.asked == [*seen[0], "POST /2/tweets"]


@pytest.mark.parametrize("secrets", [OAUTH_2, {**KEYS, "access_token_secret": "changed"}, {}], ids=["2", "1", "gone"])
def test_an_account_that_refuses_our_credentials_is_revoked(fake: FakeX, make: Make, secrets: Secrets) -> None:
    fake.revoke()
    for act in (make(secrets).check, lambda: make(secrets).send(message())):
        with pytest.raises(TransportError, match="Reconnect") as failed:
            act()
        assert (failed.value.permanent, failed.value.accepted, failed.value.is_revoked) == (True, "no", True)
    with pytest.raises(TransportError) as failed:
        make(secrets).find(message())
    assert (failed.value.accepted, failed.value.is_revoked) == ("maybe", True)


def test_an_account_that_refuses_a_new_token_is_revoked(fake: FakeX, make: Make) -> None:
    fake.faults = [("/2/users/me", "401"), ("/2/users/me", "401")]
    with pytest.raises(TransportError) as failed:
        make().check()
    assert (failed.value.is_revoked, fake.refreshed) == (True, 1)


def test_a_post_is_found_on_a_later_page(fake: FakeX, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make().send(message())
    for number in range(200):
        fake.add(ME, f"{number}")
    assert make().find(message()) == first
    assert fake.asked.count(f"GET /2/users/{ME}/tweets") == 3
    monkeypatch.setattr(kind, "PAGES", 2)
    with pytest.raises(TransportError, match="more posts") as failed:
        make().find(message())
    assert (failed.value.permanent, failed.value.accepted) == (True, "maybe")


@pytest.mark.parametrize("fault", ["403", "429", "503", "drop_before"])
def test_a_failed_look_up_proves_nothing(fake: FakeX, make: Make, fault: str) -> None:
    fake.faults = [(f"/2/users/{ME}/tweets", fault)]
    with pytest.raises(TransportError) as failed:
        make().find(message())
    assert (failed.value.accepted, failed.value.permanent) == ("maybe", fault == "403")


def test_a_duplicate_that_cannot_be_looked_up_may_be_our_post(fake: FakeX, make: Make) -> None:
    make().send(message())
    fake.faults = [(f"/2/users/{ME}/tweets", "503")]
    with pytest.raises(TransportError) as failed:
        make().send(message())
    assert (failed.value.accepted, failed.value.permanent) == ("maybe", False)


def test_mentions_and_replies_are_returned_oldest_first(fake: FakeX, make: Make) -> None:
    ours = make().send(message())
    old = fake.add("2002", "Hello @network & all")
    new = fake.add("3003", "@network I know one", about=ours)
    mention, reply = make().listen(None, ["referralwednesday"])
    assert (mention.external_id, mention.kind, mention.author, mention.about) == (old, "mention", "@user2002", "")
    assert (mention.text, mention.address) == ("Hello @network & all", f"https://x.com/user2002/status/{old}")
    assert (reply.external_id, reply.kind, reply.about) == (new, "reply", ours)
    assert clock.utc_now() - reply.at.astimezone(UTC) < timedelta(minutes=1)
    assert [each.external_id for each in make().listen(old, [])] == [new]
    assert make().listen(new, []) == []


def test_a_plan_that_does_not_allow_reading_is_reported(fake: FakeX, make: Make) -> None:
    fake.add("2002", "Hello @network")
    fake.faults = [(f"/2/users/{ME}/mentions", "403")]
    with pytest.raises(TransportError, match="plan"):
        make().listen(None, [])


def test_the_fake_server_refuses_undocumented_requests(real_data: Path, fake: FakeX, host: str) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['access_token']}"}
    for wrong in ("tweet.fields=entities", "max_results=3", "start_time=yesterday"):
        assert requests.get(f"{host}/2/users/{ME}/tweets?{wrong}", headers=headers).status_code == 400
    for body in ({"words": "no"}, {"text": 7}, {"text": "x", "media": {"media_ids": ["a picture"]}}):
        assert requests.post(f"{host}/2/tweets", headers=headers, json=body).status_code == 400
    assert fake.posts == []


@pytest.mark.slow
def test_the_fake_server_process_keeps_what_it_accepted(make: Make, tmp_path: Path) -> None:
    tape = tmp_path / "process"
    command = [sys.executable, "-m", "tests.services.x", "0", "--tape", str(tape), "--allows-duplicates"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where = process.stdout.readline().strip()
        requests.post(f"{where}/control", json=[["/2/tweets", "drop_after"]])
        with pytest.raises(TransportError) as failed:
            make(where=where).send(message())
        assert failed.value.accepted == "maybe"
        make(where=where).send(message())
        assert requests.get(f"{where}/control").json() == {"posts": 2, "refreshed": 0}
        process.send_signal(signal.SIGKILL)
    assert [json.loads(line)["text"] for line in tape.read_text().splitlines()] == [TEXT, TEXT]


def test_a_token_is_revoked_on_disconnection(make: Make) -> None:
    make(KEYS).revoke()
    assert make().check().name == "@network"
    make().revoke()
    with pytest.raises(TransportError) as error:
        make().check()
    assert error.value.is_revoked


@given(
    theirs=st.lists(st.sampled_from(["a", "b", "https://t.co/x1", "-"]), max_size=5).map("".join),
    ours=st.text("ab-", max_size=7),
)
def test_a_word_of_x_matches_as_its_pattern_says(theirs: str, ours: str) -> None:
    pattern = r"\S+".join(re.escape(part) for part in T_CO.split(theirs))
    assert _is_same_word(theirs, ours) == (re.fullmatch(pattern, ours) is not None)


def test_an_odd_post_of_x_is_compared_without_delay() -> None:
    began = perf_counter()
    assert not _is_same_word("https://t.co/a-" * 2000 + "!", "a-" * 20_000)
    assert perf_counter() - began < 2  # seconds; by one expression it took minutes
