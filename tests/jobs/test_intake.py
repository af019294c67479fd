"""Clients' mails in the maildir become requests; any other mail is kept for a person."""

from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.submission import Submission
from directory.people.chapter import Chapter
from directory.settings import Settings
from jobs.intake import read_requests


def test_mails_of_the_maildir_become_requests_and_other_mail_is_kept(
    engine: Engine, settings: Settings, now: datetime
) -> None:
    assert read_requests(engine, settings=settings, now=now) == 0
    with write_session(engine) as session:
        session.add(Chapter(key="c", name="Old Pueblo"))
    new = settings.home / "intake" / "new"
    new.mkdir(parents=True)
    mail = b"From: a@b.example\r\nMessage-ID: <1@b>\r\n\r\nWe need a site."
    (new / "1.a").write_bytes(mail)
    (new / "2.b").write_bytes(b"Auto-Submitted: auto-replied\r\n" + mail)
    (new / "3.c").write_bytes(mail)
    (new / "4.d").write_bytes(b"\xff" * 30_000)
    assert [read_requests(engine, settings=settings, now=now) for _ in range(2)] == [2, 0]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1
    files = sorted(path.name for path in (settings.home / "intake").rglob("*") if path.is_file())
    assert files == ["2.b:2,", "4.d:2,"]
