"""Messages of members: sent without a visible address, answered by mail, limited, reported."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.delivery import Delivery
from directory.people.audience import Audience, audience_choices
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role
from directory.profiles.member_view import set_audiences
from directory.profiles.message import MAX_TO_ONE, Message
from directory.settings import Settings
from tests.app.conftest import SignIn
from tests.app.delivered_mails import delivered
from tests.cast import Cast

WORDS = "I read your page.\n\nShall we talk on Tuesday?"


@pytest.fixture
def nobody_shows_anything(session: Session, cast: Cast, now: datetime) -> Cast:
    """Nobody of the cast shows a phone or an email to anybody."""
    for member in (cast.nia, cast.bea, cast.bob, cast.carla, cast.dana):
        member.email, member.phone = f"{member.first_name.lower()}@firm.example", "+1 520 555 0100"
        closed = dict.fromkeys(audience_choices(), Audience.NOBODY.value)
        set_audiences(session, member=member, audiences=closed, now=now)
    session.add(ChapterRole(member_id=cast.dana.id, chapter_id=cast.chapter.id, role=Role.LEAD))
    session.commit()
    return cast


@pytest.fixture
def nia(nobody_shows_anything: Cast, sign_in: SignIn) -> FlaskClient:
    return sign_in(nobody_shows_anything.nia)


@pytest.fixture
def send(nia: FlaskClient, cast: Cast) -> Callable[..., int]:
    def sent(text: str = WORDS, to: Member = cast.bea) -> int:
        return nia.post(f"/members/{to.public_id}/message", data={"text": text}).status_code

    return sent


def test_a_member_who_shows_nothing_gets_a_message_and_answers_by_mail(
    nia: FlaskClient, cast: Cast, send: Callable[..., int], engine: Engine, settings: Settings, now: datetime
) -> None:
    page = nia.get(f"/members/{cast.bea.public_id}").text
    assert "Message" in page
    assert "Call Bea" not in page
    form = nia.post(f"/members/{cast.bea.public_id}/contact", data={"way": "message"}).text
    assert f'action="/members/{cast.bea.public_id}/message"' in form
    assert "bea@firm.example" not in page + form
    assert send() == 303
    (mail,) = delivered(engine, settings, now)
    assert (mail["To"], mail["Reply-To"]) == ("bea@firm.example", f"{cast.nia.public_id}@firm.example")
    assert "Shall we talk on Tuesday?" in mail.get_content()


def test_a_message_waits_on_the_home_page_until_it_is_put_away(
    send: Callable[..., int], cast: Cast, sign_in: SignIn
) -> None:
    assert send("<b>Hello</b> Bea") == 303
    bea = sign_in(cast.bea)
    page = bea.get("/").text
    assert "&lt;b&gt;Hello&lt;/b&gt; Bea" in page
    assert f"/members/{cast.nia.public_id}/message" in page
    settle = re.findall(r'action="(/messages/\w+/settle)"', page)[0]
    assert "The message is dismissed" in bea.post(settle, follow_redirects=True).text
    assert "Hello" not in bea.get("/").text
    assert "Hello" in bea.post(settle.replace("settle", "reopen"), follow_redirects=True).text


def test_a_reported_sender_writes_no_more_and_the_lead_reads_why(
    send: Callable[..., int],
    nia: FlaskClient,
    cast: Cast,
    sign_in: SignIn,
    session: Session,
    engine: Engine,
    settings: Settings,
    now: datetime,
) -> None:
    assert send("Buy my watches") == 303
    bea, message = sign_in(cast.bea), session.scalars(select(Message)).one()
    act = f"/messages/{message.public_id}"
    assert "Reported" in bea.post(f"{act}/report", follow_redirects=True).text
    assert send("Buy my watches now") == 403
    assert bea.post(f"{act}/reopen").status_code == 303
    assert send("Sorry for that") == 303
    bea.post(f"{act}/report")
    with write_session(engine) as late:
        for row in late.scalars(select(Delivery)):
            row.due_at = now
    mails = [mail for mail in delivered(engine, settings, now) if mail["To"] == "dana@firm.example"]
    assert ["Buy my watches" in mail.get_content() for mail in mails] == [True]


def test_messages_are_limited(send: Callable[..., int], cast: Cast) -> None:
    assert [send(f"Number {number}") for number in range(MAX_TO_ONE + 1)] == [303] * MAX_TO_ONE + [409]
    assert send(to=cast.carla) == 303


@pytest.mark.parametrize(("text", "status"), [("", 422), ("  ", 422), ("x" * 3001, 422), ("x" * 3000, 303)])
def test_a_message_has_words(send: Callable[..., int], text: str, status: int) -> None:
    assert send(text) == status


def test_a_message_to_somebody_who_has_not_joined_waits_and_is_not_mailed(
    session: Session, send: Callable[..., int], cast: Cast, engine: Engine, settings: Settings, now: datetime
) -> None:
    session.get_one(Member, cast.bea.id).arrived_at = None
    session.commit()
    assert send() == 303
    assert delivered(engine, settings, now) == []
    session.rollback()
    assert session.scalars(select(Message.text)).all() == [WORDS]


def test_nobody_writes_to_oneself_or_to_who_is_suspended(
    session: Session, send: Callable[..., int], cast: Cast
) -> None:
    session.get_one(Member, cast.bea.id).state = MemberState.SUSPENDED
    session.commit()
    assert [send(to=cast.nia), send(to=cast.bea)] == [403, 404]


def test_a_firm_without_visible_contact_is_reached_through_its_first_member(
    nia: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    empty = Business(name="Known By Its Work", chapter=cast.chapter, created_at=now)
    session.add(empty)
    session.commit()
    assert f'action="/businesses/{cast.bea.business.public_id}/contact"' in (
        nia.get(f"/businesses/{cast.bea.business.public_id}").text
    )
    form = nia.post(f"/businesses/{cast.bea.business.public_id}/contact", data={"way": "message"}).text
    assert f'action="/members/{cast.bea.public_id}/message"' in form
    assert f"/businesses/{empty.public_id}/contact" not in nia.get(f"/businesses/{empty.public_id}").text
    assert "is known here" in nia.post(f"/businesses/{empty.public_id}/contact").text
