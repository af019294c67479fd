"""A client's own page: what they are shown, their answer, their consents, and everything taken back."""

import json
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.leads import client as clients
from directory.leads.client import Client, ClientContact, ConsentKind
from directory.leads.client_choice import ClientChoice
from directory.leads.lead import LeadState, Terms, create_lead
from directory.leads.offer_request import fill_seats
from directory.leads.seat_holder import SeatHolder
from directory.outbox.delivery import Delivery
from directory.people.tables import ChapterRole, Role
from directory.secrets import SecretBox
from directory.settings import Settings
from tests.app.conftest import SignIn
from tests.cast import Cast

CONTACT = ClientContact("Prudence Hale", "Saguaro Dental", "prudence@saguaro.example", "+1 520 555 0134")
SHOWN = {"who_0": "Northlight leads it, Bramble builds it", "why_0": "They built two clinics’ sites together."}


@pytest.fixture
def row(cast: Cast, session: Session, settings: Settings, now: datetime) -> Client:
    cast.nia.email = "nia@northlight.example"
    lead = create_lead(session, member=cast.nia, text="A new site.", wishes=[], terms=Terms(), now=now)
    box = SecretBox(settings.encryption_keys)
    client = clients.add_client(session, lead=lead, contact=CONTACT, by=None, secrets=box, now=now)
    fill_seats(session, lead=lead, capabilities=[], by=cast.nia, now=now)
    clients.give_consents(session, client=client, kinds=[ConsentKind.SHARE], texts=clients.consent_texts(), now=now)
    session.commit()
    return client


@pytest.fixture
def link(row: Client, session: Session, now: datetime) -> str:
    token = clients.create_client_token(session, public_id=row.public_id, now=now)
    session.commit()
    return f"/client/{token}"


def letters(session: Session) -> list[str]:
    session.rollback()
    return [json.loads(each.payload)["letter"] for each in session.scalars(select(Delivery).order_by(Delivery.id))]


def choice_of(session: Session) -> ClientChoice:
    session.rollback()
    return session.scalars(select(ClientChoice)).one()


def test_the_client_is_shown_who_and_says_yes_once(
    cast: Cast, row: Client, link: str, session: Session, sign_in: SignIn, client: FlaskClient
) -> None:
    nia = sign_in(cast.nia)
    assert "takes care of your request" in client.get(link).text
    show, two = f"/leads/{row.lead.public_id}/options", {"who_1": "Mesa Words does it alone", "why_1": "Cheaper."}
    for _ in range(2):
        assert nia.post(show, data=SHOWN | two).status_code == 303
    choice = choice_of(session)
    assert letters(session) == ["here_is_who"]
    page = client.get(link).text
    assert "Here are two ways to do it" in page
    assert "They built two clinics’ sites together." in page
    for _ in range(2):
        said = client.post(f"{link}/yes", data={"choice": choice.public_id, "option": "1"})
        assert said.status_code == 303
    assert (choice_of(session).answer, choice_of(session).chosen) == ("yes", 1)
    assert letters(session) == ["here_is_who", "client_answered"]
    assert "Settled: Nia calls you" in client.get(link).text
    assert client.post(f"{link}/no", data={"choice": choice.public_id}).status_code == 409
    assert nia.post(f"{show}/hide").status_code == 409


def test_someone_else_lets_something_new_be_shown_and_an_old_page_answers_nothing(
    cast: Cast, row: Client, link: str, session: Session, sign_in: SignIn, client: FlaskClient
) -> None:
    nia, show = sign_in(cast.nia), f"/leads/{row.lead.public_id}/options"
    nia.post(show, data=SHOWN)
    old = choice_of(session).public_id
    assert nia.post(show, data=SHOWN | {"why_0": "Better said."}).status_code == 303
    assert client.post(f"{link}/yes", data={"choice": old, "option": "0"}).status_code == 409
    new = choice_of(session).public_id
    for wrong in ("7", "-1", "x"):
        assert client.post(f"{link}/yes", data={"choice": new, "option": wrong}).status_code == 422
    assert client.post(f"{link}/other", data={"choice": new, "words": "Closer to us"}).status_code == 303
    assert "The client asks for someone else" in nia.get(f"/leads/{row.lead.public_id}").text
    assert "Closer to us" in nia.get(f"/leads/{row.lead.public_id}").text


def test_a_no_closes_the_lead(
    cast: Cast, row: Client, link: str, session: Session, sign_in: SignIn, client: FlaskClient
) -> None:
    sign_in(cast.nia).post(f"/leads/{row.lead.public_id}/options", data=SHOWN)
    assert client.post(f"{link}/no", data={"choice": choice_of(session).public_id}).status_code == 303
    session.rollback()
    assert row.lead.state is LeadState.DECLINED
    assert "You said no" in client.get(link).text


