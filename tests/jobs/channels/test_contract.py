"""The contract of all transports, tested on each kind against a server on loopback."""

import re
import traceback
from datetime import timedelta
from typing import Any

import pytest

from directory import clock
from directory.outbox.channel_kind import kind_named
from directory.settings import Settings
from jobs import deliver
from jobs.channels import transport_of
from jobs.channels.transport import PictureRefused, TransportError
from tests.jobs.channels.platforms import (
    ALT,
    LOOKED_AT,
    ONLINE,
    STAND_INS,
    TEXT,
    Platform,
    account_of,
    message,
    over,
    picture,
)
from tests.services.proxy import Fault

pytestmark = pytest.mark.slow

SPOKEN = "canary-text"
UPLOADS = {"x": "/media/upload", "x_keys": "/media/upload", "mastodon": "/media", "bluesky": "uploadBlob"}
PICTURED = [kind for kind in STAND_INS if kind_named(kind).has_image]


def failing(platform: Platform, act: str, *args: Any) -> TransportError:
    """Return the error of an act, after checking that its traceback names no secret and no text."""
    with pytest.raises(TransportError) as caught:
        getattr(platform.transport, act)(*args)
    told = "".join(traceback.format_exception(caught.value))
    parts = [part for secret in platform.account.secrets.values() for part in re.split(r"[/:?&=]", secret)]
    for hidden in (*platform.account.secrets.values(), *filter(is_long, parts), TEXT[:12], "canary"):
        assert hidden not in told
    return caught.value


def is_long(part: str) -> bool:
    return len(part) >= 12  # a secret that is a URL consists of parts that say nothing, and of its token


def looks(platform: Platform) -> list[tuple[str, Any]]:
    """Return the acts that do not post: ``check``, and ``find`` if the kind can look up posts."""
    return [("check", ()), ("find", (message(),))][: 1 + STAND_INS[platform.kind].can_look]


@over(STAND_INS)
def test_a_post_arrives_complete(platform: Platform) -> None:
    assert platform.transport.send(message())
    assert ["".join(text.split()) for text in platform.texts()] == ["".join(TEXT.split())]


@over(LOOKED_AT)
def test_a_post_sent_twice_exists_once_under_one_id(platform: Platform) -> None:
    first = platform.transport.send(message())
    assert platform.transport.send(message()) == first == platform.transport.find(message())
    assert len(platform.texts()) == 1


@over(LOOKED_AT)
def test_a_post_never_sent_is_certainly_not_found(platform: Platform) -> None:
    platform.transport.send(message(key="post:o:another", text="Another text"))
    assert platform.transport.find(message()) is None


@over([*PICTURED, "file"])
def test_a_picture_arrives_with_its_alt_text(platform: Platform, settings: Settings) -> None:
    platform.transport.send(message(image=picture(settings)))
    assert platform.alts() == [ALT]


@over(PICTURED)
def test_a_picture_that_is_gone_posts_nothing(platform: Platform) -> None:
    error = failing(platform, "send", message(image="0" * 64))
    assert isinstance(error, PictureRefused)
    assert platform.texts() == []


@over([kind for kind in PICTURED if kind != "mail"])  # whose picture is not uploaded first
def test_a_post_whose_picture_is_refused_arrives_without_it(platform: Platform, settings: Settings) -> None:
    assert platform.proxy
    platform.proxy.faults.append(Fault("POST", UPLOADS[platform.kind], 403, body=SPOKEN.encode()))
    pictured = message(image=picture(settings))
    sent, note = deliver.send(platform.transport, pictured)
    assert "without its picture" in note
    assert platform.transport.find(pictured) == sent
    assert (len(platform.texts()), platform.alts()) == (1, [])


@over([kind for kind in STAND_INS if kind != "file"])  # a folder has no account name
def test_a_check_returns_the_account_name(platform: Platform) -> None:
    assert platform.transport.check().name


@over(ONLINE)
def test_an_unreachable_server_accepted_nothing(platform: Platform) -> None:
    nowhere = platform.at("http://127.0.0.1:1")
    assert failing(nowhere, "send", message()).accepted == "no"
    assert failing(nowhere, "find", message()).accepted == "maybe"
    assert not failing(nowhere, "check").is_revoked


