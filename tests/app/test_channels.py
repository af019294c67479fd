"""Channels on their pages: connected once, by who may, their secrets never shown; and what nobody can tell decided."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import channel_oauth
from app.accounts.tables import AccountSession
from app.channel_oauth import Handshake
from app.errors import Site
from directory.audit import AuditEntry
from directory.db import write_session
from directory.outbox import channel as channels
from directory.outbox import channel_lifecycle
from directory.outbox.channel import Channel, ChannelState, secrets_of
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.heartbeat import record_heartbeat
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.secrets import SecretBox
from directory.week.occurrence_planning import plan_occurrences
from tests.app.conftest import SignIn

KEYS = {
    **{"consumer_key": "ck", "consumer_secret": "cs-secret"},
    **{"access_token": "at-secret", "access_token_secret": "ats-secret"},
}
SAID = {"client_id": "the-id", "client_secret": "hush-hush"}


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


@pytest.fixture
def browser(engine: Engine, sign_in: SignIn) -> Callable[[str], FlaskClient]:
    def of(key: str) -> FlaskClient:
        with Session(engine) as session:
            return sign_in(session.scalars(select(Member).where(Member.key == key)).one())

    return of


@pytest.fixture
def lena(browser: Callable[[str], FlaskClient]) -> FlaskClient:
    """Leads Old Pueblo."""
    return browser("lena")


@pytest.fixture
def house(engine: Engine) -> str:
    with Session(engine) as session:
        return session.scalars(select(Chapter.public_id).where(Chapter.key == "old-pueblo")).one()


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that believes the code "good"."""

    def finish(said: Any, kept: Any, code: str) -> dict[str, str]:
        assert (said, kept["verifier"], code) == (SAID, "v-secret", "good")
        return {"access_token": "brought"}

    begin = lambda said, back, state: (f"https://x.example/?state={state}&back={back}", {"verifier": "v-secret"})  # noqa: E731
    monkeypatch.setattr(channel_oauth, "HANDSHAKES", (("x", Handshake(begin, finish)),))


def state_of(page: str) -> str:
    (address,) = [part for part in page.split('"') if part.startswith("https://x.example/")]
    return parse_qs(urlsplit(address.replace("&amp;", "&")).query)["state"][0]


def newest(engine: Engine) -> Channel:
    with Session(engine) as session:
        return session.scalars(select(Channel).order_by(Channel.id.desc())).first() or Channel()


def test_an_account_is_connected_by_its_keys_which_no_page_ever_shows(
    engine: Engine, lena: FlaskClient, house: str, app: Site
) -> None:
    assert "four keys" in lena.get(f"/chapters/{house}/channels/x_keys").text
    answer = lena.post(f"/chapters/{house}/channels/x_keys", data={**KEYS, "consumer_key": ""})
    assert (answer.status_code, "Enter API key." in answer.text) == (422, True)
    assert "cs-secret" not in answer.text
    lena.post(f"/chapters/{house}/channels/x_keys", data=KEYS)
    row = newest(engine)
    assert (row.kind, row.state, row.settings) == ("x_keys", ChannelState.OPEN, {})
    assert secrets_of(row, app.config["SECRETS"]) == KEYS
    assert "secret" not in row.sealed
    pages = ("/chapter/channels", f"/channels/{row.public_id}", f"/channels/{row.public_id}/connect")
    for page in pages:
        text = lena.get(page).text
        assert "X, with four keys" in text
        assert "-secret" not in text
    assert "Checking the connection" in lena.get(pages[1]).text


def test_the_hand_shake_is_believed_once(engine: Engine, lena: FlaskClient, house: str, app: Site, x: None) -> None:
    state = state_of(lena.post(f"/chapters/{house}/channels/x", data=SAID).text)
    with Session(engine) as session:
        kept = " ".join(session.scalars(select(AccountSession.content)))
        assert "hush" not in kept
        assert "v-secret" not in kept
    back = f"/chapter/channels/answer?code=good&state={state}"
    assert lena.get(back).location.startswith("/channels/")
    row = newest(engine)
    assert row.settings == {"client_id": "the-id"}
    assert secrets_of(row, app.config["SECRETS"]) == {"client_secret": "hush-hush", "access_token": "brought"}
    assert "Start again" in lena.get(back, follow_redirects=True).text
    assert newest(engine).id == row.id


