"""Answer links in mails: one answer per link, without sign-in; nobody is told of a decline."""

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
from tests.app.delivered_mails import delivered

HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }} & a word about our work"
AnswerLinks = Callable[[str], list[str]]


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


def member(session: Session, key: str) -> Member:
    return session.scalars(select(Member).where(Member.key == key)).one()


@pytest.fixture
def links_to(engine: Engine, settings: Settings, now: datetime) -> AnswerLinks:
    """Send pending mail, and return the paths of the answer links in all mails to a member."""

    def links(key: str) -> list[str]:
        delivered(engine, settings, now + UNDO)
        mails = [message_from_bytes(path.read_bytes()) for path in (settings.home / "mail").iterdir()]
        texts = [mail.get_payload(decode=True).decode() for mail in mails if str(mail["To"]).startswith(f"{key}@")]
        return [found[1] for text in texts if (found := re.search(r"http://localhost(/answer/\S+)", text))]

    return links


def record_meeting(session: Session, now: datetime) -> None:
    fields = {"said_by": member(session, "nadia"), "other": member(session, "bea"), "kind": InteractionKind.MET}
    interaction.record_interaction(session, **fields, happened_on=now.date(), note=HOSTILE, now=now)


def give_vouch(session: Session, now: datetime) -> None:
    vouch.vouch(
        session,
        giver=member(session, "nadia"),
        receiver=member(session, "bea"),
        text=HOSTILE,
        known_as=HOSTILE,
        now=now,
    )


def ask(session: Session, now: datetime) -> None:
    introduction_request.ask(
        session, asker=member(session, "nadia"), target=member(session, "bea"), text=HOSTILE, now=now
    )


def submit_story(session: Session, now: datetime) -> None:
    fields = {"teller": member(session, "nadia"), "others": [member(session, "bea")], "title": HOSTILE, "year": 2025}
    case_study.submit_story(session, **fields, text=HOSTILE, now=now)


KINDS = [
    (record_meeting, Interaction, lambda row: row.confirmed_at, lambda row: row.declined_at),
    (give_vouch, Vouch, lambda row: row.accepted_at, lambda row: row.declined_at),
    (ask, Introduction, lambda row: row.is_accepted, lambda row: row.state == "declined"),
    (submit_story, CaseStudy, lambda row: row.is_published, lambda row: row.parties[1].declined_at),
]


@pytest.mark.parametrize(("do", "table", "yes", "no"), KINDS)
@pytest.mark.parametrize("act", ["yes", "no"])
def test_a_get_of_an_answer_link_changes_nothing_and_a_post_answers_once(
    engine: Engine,
    client: FlaskClient,
    links_to: AnswerLinks,
    now: datetime,
    act: str,
    do: Any,
    table: Any,
    yes: Any,
    no: Any,
) -> None:
    with write_session(engine) as session:
        do(session, now)
    (link,) = links_to("bea")

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
    assert client.get("/members").status_code == 303  # the link does not sign in


def test_an_answer_link_is_bound_to_its_kind_and_expires_after_a_month(
    engine: Engine, app: Any, client: FlaskClient, links_to: AnswerLinks, now: datetime
) -> None:
    with write_session(engine) as session:
        record_meeting(session, now)
    (link,) = links_to("bea")
    assert client.post(link.replace("interaction", "vouch"), data={"act": "yes"}).status_code == 410
    assert client.post("/answer/interaction/%00", data={"act": "yes"}).status_code == 410
    app.config["CLOCK"] = lambda: now + timedelta(days=31)
    assert client.post(link, data={"act": "yes"}).status_code == 410


def test_an_answer_on_the_page_uses_up_the_mailed_link(
    engine: Engine, client: FlaskClient, links_to: AnswerLinks, sign_in: SignIn, now: datetime
) -> None:
    with write_session(engine) as session:
        record_meeting(session, now)
    (link,) = links_to("bea")
    with Session(engine) as session:
        path, bea = (
            session.scalars(select(Interaction.public_id).order_by(Interaction.id.desc())).first(),
            member(session, "bea"),
        )
    assert sign_in(bea).post(f"/interactions/{path}/confirm").status_code == 303
    assert client.get(link).status_code == 410


