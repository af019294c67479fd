"""Answers from the mail: one link, one answer, without signing in; a no that is told to nobody."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts import case_study, interaction, introduction_request, vouch
from directory.facts.case_study import CaseStudy
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction
from directory.facts.vouch import Vouch
from directory.outbox.mail import UNDO
from directory.people.tables import Member, MemberState
from directory.settings import Settings
from tests.app.conftest import SignIn
from tests.app.post import delivered

HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }} & a word about our work"
Post = Callable[[str], list[str]]


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


def of(session: Session, key: str) -> Member:
    return session.scalars(select(Member).where(Member.key == key)).one()


@pytest.fixture
def post(engine: Engine, settings: Settings, now: datetime) -> Post:
    """The paths of the links that a member's letters carry, the newest letter last; sends what waits first."""

    def brought(key: str) -> list[str]:
        delivered(engine, settings, now + UNDO)
        mails = [message_from_bytes(path.read_bytes()) for path in (settings.home / "mail").iterdir()]
        texts = [mail.get_payload(decode=True).decode() for mail in mails if str(mail["To"]).startswith(f"{key}@")]
        return [found[1] for text in texts if (found := re.search(r"http://localhost(/answer/\S+)", text))]

    return brought


def interact(session: Session, now: datetime) -> None:
    said = {"said_by": of(session, "nadia"), "other": of(session, "bea"), "kind": InteractionKind.MET}
    interaction.record_interaction(session, **said, happened_on=now.date(), note=HOSTILE, now=now)


def praise(session: Session, now: datetime) -> None:
    vouch.vouch(
        session, giver=of(session, "nadia"), receiver=of(session, "bea"), text=HOSTILE, known_as=HOSTILE, now=now
    )


def ask(session: Session, now: datetime) -> None:
    introduction_request.ask(session, asker=of(session, "nadia"), target=of(session, "bea"), text=HOSTILE, now=now)


def tell(session: Session, now: datetime) -> None:
    told = {"teller": of(session, "nadia"), "others": [of(session, "bea")], "title": HOSTILE, "year": 2025}
    case_study.submit_story(session, **told, text=HOSTILE, now=now)


KINDS = [
    (interact, Interaction, lambda row: row.confirmed_at, lambda row: row.declined_at),
    (praise, Vouch, lambda row: row.accepted_at, lambda row: row.declined_at),
    (ask, Introduction, lambda row: row.is_accepted, lambda row: row.state == "declined"),
    (tell, CaseStudy, lambda row: row.is_published, lambda row: row.parties[1].declined_at),
]


@pytest.mark.parametrize(("do", "table", "yes", "no"), KINDS)
@pytest.mark.parametrize("act", ["yes", "no"])
def test_a_link_shows_its_question_and_takes_one_answer(
    engine: Engine, client: FlaskClient, post: Post, now: datetime, act: str, do: Any, table: Any, yes: Any, no: Any
) -> None:
    with write_session(engine) as session:
        do(session, now)
    (link,) = post("bea")

    def row() -> tuple[bool, bool]:
        with Session(engine) as session:
            newest = session.scalars(select(table).order_by(table.id.desc())).first()
            return bool(yes(newest)), bool(no(newest))

    for _scanner in range(3):
        page = client.get(link)
        assert (page.status_code, client.head(link).status_code) == (200, 200)
    assert "Nadia Soto" in page.text
    assert "<script>alert" not in page.text
    assert " 49 " not in page.text
    assert row() == (False, False)
    assert client.post(link, data={"act": "both"}).status_code == 400
    assert row() == (False, False)
    assert client.post(link, data={"act": act}).status_code == 200
    assert row() == (act == "yes", act == "no")
    for again in (client.get(link), client.post(link, data={"act": "no"}), client.get(link + "x")):
        assert (again.status_code, "nothing left to answer" in again.text) == (410, True)
    assert row() == (act == "yes", act == "no")
    assert client.get("/members").status_code == 303  # it signs nobody in


def test_a_link_of_one_kind_answers_no_other_and_ends_after_a_month(
    engine: Engine, app: Any, client: FlaskClient, post: Post, now: datetime
) -> None:
    with write_session(engine) as session:
        interact(session, now)
    (link,) = post("bea")
    assert client.post(link.replace("interaction", "vouch"), data={"act": "yes"}).status_code == 410
    assert client.post("/answer/interaction/%00", data={"act": "yes"}).status_code == 410
    app.config["CLOCK"] = lambda: now + timedelta(days=31)
    assert client.post(link, data={"act": "yes"}).status_code == 410


