"""The week's page: the whole chapter reads the post before it is sent; its leads hold it, reword it, leave it out."""

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
from directory.week.mention import mentions_of
from directory.week.occurrence_schedule import plan_occurrences, upcoming_occurrence
from directory.week.post import Post, compose, posts_of
from tests.app.conftest import SignIn

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def engine(demo: Engine, now: datetime) -> Engine:
    """The demo network, its coming posts composed."""
    with write_session(demo) as session:
        for turn in plan_occurrences(session, now=now):
            compose(session, occurrence=turn, now=now)
    return demo


@pytest.fixture
def browser(engine: Engine, sign_in: SignIn) -> Browser:
    """A browser in which the member with this key is signed in. Lena leads Old Pueblo, Nadia is a member of it."""

    def of(key: str) -> FlaskClient:
        with Session(engine) as session:
            return sign_in(session.scalars(select(Member).where(Member.key == key)).one())

    return of


def coming(engine: Engine, now: datetime) -> tuple[Occurrence, Post]:
    with Session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        turn = upcoming_occurrence(session, chapter=chapter, now=now)
        assert turn is not None
        return turn, posts_of(session, occurrence=turn)[0]


def test_a_member_reads_the_post_and_why_but_changes_nothing(browser: Browser, engine: Engine, now: datetime) -> None:
    nadia, (turn, post) = browser("nadia"), coming(engine, now)
    page = nadia.get("/week").text
    assert "Wednesday, 4 November at 09:00" in page
    assert "#referralwednesday" in page
    assert "for a client" in page
    assert "Hold it" not in page
    for path in ("hold", "skip", "release", f"posts/{post.public_id}", f"posts/{post.public_id}/restore"):
        assert nadia.post(f"/week/{turn.public_id}/{path}", data={"text": "Mine"}).status_code == 404
    assert coming(engine, now)[1].text == post.text


