"""Public pages: consent to a public card, the fields that visitors see, and the relay of visitors' messages."""

import json
import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.facts.vouch import Vouch
from directory.outbox.delivery import Delivery
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role
from directory.profiles.relay import MAX_PER_SENDER, RelayMessage
from directory.settings import Settings
from tests.app.conftest import SignIn
from tests.app.delivered_mails import delivered, link_in

MESSAGE = {"name": "Vera", "email": "vera@client.example", "text": "We need a site.", "website": ""}


@pytest.fixture
def card(session: Session, bea: Member, now: datetime) -> str:
    """The path of Bea's public card."""
    bea.email, bea.headline, bea.public_at = "bea@bramble.example", "I answer mails", now
    bea.business.phone, bea.business.chapter = "+1 520 555 0134", Chapter(key="tucson", name="Old Pueblo")
    session.commit()
    return f"/people/{bea.public_id}"


def test_a_member_without_consent_has_no_public_card(
    client: FlaskClient, sign_in: SignIn, session: Session, bea: Member
) -> None:
    browser, path = sign_in(bea), f"/people/{bea.public_id}"
    for reader in (client, browser):
        answers = [reader.get(place) for place in (path, "/people/zzzzzzzzzzzz")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].data == answers[1].data
    assert client.post(path, data=MESSAGE).status_code == 404
    browser.post("/profile/public", data={"public": "y"})
    assert client.get(path).status_code == 200
    browser.post("/profile/public", data={})
    assert client.get(path).status_code == 404


def test_a_public_card_shows_only_public_fields_and_consenting_members(
    client: FlaskClient, session: Session, bea: Member, card: str, now: datetime
) -> None:
    carla = Member(name="Carla Ruiz", business=bea.business, joined_at=now)
    session.add(carla)
    session.flush()
    word = {"giver_id": carla.id, "receiver_id": bea.id, "known_as": "x", "given_at": now, "accepted_at": now}
    session.add(Vouch(text="She listens.", **word))
    session.commit()
    page = client.get(card).text
    assert "I answer mails" in page
    assert "She listens." in page
    assert "a member of Old Pueblo" in page
    for private in ("Carla", "5550134", "bea@bramble.example"):
        assert private not in page
    bea.audiences = {"headline": Audience.MEMBERS}
    bea.business.audiences = {"firm_phone": Audience.PUBLIC}
    carla.public_at = now
    session.commit()
    page = client.get(card).text
    assert "I answer mails" not in page
    assert "Carla Ruiz" in page
    assert "+15205550134" in page


def test_a_card_is_indexable_only_with_consent_and_its_json_ld_is_escaped(
    client: FlaskClient, session: Session, bea: Member, card: str
) -> None:
    assert '<meta name="robots" content="noindex' in client.get(card).text
    assert "ld+json" not in client.get(card).text
    assert card not in client.get("/robots.txt").text + client.get("/sitemap.xml").text
    bea.name, bea.indexed_at = "Bea </script><script>alert(1)</script> & <b>", bea.public_at
    session.commit()
    page = client.get(card).text
    assert "noindex" not in page
    assert "<script>alert" not in page
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["name"] == bea.name
    assert data["@type"] == "Person"
    assert f"Allow: {card}$" in client.get("/robots.txt").text
    assert f"<loc>http://localhost{card}</loc>" in client.get("/sitemap.xml").text
    assert client.get(card).headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_only_a_lead_can_make_a_chapter_public(
    client: FlaskClient, sign_in: SignIn, session: Session, bea: Member, card: str
) -> None:
    chapter = bea.business.chapter
    path, stranger = f"/chapters/{chapter.public_id}", client.get("/chapters/zzzzzzzzzzzz")
    assert client.get(path).data == stranger.data
    browser = sign_in(bea)
    assert browser.post(f"{path}/public", data={"public": "y"}).status_code == 403
    session.add(ChapterRole(member_id=bea.id, chapter_id=chapter.id, role=Role.LEAD))
    session.commit()
    assert browser.post(f"{path}/public", data={"public": "y", "indexed": "y"}).status_code == 303
    page = client.get(path).text
    assert "Bea Lindqvist" in page
    assert "#referralwednesday" in page
    assert f'href="{path}/apply"' in page
    assert path in client.get("/").text


def test_a_visitors_message_is_confirmed_relayed_once_and_purged(
    client: FlaskClient, engine: Engine, settings: Settings, session: Session, card: str, now: datetime
) -> None:
    assert "bea@bramble.example" not in client.post(card, data=MESSAGE, follow_redirects=True).text
    (question,) = delivered(engine, settings, now)
    assert question["To"] == "vera@client.example"
    assert "bea@bramble.example" not in question.as_string()
    link = link_in(question)
    assert client.get(link + "x").status_code == 422
    assert "We need a site." in client.get(link).text
    assert delivered(engine, settings, now) == []
    assert client.post(link).status_code == 303
    (letter,) = delivered(engine, settings, now)
    assert (letter["To"], letter["Reply-To"]) == ("bea@bramble.example", "vera@client.example")
    assert "We need a site." in letter.get_content()
    assert client.post(link).status_code == 422
    session.rollback()
    assert session.scalars(select(RelayMessage)).all() == []
    assert {row.payload for row in session.scalars(select(Delivery))} == {b""}


def test_an_expired_message_cannot_be_confirmed(
    client: FlaskClient, engine: Engine, settings: Settings, session: Session, card: str, now: datetime
) -> None:
    client.post(card, data=MESSAGE)
    (question,) = delivered(engine, settings, now)
    session.rollback()
    session.scalars(select(RelayMessage)).one().expires_at = now - timedelta(seconds=1)
    session.commit()
    link = link_in(question)
    assert client.post(link).status_code == 422


def test_bots_and_frequent_senders_get_the_same_response_and_no_mail(
    client: FlaskClient, session: Session, card: str
) -> None:
    right = client.post(card, data=MESSAGE)
    session.rollback()
    assert len(session.scalars(select(RelayMessage)).all()) == 1
    trapped = client.post(card, data={**MESSAGE, "website": "http://spam.example"})
    assert (trapped.status_code, trapped.location, trapped.data) == (right.status_code, right.location, right.data)
    for _ in range(MAX_PER_SENDER + 2):
        assert client.post(card, data=MESSAGE).location == right.location
    session.rollback()
    assert len(session.scalars(select(RelayMessage)).all()) == MAX_PER_SENDER


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "vera@client.example\nBcc: all@x.example"},
        {"email": "vera"},
        {"email": ""},
        {"name": "Ve\u202era"},
        {"text": "x" * 10_000},
        {"text": "\0"},
        {"name": "\u3164"},
    ],
)
def test_an_invalid_message_is_refused_and_not_stored(
    client: FlaskClient, session: Session, card: str, wrong: dict[str, str]
) -> None:
    assert client.post(card, data={**MESSAGE, **wrong}).status_code == 422
    session.rollback()
    assert session.scalars(select(RelayMessage)).all() == []
    assert session.scalars(select(Delivery)).all() == []
