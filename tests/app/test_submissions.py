"""What a stranger asks a chapter: the form and its traps, the mailed link, and what its leads make of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from altcha import Challenge, solve_challenge
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from app import bot_traps
from app.errors import Site
from directory.db import write_session
from directory.engine import lead_intake
from directory.leads import client as clients
from directory.leads import submission as submissions
from directory.leads.client import Client, Consent, contact_for_client
from directory.leads.lead import Lead, LeadState
from directory.leads.request_mail import take_mail
from directory.leads.submission import Decision, Source, Submission, request_of
from directory.leads.suggestion import Suggestion
from directory.outbox.delivery import Delivery
from directory.people.tables import ChapterRole, Member, Role
from directory.secrets import SecretBox
from directory.settings import Settings
from jobs.mail_rendering import mail_of
from tests.app.conftest import SignIn
from tests.cast import Cast

TYPED = {
    "text": "We need a new WordPress site before March. Call 520-555-0134 or see saguaro-dental.com.",
    "name": "Prudence Hale",
    "firm": "Saguaro Dental",
    "email": "prudence@saguaro.example",
    "phone": "+1 520 555 0134",
    "share": "y",
}
Send = Callable[..., Any]


@pytest.fixture
def path(cast: Cast, session: Session, now: datetime) -> str:
    session.add(ChapterRole(member_id=cast.nia.id, chapter_id=cast.chapter.id, role=Role.LEAD))
    cast.chapter.public_at, cast.nia.email = now, "nia@northlight.example"
    session.commit()
    return f"/chapters/{cast.chapter.public_id}/request"


@pytest.fixture
def send(app: Site, client: FlaskClient, path: str, now: datetime) -> Send:
    """Opens the form, waits, and sends it."""

    def sent(after: float = 20, **typed: str) -> Any:
        app.config["CLOCK"] = lambda: now
        with app.test_request_context():
            challenge = bot_traps.new_challenge()
        app.config["CLOCK"] = lambda: now + timedelta(seconds=after)
        return client.post(path, data=TYPED | {"challenge": challenge} | typed)

    return sent


def kept(session: Session) -> list[Submission]:
    session.rollback()
    return list(session.scalars(select(Submission).order_by(Submission.id)))


def link_of(session: Session, settings: Settings, letter: str, now: datetime) -> str:
    """Render the newest letter of this kind and return the path of its link."""
    session.rollback()
    rows = session.scalars(select(Delivery).where(Delivery.channel_id.is_(None)).order_by(Delivery.id.desc()))
    row = next(row for row in rows if json.loads(row.payload)["letter"] == letter)
    text = (mail_of(session, row, settings=settings, now=now) or b"").decode()
    session.commit()
    return next(line.strip().removeprefix(settings.base_url) for line in text.splitlines() if "  http" in line)


def letters(session: Session) -> list[str]:
    session.rollback()
    return [json.loads(row.payload)["letter"] for row in session.scalars(select(Delivery).order_by(Delivery.id))]


def submit(session: Session, cast: Cast, settings: Settings, now: datetime, text: str = TYPED["text"]) -> Submission:
    """A confirmed submission."""
    contact = submissions.ClientContact("Prudence Hale", "Saguaro Dental", TYPED["email"], "+1 520 555 0134")
    box = SecretBox(settings.encryption_keys)
    request = submissions.clean_request(contact=contact, text=text, is_sharing=True, is_calling=False)
    made = submissions.submit(session, chapter=cast.chapter, request=request, source=Source.FORM, secrets=box, now=now)
    agreed = {"is_sharing": True, "is_calling": False, "answer_by": now, "due": "soon"}
    submissions.confirm(session, submission=made, **agreed, secrets=box, now=now)
    session.commit()
    return made


def test_the_form_is_kept_sealed_and_its_address_confirmed_by_post_alone(
    send: Send, session: Session, settings: Settings, now: datetime, client: FlaskClient
) -> None:
    assert "Check your email" in send().text
    (made,) = kept(session)
    assert "Prudence" not in made.sealed
    asked = request_of(made, secrets=SecretBox(settings.encryption_keys))
    assert asked
    assert asked.text == TYPED["text"]
    assert [*asked.consents] == ["share"]
    link = link_of(session, settings, "confirm_request", now)
    for _ in range(2):  # a scanner's
        assert "Is this what you asked for?" in client.get(link).text
    assert kept(session)[0].confirmed_at is None
    for _ in range(2):
        assert client.post(link, data={"share": "y", "call": "y"}).status_code == 303
    assert kept(session)[0].confirmed_at is not None
    assert "Nia Sandoval reads it and answers you by" in client.get(link).text
    assert letters(session) == ["confirm_request", "request_received", "submitted"]


def test_two_that_look_alike_are_both_kept(send: Send, session: Session) -> None:
    assert send().status_code == send().status_code == 200
    assert len(kept(session)) == 2


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"text": "x" * 4001}, 422),
        ({"text": " "}, 422),
        ({"email": ""}, 422),
        ({"email": "a@b.example\nBcc: c@d.example"}, 422),
        ({"name": "A\u202eB"}, 422),
        ({"phone": "call me"}, 422),
        ({"challenge": ""}, 422),
        ({"challenge": "[1]"}, 422),
        ({"challenge": "{}"}, 422),
        ({"proof": "{}"}, 422),
        ({"proof": '{"counter": 1, "derivedKey": "00"}'}, 422),
        ({"after": 1}, 422),
        ({"after": 100_000}, 422),
    ],
)
def test_bad_input_gets_an_answer_and_leaves_nothing(
    send: Send, session: Session, wrong: dict[str, Any], status: int
) -> None:
    answer = send(**{"after": 20} | wrong)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text or 'class="wrong"' in answer.text
    assert kept(session) == []
    assert letters(session) == []


def test_a_program_that_fills_in_the_honeypot_reads_the_same_and_leaves_nothing(send: Send, session: Session) -> None:
    assert "Check your email" in send(homepage="https://spam.example").text
    assert kept(session) == []


def test_a_forged_challenge_is_none(send: Send, app: Site, session: Session) -> None:
    with app.test_request_context():
        forged = json.loads(bot_traps.new_challenge())
    forged["parameters"]["data"]["at"] -= 60
    assert send(challenge=json.dumps(forged)).status_code == 422
    assert kept(session) == []


def test_the_same_form_twice_is_one_and_a_few_an_hour_come_without_a_proof(
    send: Send, app: Site, session: Session, now: datetime
) -> None:
    app.config["CLOCK"] = lambda: now
    with app.test_request_context():
        once = bot_traps.new_challenge()
    assert send(challenge=once).status_code == 200
    again = send(challenge=once)
    assert again.status_code == 409
    assert "You have sent this already" in again.text
    assert [send().status_code for _ in range(3)] == [200, 200, 409]
    assert len(kept(session)) == 3


def test_a_proof_of_work_lets_more_through(
    send: Send, app: Site, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_traps, "COST", 1)
    for _ in range(bot_traps.UNPROVEN + 1):
        app.config["CLOCK"] = lambda: now
        with app.test_request_context():
            challenge = bot_traps.new_challenge()
        solution = solve_challenge(Challenge.from_dict(json.loads(challenge)))
        assert solution
        assert send(challenge=challenge, proof=json.dumps(solution.to_dict())).status_code == 200
    assert len(kept(session)) == bot_traps.UNPROVEN + 1


def test_a_chapter_that_is_not_on_the_web_has_no_form(
    cast: Cast, path: str, session: Session, client: FlaskClient
) -> None:
    assert 'data-worker="/static/pbkdf2-' in client.get(path).text
    cast.chapter.public_at = None
    session.commit()
    assert client.get(path).status_code == 404


def test_whoever_asked_withdraws_and_nothing_of_them_stays(
    send: Send, session: Session, settings: Settings, now: datetime, client: FlaskClient
) -> None:
    send()
    link = link_of(session, settings, "confirm_request", now)
    assert "is deleted" in client.post(f"{link}/withdraw").text
    (made,) = kept(session)
    assert (made.sealed, made.decision) == ("", Decision.WITHDRAWN)
    assert client.get(link).status_code == client.post(link).status_code == 422


def test_a_lead_of_the_chapter_takes_it_and_it_becomes_a_lead_without_contact(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, sign_in: SignIn
) -> None:
    made = submit(session, cast, settings, now)
    browser = sign_in(cast.nia)
    assert "A client asks Old Pueblo for help" in browser.get("/").text
    page = browser.get(f"/chapters/{cast.chapter.public_id}/requests").text
    assert "Saguaro Dental" in page
    assert not any(secret in page for secret in (TYPED["email"], "555-0134", "saguaro-dental.com"))
    answer = browser.post(f"/submissions/{made.public_id}/take")
    assert answer.status_code == 303, answer.text
    session.rollback()
    lead = session.scalars(select(Lead)).one()
    assert answer.location == f"/leads/{lead.public_id}"
    assert (lead.member_id, lead.state) == (cast.nia.id, LeadState.RECEIVED)
    assert lead.text == "We need a new WordPress site before March. Call … or see …."
    assert [need.capability.name for need in lead.needs] == ["WordPress"]
    assert session.scalars(select(Consent.kind)).all() == ["share"]
    assert letters(session)[-1] == "request_taken"
    row = session.scalars(select(Client)).one()
    token = clients.create_client_token(session, public_id=row.public_id, now=now)
    session.commit()
    shown = browser.post(f"/leads/{lead.public_id}/client").text
    assert TYPED["email"] in shown
    assert browser.post(f"/submissions/{made.public_id}/take").status_code == 409
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Lead)) == 1
    assert browser.post(f"/client/{token}/consents/share/withdraw").status_code == 303
    session.rollback()
    assert (kept(session)[0].sealed, session.get_one(Client, row.id).sealed) == ("", "")


def test_others_write_while_the_engine_answers_a_request(
    cast: Cast,
    path: str,
    engine: Engine,
    session: Session,
    settings: Settings,
    now: datetime,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, real, wrote = submit(session, cast, settings, now), lead_intake.ask_engine, []

    def ask_engine(session: Session, **more: Any) -> Suggestion:
        with write_session(engine) as other:
            other.execute(update(Member).values(headline="Written meanwhile."))
            wrote.append(True)
        return real(session, **more)

    monkeypatch.setattr(lead_intake, "ask_engine", ask_engine)
    assert sign_in(cast.nia).post(f"/submissions/{made.public_id}/take").status_code == 303
    session.rollback()
    assert session.scalars(select(Suggestion)).one().lead_id == session.scalars(select(Lead)).one().id
    assert wrote == [True]


def test_it_is_given_to_a_member_who_takes_it(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, sign_in: SignIn
) -> None:
    made = submit(session, cast, settings, now)
    boss, bea = sign_in(cast.nia), sign_in(cast.bea)
    assert boss.post(f"/submissions/{made.public_id}/give", data={"member": cast.bea.public_id}).status_code == 303
    session.rollback()
    lead = session.scalars(select(Lead)).one()
    assert (lead.member_id, lead.state) == (cast.bea.id, LeadState.PENDING)
    assert letters(session)[-1] == "lead_given"
    assert "One thing is waiting for you, Bea" in bea.get("/").text
    assert "Will you take this client?" in bea.get(f"/leads/{lead.public_id}").text
    for _ in range(2):
        assert bea.post(f"/leads/{lead.public_id}/given/take").status_code == 303
    session.rollback()
    assert session.get_one(Lead, lead.id).state is LeadState.RECEIVED
    assert letters(session)[-1] == "request_taken"
    assert boss.post(f"/submissions/{made.public_id}/wait").status_code == 409  # somebody acted on it
    assert bea.post(f"/leads/{lead.public_id}/given/return").status_code == 409


@pytest.mark.parametrize("who", ["the member", "the lead"])
def test_a_lead_that_is_not_taken_waits_again(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, sign_in: SignIn, who: str
) -> None:
    made = submit(session, cast, settings, now)
    boss, bea = sign_in(cast.nia), sign_in(cast.bea)
    boss.post(f"/submissions/{made.public_id}/give", data={"member": cast.bea.public_id})
    session.rollback()
    lead = session.scalars(select(Lead)).one()
    if who == "the member":
        assert bea.post(f"/leads/{lead.public_id}/given/return").status_code == 303
    else:
        assert boss.post(f"/submissions/{made.public_id}/wait").status_code == 303
    session.rollback()
    assert (session.get_one(Submission, made.id).decided_at, lead.state) == (None, LeadState.DECLINED)
    client = session.scalars(select(Client)).one()
    assert contact_for_client(session, client=client, secrets=SecretBox(settings.encryption_keys)) is None
    assert "lead_given" not in letters(session)
    assert boss.post(f"/submissions/{made.public_id}/take").status_code == 303


def test_what_looks_like_an_open_lead_is_asked_about_before_it_is_written(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, sign_in: SignIn
) -> None:
    first, second = (submit(session, cast, settings, now, text) for text in (TYPED["text"], "A brochure, printed."))
    browser = sign_in(cast.nia)
    assert browser.post(f"/submissions/{first.public_id}/take").status_code == 303
    asked = browser.post(f"/submissions/{second.public_id}/take")
    assert asked.status_code == 409
    assert "Is this the same?" in asked.text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Lead)) == 1
    assert browser.post(f"/submissions/{second.public_id}/take", data={"again": "1"}).status_code == 303
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Lead)) == 2


def test_spam_is_put_away_and_back(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, sign_in: SignIn
) -> None:
    made, browser = submit(session, cast, settings, now), sign_in(cast.nia)
    assert browser.post(f"/submissions/{made.public_id}/spam").status_code == 303
    assert kept(session)[0].decision is Decision.SPAM
    assert browser.post(f"/submissions/{made.public_id}/wait").status_code == 303
    assert kept(session)[0].decision is None


def test_what_nobody_confirmed_and_what_was_decided_long_ago_is_deleted(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime
) -> None:
    waiting, spam = submit(session, cast, settings, now), submit(session, cast, settings, now)
    unconfirmed = submit(session, cast, settings, now)
    unconfirmed.confirmed_at, spam.decided_at = None, now
    later = now + submissions.CONFIRM_WITHIN
    submissions.delete_old_submissions(session, now=later)
    assert session.scalars(select(Submission.id).order_by(Submission.id)).all() == [waiting.id, spam.id]
    submissions.delete_old_submissions(session, now=now + submissions.KEPT_FOR)
    assert session.scalars(select(Submission.id)).all() == [waiting.id]


def test_a_member_of_another_chapter_gets_nothing(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, sign_in: SignIn
) -> None:
    made, other = submit(session, cast, settings, now), Member(name="O", business=cast.dana.business, joined_at=now)
    other.arrived_at = None
    session.add(other)
    session.commit()
    browser = sign_in(cast.nia)
    for member in (other.public_id, "x", ""):
        assert browser.post(f"/submissions/{made.public_id}/give", data={"member": member}).status_code == 404
    assert kept(session)[0].decided_at is None


def test_what_a_member_mails_becomes_their_own_lead_once_confirmed(
    cast: Cast, path: str, session: Session, settings: Settings, now: datetime, client: FlaskClient
) -> None:
    box, mail = SecretBox(settings.encryption_keys), b"From: nia@northlight.example\r\n\r\nA client wants WordPress."
    assert take_mail(session, content=mail, own_address="", secrets=box, now=now) == "kept"
    session.commit()
    link = link_of(session, settings, "confirm_request", now)
    for _ in range(2):
        assert client.post(link).status_code == 303
    session.rollback()
    lead = session.scalars(select(Lead)).one()
    assert (lead.member_id, lead.state, lead.text) == (cast.nia.id, LeadState.RECEIVED, "A client wants WordPress.")
    assert session.scalars(select(Client)).all() == []
    assert "submitted" not in letters(session)
