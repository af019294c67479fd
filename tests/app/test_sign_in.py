"""Signing in: one answer for all that is wrong, limits that last, and a row that can be ended."""

from datetime import datetime

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import account
from app.accounts.account import HASHER, create_account, end_sessions
from app.accounts.sign_in import TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS
from app.accounts.tables import Account, AccountSession
from app.db import db
from app.errors import Site
from directory.db import write_session
from directory.errors import Conflict, Invalid
from directory.people.tables import Member
from tests.app.conftest import PASSWORD, SignIn

PASSLIBS = (
    "$argon2id$v=19$m=19456,t=2,p=1$2HuPcS6FkDLmfA9hbM3ZWw$c5CwChvv9YvfRM3Ip2b9f8KyZVIHC8BIr9d8r3hN9KU"  # of PASSWORD
)


class CountingHasher(PasswordHasher):
    """Counts the passwords that it hashed, to be kept or to be compared."""

    count = 0

    def hash(self, password: str) -> str:
        self.count += 1
        return super().hash(password)

    def verify(self, hash: str, password: str) -> bool:
        self.count += 1
        return super().verify(hash, password)


def attempt(browser: FlaskClient, email: str, password: str = "wrong", target: str = "") -> int:
    return browser.post("/sign-in", query_string={"next": target}, data={"email": email, "password": password})


def is_in(browser: FlaskClient) -> bool:
    return "/sign-out" in browser.get("/").text


def test_a_member_signs_in_and_out(sign_in: SignIn, bea: Member, session: Session) -> None:
    browser = sign_in(bea)
    assert "Nothing is waiting for you today, Bea" in browser.get("/").text
    assert session.scalars(select(Account.password)).one().startswith("$argon2id$")
    browser.post("/sign-out")
    assert not is_in(browser)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(AccountSession)) == 0


def test_a_visitor_leaves_no_row_and_an_opaque_cookie_is_kept_as_a_hash(
    sign_in: SignIn, bea: Member, client: FlaskClient, session: Session
) -> None:
    token = sign_in(bea).get_cookie("goodword").value
    client.get("/sign-in")
    row = session.scalars(select(AccountSession)).one()
    assert len(token) == 43
    assert token not in row.content + row.token_hash


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    sign_in: SignIn, bea: Member, client: FlaskClient
) -> None:
    sign_in(bea)
    known = attempt(client, f"{bea.public_id}@firm.example")
    unknown = attempt(client, f"{bea.public_id[::-1]}@firm.example")
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace(bea.public_id, "") == unknown.text.replace(bea.public_id[::-1], "")
    assert "do not match" in known.text


@pytest.mark.parametrize("who", ["nobody", "without a password", "somebody"])
def test_whoever_is_wrong_waits_for_one_hash(
    app: Site, sign_in: SignIn, bea: Member, session: Session, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    sign_in(bea)
    if who == "without a password":
        session.execute(update(Account).values(password=None))
        session.commit()
    hasher = CountingHasher()
    monkeypatch.setattr(account, "HASHER", hasher)
    email = "nobody@firm.example" if who == "nobody" else f"{bea.public_id}@firm.example"
    assert attempt(app.test_client(), email).status_code == 422
    assert hasher.count == 1


def test_a_password_that_was_hashed_by_passlib_still_fits(
    app: Site, sign_in: SignIn, bea: Member, session: Session
) -> None:
    sign_in(bea)
    assert not HASHER.check_needs_rehash(PASSLIBS), "its memory, passes and lengths are today's"
    session.execute(update(Account).values(password=PASSLIBS))
    session.commit()
    email = f"{bea.public_id}@firm.example"
    assert [attempt(app.test_client(), email, said).status_code for said in (PASSWORD, f"{PASSWORD}.")] == [303, 422]


def test_an_account_can_be_tried_ten_times_a_quarter_of_an_hour(
    sign_in: SignIn, bea: Member, client: FlaskClient
) -> None:
    sign_in(bea)
    email = f"{bea.public_id}@firm.example"
    assert {attempt(client, email).status_code for _ in range(TRIES_AN_ACCOUNT)} == {422}
    assert attempt(client, f" {email.upper()} ", PASSWORD).status_code == 429
    client.application.config["CLOCK"] = lambda: datetime.fromisoformat("2026-11-02T16:16+00:00")
    assert attempt(client, email, PASSWORD).status_code == 303


def test_an_address_can_try_fifty_accounts_and_successes_are_free(
    sign_in: SignIn, bea: Member, client: FlaskClient
) -> None:
    sign_in(bea)
    answers = [attempt(client, f"{number}@firm.example").status_code for number in range(TRIES_AN_ADDRESS + 1)]
    assert (set(answers[:-1]), answers[-1]) == ({422}, 429)


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\n/x"]
)
def test_after_signing_in_nobody_is_sent_elsewhere(
    target: str, sign_in: SignIn, bea: Member, client: FlaskClient
) -> None:
    sign_in(bea)
    assert attempt(client, f"{bea.public_id}@firm.example", PASSWORD, target).location == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(sign_in: SignIn, bea: Member, client: FlaskClient) -> None:
    sign_in(bea)
    assert attempt(client, f"{bea.public_id}@firm.example", PASSWORD, "/leads?x=1").location == "/leads?x=1"


def test_all_sessions_end_together_and_are_not_brought_back(app: Site, sign_in: SignIn, bea: Member) -> None:
    browser = sign_in(bea)
    with app.app_context(), write_session(db.engine) as session:
        end_sessions(session, member=bea)
    assert not is_in(browser)
    assert browser.get_cookie("goodword") is None


def test_a_signed_cookie_that_names_an_account_is_not_believed(
    app: Site, sign_in: SignIn, bea: Member, now: datetime
) -> None:
    sign_in(bea)
    with app.app_context():
        account, token = db.session.execute(select(AccountSession.account_id, AccountSession.token_hash)).one()
    browser = app.test_client()
    claims = {"account_id": account, "_user_id": account, "token": token, "proved_at": now.timestamp()}
    forged = app.session_interface.get_signing_serializer(app).dumps(claims)
    browser.set_cookie("goodword", forged)
    assert not is_in(browser)


def test_an_account_needs_an_address_a_password_and_a_member_without_one(app: Site, bea: Member, now: datetime) -> None:
    with app.app_context(), write_session(db.engine) as session:
        with pytest.raises(Invalid, match="password"):
            create_account(session, member=bea, email="bea@bramble.example", password="short", now=now)
        with pytest.raises(Invalid, match="address"):
            create_account(session, member=bea, email="bramble.example@", password=PASSWORD, now=now)
        create_account(session, member=bea, email="Bea@Bramble.example ", password=PASSWORD, now=now)
        with pytest.raises(Conflict):
            create_account(session, member=bea, email="bea@bramble.example", password=PASSWORD, now=now)
