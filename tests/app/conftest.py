"""The website under test: the app on the test's own database, a browser-like client, and signing in for real.

Commit what a test prepares before the client writes: SQLite has one writer at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, object_session

from app import create_app
from app.accounts import account
from app.accounts.account import create_account
from app.db import db
from app.errors import Site
from directory.db import write_session
from directory.people.tables import Business, Member
from directory.secrets import SecretBox
from directory.settings import Settings, load_settings

CHEAP = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
OVERRIDES = {"TESTING": True, "WTF_CSRF_ENABLED": False}
PASSWORD = "a word between us"
SignIn = Callable[[Member], FlaskClient]


def new_site(home: Path) -> Site:
    """The website without CSRF tokens (test_security.py turns them on) and with passwords that are hashed at once."""
    settings = load_settings({"GOODWORD_HOME": str(home), "GOODWORD_BASE_URL": "http://localhost"})
    return create_app(replace(settings, secret_key="k" * 32), overrides=OVERRIDES)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The website, put together once for all tests. A module whose tests add routes has a ``site`` for each."""
    return new_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def app(
    site: Site, engine: Engine, now: datetime, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """The website on the test's own database, at the fixed moment; what a test changes in its config ends with it."""
    monkeypatch.setattr(account, "HASHER", CHEAP)
    before = site.config.copy()
    site.config.update(HOME=settings.home, SECRETS=SecretBox(settings.encryption_keys), CLOCK=lambda: now)
    with site.app_context():
        first, db.engines[None] = db.engine, engine
    yield site
    with site.app_context():
        db.engines[None] = first
    site.config.update(before)


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
    member = Member(name="Bea Lindqvist", business=business, joined_at=now, arrived_at=now)
    session.add(member)
    session.commit()
    return member