@pytest.mark.parametrize("wrong", ["forged", "late", "no", "somebody else's", "from nowhere"])
def test_an_answer_that_is_not_ours_changes_nothing(
    engine: Engine,
    browser: Callable[[str], FlaskClient],
    lena: FlaskClient,
    house: str,
    app: Site,
    now: datetime,
    x: None,
    wrong: str,
) -> None:
    before = newest(engine).id
    state = (
        "nothing" if wrong == "from nowhere" else state_of(lena.post(f"/chapters/{house}/channels/x", data=SAID).text)
    )
    if wrong == "late":
        app.config["CLOCK"] = lambda: now + timedelta(minutes=9)
        lena.post("/prove", data={"password": "a word between us"})
        app.config["CLOCK"] = lambda: now + timedelta(minutes=11)
    who = browser("ada") if wrong == "somebody else's" else lena
    query = {"code": "" if wrong == "no" else "good", "state": "forged" if wrong == "forged" else state}
    answer = who.get("/chapter/channels/answer", query_string=query, follow_redirects=True)
    assert "not belong" in answer.text or "did not allow" in answer.text or "Is this you" in answer.text
    assert newest(engine).id == before


def test_a_broken_account_is_connected_again_in_the_same_row(
    engine: Engine, lena: FlaskClient, house: str, app: Site, now: datetime, x: None
) -> None:
    lena.post(f"/chapters/{house}/channels/x_keys", data=KEYS)
    row = newest(engine)
    with write_session(engine) as session:
        channel_lifecycle.mark_broken(session, session.get_one(Channel, row.id), reason="It let us out.", now=now)
    assert "must be reconnected" in lena.get("/chapter/channels").text
    assert "It let us out." in lena.get(f"/channels/{row.public_id}").text
    assert lena.post(f"/channels/{row.public_id}/resume").status_code == 409
    lena.post(f"/channels/{row.public_id}/connect", data={**KEYS, "access_token": "newer"})
    again = newest(engine)
    assert (again.id, again.state, again.broken_reason) == (row.id, ChannelState.OPEN, "")
    assert secrets_of(again, app.config["SECRETS"])["access_token"] == "newer"


def test_it_pauses_goes_on_and_is_let_go_with_its_secrets(
    engine: Engine, lena: FlaskClient, house: str, now: datetime
) -> None:
    lena.post(f"/chapters/{house}/channels/x_keys", data=KEYS)
    row = newest(engine)
    for act, then in (("pause", ChannelState.PAUSED), ("resume", ChannelState.OPEN)):
        lena.post(f"/channels/{row.public_id}/{act}")
        assert newest(engine).state is then
    assert "costs $0.015, with a link $0.20" in lena.get(f"/channels/{row.public_id}").text
    lena.post(f"/channels/{row.public_id}/link")
    assert newest(engine).has_link
    lena.post(f"/channels/{row.public_id}/try")
    lena.post(f"/channels/{row.public_id}/disconnect")
    gone = newest(engine)
    assert gone.state is ChannelState.GONE
    with Session(engine) as session:
        assert session.scalars(select(Delivery.state).where(Delivery.channel_id == row.id)).all() == ["failed"]
        of_channel = AuditEntry.object == f"channel {row.public_id}"
        acts = session.scalars(select(AuditEntry.action).where(of_channel).order_by(AuditEntry.id)).all()
        assert acts == [f"channel.{act}" for act in ("connect", "pause", "resume", "link", "try", "disconnect")]
    for act in ("disconnect", "pause", "check", "try"):
        assert lena.post(f"/channels/{row.public_id}/{act}").status_code == 409
    assert lena.post(f"/channels/{row.public_id}/connect", data=KEYS).status_code == 409