def test_options_that_say_nothing_are_none(cast: Cast, row: Client, session: Session, sign_in: SignIn) -> None:
    nia, show = sign_in(cast.nia), f"/leads/{row.lead.public_id}/options"
    for wrong in ({}, {"who_0": "A"}, SHOWN | {"who_0": "x" * 301}, SHOWN | {"why_1": "B"}):
        assert nia.post(show, data=wrong).status_code == 422
    session.rollback()
    assert session.scalars(select(ClientChoice)).all() == []


def test_consents_are_given_and_withdrawn_by_post_alone(
    row: Client, link: str, session: Session, client: FlaskClient
) -> None:
    for path in ("consents/contact/give", "consents/share/withdraw", "withdraw", "yes", "no"):
        assert client.get(f"{link}/{path}").status_code == 405
    client.post(f"{link}/consents/contact/give")
    session.rollback()
    assert {*clients.standing_consents(session, client=row)} == {*ConsentKind}
    client.post(f"{link}/consents/contact/withdraw")
    session.rollback()
    assert [*clients.standing_consents(session, client=row)] == [ConsentKind.SHARE]


def test_whoever_withdraws_is_gone_from_everywhere(
    cast: Cast, row: Client, link: str, session: Session, sign_in: SignIn, client: FlaskClient
) -> None:
    for _ in range(2):
        assert client.post(f"{link}/withdraw").status_code == 303
    assert "Your request is deleted" in client.get(link).text
    session.expire_all()
    assert (row.sealed, row.lead.state, row.lead.text) == (
        "",
        LeadState.DECLINED,
        "The client withdrew this request.",
    )
    assert "have deleted how to reach them" in sign_in(cast.nia).post(f"/leads/{row.lead.public_id}/client").text


def test_forged_links_open_nothing(link: str, client: FlaskClient) -> None:
    for wrong in (f"{link}x", "/client/x", "/client/%ff%fe", "/requests/x"):
        assert client.get(wrong).status_code == 422
    assert client.post(f"{link}x/withdraw").status_code == 422


def test_the_contact_is_for_its_bringer_and_for_a_reason_that_they_read(
    cast: Cast, row: Client, session: Session, sign_in: SignIn
) -> None:
    session.add(ChapterRole(member_id=cast.carla.id, chapter_id=cast.chapter.id, role=Role.LEAD))
    session.commit()
    path = f"/leads/{row.lead.public_id}/client"
    carla = sign_in(cast.carla)
    assert "Say why you do this" in carla.post(path).text
    assert CONTACT.email in carla.post(path, data={"reason": "Nia is ill, and they called us."}).text
    assert sign_in(cast.bea).post(path).status_code == 404
    session.rollback()
    read = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "client.read_contact"))
    assert read.all() == [cast.carla.id]
    assert letters(session) == ["told"]


def test_names_are_shown_once_everybody_is_in_or_by_the_lead_of_the_chapter(
    cast: Cast, row: Client, session: Session, sign_in: SignIn
) -> None:
    session.execute(delete(SeatHolder))
    session.add(ChapterRole(member_id=cast.carla.id, chapter_id=cast.chapter.id, role=Role.LEAD))
    session.commit()
    show, nia, carla = f"/leads/{row.lead.public_id}/options", sign_in(cast.nia), sign_in(cast.carla)
    assert "Everybody has to be in before" in nia.get(f"/leads/{row.lead.public_id}").text
    assert nia.post(show, data=SHOWN).status_code == 409
    assert "Show it to the client" in carla.get(f"/leads/{row.lead.public_id}").text
    assert carla.post(show, data=SHOWN).status_code == 303


def test_who_holds_a_seat_reaches_the_client_while_both_consents_stand(
    cast: Cast, row: Client, link: str, session: Session, now: datetime, sign_in: SignIn, client: FlaskClient
) -> None:
    path, bea = f"/leads/{row.lead.public_id}/client", sign_in(cast.bea)
    assert bea.post(path).status_code == 404
    session.execute(delete(SeatHolder))
    session.add(SeatHolder(lead_id=row.lead_id, business_id=cast.bea.business_id, member_id=cast.bea.id, held_at=now))
    session.commit()
    assert bea.post(path).status_code == 403
    client.post(f"{link}/consents/contact/give")
    assert CONTACT.email in bea.post(path).text
    client.post(f"{link}/consents/contact/withdraw")
    assert bea.post(path).status_code == 403
