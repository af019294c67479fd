"""The website under test: the app on the test's own database, a browser-like client, and signing in for real.

Commit what a test prepares before the client writes: SQLite has one writer at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, object_session

from app import create_app
from app.accounts import account
from app.accounts.account import create_account
from app.db import db
from app.errors import Site
from directory.db import write_session
from directory.people.tables import Business, Member
from directory.settings import Settings

CHEAP = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
PASSWORD = "a word between us"
SignIn = Callable[[Member], FlaskClient]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(
    engine: Engine,
    now: datetime,
    settings: Settings,
    compiled: FileSystemBytecodeCache,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """The website at the fixed moment, with cheap hashes and no CSRF tokens (test_security.py turns them on)."""
    monkeypatch.setattr(account, "HASHER", CHEAP)
    settings = replace(settings, database_url=str(engine.url), secret_key="k" * 32)
    overrides = {"TESTING": True, "CLOCK": lambda: now, "WTF_CSRF_ENABLED": False}
    app = create_app(settings, overrides=overrides)
    app.jinja_env.bytecode_cache = compiled
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def asked(app: Site) -> Iterator[list[str]]:
    """What the website asks of its database, without the beginnings; a test clears it before what it counts."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def client(app: Site) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Site, now: datetime) -> SignIn:
    """A browser of its own in which the member, who must be committed, has signed in; ends the test's transaction."""

    def signed_in(member: Member) -> FlaskClient:
        email = f"{member.public_id}@firm.example"
        with app.app_context(), write_session(db.engine) as session:
            create_account(session, member=session.get_one(Member, member.id), email=email, password=PASSWORD, now=now)
        if (own := object_session(member)) is not None:
            own.commit()  # else the test reads its own past
        browser = app.test_client()
        assert browser.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
        return browser

    return signed_in


@pytest.fixture
def bea(session: Session, now: datetime) -> Member:
    """Bea Lindqvist of Bramble & Co, committed."""
    business = Business(name="Bramble & Co", created_at=now)
    member = Member(name="Bea Lindqvist", business=business, joined_at=now)
    session.add(member)
    session.commit()
    return member
