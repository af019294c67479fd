"""A full disk, or a database that is read-only or gone: pages are read as long as possible, the answer says why."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app.accounts.sessions import SEEN_EVERY
from app.db import db
from app.errors import Site
from directory import files
from directory.db import connect
from directory.people.tables import Member
from directory.storage_failure import FULL
from tests.app.conftest import SignIn
from tests.app.test_photos import picture

LONG = "We sell looms. " * 60


@contextmanager
def pragma(engine: Engine, statement: str) -> Iterator[None]:
    """Run a PRAGMA on each connection of the engine as long as the context lasts."""

    def run(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA {statement}")

    engine.dispose()
    event.listen(engine, "connect", run)
    yield
    event.remove(engine, "connect", run)
    engine.dispose()


@pytest.fixture
def browser(app: Site, sign_in: SignIn, bea: Member) -> Iterator[FlaskClient]:
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    return sign_in(bea)


def test_a_full_disk_is_named_and_pages_are_still_read(browser: FlaskClient, engine: Engine) -> None:
    with pragma(engine, "max_page_count = 1"):  # the file cannot grow
        sent = [browser.post("/leads/new", data={"text": f"{number} {LONG}"}) for number in range(9)]
        assert browser.get("/").status_code == 200
    refused = [answer for answer in sent if answer.status_code == 507]
    assert refused
    assert "disk is full" in refused[0].text
    assert refused[0].headers["Retry-After"] == "60"


@pytest.mark.parametrize("number", FULL)
def test_a_photo_that_finds_no_room_says_so(browser: FlaskClient, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> str:
        raise OSError(number, "No space left on device")

    monkeypatch.setattr(files, "store_file", fails)
    form = {"photo-photo": (BytesIO(picture()), "me.jpg")}
    answer = browser.post("/profile/photo", data=form, content_type="multipart/form-data")
    assert (answer.status_code, "disk is full" in answer.text) == (507, True)


def test_a_read_only_database_is_read_long_after_the_last_visit(
    app: Site, browser: FlaskClient, engine: Engine, now: datetime
) -> None:
    app.config["CLOCK"] = lambda: now + 2 * SEEN_EVERY
    with pragma(engine, "query_only = ON"):
        assert browser.get("/members").status_code == 200
        refused = browser.post("/leads/new", data={"text": LONG})
    assert (refused.status_code, "only be read" in refused.text) == (503, True)


def test_a_database_that_is_gone_is_said_to_be(app: Site, browser: FlaskClient, tmp_path: Path) -> None:
    with app.app_context():
        here, db.engines[None] = db.engine, connect(f"sqlite:///{tmp_path / 'missing/goodword.db'}")
        answer = browser.get("/members")
        db.engines[None] = here
    assert (answer.status_code, "cannot save right now" in answer.text) == (503, True)
    assert browser.get("/members").status_code == 200  # still signed in
