"""The social inbox: a chapter's lead turns a stranger's reply into a lead, an introduction or an invitation."""

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
    """The public id of a reply of Vera's under Old Pueblo's hashtag."""
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        channel = Channel(chapter=chapter, kind="mastodon", name="Mastodon")
        row = Reply(channel=channel, external_id="1", kind="tag", author="@vera", text="A shop <b>needs</b> a site")
        row.address, row.said_at, row.heard_at = "https://s.example/@vera/1", now, now
        session.add(row)
        session.flush()
        return row.public_id


@pytest.fixture
def lena(engine: Engine, sign_in: SignIn) -> FlaskClient:
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).where(Member.key == "lena")).one())


def stored_reply(engine: Engine) -> Reply:
    with Session(engine) as session:
        return session.scalars(select(Reply)).one()


def chapter_id(engine: Engine) -> str:
    with Session(engine) as session:
        return session.scalars(select(Chapter.public_id).where(Chapter.key == "old-pueblo")).one()


def test_a_reply_is_shown_escaped_on_today_and_in_the_inbox(lena: FlaskClient, engine: Engine, reply: str) -> None:
    assert "Something was said to Old Pueblo" in lena.get("/").text
    page = lena.get(f"/chapters/{chapter_id(engine)}/inbox").text
    assert "Something was said to you" in page
    assert "A shop &lt;b&gt;needs&lt;/b&gt; a site" in page


def test_a_lead_made_from_a_reply_starts_with_its_text_and_is_linked_to_it(
    lena: FlaskClient, engine: Engine, reply: str
) -> None:
    assert "A shop &lt;b&gt;needs&lt;/b&gt; a site" in lena.get(f"/leads/new?reply={reply}").text
    answer = lena.post(f"/leads/new?reply={reply}", data={"text": "A shop needs a WordPress site"})
    with Session(engine) as session:
        lead = session.scalars(select(Lead).order_by(Lead.id.desc())).first()
    assert lead is not None
    assert answer.location.endswith(lead.public_id)
    assert (stored_reply(engine).outcome, stored_reply(engine).lead_id) == ("lead", lead.id)
    assert "close the lead" in lena.post(f"/replies/{reply}/ignored", follow_redirects=True).text
    assert stored_reply(engine).outcome == "lead"
    assert "Nobody is waiting for a reply" in lena.get(f"/chapters/{chapter_id(engine)}/inbox").text


def test_introductions_and_invitations_are_texts_to_copy_and_send_nothing(
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


def test_ignoring_a_reply_can_be_undone(lena: FlaskClient, engine: Engine, reply: str) -> None:
    assert f"/replies/{reply}/wait" in lena.post(f"/replies/{reply}/ignored", follow_redirects=True).text
    assert stored_reply(engine).outcome == "ignored"
    lena.post(f"/replies/{reply}/wait")
    assert stored_reply(engine).outcome is None


def test_an_inbox_without_a_listening_channel_links_to_the_channels(lena: FlaskClient, engine: Engine) -> None:
    page = lena.get(f"/chapters/{chapter_id(engine)}/inbox").text
    assert "Nobody has said anything yet" in page
    assert "View channels" in page
