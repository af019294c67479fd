"""The second factor, and proving oneself anew: a code is right once, and few wrong ones are heard."""

import re
from base64 import b32decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.accounts.second_factor import SECRET
from app.accounts.sign_in import MOST
from app.accounts.tables import RecoveryCode, SecondFactor
from app.errors import Site
from directory.db import write_session
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role
from directory.secrets import SecretBox
from directory.settings import Settings
from tests.app.conftest import PASSWORD, SignIn
from tests.app.delivered_mails import delivered, link_in
from tests.app.test_sign_in import attempt, is_in

STEP = timedelta(seconds=30)


@dataclass
class Phone:
    """What shows the codes, and the recovery codes on paper."""

    secret: str
    codes: list[str]

    def code(self, at: datetime) -> str:
        return TOTP(b32decode(self.secret), 6, SHA1(), 30).generate(int(at.timestamp())).decode()


@pytest.fixture
def browser(sign_in: SignIn, bea: Member) -> FlaskClient:
    return sign_in(bea)


@pytest.fixture
def phone(browser: FlaskClient, now: datetime) -> Phone:
    """Bea's, whose browser is signed in."""
    assert browser.post("/account/two-steps/begin").status_code == 303
    page = browser.get("/account/two-steps").text
    assert 'src="data:image/svg+xml' in page
    phone = Phone(re.search(r'secret">([A-Z2-7 ]{39})<', page)[1].replace(" ", ""), [])
    assert browser.post("/account/two-steps", data={"code": "000000"}).status_code == 422
    kept = browser.post("/account/two-steps", data={"code": phone.code(now)}).text
    phone.codes += re.findall(r"<li>([a-z0-9]{4}(?:-[a-z0-9]{4}){2})</li>", kept)
    return phone


@pytest.fixture
def half(app: Site, bea: Member, phone: Phone) -> Callable[[], FlaskClient]:
    """A browser that has shown the password and is asked for the code."""

    def begun() -> FlaskClient:
        browser = app.test_client()
        answer = attempt(browser, f"{bea.public_id}@firm.example", PASSWORD, "/leads")
        assert answer.location == "/sign-in/code?next=/leads"
        return browser

    return begun


def at(app: Site, moment: datetime) -> None:
    app.config["CLOCK"] = lambda: moment


def test_a_code_lets_in_whoever_knows_the_password(
    app: Site, half: Callable[[], FlaskClient], phone: Phone, now: datetime
) -> None:
    at(app, now + STEP)
    browser = half()
    assert not is_in(browser)
    assert browser.get("/account").location.startswith("/sign-in")
    answer = browser.post("/sign-in/code?next=/leads", data={"code": f" {phone.code(now + STEP)} "})
    assert (answer.location, is_in(browser)) == ("/leads", True)


def test_the_same_code_is_right_once_and_so_is_the_password_before_it(
    app: Site, half: Callable[[], FlaskClient], phone: Phone, now: datetime
) -> None:
    assert half().post("/sign-in/code", data={"code": phone.code(now)}).status_code == 422, "it confirmed the phone"
    at(app, now + STEP)
    one, other = half(), half()
    first_cookie = one.get_cookie("goodword").value
    assert one.post("/sign-in/code", data={"code": phone.code(now + STEP)}).status_code == 303
    assert other.post("/sign-in/code", data={"code": phone.code(now + STEP)}).status_code == 422
    again = app.test_client()
    again.set_cookie("goodword", first_cookie)
    assert again.post("/sign-in/code", data={"code": phone.code(now + 2 * STEP)}).location == "/sign-in"


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (2, 303), (1, 303), (4, 422)])
def test_a_clock_may_be_wrong_by_a_step(
    app: Site, half: Callable[[], FlaskClient], phone: Phone, now: datetime, steps: int, status: int
) -> None:
    at(app, now + 2 * STEP)
    answer = half().post("/sign-in/code", data={"code": phone.code(now + steps * STEP)})
    assert answer.status_code == status


def test_a_recovery_code_works_once_and_only_its_hash_is_kept(
    browser: FlaskClient, half: Callable[[], FlaskClient], phone: Phone, session: Session
) -> None:
    assert len(set(phone.codes)) == 10
    assert "10 recovery codes are left" in browser.get("/account").text
    session.rollback()
    assert all(phone.codes[0].replace("-", "") not in kept for kept in session.scalars(select(RecoveryCode.code_hash)))
    spoken = phone.codes[0].upper().replace("-", " ")
    answers = [half().post("/sign-in/code", data={"code": spoken}).status_code for _ in range(2)]
    assert answers == [303, 422]
    assert "9 recovery codes are left" in browser.get("/account/two-steps").text


@pytest.mark.parametrize("code", ["", "abc", "１２３４５６", "1234567", "\0" * 6, "9" * 41, "' or 1=1"])
def test_what_is_no_code_is_refused(half: Callable[[], FlaskClient], code: str) -> None:
    assert half().post("/sign-in/code", data={"code": code}).status_code == 422


def test_five_wrong_codes_close_the_door_for_a_while_wherever_they_come_from(
    app: Site, half: Callable[[], FlaskClient], phone: Phone, now: datetime
) -> None:
    answers = [half().post("/sign-in/code", data={"code": "000000"}) for _ in range(MOST["code"][0])]
    assert {answer.status_code for answer in answers} == {422}
    closed = half().post("/sign-in/code", data={"code": phone.codes[0]})
    assert (closed.status_code, "too many tries" in closed.text) == (429, True)
    at(app, now + timedelta(minutes=16))
    assert half().post("/sign-in/code", data={"code": phone.codes[0]}).status_code == 303