def test_repeating_and_withdrawing_a_request_sends_its_mail_only_once(
    engine: Engine, links_to: AnswerLinks, now: datetime
) -> None:
    for _again in range(3):
        with write_session(engine) as session:
            record_meeting(session, now)
            give_vouch(session, now)
        links_to("bea")
        with write_session(engine) as session:
            for table, verbs in ((Interaction, interaction), (Vouch, vouch)):
                newest = session.scalars(select(table).order_by(table.id.desc())).first()
                given = {"interaction" if table is Interaction else "vouch": newest}
                verbs.withdraw(session, by=member(session, "nadia"), **given, now=now)
    assert len(links_to("bea")) == 2


def test_a_suspended_member_cannot_answer_by_link(
    engine: Engine, client: FlaskClient, links_to: AnswerLinks, now: datetime
) -> None:
    with write_session(engine) as session:
        record_meeting(session, now)
    (link,) = links_to("bea")
    with write_session(engine) as session:
        member(session, "bea").state = MemberState.SUSPENDED
    assert client.post(link, data={"act": "yes"}).status_code == 410


def test_declining_an_introduction_changes_no_page_of_the_asker(
    engine: Engine, client: FlaskClient, links_to: AnswerLinks, sign_in: SignIn, now: datetime
) -> None:
    with Session(engine) as session:
        nadia, bea = member(session, "nadia"), member(session, "bea")
        carla = member(session, "carla")
    browser = sign_in(nadia)
    asked = browser.post(
        f"/members/{bea.public_id}/introductions/new", data={"text": "We share a client.", "via": carla.public_id}
    )
    browser.get(asked.location)  # the flashed message is shown only once
    pages = (asked.location, "/introductions", f"/members/{bea.public_id}")

    def seen() -> list[tuple[int, str]]:
        answers = [browser.get(page) for page in pages]
        return [(page.status_code, re.sub(r'value="[^"]{60,}"', "", page.text)) for page in answers]

    before = seen()
    (via,) = links_to("carla")
    assert client.post(via, data={"act": "no"}).status_code == 200
    assert seen() == before
    again = browser.post(f"/members/{bea.public_id}/introductions/new", data={"text": "We share a client.", "via": ""})
    assert again.status_code == 409
    assert client.get(f"/members/{bea.public_id}").status_code == 303
    # A decline by the target is not visible either.
    with write_session(engine) as session:
        row = session.scalars(select(Introduction)).one()
        row.state, row.passed_at, row.answered_at = row.state.WITH_TARGET, now, None
    before = seen()
    assert sign_in(bea).post(f"{asked.location}/decline").status_code == 303
    assert seen() == before


def test_outsiders_and_a_target_not_yet_asked_get_404_for_an_introduction(
    engine: Engine, sign_in: SignIn, now: datetime
) -> None:
    with write_session(engine) as session:
        carla, bea, nadia = member(session, "carla"), member(session, "bea"), member(session, "nadia")
        row = introduction_request.ask(session, asker=nadia, target=bea, via=carla, text="We share a client.", now=now)
        path = f"/introductions/{row.public_id}"
    with Session(engine) as session:
        for key in ("grace", "bea"):
            browser = sign_in(member(session, key))
            hidden, never = browser.get(path), browser.get("/introductions/nobody")
            assert (hidden.status_code, hidden.text) == (404, never.text)
            assert browser.post(f"{path}/accept").status_code == 404


@pytest.mark.parametrize("text", ["", "Hi.", "x" * 601, "a\u202eb is a text of some length"])
def test_an_invalid_introduction_text_is_refused_and_not_stored(engine: Engine, sign_in: SignIn, text: str) -> None:
    with Session(engine) as session:
        nadia, bea = member(session, "nadia"), member(session, "bea")
    answer = sign_in(nadia).post(f"/members/{bea.public_id}/introductions/new", data={"text": text, "via": ""})
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    with Session(engine) as session:
        assert session.scalars(select(Introduction)).all() == []
