"""The weekly mail: each item is answered once, link scanners change nothing, and preferences are respected."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.engine import weekly_prompts
from directory.outbox import mail
from directory.people.tables import Member
from directory.settings import Settings
from directory.week.mention_choice import Mention
from directory.week.occurrence_planning import plan_occurrences
from directory.week.prompt import Prompt
from jobs import weekly_prompts as job
from jobs.weekly_posts import run_occurrence
from jobs.weekly_prompts import compose, notify_mentioned
from tests.app.conftest import SignIn
from tests.app.delivered_mails import delivered
from tests.embedded_texts import embed_pairing_texts
from tests.golden import golden


@pytest.fixture
def engine(demo: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(job, "TIME_BUDGET", timedelta(minutes=5))  # a test may run on a busy machine
    return demo


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, secret_key="k" * 32)  # the key of the website under test


def member(engine: Engine, key: str) -> Member:
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.key == key)).one()


@pytest.fixture
def letter(engine: Engine, settings: Settings, now: datetime, app: Site) -> EmailMessage:
    """The mail that Nadia gets on Wednesday morning."""
    with write_session(engine) as session:
        embed_pairing_texts(session)
        at = weekly_prompts.prompt_time(
            next(row for row in plan_occurrences(session, now=now) if row.chapter.key == "old-pueblo")
        )
    compose(engine, now=at)
    app.config["CLOCK"] = lambda: at
    return next(
        mail
        for mail in delivered(engine, settings, at, member(engine, "nadia").public_id)
        if mail["To"].startswith("nadia@")
    )


def links(mail: EmailMessage) -> list[str]:
    return re.findall(r"^  http://localhost(/prompt/\S+)\r?$", mail.get_content(), re.M)


def answers(engine: Engine) -> list[str]:
    with Session(engine) as session:
        mine = session.scalars(select(Prompt).where(Prompt.member_id == member(engine, "nadia").id)).one()
        return [item["answer"] for item in mine.items]


def test_the_weekly_mail_matches_its_golden_text(letter: EmailMessage) -> None:
    text = re.sub(r"/(prompt|unsubscribe|pairings)/[\w-]+", r"/\1/TOKEN", letter.get_content().replace("\r", ""))
    said = f"{letter['Subject']}\n\n{text}".removesuffix("\n")
    assert said == golden("prompt", said)
    assert letter["Reply-To"].startswith("lena@")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_each_item_is_answered_once_and_a_get_answers_nothing(
    engine: Engine, client: FlaskClient, letter: EmailMessage
) -> None:
    paths = links(letter)
    assert len(paths) >= 2
    for path in paths:
        for _scanner in range(2):
            for method in (client.get, client.head):
                assert method(path).status_code == method(path, data={"act": "yes"}).status_code == 200
    assert client.post(paths[0], data={"act": "both"}).status_code == 200
    assert set(answers(engine)) == {""}
    assert client.post(paths[0], data={"act": "yes"}).status_code == 200
    assert "Declined" in client.post(paths[1], data={"act": "no"}).text
    assert answers(engine)[:2] == ["yes", "no"]
    for again in (client.get(paths[0]), client.post(paths[0], data={"act": "no"})):
        assert (again.status_code, "nothing left to answer" in again.text) == (410, True)
    wrong = (paths[1][:-1] + "9", paths[1][:-1] + "0", paths[1].replace("/prompt/", "/prompt/x"))
    assert [client.post(path, data={"act": "yes"}).status_code for path in wrong] == [410, 410, 410]
    assert client.get("/members").status_code == 303  # the link does not sign in


def test_one_click_unsubscribe_needs_a_post_and_no_csrf_token(
    engine: Engine, app: Site, client: FlaskClient, letter: EmailMessage
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    path = letter["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    assert client.get(path).status_code == client.head(path).status_code == 200
    assert member(engine, "nadia").mail_off == []
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert member(engine, "nadia").mail_off == ["week"]
    assert client.post(path, data={"act": "on"}).status_code == 200
    assert member(engine, "nadia").mail_off == []
    assert client.post(path[:-1] + "x", data={"List-Unsubscribe": "One-Click"}).status_code == 410


def test_each_kind_of_mail_can_be_switched_off_except_those_always_sent(
    engine: Engine, sign_in: SignIn, now: datetime
) -> None:
    bea = sign_in(member(engine, "bea"))
    page = bea.post("/account/letters/people/off", follow_redirects=True).text
    assert "You will not get these emails any more." in page
    assert "You always get these" in page
    assert bea.post("/account/letters/nothing/off").status_code == 404
    with write_session(engine) as session:
        bea_row = session.get_one(Member, member(engine, "bea").id)
        word = {"name": "N", "firm": "F", "text": "T", "capability": ""}
        assert mail.enqueue(session, letter="vouch", to=bea_row, event="v", words=word, now=now) is None
        told = {"by": "N", "act": "A", "reason": "R"}
        assert mail.enqueue(session, letter="told", to=bea_row, event="t", words=told, now=now) is not None
    bea.post("/account/letters/people/on")
    assert member(engine, "bea").mail_off == []


def test_a_mentioned_member_leaves_the_post_by_the_mailed_link(
    engine: Engine, client: FlaskClient, app: Site, settings: Settings, now: datetime
) -> None:
    at = now + timedelta(days=1, hours=2)
    run_occurrence(engine, now=at)
    notify_mentioned(engine, now=at)
    app.config["CLOCK"] = lambda: at
    mails = [mail.get_content() for mail in delivered(engine, settings, at)]
    path = next(found[1] for text in mails if (found := re.search(r"localhost(/answer/mentioned/\S+)", text)))

    def vetoed() -> int:
        with Session(engine) as session:
            return len(session.scalars(select(Mention).where(Mention.vetoed_at.is_not(None))).all())

    assert client.get(path).status_code == 200
    assert vetoed() == 0
    assert "You are not in this week" in client.post(path, data={"act": "no"}).text
    assert vetoed() == 1
    assert client.get(path).status_code == 410
