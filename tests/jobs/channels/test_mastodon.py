"""Mastodon: idempotency keys, look-ups, listening and sign-in, against a server on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from mastodon import Mastodon

from app import channel_oauth
from directory import clock, safe_http
from directory.errors import Invalid
from directory.settings import Settings
from jobs.channels import mastodon as kind
from jobs.channels.mastodon import MastodonTransport, plain_text
from jobs.channels.transport import TransportError
from tests.jobs.channels.platforms import STAND_INS, Platform, account_of, message, picture
from tests.services import mastodon
from tests.services.proxy import Fault

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    with ExitStack() as stack:
        yield STAND_INS["mastodon"].make(stack, settings)


@pytest.fixture
def bea(here: Platform) -> Any:
    assert here.proxy
    return Mastodon(access_token=mastodon.NEIGHBOUR, api_base_url=here.proxy.address)


def test_a_post_older_than_its_idempotency_key_is_looked_up_first(here: Platform) -> None:
    first = here.transport.send(message(key="forgotten by the server"))
    assert here.transport.send(message(at=clock.utc_now() - 2 * HOUR)) == first
    assert here.transport.send(message()) != first  # a newer post relies on its key, which this server does not check
    assert len(here.texts()) == 2


def test_an_old_post_that_cannot_be_looked_up_is_not_sent(here: Platform) -> None:
    assert here.proxy
    here.proxy.faults.append(Fault("GET", "/statuses", 503))
    with pytest.raises(TransportError) as caught:
        here.transport.send(message(at=clock.utc_now() - 2 * HOUR))
    assert (caught.value.accepted, caught.value.permanent) == ("no", False)
    assert here.texts() == []


def test_the_same_text_in_an_earlier_week_is_another_post(here: Platform) -> None:
    here.transport.send(message())
    assert here.transport.find(message(at=clock.utc_now() + 2 * HOUR)) is None


def test_a_post_is_found_on_a_later_page_but_not_beyond_the_last(
    here: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = here.transport.send(message())
    for number in range(3):
        here.transport.send(message(key=str(number), text=str(number)))
    monkeypatch.setattr(kind, "PAGE", 2)
    assert here.transport.find(message()) == first
    monkeypatch.setattr(kind, "PAGES", 1)
    try:
        raise TransportError("what was handled meanwhile", permanent=True, accepted="no")
    except TransportError:
        with pytest.raises(TransportError) as caught:
            here.transport.find(message())
    assert (caught.value.permanent, caught.value.accepted) == (False, "maybe")


def test_a_check_returns_the_name_and_the_server_s_text_limit(here: Platform) -> None:
    checked = here.transport.check()
    assert checked.name == f"@goodword@{urlsplit(here.account.settings['address']).netloc}"
    assert checked.limit == 500
    assert here.proxy
    here.proxy.faults.append(Fault("GET", "/instance", 404))
    assert here.transport.check() == replace(checked, limit=None)


def test_a_picture_refused_for_now_posts_nothing(here: Platform, settings: Settings) -> None:
    assert here.proxy
    here.proxy.faults.append(Fault("POST", "/media", "after"))
    with pytest.raises(TransportError) as caught:
        here.transport.send(message(image=picture(settings)))
    assert (caught.value.permanent, caught.value.accepted) == (False, "no")


def test_mentions_replies_and_tagged_posts_are_returned_without_our_own(here: Platform, bea: Any) -> None:
    post = here.transport.send(message())
    mention = bea.status_post("Hi @goodword, <script>alert(1)</script> who knows a roofer?")
    bea.status_post("I do! @goodword", in_reply_to_id=post)
    bea.status_post("Nothing to do with you")
    bea.status_post("Somebody for a theater? #referralwednesday")
    heard = here.transport.listen(None, ["referralwednesday"])
    assert [one.kind for one in heard] == ["mention", "reply", "tag"]
    assert [one.about for one in heard] == ["", post, ""]
    assert heard[0].external_id == str(mention["id"])
    assert heard[0].author == "@bea"
    assert heard[0].text == "Hi @goodword, <script>alert(1)</script> who knows a roofer?"
    assert heard[0].address.startswith("http")
    later = bea.status_post("And a painter, @goodword?")
    again = here.transport.listen(heard[-1].external_id, ["referralwednesday"])
    assert [one.external_id for one in again][-1] == str(later["id"])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<br />two</p><p>three</p>", "One\ntwo\n\nthree"),
        ('<p><a href="#">#<span>tag</span></a> &amp; &lt;b&gt;</p>', "#tag & <b>"),
        ('<a><span class="invisible">https://</span><span>a.example/b</span></a>', "https://a.example/b"),
        ("<p>no end &am", "no end &am"),
        ("", ""),
    ],
)
def test_html_is_converted_to_the_text_as_typed(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize("piece", ["<a ", "<a b='", "<!--", "<p>", "&#"])
def test_hostile_html_is_converted_quickly(piece: str) -> None:
    began = monotonic()
    plain_text(piece * 200_000)
    assert monotonic() - began < 3


def test_a_person_grants_access_on_the_server_s_own_page(here: Platform, settings: Settings, now: datetime) -> None:
    said = {"address": here.account.settings["address"]}
    page, stack = channel_oauth.begin("mastodon", said, "https://here.example/answer", now=now)
    form = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    yes = requests.post(page.partition("?")[0], {**form, "username": "goodword"}, allow_redirects=False, timeout=5)
    answered = {name: values[0] for name, values in parse_qs(urlsplit(yes.headers["Location"]).query).items()}
    given = channel_oauth.finish("mastodon", said, stack, answered, now=now)
    transport = MastodonTransport(account_of(said, given, settings))
    assert transport.send(message())
    assert transport.listen(None, ["referralwednesday"]) == []
    assert transport.check().name.startswith("@goodword@")
    with pytest.raises(Invalid):
        channel_oauth.finish("mastodon", said, stack, {**answered, "code": "forged"}, now=now)


@pytest.mark.parametrize("typed", ["127.0.0.1", "localhost", "http://a.example", "https://", "no server", "[::1", "a@"])
def test_an_address_that_is_not_a_public_server_is_refused(typed: str, now: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        channel_oauth.begin("mastodon", {"address": typed}, "https://here.example/answer", now=now)
    assert caught.value.field == "address"
