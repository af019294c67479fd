"""The inbox: its leads and secretary make a lead, an introduction or an invitation of what a stranger said."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.lead import Lead
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.week.social_inbox import Reply
from tests.app.conftest import SignIn


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


@pytest.fixture
def reply(engine: Engine, now: datetime) -> str:
    """What Vera said under Old Pueblo's hashtag."""
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        channel = Channel(chapter=chapter, kind="mastodon", name="Mastodon")
        said = Reply(channel=channel, external_id="1", kind="tag", author="@vera", text="A shop <b>needs</b> a site")
        said.address, said.said_at, said.heard_at = "https://s.example/@vera/1", now, now
        session.add(said)
        session.flush()
        return said.public_id


@pytest.fixture
def lena(engine: Engine, sign_in: SignIn) -> FlaskClient:
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).where(Member.key == "lena")).one())


def read(engine: Engine) -> Reply:
    with Session(engine) as session:
        return session.scalars(select(Reply)).one()


def room(engine: Engine) -> str:
    with Session(engine) as session:
        return session.scalars(select(Chapter.public_id).where(Chapter.key == "old-pueblo")).one()


def test_it_waits_on_today_and_in_the_inbox_in_its_own_words(lena: FlaskClient, engine: Engine, reply: str) -> None:
    assert "Something was said to Old Pueblo" in lena.get("/").text
    page = lena.get(f"/chapters/{room(engine)}/inbox").text
    assert "Something was said to you" in page
    assert "A shop &lt;b&gt;needs&lt;/b&gt; a site" in page


def test_a_lead_begins_with_the_words_and_the_reply_knows_it(lena: FlaskClient, engine: Engine, reply: str) -> None:
    assert "A shop &lt;b&gt;needs&lt;/b&gt; a site" in lena.get(f"/leads/new?reply={reply}").text
    answer = lena.post(f"/leads/new?reply={reply}", data={"text": "A shop needs a WordPress site"})
    with Session(engine) as session:
        lead = session.scalars(select(Lead).order_by(Lead.id.desc())).first()
    assert lead is not None
    assert answer.location.endswith(lead.public_id)
    assert (read(engine).outcome, read(engine).lead_id) == ("lead", lead.id)
    assert "close the lead" in lena.post(f"/replies/{reply}/ignored", follow_redirects=True).text
    assert read(engine).outcome == "lead"
    assert "Nobody waits for a word" in lena.get(f"/chapters/{room(engine)}/inbox").text


def test_an_introduction_and_an_invitation_are_words_to_copy_and_nothing_is_sent(
    lena: FlaskClient, engine: Engine, reply: str, now: datetime
) -> None:
    with write_session(engine) as session:
        before = len(session.scalars(select(Delivery)).all())
        bea, nadia = (session.scalars(select(Member).where(Member.key == key)).one() for key in ("bea", "nadia"))
        bea.public_at, nadia.public_at = now, None
        known, hidden = bea.public_id, nadia.public_id
    refused = lena.post(f"/replies/{reply}/introduction", data={"member": hidden}, follow_redirects=True)
    assert "public page" in refused.text
    page = lena.post(f"/replies/{reply}/introduction", data={"member": known}, follow_redirects=True).text
    assert f"http://localhost/people/{known}" in page
    page = lena.post(f"/replies/{reply}/invitation", follow_redirects=True).text
    assert "http://localhost/" in page
    assert "/apply" in page
    with Session(engine) as session:
        assert len(session.scalars(select(Delivery)).all()) == before


def test_what_was_put_aside_comes_back_by_undo(lena: FlaskClient, engine: Engine, reply: str) -> None:
    assert f"/replies/{reply}/wait" in lena.post(f"/replies/{reply}/ignored", follow_redirects=True).text
    assert read(engine).outcome == "ignored"
    lena.post(f"/replies/{reply}/wait")
    assert read(engine).outcome is None


def test_an_inbox_without_an_account_that_hears_says_how_to_get_one(lena: FlaskClient, engine: Engine) -> None:
    page = lena.get(f"/chapters/{room(engine)}/inbox").text
    assert "Nobody has said anything yet" in page
    assert "See the channels" in page