def test_a_lead_holds_it_and_lets_it_go(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (turn, _) = browser("lena"), coming(engine, now)
    held = lena.post(f"/week/{turn.public_id}/hold", follow_redirects=True).text
    assert "The post waits until somebody lets it go" in held
    assert "Lena Okafor held it today." in held
    assert coming(engine, now)[0].held_at == now
    assert "Hold it" in lena.post(f"/week/{turn.public_id}/release", follow_redirects=True).text


def test_a_week_that_is_left_out_can_be_taken_back(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (turn, _) = browser("lena"), coming(engine, now)
    assert "There is no post this week" in lena.post(f"/week/{turn.public_id}/skip", follow_redirects=True).text
    assert lena.post(f"/week/{turn.public_id}/hold").status_code == 409
    lena.post(f"/week/{turn.public_id}/release")
    assert coming(engine, now)[0].is_open


def test_a_lead_rewords_it_and_goes_back(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (turn, post) = browser("lena"), coming(engine, now)
    path = f"/week/{turn.public_id}/posts/{post.public_id}"
    assert "<b>Hello" not in lena.post(path, data={"text": "<b>Hello, Old Pueblo"}, follow_redirects=True).text
    assert coming(engine, now)[1].text == "<b>Hello, Old Pueblo"
    lena.post(f"{path}/restore")
    assert coming(engine, now)[1].text == post.text


def test_what_cannot_be_posted_stays_in_the_form_with_the_reason(
    browser: Browser, engine: Engine, now: datetime
) -> None:
    lena, (turn, post) = browser("lena"), coming(engine, now)
    answer = lena.post(f"/week/{turn.public_id}/posts/{post.public_id}", data={"text": "Meet Theo Ramsey"})
    assert answer.status_code == 422
    assert "Theo Ramsey does not agree to be named" in answer.text
    assert "Meet Theo Ramsey</textarea>" in answer.text
    assert lena.post(f"/week/{turn.public_id}/posts/23456789abcd", data={"text": "x"}).status_code == 404


def test_before_anything_is_planned_the_page_says_so(browser: Browser, engine: Engine) -> None:
    with write_session(engine) as session:
        for turn in session.scalars(select(Occurrence)):
            turn.skipped, turn.due_at = "over", turn.due_at.replace(year=2025)
    assert "No week is planned yet" in browser("nadia").get("/week").text


def test_who_was_suspended_since_stands_beside_it_no_more(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (turn, _) = browser("lena"), coming(engine, now)
    with Session(engine) as session:
        gone = next(each.member for each in mentions_of(session, occurrence=turn) if each.member.key != "lena")
        path = f"/members/{gone.public_id}"
    assert path in lena.get("/week").text
    with write_session(engine) as session:
        session.get_one(Member, gone.id).state = MemberState.SUSPENDED
    assert path not in lena.get("/week").text


def test_a_member_leaves_the_post_by_one_click_and_comes_back_by_one(
    browser: Browser, engine: Engine, now: datetime
) -> None:
    nadia, (turn, post) = browser("nadia"), coming(engine, now)
    assert "Nadia Soto" in post.text
    for path in ("/", "/week"):
        assert f'action="/week/{turn.public_id}/mine/leave"' in nadia.get(path).text
    page = nadia.post(f"/week/{turn.public_id}/mine/leave", follow_redirects=True).text
    assert "You are not in this week’s post." in page
    assert f'action="/week/{turn.public_id}/mine/return"' in page
    assert "Nadia Soto" not in coming(engine, now)[1].text
    assert "Omar Haddad" in coming(engine, now)[1].text
    assert nadia.post(f"/week/{turn.public_id}/mine/leave").status_code == 409
    nadia.post(f"/week/{turn.public_id}/mine/return")
    assert coming(engine, now)[1].text == post.text


def test_the_page_shows_lengths_costs_the_picture_and_what_is_the_matter(
    browser: Browser, engine: Engine, now: datetime
) -> None:
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        session.scalars(select(Channel).where(Channel.chapter_id == chapter.id)).one().kind = "x"
        turn = upcoming_occurrence(session, chapter=chapter, now=now)
        compose(session, occurrence=turn, now=now)
    lena, (turn, post) = browser("lena"), coming(engine, now)
    page = lena.get("/week").text
    assert "of 280, as X counts characters" in page
    assert "It costs $0.015; with a link it would cost $0.20." in page
    assert 'alt="Old Pueblo: Nadia Soto of Northlight Studio. Wanted:' in page
    picture = lena.get(f"/week/{turn.public_id}/card.png")
    assert picture.data.startswith(b"\x89PNG")
    path = f"/week/{turn.public_id}/posts/{post.public_id}"
    for text, sentence in (
        ("Write to nadia@northlight.example", "Take the mail address out"),
        ("See northlight.com", "Take the link out, or choose links"),
        ("Meet \u202eaidaN", "Remove the hidden character"),
        ("x" * 281, "It is 1 too long for"),
        ("x" * 10_000, "Shorten the text of the post"),
    ):
        answer = lena.post(path, data={"text": text})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert f"{text}</textarea>" in answer.text  # nothing that was typed is lost
    assert coming(engine, now)[1].text == post.text
    assert "read like shouting" in lena.post(path, data={"text": "MEET ALL OUR PEOPLE"}, follow_redirects=True).text


def test_a_hashtag_with_a_blank_is_refused_and_told(browser: Browser, engine: Engine, now: datetime) -> None:
    lena, (turn, _) = browser("lena"), coming(engine, now)
    said = {"name": "Old Pueblo", "zone": "America/Phoenix", "weekday": "2", "post_time": "09:00"}
    with Session(engine) as session:
        path = f"/chapters/{session.get_one(Occurrence, turn.id).chapter.public_id}/settings"
    answer = lena.post(path, data={**said, "hashtags": "#old pueblo"})
    assert answer.status_code == 422
    assert "A hashtag has no blanks" in answer.text
