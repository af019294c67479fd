"""Clients' mails in the maildir become requests; any other mail is kept for a person."""

from datetime import datetime
from errno import ENOSPC
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.leads.submission import Submission
from directory.people.chapter import Chapter
from directory.settings import Settings
from jobs.intake import read_requests
from jobs.maildir import read_maildir


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
    (new / "0.p").write_bytes(b"To: " + b":" * 2000 + b"\r\n" + mail)
    (new / "4.d").write_bytes(b"\xff" * 30_000)
    assert [read_requests(engine, settings=settings, now=now) for _ in range(2)] == [2, 0]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1
    files = sorted(path.name for path in (settings.home / "intake").rglob("*") if path.is_file())
    assert files == ["0.p:2,", "2.b:2,", "4.d:2,"]


def test_a_mail_that_raises_is_set_aside_and_a_full_disk_sets_none_aside(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    for name in ("1", "2", "3"):
        (tmp_path / "new" / name).write_text(name)

    def fail(content: bytes) -> bool:
        raise OSError(ENOSPC, "full")

    def take(content: bytes) -> bool:
        if content == b"1":
            raise RecursionError
        return content == b"2"

    with pytest.raises(OSError, match="full"):
        read_maildir(tmp_path, 10, fail)
    (tmp_path / "new" / "0").mkdir()  # which nobody can read as a file
    assert read_maildir(tmp_path, 10, take) == 1
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["0:2,", "1:2,", "3:2,"]
    assert [*(tmp_path / "new").iterdir()] == []