def test_what_was_answered_on_the_page_is_answered_in_the_mail_too(
    engine: Engine, client: FlaskClient, post: Post, sign_in: SignIn, now: datetime
) -> None:
    with write_session(engine) as session:
        interact(session, now)
    (link,) = post("bea")
    with Session(engine) as session:
        path, bea = (
            session.scalars(select(Interaction.public_id).order_by(Interaction.id.desc())).first(),
            of(session, "bea"),
        )
    assert sign_in(bea).post(f"/interactions/{path}/confirm").status_code == 303
    assert client.get(link).status_code == 410


def test_a_letter_is_written_once_however_often_it_is_said(engine: Engine, post: Post, now: datetime) -> None:
    for _again in range(3):
        with write_session(engine) as session:
            interact(session, now)
            praise(session, now)
        post("bea")
        with write_session(engine) as session:
            for table, verbs in ((Interaction, interaction), (Vouch, vouch)):
                newest = session.scalars(select(table).order_by(table.id.desc())).first()
                given = {"interaction" if table is Interaction else "vouch": newest}
                verbs.withdraw(session, by=of(session, "nadia"), **given, now=now)
    assert len(post("bea")) == 2


def test_who_was_suspended_answers_nothing(engine: Engine, client: FlaskClient, post: Post, now: datetime) -> None:
    with write_session(engine) as session:
        interact(session, now)
    (link,) = post("bea")
    with write_session(engine) as session:
        of(session, "bea").state = MemberState.SUSPENDED
    assert client.post(link, data={"act": "yes"}).status_code == 410


def test_a_no_leaves_every_page_of_the_asker_as_it_was(
    engine: Engine, client: FlaskClient, post: Post, sign_in: SignIn, now: datetime
) -> None:
    with Session(engine) as session:
        nadia, bea = of(session, "nadia"), of(session, "bea")
        carla = of(session, "carla")
    browser = sign_in(nadia)
    asked = browser.post(
        f"/members/{bea.public_id}/introductions/new", data={"text": "We share a client.", "via": carla.public_id}
    )
    browser.get(asked.location)  # it says once what was done
    pages = (asked.location, "/introductions", f"/members/{bea.public_id}")

    def seen() -> list[tuple[int, str]]:
        answers = [browser.get(page) for page in pages]
        return [(page.status_code, re.sub(r'value="[^"]{60,}"', "", page.text)) for page in answers]

    before = seen()
    (via,) = post("carla")
    assert client.post(via, data={"act": "no"}).status_code == 200
    assert seen() == before
    again = browser.post(f"/members/{bea.public_id}/introductions/new", data={"text": "We share a client.", "via": ""})
    assert again.status_code == 409
    assert client.get(f"/members/{bea.public_id}").status_code == 303
    # And a no of the target looks like nothing, too.
    with write_session(engine) as session:
        row = session.scalars(select(Introduction)).one()
        row.state, row.passed_at, row.answered_at = row.state.WITH_TARGET, now, None
    before = seen()
    assert sign_in(bea).post(f"{asked.location}/decline").status_code == 303
    assert seen() == before


def test_a_third_sees_no_introduction_and_a_target_none_that_has_not_reached_them(
    engine: Engine, sign_in: SignIn, now: datetime
) -> None:
    with write_session(engine) as session:
        carla, bea, nadia = of(session, "carla"), of(session, "bea"), of(session, "nadia")
        row = introduction_request.ask(session, asker=nadia, target=bea, via=carla, text="We share a client.", now=now)
        path = f"/introductions/{row.public_id}"
    with Session(engine) as session:
        for key in ("grace", "bea"):
            browser = sign_in(of(session, key))
            hidden, never = browser.get(path), browser.get("/introductions/nobody")
            assert (hidden.status_code, hidden.text) == (404, never.text)
            assert browser.post(f"{path}/accept").status_code == 404


@pytest.mark.parametrize("text", ["", "Hi.", "x" * 601, "a\u202eb is a text of some length"])
def test_a_wrong_reason_comes_back_as_typed(engine: Engine, sign_in: SignIn, text: str) -> None:
    with Session(engine) as session:
        nadia, bea = of(session, "nadia"), of(session, "bea")
    answer = sign_in(nadia).post(f"/members/{bea.public_id}/introductions/new", data={"text": text, "via": ""})
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    with Session(engine) as session:
        assert session.scalars(select(Introduction)).all() == []
