"""Refusals of the mail server and bounces in the maildir: recorded at the member, and nothing more is sent there."""

from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox import mail
from directory.outbox.delivery import MAX_ATTEMPTS, Delivery, DeliveryState
from directory.outbox.mail_refusal import record_bounce
from directory.people.tables import Business, Member
from directory.settings import Settings, load_settings
from jobs.bounces import read_bounces
from jobs.deliver import deliver_one
from tests.directory.outbox.test_mail_refusal import bounce
from tests.services.postbox import postbox


@pytest.fixture
def bea(engine: Engine, now: datetime) -> Member:
    with write_session(engine) as session:
        bea = Member(name="Bea", email="bea@b.example", business=Business(name="B", created_at=now), joined_at=now)
        bea.arrived_at = now
        session.add(bea)
        session.flush()
        session.expunge(bea)
        return bea


def written(engine: Engine, bea: Member, event: str, now: datetime) -> str:
    with write_session(engine) as session:
        row = mail.enqueue(session, letter="case_closed", to=session.get_one(Member, bea.id), event=event, now=now)
        return row.public_id if row else ""


def refused(engine: Engine, bea: Member) -> str:
    with Session(engine) as session:
        member = session.get_one(Member, bea.id)
        return member.refused_code if member.is_refused else ""


@pytest.mark.parametrize(
    ("answer", "attempts", "code"),
    [
        ("550 5.1.1 no such user", 1, "550 5.1.1"),
        ("554 no", 1, "554"),
        ("451 4.7.1 later", MAX_ATTEMPTS, "451 4.7.1"),
        ("530 5.7.0 authenticate first", 1, ""),
    ],
)
def test_a_refusal_stops_all_mail_to_the_address(
    engine: Engine, bea: Member, now: datetime, tmp_path: Path, answer: str, attempts: int, code: str
) -> None:
    rows = [written(engine, bea, event, now) for event in ("one", "two")]
    with postbox() as (box, port):
        box.answer = answer
        settings = load_settings({"GOODWORD_HOME": str(tmp_path), "GOODWORD_MAIL_URL": f"smtp://127.0.0.1:{port}"})
        for attempt in range(attempts):
            assert refused(engine, bea) == ""
            deliver_one(engine, rows[0], settings=settings, now=now + attempt * timedelta(hours=3))
        box.answer = "250 OK"
        assert refused(engine, bea) == code
        deliver_one(engine, rows[1], settings=settings, now=now)
    assert len(box.mails) == (0 if code else 1)
    assert (written(engine, bea, "three", now) == "") == bool(code)


def test_a_server_that_is_down_is_nobodys_refusal(engine: Engine, bea: Member, now: datetime, tmp_path: Path) -> None:
    row = written(engine, bea, "one", now)
    settings = load_settings({"GOODWORD_HOME": str(tmp_path), "GOODWORD_MAIL_URL": "smtp://127.0.0.1:9"})
    for attempt in range(MAX_ATTEMPTS):
        deliver_one(engine, row, settings=settings, now=now + attempt * timedelta(hours=3))
    with Session(engine) as session:
        assert session.query(Delivery).one().state is DeliveryState.FAILED
    assert refused(engine, bea) == ""


def test_bounces_of_the_maildir_are_recorded_and_other_mail_is_kept(
    engine: Engine, bea: Member, settings: Settings, now: datetime
) -> None:
    assert read_bounces(engine, settings=settings, now=now) == 0
    row = written(engine, bea, "one", now)
    assert deliver_one(engine, row, settings=settings, now=now)
    new = settings.home / "bounces" / "new"
    new.mkdir(parents=True)
    (new / "1.a").write_bytes(b"Subject: Thank you!\r\n\r\nSee you on Wednesday.")
    (new / "2.b").write_bytes(bounce(row, "bea@b.example"))
    assert [read_bounces(engine, settings=settings, now=now) for _ in range(2)] == [1, 0]
    assert refused(engine, bea) == "5.1.1"
    assert [path.name for path in sorted((settings.home / "bounces").rglob("*")) if path.is_file()] == ["1.a:2,"]


def test_what_an_answer_quotes_is_no_proof_of_a_bounce(
    engine: Engine, bea: Member, settings: Settings, now: datetime
) -> None:
    row = written(engine, bea, "one", now)
    assert deliver_one(engine, row, settings=settings, now=now)
    (path,) = (settings.home / "mail").glob("*.eml")
    letter = message_from_bytes(path.read_bytes())
    quoted = letter["Message-ID"].strip("<>")
    for known in (quoted, quoted.partition("@")[0], path.stem):
        with write_session(engine) as session:
            assert not record_bounce(session, content=bounce(known, "bea@b.example"), now=now)
    with write_session(engine) as session:
        assert record_bounce(session, content=bounce(letter["X-Letter"], "bea@b.example"), now=now)