def test_who_is_in_charge_runs_the_chapter(engine: Engine, lena: FlaskClient, house: str) -> None:
    lena.post(f"/chapters/{house}/channels/kit", data={"address": "https://groups.example/ours"})
    row = newest(engine)
    with Session(engine) as session:
        people = {member.key: member.public_id for member in session.scalars(select(Member))}
    assert lena.post(f"/channels/{row.public_id}/charge", data={"owner": people["nadia"]}).status_code == 422
    lena.post(f"/channels/{row.public_id}/charge", data={"owner": people["lena"]})
    with Session(engine) as session:
        owner = session.get_one(Channel, row.id).owner
        assert owner is not None
        assert owner.key == "lena"


@pytest.fixture
def lost(engine: Engine, now: datetime) -> str:
    """A post of which nobody can tell whether it arrived."""
    with write_session(engine) as session:
        channel = session.scalars(select(Channel).join(Channel.chapter).where(Chapter.key == "old-pueblo")).first()
        assert channel is not None
        post = PostSnapshot("Old Pueblo", channel.public_id, "o", now.date(), now, "Whom do you know?")
        row = Delivery(key="post:o:c", channel=channel, payload=post.to_bytes(), due_at=now, attempts=1)
        row.state, row.reason = DeliveryState.UNKNOWN, "No answer."
        session.add(row)
        session.flush()
        return row.public_id


@pytest.mark.parametrize(("act", "then"), [("there", DeliveryState.DELIVERED), ("again", DeliveryState.PENDING)])
def test_a_person_decides_about_a_post_that_nobody_can_tell_of(
    engine: Engine, lena: FlaskClient, lost: str, act: str, then: DeliveryState
) -> None:
    for page in ("/", "/chapter/channels"):
        assert f"/deliveries/{lost}" in lena.get(page).text
    page = lena.get(f"/deliveries/{lost}").text
    assert "We do not know" in page
    assert "Whom do you know?" in page
    lena.post(f"/deliveries/{lost}/look")
    assert "Checking…" in lena.get(f"/deliveries/{lost}").text
    lena.post(f"/deliveries/{lost}/{act}")
    with Session(engine) as session:
        assert session.scalars(select(Delivery.state).where(Delivery.public_id == lost)).one() is then
    assert lena.post(f"/deliveries/{lost}/there").status_code == 409
    assert f"/deliveries/{lost}" not in lena.get("/").text


def test_a_letter_is_nobodys_business(engine: Engine, browser: Callable[[str], FlaskClient], now: datetime) -> None:
    with write_session(engine) as session:
        row = Delivery(key="mail:x", payload=b'{"words": "private"}', due_at=now)
        session.add(row)
        session.flush()
        path = f"/deliveries/{row.public_id}"
    for who in (browser("ada"), browser("lena")):
        assert who.get(path).data == who.get("/deliveries/23456789abcd").data


def test_the_status_says_what_waits_and_who_works(
    engine: Engine, lena: FlaskClient, lost: str, now: datetime, browser: Callable[[str], FlaskClient]
) -> None:
    assert "Nothing is being sent" in lena.get("/chapter/status").text
    with write_session(engine) as session:
        plan_occurrences(session, now=now)
        record_heartbeat(session, worker="hand-1", now=now)
    page = lena.get("/chapter/status").text
    assert "Old Pueblo needs attention" in page
    assert "Next post: Wed, Nov 4 at 9:00 AM." in page
    assert "We do not know whether one post" in page
    assert "hand-1" in page
    assert page.count("Next post:") < browser("ada").get("/chapter/status").text.count("Next post:")


def test_new_keys_open_what_the_old_ones_sealed(session: Session) -> None:
    channel = Channel(chapter=Chapter(key="k", name="K"), kind="x", name="X")
    session.add(channel)
    session.flush()
    channels.store_secrets(channel, {"token": "t"}, SecretBox(["old"]))
    assert channels.SEALED.reseal(session, SecretBox(["new", "old"])) == 1
    assert secrets_of(channel, SecretBox(["new"])) == {"token": "t"}