def test_a_half_sign_in_ends_after_ten_minutes_and_cannot_be_forged(
    app: Site, half: Callable[[], FlaskClient], phone: Phone, now: datetime
) -> None:
    browser, forged = half(), app.test_client()
    with forged.session_transaction() as cookie:
        cookie["second"] = "A" * 43
    at(app, now + timedelta(minutes=10))
    for each in (browser, forged):
        assert each.post("/sign-in/code", data={"code": phone.codes[0]}).location == "/sign-in"


def test_a_mailed_link_asks_for_the_code_too(
    client: FlaskClient, bea: Member, phone: Phone, engine: Engine, settings: Settings, now: datetime
) -> None:
    for path in ("/sign-in/link", "/reset"):
        client.post(path, data={"email": f"{bea.public_id}@firm.example"})
    for mail in delivered(engine, settings, now):
        assert client.post(link_in(mail), data={"password": "another word"}).location == "/sign-in/code"
        assert not is_in(client)


def test_with_a_second_factor_only_a_code_is_proof(
    app: Site, browser: FlaskClient, phone: Phone, now: datetime, session: Session
) -> None:
    at(app, now + timedelta(minutes=11))
    assert browser.post("/account/two-steps/off", headers={"Referer": "http://localhost/account"}).location == (
        "/prove?next=/account"
    )
    assert browser.post("/prove", data={"password": PASSWORD}).status_code == 422
    assert browser.post("/prove?link=" + "A" * 43).status_code == 422
    code = phone.code(now + timedelta(minutes=11))
    assert browser.post("/prove?next=//evil.example", data={"code": code}).location == "/"
    assert browser.post("/account/two-steps/off").location == "/account"
    session.rollback()
    assert [session.scalar(select(func.count()).select_from(table)) for table in (SecondFactor, RecoveryCode)] == [0, 0]


def test_without_one_the_password_is_proof_and_wrong_ones_are_counted(
    app: Site, browser: FlaskClient, now: datetime
) -> None:
    at(app, now + timedelta(minutes=11))
    assert browser.get("/account/password").location == "/prove?next=/account/password"
    wrong = [browser.post("/prove", data={"password": "wrong"}).status_code for _ in range(MOST["sign-in"][0])]
    assert set(wrong) == {422}
    assert browser.post("/prove", data={"password": PASSWORD}).status_code == 429
    at(app, now + timedelta(minutes=27))
    assert browser.post("/prove?next=/account", data={"password": PASSWORD}).location == "/account"
    assert browser.get("/account/password").status_code == 200


def test_whoever_has_neither_proves_it_by_a_link_of_their_own(
    app: Site, client: FlaskClient, bea: Member, session: Session, engine: Engine, settings: Settings, now: datetime
) -> None:
    bea.email = "bea@bramble.example"
    session.commit()
    client.post("/sign-in/link", data={"email": "bea@bramble.example"})
    client.post(link_in(delivered(engine, settings, now)[0]))
    moment = now + timedelta(minutes=11)
    at(app, moment)
    assert client.post("/prove?next=/account/address").status_code == 303
    link = link_in(delivered(engine, settings, moment)[0])
    assert client.get(link).status_code == 200
    assert client.get("/account/address").status_code == 303, "looking proves nothing"
    assert client.post(link).location == "/account/address"
    assert client.get("/account/address").status_code == 200
    at(app, moment + timedelta(minutes=11))
    assert client.post(link).location == "/prove"


def test_whoever_runs_something_is_asked_to_have_one_and_not_locked_out(
    browser: FlaskClient, bea: Member, session: Session
) -> None:
    asked = "You manage other people’s accounts here"
    assert asked not in browser.get("/").text
    chapter = Chapter(key="old-pueblo", name="Old Pueblo")
    session.add(chapter)
    session.flush()
    session.add(ChapterRole(member_id=bea.id, chapter_id=chapter.id, role=Role.LEAD))
    session.commit()
    assert asked in browser.get("/").text
    assert asked in browser.get("/account").text
    assert browser.get("/account/password").status_code == 200


def test_a_secret_opens_with_any_key_and_only_where_it_was_sealed(engine: Engine, phone: Phone) -> None:
    old, new = "o" * 32, "n" * 32
    sealed = SecretBox([old]).seal("word", table="channel", column="token", row=1)
    assert "word" not in sealed
    assert SecretBox([new, old]).unseal(sealed, table="channel", column="token", row=1) == "word"
    with pytest.raises(InvalidToken):
        SecretBox([new]).unseal(sealed, table="channel", column="token", row=1)
    for place in ({"table": "other"}, {"column": "other"}, {"row": 2}):
        with pytest.raises(ValueError, match="another place"):
            SecretBox([old]).unseal(sealed, **{"table": "channel", "column": "token", "row": 1, **place})


def test_rotation_seals_with_the_first_key(engine: Engine, phone: Phone, settings: Settings) -> None:
    new = "n" * 32
    with write_session(engine) as session:
        assert SECRET.reseal(session, SecretBox([new, *settings.encryption_keys])) == 1
        factor = session.scalars(select(SecondFactor)).one()
        assert SECRET.read(factor, SecretBox([new])) == phone.secret
