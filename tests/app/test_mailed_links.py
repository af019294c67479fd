"""Mailed links for sign-in, password reset and address change. Each works once, and only on POST."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from app.accounts.sign_in import MOST
from app.accounts.tables import Account, AccountSession
from app.errors import Site
from directory.audit import AuditEntry
from directory.outbox.delivery import Delivery
from directory.people.one_time_link import OneTimeLink
from directory.people.tables import Member, MemberState
from directory.settings import Settings
from tests.app.conftest import PASSWORD, SignIn
from tests.app.delivered_mails import delivered, link_in
from tests.app.test_sign_in import attempt, is_in

Deliver = Callable[[], list[EmailMessage]]
FORGED = "A" * 43


@pytest.fixture
def deliver(engine: Engine, settings: Settings, now: datetime) -> Deliver:
    return lambda: delivered(engine, settings, now)


@pytest.fixture
def invited(session: Session, bea: Member) -> Member:
    """Bea, who has a mail address and no account."""
    bea.email = "bea@bramble.example"
    session.commit()
    return bea


def advance_clock(app: Site, now: datetime, **by: float) -> None:
    app.config["CLOCK"] = lambda: now + timedelta(**by)


def rows(session: Session) -> list[object]:
    session.rollback()
    return [session.execute(select(table.__table__)).all() for table in (Member, Account, OneTimeLink, AuditEntry)]


def test_a_sign_in_link_creates_the_account_of_a_member(
    client: FlaskClient, invited: Member, deliver: Deliver, session: Session, now: datetime
) -> None:
    assert client.post("/sign-in/link?next=/leads", data={"email": " Bea@Bramble.example "}).status_code == 303
    (mail,) = deliver()
    assert mail["To"] == "bea@bramble.example"
    page = client.get(link_in(mail))
    assert (page.status_code, "Bea" in page.text) == (200, True)
    assert client.post(link_in(mail)).location == "/leads"
    assert is_in(client)
    session.rollback()
    account = session.scalars(select(Account)).one()
    assert (account.password, account.member.arrived_at) == (None, now)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_does_not_use_up_a_sign_in_link(
    client: FlaskClient, invited: Member, deliver: Deliver, session: Session, method: str
) -> None:
    client.post("/sign-in/link", data={"email": invited.email})
    link, before = link_in(deliver()[0]), rows(session)
    assert client.open(link, method=method).status_code == 200
    assert rows(session) == before
    assert not is_in(client)


def test_used_expired_forged_and_wrong_purpose_links_are_refused(
    app: Site, client: FlaskClient, invited: Member, deliver: Deliver, session: Session, now: datetime
) -> None:
    for path in ("/sign-in/link", "/reset"):
        client.post(path, data={"email": invited.email})
    link, reset = (link_in(mail) for mail in deliver())
    before = rows(session)
    for dead in (f"/sign-in/link/{FORGED}", reset.replace("/reset/", "/sign-in/link/"), f"{link}x", "/reset/%00%ff"):
        for method in ("GET", "POST"):
            assert client.open(dead, method=method).location in ("/sign-in", "/reset")
    advance_clock(app, now, minutes=15)
    assert client.post(link).location == "/sign-in"
    assert rows(session) == before
    app.config["CLOCK"] = lambda: now
    assert client.post(link).location == "/"
    assert app.test_client().post(link).location == "/sign-in"


def test_known_and_unknown_addresses_get_the_same_response_and_work(
    app: Site, engine: Engine, invited: Member, session: Session
) -> None:
    with app.app_context():
        from app.db import db

        work: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: work.append(arguments[2].split(" ", 2)[0]))
    for path in ("/sign-in/link", "/reset"):
        responses = []
        for email in (invited.email, "nobody@bramble.example"):
            work.clear()
            answer = app.test_client().post(path, data={"email": email})
            responses.append((answer.status_code, answer.location, work.count("INSERT"), len(answer.data)))
        assert responses[0] == responses[1]
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Delivery)) == 2


def test_links_can_be_requested_five_times_in_15_minutes(
    client: FlaskClient, invited: Member, deliver: Deliver
) -> None:
    for email in (invited.email, "nobody@bramble.example"):
        answers = [client.post("/sign-in/link", data={"email": email}) for _ in range(MOST["mail"][0] + 1)]
        assert [answer.status_code for answer in answers] == [303] * 5 + [429]
        assert "too many tries" in answers[-1].text
    assert client.post("/reset", data={"email": invited.email}).status_code == 429
    assert len(deliver()) == 5


@pytest.mark.parametrize("state", [MemberState.SUSPENDED, MemberState.GONE])
def test_suspended_and_former_members_get_no_link_and_cannot_use_one(
    client: FlaskClient, invited: Member, deliver: Deliver, session: Session, state: MemberState
) -> None:
    client.post("/sign-in/link", data={"email": invited.email})
    link = link_in(deliver()[0])
    session.rollback()
    session.execute(update(Member).values(state=state))
    session.commit()
    client.post("/sign-in/link", data={"email": invited.email})
    assert deliver() == []
    assert client.post(link).location == "/sign-in"
    assert not is_in(client)


def test_an_applicant_may_sign_in(client: FlaskClient, invited: Member, deliver: Deliver, session: Session) -> None:
    invited.state = MemberState.PENDING
    session.commit()
    client.post("/sign-in/link", data={"email": invited.email})
    client.post(link_in(deliver()[0]))
    assert client.get("/account").status_code == 200


def test_a_link_of_another_member_replaces_the_current_session(
    sign_in: SignIn, bea: Member, deliver: Deliver, session: Session, now: datetime
) -> None:
    browser = sign_in(bea)
    ana = Member(name="Ana", email="ana@b.example", business=bea.business, joined_at=now)
    session.add(ana)
    session.commit()
    browser.post("/sign-in/link", data={"email": "ana@b.example"})
    before = browser.get_cookie("goodword").value
    browser.post(link_in(deliver()[0]))
    assert browser.get_cookie("goodword").value != before
    session.rollback()
    assert session.scalars(select(Account.member_id).join(AccountSession)).all() == [ana.id]


def test_resetting_the_password_ends_every_session_and_the_old_password(
    app: Site, sign_in: SignIn, bea: Member, client: FlaskClient, deliver: Deliver
) -> None:
    elsewhere, email = sign_in(bea), f"{bea.public_id}@firm.example"
    client.post("/reset", data={"email": email})
    link = link_in(deliver()[0])
    assert client.post(link, data={"password": "short"}).status_code == 422
    assert is_in(elsewhere)
    assert client.post(link, data={"password": "another word"}).location == "/"
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    assert app.test_client().post(link, data={"password": "a third word"}).location == "/reset"
    assert attempt(app.test_client(), email, PASSWORD).status_code == 422
    assert attempt(app.test_client(), email, "another word").status_code == 303


def test_changing_the_password_keeps_only_this_session(app: Site, sign_in: SignIn, bea: Member) -> None:
    here = sign_in(bea)
    elsewhere = app.test_client()
    attempt(elsewhere, f"{bea.public_id}@firm.example", PASSWORD)
    assert here.post("/account/password", data={"password": "another word"}).location == "/account"
    assert (is_in(here), is_in(elsewhere)) == (True, False)


@pytest.fixture
def moving(sign_in: SignIn, bea: Member) -> FlaskClient:
    browser = sign_in(bea)
    assert browser.post("/account/address", data={"email": "Bea@New.example"}).location == "/account"
    return browser


def test_a_new_address_takes_effect_by_its_link_and_the_old_one_is_told(
    moving: FlaskClient, bea: Member, deliver: Deliver, session: Session, client: FlaskClient
) -> None:
    old = f"{bea.public_id}@firm.example"
    client.post("/sign-in/link", data={"email": old})
    asked, sign_in_letter = deliver()
    assert asked["To"] == "bea@new.example"
    assert attempt(client, old, PASSWORD).status_code == 303
    assert "bea@new.example" in moving.get(link_in(asked)).text
    moving.post(link_in(asked))
    (notice,) = deliver()
    assert notice["To"] == old
    session.rollback()
    session.refresh(bea)
    assert bea.email == "bea@new.example"
    visitor = client.application.test_client()
    assert [attempt(visitor, email, PASSWORD).status_code for email in (old, bea.email)] == [422, 303]
    assert client.post(link_in(sign_in_letter)).location == "/sign-in", "a link in the old post works no more"


def test_an_address_of_another_member_gets_no_mail_and_cannot_be_taken(
    moving: FlaskClient, bea: Member, deliver: Deliver, session: Session, now: datetime
) -> None:
    link = link_in(deliver()[0])
    session.add(Member(name="Ana", email="bea@new.example", business=bea.business, joined_at=now))
    session.commit()
    before = rows(session)
    assert moving.post("/account/address", data={"email": "bea@new.example"}).location == "/account"
    assert deliver() == []
    moving.post(link)
    assert rows(session) == before


@pytest.mark.parametrize(
    "email",
    ["", "x", "a@b", "a@b.example\r\nBcc: eve@evil.example", "a@b.example, c@d.example", "ä@b.example", "\0@b.c"],
)
def test_an_invalid_new_address_is_refused_without_mail(moving: FlaskClient, deliver: Deliver, email: str) -> None:
    deliver()
    assert moving.post("/account/address", data={"email": email}).status_code == 422
    assert deliver() == []


def test_address_changes_are_limited_to_five_in_15_minutes(moving: FlaskClient, deliver: Deliver) -> None:
    answers = [moving.post("/account/address", data={"email": f"{n}@x.example"}).status_code for n in range(5)]
    assert answers == [303] * 4 + [429]
    assert len(deliver()) == 5


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/x" * 200])
def test_a_link_never_redirects_to_another_host(
    client: FlaskClient, invited: Member, deliver: Deliver, target: str
) -> None:
    client.post("/sign-in/link", query_string={"next": target}, data={"email": invited.email})
    assert client.post(link_in(deliver()[0])).location == "/"


def test_no_log_line_contains_an_address_or_a_token(
    app: Site, sign_in: SignIn, bea: Member, client: FlaskClient, deliver: Deliver, capsys: pytest.CaptureFixture[str]
) -> None:
    browser, email, secrets = sign_in(bea), f"{bea.public_id}@firm.example", ["nobody@x.example", "bea@new.example"]
    for path in ("/sign-in/link", "/reset"):
        client.post(path, data={"email": email})
        client.post(path, data={"email": "nobody@x.example"})
    browser.post("/account/address", data={"email": "bea@new.example"})
    for mail in deliver():
        link = link_in(mail)
        secrets.append(link.rsplit("/", 1)[1])
        for method in ("GET", "POST", "POST"):
            client.open(link, method=method, data={"password": "another word"})
    deliver()
    written = "".join(capsys.readouterr())
    assert "endpoint=sign_in.link" in written
    assert [secret for secret in [email, *secrets] if secret in written] == []
