"""The week page: every member reads the coming post; leads hold, edit or skip it."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.channel import Channel
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Member, MemberState
from directory.week.mention_choice import mentions_of
from directory.week.occurrence_planning import plan_occurrences, upcoming_occurrence
from directory.week.post import Post, compose, posts_of
from tests.app.conftest import SignIn

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def engine(demo: Engine, now: datetime) -> Engine:
    """The demo network with its coming posts composed."""
    with write_session(demo) as session:
        for occurrence in plan_occurrences(session, now=now):
            compose(session, occurrence=occurrence, now=now)
    return demo


@pytest.fixture
def browser(engine: Engine, sign_in: SignIn) -> Browser:
    """Return a function that signs in a member by key. Lena leads Old Pueblo, Nadia is a member of it."""

    def sign_in_as(key: str) -> FlaskClient:
        with Session(engine) as session:
            return sign_in(session.scalars(select(Member).where(Member.key == key)).one())

    return sign_in_as


def coming_post(engine: Engine, now: datetime) -> tuple[Occurrence, Post]:
    with Session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        occurrence = upcoming_occurrence(session, chapter=chapter, now=now)
        assert occurrence is not None
        return occurrence, posts_of(session, occurrence=occurrence)[0]


def test_a_member_reads_the_post_and_its_reasons_but_cannot_change_it(
    browser: Browser, engine: Engine, now: datetime
) -> None:
    nadia, (occurrence, post) = browser("nadia"), coming_post(engine, now)
    page = nadia.get("/week").text
    assert "Wed, Nov 4 at 9:00 AM" in page
    assert "#referralwednesday" in page
    assert "for a client" in page
    assert ">Hold<" not in page
    for path in ("hold", "skip", "release", f"posts/{post.public_id}", f"posts/{post.public_id}/restore"):
        assert nadia.post(f"/week/{occurrence.public_id}/{path}", data={"text": "Mine"}).status_code == 404
    assert coming_post(engine, now)[1].text == post.text


def test_a_lead_can_hold_and_release_the_post(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (occurrence, _) = browser("lena"), coming_post(engine, now)
    held = lena.post(f"/week/{occurrence.public_id}/hold", follow_redirects=True).text
    assert "The post is on hold until somebody releases it" in held
    assert "Lena Okafor held it today." in held
    assert coming_post(engine, now)[0].held_at == now
    assert ">Hold<" in lena.post(f"/week/{occurrence.public_id}/release", follow_redirects=True).text


def test_a_skipped_week_can_be_restored(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (occurrence, _) = browser("lena"), coming_post(engine, now)
    assert "There is no post this week" in lena.post(f"/week/{occurrence.public_id}/skip", follow_redirects=True).text
    assert lena.post(f"/week/{occurrence.public_id}/hold").status_code == 409
    lena.post(f"/week/{occurrence.public_id}/release")
    assert coming_post(engine, now)[0].is_open


def test_a_lead_can_edit_the_post_and_restore_the_suggestion(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (occurrence, post) = browser("lena"), coming_post(engine, now)
    path = f"/week/{occurrence.public_id}/posts/{post.public_id}"
    assert "<b>Hello" not in lena.post(path, data={"text": "<b>Hello, Old Pueblo"}, follow_redirects=True).text
    assert coming_post(engine, now)[1].text == "<b>Hello, Old Pueblo"
    lena.post(f"{path}/restore")
    assert coming_post(engine, now)[1].text == post.text


def test_a_refused_text_stays_in_the_form_with_the_reason(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (occurrence, post) = browser("lena"), coming_post(engine, now)
    answer = lena.post(f"/week/{occurrence.public_id}/posts/{post.public_id}", data={"text": "Meet Theo Ramsey"})
    assert answer.status_code == 422
    assert "Theo Ramsey does not agree to be named" in answer.text
    assert "Meet Theo Ramsey</textarea>" in answer.text
    assert lena.post(f"/week/{occurrence.public_id}/posts/23456789abcd", data={"text": "x"}).status_code == 404


def test_without_a_planned_week_the_page_says_so(browser: Browser, engine: Engine) -> None:
    with write_session(engine) as session:
        for occurrence in session.scalars(select(Occurrence)):
            occurrence.skipped, occurrence.due_at = "over", occurrence.due_at.replace(year=2025)
    assert "No post is scheduled yet" in browser("nadia").get("/week").text


def test_a_suspended_member_is_no_longer_listed_beside_the_post(
    browser: Browser, engine: Engine, now: datetime
) -> None:
    lena, (occurrence, _) = browser("lena"), coming_post(engine, now)
    with Session(engine) as session:
        gone = next(each.member for each in mentions_of(session, occurrence=occurrence) if each.member.key != "lena")
        path = f"/members/{gone.public_id}"
    assert path in lena.get("/week").text
    with write_session(engine) as session:
        session.get_one(Member, gone.id).state = MemberState.SUSPENDED
    assert path not in lena.get("/week").text


def test_a_member_can_leave_the_post_and_return_to_it(browser: Browser, engine: Engine, now: datetime) -> None:
    nadia, (occurrence, post) = browser("nadia"), coming_post(engine, now)
    assert "Nadia Soto" in post.text
    for path in ("/", "/week"):
        assert f'action="/week/{occurrence.public_id}/mine/leave"' in nadia.get(path).text
    page = nadia.post(f"/week/{occurrence.public_id}/mine/leave", follow_redirects=True).text
    assert "You are not in this week’s post." in page
    assert f'action="/week/{occurrence.public_id}/mine/return"' in page
    assert "Nadia Soto" not in coming_post(engine, now)[1].text
    assert "Omar Haddad" in coming_post(engine, now)[1].text
    assert nadia.post(f"/week/{occurrence.public_id}/mine/leave").status_code == 409
    nadia.post(f"/week/{occurrence.public_id}/mine/return")
    assert coming_post(engine, now)[1].text == post.text


def test_the_page_shows_lengths_costs_the_image_and_remarks(browser: Browser, engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        session.scalars(select(Channel).where(Channel.chapter_id == chapter.id)).one().kind = "x"
        occurrence = upcoming_occurrence(session, chapter=chapter, now=now)
        compose(session, occurrence=occurrence, now=now)
    lena, (occurrence, post) = browser("lena"), coming_post(engine, now)
    page = lena.get("/week").text
    assert "of 280, as X counts characters" in page
    assert "It costs $0.015; with a link it would cost $0.20." in page
    assert 'alt="Old Pueblo: Nadia Soto of Northlight Studio. Wanted:' in page
    picture = lena.get(f"/week/{occurrence.public_id}/card.png")
    assert picture.data.startswith(b"\x89PNG")
    path = f"/week/{occurrence.public_id}/posts/{post.public_id}"
    for text, sentence in (
        ("Write to nadia@northlight.example", "Remove the email address"),
        ("See northlight.com", "Remove the link, or turn on links"),
        ("Meet \u202eaidaN", "Remove the hidden character"),
        ("x" * 281, "It is 1 too long for"),
        ("x" * 10_000, "Shorten the text of the post"),
    ):
        answer = lena.post(path, data={"text": text})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert f"{text}</textarea>" in answer.text  # the submitted text is kept
    facts = lena.post(f"{path}/facts", data={"text": "Ask @carlo"}).text
    assert "<b>10</b> of 280" in facts
    assert "Write the name without the @" in facts
    assert coming_post(engine, now)[1].text == post.text
    assert "look like shouting" in lena.post(path, data={"text": "MEET ALL OUR PEOPLE"}, follow_redirects=True).text


def test_a_hashtag_with_a_space_is_refused_with_a_message(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (occurrence, _) = browser("lena"), coming_post(engine, now)
    said = {"name": "Old Pueblo", "zone": "America/Phoenix", "weekday": "2", "post_time": "09:00"}
    with Session(engine) as session:
        path = f"/chapters/{session.get_one(Occurrence, occurrence.id).chapter.public_id}/settings"
    answer = lena.post(path, data={**said, "hashtags": "#old pueblo"})
    assert answer.status_code == 422
    assert "A hashtag has no spaces" in answer.text


def test_a_chapter_elsewhere_reads_days_and_hours_as_it_writes_them(browser: Browser, engine: Engine) -> None:
    with write_session(engine) as session:
        session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one().country = "DE"
    nadia = browser("nadia")
    assert "Wed, 4 Nov at 09:00" in nadia.get("/week").text
    assert "within 50 km of Phoenix" in nadia.get("/members?town=Phoenix&km=48").text
