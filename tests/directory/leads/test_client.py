"""A lead's client: contact sealed at rest, read by few and written down, and gone when they withdraw."""

from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text

from directory.audit import AuditEntry
from directory.errors import Conflict, Invalid, Refused
from directory.leads import client as clients
from directory.leads.client import Client, ClientContact, Consent, ConsentKind
from directory.leads.client_choice import withdraw_client
from directory.leads.lead import Terms, create_lead
from directory.people.suppression import is_suppressed
from directory.people.tables import ChapterRole, Member, Role
from directory.privacy import erasure
from directory.secrets import SecretBox
from tests.conftest import DemoCast

BOX = SecretBox(["key"])
CONTACT = ClientContact("Prudence Hale", "Saguaro Dental", "prudence@saguaro.example", "+1 520 555 0134")
BOTH = tuple(ConsentKind)


def make_client(demo_cast: DemoCast, now: datetime, kinds: tuple[ConsentKind, ...] = BOTH) -> Client:
    session, nadia = demo_cast.session, demo_cast.member("nadia")
    lead = create_lead(session, member=nadia, text="A new site.", wishes=[], terms=Terms(), now=now)
    client = clients.add_client(session, lead=lead, contact=CONTACT, by=nadia, secrets=BOX, now=now)
    clients.give_consents(session, client=client, kinds=kinds, texts=clients.consent_texts(), now=now)
    return client


def read(demo_cast: DemoCast, client: Client, reader: Member, now: datetime, reason: str = "") -> ClientContact | None:
    session = demo_cast.session
    return clients.contact_of(session, client=client, reader=reader, secrets=BOX, reason=reason, now=now)


def test_no_column_says_in_clear_who_the_client_is(demo_cast: DemoCast, now: datetime) -> None:
    make_client(demo_cast, now)
    (row,) = demo_cast.session.execute(text("select * from client")).all()
    assert not any(word in str(row) for word in ("Prudence", "Saguaro", "saguaro.example", "0134"))


def test_its_bringer_reads_the_contact_and_each_read_is_written_down(demo_cast: DemoCast, now: datetime) -> None:
    client, nadia = make_client(demo_cast, now), demo_cast.member("nadia")
    assert read(demo_cast, client, nadia, now) == CONTACT
    assert read(demo_cast, client, nadia, now) == CONTACT
    reads = select(AuditEntry.actor_id).where(AuditEntry.action == "client.read_contact")
    assert demo_cast.session.scalars(reads).all() == [nadia.id, nadia.id]


def test_strangers_never_and_officers_for_a_reason_only(demo_cast: DemoCast, now: datetime) -> None:
    session, client, bea = demo_cast.session, make_client(demo_cast, now), demo_cast.member("bea")
    session.execute(ChapterRole.__table__.delete())
    with pytest.raises(Refused):
        read(demo_cast, client, bea, now, "because I want to")
    session.add(ChapterRole(member_id=bea.id, chapter_id=client.lead.business.chapter_id, role=Role.LEAD))
    session.flush()
    session.expire_all()
    with pytest.raises(Refused):
        read(demo_cast, client, bea, now)
    assert read(demo_cast, client, bea, now, "they asked to be called") == CONTACT


def test_each_consent_keeps_its_words_and_their_hash(demo_cast: DemoCast, now: datetime) -> None:
    client, session = make_client(demo_cast, now), demo_cast.session
    clients.give_consents(session, client=client, kinds=BOTH, texts=dict.fromkeys(BOTH, "Others"), now=now)
    rows = session.scalars(select(Consent)).all()
    assert [row.kind for row in rows] == [*BOTH]
    for row in rows:
        assert row.text == clients.consent_texts()[row.kind]
        assert row.text_sha256 == sha256(row.text.encode()).hexdigest()


def test_calls_are_withdrawn_alone_and_sharing_takes_the_contact_with_it(demo_cast: DemoCast, now: datetime) -> None:
    client, session = make_client(demo_cast, now), demo_cast.session
    clients.withdraw_consent(session, client=client, kind=ConsentKind.CONTACT, now=now)
    assert [*clients.standing_consents(session, client=client)] == [ConsentKind.SHARE]
    assert read(demo_cast, client, demo_cast.member("nadia"), now) == CONTACT
    withdraw_client(session, client=client, now=now + timedelta(days=1))
    assert clients.standing_consents(session, client=client) == {}
    assert read(demo_cast, client, demo_cast.member("nadia"), now) is None
    assert clients.contact_for_client(session, client=client, secrets=BOX) is None
    assert is_suppressed(session, "Prudence@saguaro.example")
    assert clients.create_client_token(session, public_id=client.public_id, now=now) is None


def test_whoever_withdrew_once_is_mailed_again_only_if_they_agree_again(demo_cast: DemoCast, now: datetime) -> None:
    session = demo_cast.session
    clients.purge_client(session, client=make_client(demo_cast, now), now=now)
    again = make_client(demo_cast, now, kinds=())
    assert clients.contact_for_client(session, client=again, secrets=BOX) is None
    texts = clients.consent_texts()
    clients.give_consents(session, client=again, kinds=[ConsentKind.SHARE], texts=texts, now=now)
    assert clients.contact_for_client(session, client=again, secrets=BOX) == CONTACT


def test_a_link_opens_the_page_until_it_expires_and_a_forged_one_never(demo_cast: DemoCast, now: datetime) -> None:
    client, session = make_client(demo_cast, now), demo_cast.session
    token = clients.create_client_token(session, public_id=client.public_id, now=now)
    assert token
    for _ in range(2):
        assert clients.find_client(session, token=token, now=now) is client
    for wrong, at in ((token[:-1], now), ("", now), ("\ud800", now), (token, now + clients.LINK_LASTS)):
        with pytest.raises(Invalid):
            clients.find_client(session, token=wrong, now=at)


def test_a_client_is_known_once_and_can_be_reached(demo_cast: DemoCast, now: datetime) -> None:
    client = make_client(demo_cast, now)
    with pytest.raises(Conflict):
        clients.add_client(demo_cast.session, lead=client.lead, contact=CONTACT, by=None, secrets=BOX, now=now)
    for wrong in ({"name": "A"}, {"name": "", "email": "a@b.example"}, {"name": "A", "email": "a@b.example\nBcc: c"}):
        with pytest.raises(Invalid):
            clients.clean_contact(**wrong)


def test_a_new_key_opens_what_the_old_one_sealed(demo_cast: DemoCast, now: datetime) -> None:
    client, session = make_client(demo_cast, now), demo_cast.session
    assert clients.SEALED.reseal(session, SecretBox(["new", "key"])) == 1
    assert clients.contact_for_client(session, client=client, secrets=SecretBox(["new"])) == CONTACT


def test_a_bringer_who_is_erased_takes_the_contact_with_them(demo_cast: DemoCast, now: datetime) -> None:
    client = make_client(demo_cast, now)
    erasure.erase(demo_cast.session, member=demo_cast.member("nadia"), by=None, now=now)
    demo_cast.session.refresh(client)
    assert (client.sealed, client.email_hmac) == ("", None)
