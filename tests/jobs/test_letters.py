"""Letters are sent once, from a row of the outbox, with a link that is stored nowhere else."""

import re
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.errors import Invalid
from directory.outbox import mail
from directory.outbox.channel_kind import SETTLE
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.mail import LetterKind
from directory.people.one_time_link import OneTimeLink, find_link, use_link
from directory.people.tables import Business, Member, MemberState
from directory.settings import Settings, load_settings
from jobs import mail_rendering
from jobs.deliver import LEASE, deliver_one, reconcile_stuck
from tests.services.postbox import HANGS_UP, postbox

WORDS = {"act": "Your page was changed.", "by": "Ada\nBcc: eve@evil.example", "reason": "A wrong number."}


@pytest.fixture
def bea(engine: Engine, now: datetime) -> Member:
    with write_session(engine) as session:
        bea = Member(
            name="Bea Lindqvist",
            email="bea@bramble.example",
            business=Business(name="B", created_at=now),
            joined_at=now,
            arrived_at=now,
        )
        session.add(bea)
        session.flush()
        session.expunge(bea)
        return bea


def written(engine: Engine, to: Member, now: datetime, letter: str = "told") -> str:
    with write_session(engine) as session:
        words = WORDS if letter == "told" else {}
        row = mail.enqueue(session, letter=letter, to=session.merge(to), event="e", words=words, now=now)
        assert row is not None
        assert mail.enqueue(session, letter=letter, to=session.merge(to), event="e", words=words, now=now) is None
        return row.public_id


def kept(settings: Settings) -> Message:
    (path,) = (settings.home / "mail").iterdir()
    return message_from_bytes(path.read_bytes())


def test_a_letter_is_sent_once_and_its_words_are_deleted(
    engine: Engine, bea: Member, settings: Settings, now: datetime
) -> None:
    row = written(engine, bea, now)
    assert [deliver_one(engine, row, settings=settings, now=now) for _ in range(2)] == [True, False]
    sent = kept(settings)
    assert sent["To"] == "bea@bramble.example"
    assert "Bcc" not in sent
    assert "A wrong number." in sent.get_payload(decode=True).decode()
    with Session(engine) as session:
        assert session.scalars(select(Delivery)).one().payload == b""


def test_a_link_is_created_when_the_letter_is_sent_and_works_once(
    engine: Engine, bea: Member, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(mail.BY_NAME, "try", LetterKind("try", (), "/try/", timedelta(hours=1)))
    (tmp_path / "try.txt").write_text("A subject\n{{ link }}")
    monkeypatch.setattr(mail_rendering._environment.loader, "searchpath", [str(tmp_path)])
    row = written(engine, bea, now, "try")
    with Session(engine) as session:
        assert session.scalars(select(OneTimeLink)).all() == []
    deliver_one(engine, row, settings=settings, now=now)
    token = re.search(r"^http://localhost/try/(\S+)\r?$", kept(settings).get_payload(decode=True).decode(), re.M)[1]
    with write_session(engine) as session:
        assert token not in str(session.execute(select(OneTimeLink.token_hash)).all())
        assert find_link(session, purpose="try", token=token, now=now).member_id == bea.id
        for wrong in ({"purpose": "other"}, {"token": token + "x"}, {"now": now + timedelta(hours=1)}):
            with pytest.raises(Invalid):
                use_link(session, **{"purpose": "try", "token": token, "now": now, **wrong})
        use_link(session, purpose="try", token=token, now=now)
        with pytest.raises(Invalid):
            use_link(session, purpose="try", token=token, now=now)


@pytest.mark.parametrize(
    ("letter", "words", "is_to_visitor"),
    [
        ("told", {"act": "a", "by": "b"}, False),
        ("told", {**WORDS, "other": "o"}, False),
        ("told", WORDS, True),
        ("left", {"name": "n"}, False),
    ],
)
def test_a_letter_with_undeclared_words_or_a_wrong_recipient_is_refused(
    engine: Engine, bea: Member, now: datetime, letter: str, words: dict[str, str], is_to_visitor: bool
) -> None:
    to = bea.email if is_to_visitor else bea
    with write_session(engine) as session, pytest.raises(ValueError, match=letter):
        mail.enqueue(session, letter=letter, to=to, event="e", words=words, now=now)


def test_a_member_who_left_gets_no_letter(engine: Engine, bea: Member, settings: Settings, now: datetime) -> None:
    row = written(engine, bea, now, "case_closed")
    with write_session(engine) as session:
        session.get_one(Member, bea.id).state = MemberState.GONE
    assert not deliver_one(engine, row, settings=settings, now=now)
    assert not (settings.home / "mail").exists()


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        ("250 OK", DeliveryState.DELIVERED),
        ("451 later", DeliveryState.PENDING),
        ("550 no", DeliveryState.FAILED),
        (HANGS_UP, DeliveryState.UNKNOWN),
    ],
)
def test_a_mail_is_not_retried_when_the_server_may_have_accepted_it(
    engine: Engine,
    bea: Member,
    now: datetime,
    tmp_path: Path,
    answer: str,
    then: DeliveryState,
) -> None:
    with postbox() as (box, port):
        box.answer = answer
        settings = load_settings({"GOODWORD_HOME": str(tmp_path), "GOODWORD_MAIL_URL": f"smtp://127.0.0.1:{port}"})
        row = written(engine, bea, now)
        deliver_one(engine, row, settings=settings, now=now)
    reconcile_stuck(engine, settings=settings, now=now + LEASE + SETTLE)
    with Session(engine) as session:
        assert session.scalars(select(Delivery)).one().state is then
    assert len(box.mails) == (then is DeliveryState.DELIVERED)