@over(ONLINE)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_may_mean_a_post(platform: Platform, when: str) -> None:
    assert platform.proxy
    platform.proxy.faults.append(Fault(*platform.post, when))
    error = failing(platform, "send", message())
    assert (error.accepted, error.permanent, error.is_revoked) == ("maybe", False, False)


@over([kind for kind in ONLINE if kind in LOOKED_AT])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_look_up_tells_whether_a_post_with_a_lost_answer_arrived(platform: Platform, when: str) -> None:
    assert platform.proxy
    platform.proxy.faults.append(Fault(*platform.post, when))
    failing(platform, "send", message())
    found = platform.transport.find(message())
    assert (found is not None) == (when == "after")
    assert platform.transport.send(message()) == (found or platform.transport.find(message()))
    assert len(platform.texts()) == 1


@over(ONLINE)
def test_a_rate_limit_answer_sets_the_retry_time(platform: Platform) -> None:
    assert platform.proxy
    platform.proxy.faults.append(Fault(*platform.post, 429, headers={"Retry-After": "90"}))
    error = failing(platform, "send", message())
    assert (error.accepted, error.permanent, error.is_revoked) == ("no", False, False)
    assert error.retry_at is not None
    assert abs(error.retry_at - clock.utc_now() - timedelta(seconds=90)) < timedelta(seconds=10)


@over(ONLINE)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_never_disconnects_an_account(platform: Platform, status: int) -> None:
    assert platform.proxy
    every = [Fault(method, "", status, times=9, body=SPOKEN.encode()) for method in ("GET", "POST")]
    platform.proxy.faults.append(Fault(*platform.post, status, body=TEXT.encode()))
    error = failing(platform, "send", message())
    assert (error.accepted, error.permanent, error.is_revoked) == ("maybe", False, False)
    platform.proxy.faults = every
    for act, args in looks(platform):
        error = failing(platform, act, *args)
        assert (error.permanent, error.is_revoked) == (False, False)


@over(ONLINE)
def test_an_invalid_answer_may_mean_a_post(platform: Platform) -> None:
    assert platform.proxy
    platform.proxy.faults.append(Fault(*platform.post, 200, body=f"<html>{SPOKEN}".encode()))
    assert failing(platform, "send", message()).accepted == "maybe"


@over(ONLINE)
def test_a_refused_text_is_a_permanent_failure(platform: Platform) -> None:
    assert platform.proxy
    platform.proxy.faults.append(Fault(*platform.post, 422, body=b'{"error": "canary-text is bad", "title": "no"}'))
    error = failing(platform, "send", message())
    assert (error.accepted, error.permanent, error.is_revoked) == ("no", True, False)


@over(ONLINE)
def test_a_revoked_account_is_recognized(platform: Platform) -> None:
    out = platform.shut_out()
    for act, args in (("send", (message(),)), *looks(platform)):
        assert failing(out, act, *args).is_revoked
    assert platform.texts() == []


@over(ONLINE)
def test_each_status_that_means_a_revoked_account_is_recognized(platform: Platform) -> None:
    assert platform.proxy
    for status in STAND_INS[platform.kind].revoked_by:
        platform.proxy.faults = [Fault(method, "", status, times=9) for method in ("GET", "POST")]
        for act, args in (("send", (message(),)), *looks(platform)):
            assert failing(platform, act, *args).is_revoked
    assert platform.texts() == []


@over([kind for kind in STAND_INS if kind not in LOOKED_AT])
def test_a_look_up_that_cannot_be_made_asks_a_person_at_once(platform: Platform) -> None:
    error = failing(platform, "find", message())
    assert (error.accepted, error.permanent) == ("maybe", True)


def test_a_feed_post_is_published_by_recording_it(settings: Settings) -> None:
    feed: Any = transport_of("feed", account_of({}, {}, settings))
    assert feed.send(message()) == feed.find(message()) == "post:o:c"
    assert feed.check()


def test_a_worker_never_sends_to_a_group_posted_by_hand(settings: Settings) -> None:
    kit: Any = transport_of("kit", account_of({"address": "groups.example/tucson"}, {}, settings))
    assert kit.check().name == "groups.example/tucson"
    assert kind_named("kit").is_by_hand
    for act, accepted in (("send", "no"), ("find", "maybe")):
        with pytest.raises(TransportError) as caught:
            getattr(kit, act)(message())
        assert (caught.value.permanent, caught.value.accepted) == (True, accepted)
