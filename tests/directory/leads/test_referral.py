"""Referrals: the client first, then the receiver; three sides say how it goes; silence is followed up; disputes end."""

import json
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.errors import Conflict, Invalid, Refused
from directory.facts.introduction import Introduction, IntroductionState
from directory.leads import client as clients
from directory.leads.client import Client, ClientContact, Consent, ConsentKind, client_of, give_consents
from directory.leads.client_choice import withdraw_client
from directory.leads.dispute import dispute, drop_dispute, settle
from directory.leads.lead import Lead, LeadState, Terms, create_lead
from directory.leads.offer import SILENCES, Done, Offer, OfferState
from directory.leads.offer_answer import accept, decline
from directory.leads.offer_request import withdraw
from directory.leads.offer_round import leads_to_settle, settle_offers
from directory.leads.referral import create_question_token, hand_over, let_client_answer, recipient_of, refer
from directory.leads.referral_clock import chase, referrals_to_chase
from directory.leads.report import (
    Report,
    Said,
    Side,
    closed_value,
    open_dispute,
    reopen,
    say,
    side_of,
    standing_reports,
    take_back,
)
from directory.money import Money
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.tables import ChapterRole, Member, Role
from directory.privacy.data_export import member_export
from directory.privacy.erasure import erase
from directory.secrets import SecretBox
from tests.cast import Cast

BOX = SecretBox(["key"])
CONTACT = ClientContact("Prudence Hale", "Saguaro Dental", "prudence@saguaro.example", "+1 520 555 0134")
SOON = timedelta(minutes=5)


@pytest.fixture
def offer(session: Session, cast: Cast, now: datetime) -> Offer:
    """Nia has handed Prudence over to Bea, and Dana leads the chapter."""
    for member in (cast.nia, cast.bea, cast.carla, cast.dana):
        member.email = f"{member.first_name.lower()}@example.org"
    session.add(ChapterRole(member_id=cast.dana.id, chapter_id=cast.chapter.id, role=Role.LEAD))
    session.flush()
    return slip(session, cast.nia, cast.bea, now)


def slip(session: Session, giver: Member, receiver: Member, now: datetime, contact: ClientContact = CONTACT) -> Offer:
    done = [Done.SPOKE, Done.TOLD]
    return refer(
        session,
        giver=giver,
        receiver=receiver,
        text="A site that patients can book on.",
        wishes=[],
        contact=contact,
        done=done,
        secrets=BOX,
        now=now,
    )


def agree(session: Session, offer: Offer, now: datetime, is_yes: bool = True) -> None:
    client = client_of(session, lead=offer.lead)
    assert client is not None
    let_client_answer(session, client=client, offer_id=offer.public_id, is_yes=is_yes, now=now)


def taken(session: Session, offer: Offer, now: datetime) -> Lead:
    """Let the client agree and the receiver take it; settle and send what that writes."""
    agree(session, offer, now)
    assert offer.member is not None
    accept(session, offer=offer, by=offer.member, now=now)
    settle_offers(session, lead=offer.lead, now=now + SOON)
    return offer.lead


def letters(session: Session) -> list[tuple[str, object]]:
    payloads = [json.loads(payload) for payload in session.scalars(select(Delivery.payload).order_by(Delivery.id))]
    return [(payload["letter"], payload["to"]) for payload in payloads]


def reads(session: Session, lead: Lead, reader: Member, now: datetime) -> ClientContact | None:
    client = client_of(session, lead=lead)
    assert client is not None
    return clients.contact_of(session, client=client, reader=reader, secrets=BOX, now=now)


def test_the_client_is_asked_before_the_receiver_hears_of_it(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    assert offer.state is OfferState.HELD
    assert letters(session) == [("may_we_share", offer.public_id)]
    with pytest.raises(Refused):
        reads(session, offer.lead, cast.bea, now)
    agree(session, offer, now)
    agree(session, offer, now)  # a double click
    assert offer.state is OfferState.PENDING
    assert letters(session)[1:] == [("offer", cast.bea.id)]
    written = json.loads(session.scalars(select(Delivery.payload).order_by(Delivery.id.desc())).first() or b"")
    assert written["words"]["text"].endswith("Nia told them to expect a call and put in a good word.")
    assert "prudence" not in json.dumps(written).lower()
    with pytest.raises(Refused):
        reads(session, offer.lead, cast.bea, now)
    accept(session, offer=offer, by=cast.bea, now=now)
    assert reads(session, offer.lead, cast.bea, now) == CONTACT


def test_the_consent_names_who_and_is_kept_with_its_words(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    agree(session, offer, now)
    share, contact = session.scalars(select(Consent).order_by(Consent.id)).all()
    assert "Nia Sandoval may pass my request and my contact details on to Bea Lindqvist of Bramble & Co" in share.text
    assert (share.text_sha256, share.given_at) == (sha256(share.text.encode()).hexdigest(), now)
    assert (share.offer_id, contact.kind) == (offer.id, ConsentKind.CONTACT)


def test_whoever_withdraws_contact_is_not_reached_by_the_receiver(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    client = client_of(session, lead=lead)
    assert client is not None
    clients.withdraw_consent(session, client=client, kind=ConsentKind.CONTACT, now=now)
    with pytest.raises(Refused):
        reads(session, lead, cast.bea, now)


def test_a_no_ends_it_and_nothing_is_kept_of_whom_agreed_to_nothing(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    agree(session, offer, now, is_yes=False)
    assert (offer.state, offer.lead.state) == (OfferState.WITHDRAWN, LeadState.DECLINED)
    assert session.scalars(select(Client)).one().sealed == ""
    assert letters(session)[-1] == ("referral_news", cast.nia.id)
    assert cast.bea.id not in [to for _letter, to in letters(session)]
    with pytest.raises(Conflict):
        agree(session, offer, now)


def test_a_withdrawn_slip_asks_nobody_any_more(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    assert recipient_of(session, public_id=offer.public_id, secrets=BOX) == CONTACT
    withdraw(session, offer=offer, by=cast.nia, now=now)
    assert recipient_of(session, public_id=offer.public_id, secrets=BOX) is None
    assert create_question_token(session, public_id=offer.public_id, now=now) is None
    with pytest.raises(Conflict):
        agree(session, offer, now)


def test_bad_slips_are_refused_and_write_nothing(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    with pytest.raises(Conflict):
        slip(session, cast.nia, cast.bea, now)  # a double click
    for receiver, contact, error in (
        (cast.nia, ClientContact("A", email="a@b.example"), Refused),
        (cast.carla, ClientContact("A", phone="+1 520 555 0134"), Invalid),
    ):
        with pytest.raises(error), session.begin_nested():
            slip(session, cast.nia, receiver, now, contact)
    slip(session, cast.nia, cast.carla, now)
    slip(session, cast.carla, cast.bea, now)
    with pytest.raises(Conflict), session.begin_nested():
        slip(session, cast.carla, cast.nia, now)  # the fourth question of a day to one address
    assert len(session.scalars(select(Lead)).all()) == 3


def test_a_second_hop_asks_the_client_again_unless_they_agreed_to_any(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    again = hand_over(session, lead=lead, member=cast.carla, by=cast.bea, words="", now=now)
    assert again.state is OfferState.HELD
    withdraw(session, offer=again, by=cast.bea, now=now)
    client = client_of(session, lead=lead)
    assert client is not None
    clients.withdraw_consent(session, client=client, kind=ConsentKind.CONTACT, now=now)
    texts = clients.consent_texts()
    kinds = [*ConsentKind]
    for consent in session.scalars(select(Consent)):
        consent.withdrawn_at = now
    session.flush()
    give_consents(session, client=client, kinds=kinds, texts=texts, now=now)
    assert hand_over(session, lead=lead, member=cast.carla, by=cast.bea, words="", now=now).state is OfferState.PENDING


def test_a_lead_without_a_known_client_is_given_away_at_once(session: Session, cast: Cast, now: datetime) -> None:
    cast.bea.email = "bea@example.org"
    lead = create_lead(session, member=cast.nia, text="A site.", wishes=[], terms=Terms(), now=now)
    assert hand_over(session, lead=lead, member=cast.bea, by=cast.nia, words="", now=now).state is OfferState.PENDING


def test_the_giver_and_the_client_hear_that_it_was_taken(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    assert lead.member_id == cast.bea.id
    assert letters(session)[1:] == [
        *(("referral_news", cast.nia.id), ("request_taken", session.scalars(select(Client.public_id)).one())),
    ]
    assert side_of(session, lead=lead, member=cast.nia) is Side.GIVER
    assert side_of(session, lead=lead, member=cast.carla) is None


def test_work_closes_the_lead_and_thanks_the_giver_and_the_hop_before(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    again = hand_over(session, lead=lead, member=cast.carla, by=cast.bea, words="", now=now)
    taken(session, again, now)
    for _ in range(2):
        say(
            session,
            lead=lead,
            side=Side.RECEIVER,
            by=cast.carla,
            said=Said.WON,
            value=Money(480_000, "USD"),
            is_repeat=False,
            now=now,
        )
    assert lead.state is LeadState.WON
    payloads = [json.loads(payload) for payload in session.scalars(select(Delivery.payload))]
    thanks = {each["to"]: each["words"] for each in payloads if each["letter"] == "thanks"}
    assert {to: words["part"] for to, words in thanks.items()} == {cast.bea.id: "giver", cast.nia.id: "hop"}
    assert thanks[cast.nia.id]["amount"] == "$4800"  # no country is known, so thousands are not set apart
    assert "Saguaro" not in json.dumps(thanks)  # who pays stays hidden
    assert len(session.scalars(select(Report)).all()) == 1


def test_whoever_introduced_the_two_is_thanked_and_reads_nothing_of_the_client(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    cast.carla.email = "carla@example.org"
    met = Introduction(asker=cast.nia, target=cast.bea, via=cast.carla, text="T", asked_at=now)
    met.state = IntroductionState.ACCEPTED
    session.add(met)
    lead = create_lead(session, member=cast.nia, text="A site.", wishes=[], terms=Terms(), now=now)
    lead.introduction = met
    say(session, lead=lead, side=Side.RECEIVER, by=cast.nia, said=Said.WON, now=now)
    (letter,) = [json.loads(payload) for payload in session.scalars(select(Delivery.payload)) if b"thanks" in payload]
    assert (letter["to"], letter["words"]["part"], letter["words"]["title"]) == (cast.carla.id, "introducer", "")


@pytest.mark.parametrize("value", [Money(-1, "USD"), Money(10**18, "USD"), Money(100, "XYZ")])
def test_impossible_amounts_change_nothing(
    session: Session, cast: Cast, offer: Offer, now: datetime, value: Money
) -> None:
    lead = taken(session, offer, now)
    with pytest.raises(Invalid):
        say(session, lead=lead, side=Side.RECEIVER, by=cast.bea, said=Said.WON, value=value, now=now)
    assert (lead.state, session.scalars(select(Report)).all()) == (LeadState.RECEIVED, [])


def test_a_report_is_corrected_by_a_row_that_reverses_it(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    wrong = {"lead": lead, "side": Side.RECEIVER, "by": cast.bea, "said": Said.WON, "now": now}
    say(session, **wrong, value=Money(480_000, "USD"))
    with pytest.raises(Conflict):
        say(session, **wrong, value=Money(840_000, "USD"))
    for row in session.scalars(select(Delivery)):
        if b'"thanks"' in row.payload:
            row.state, row.attempts = DeliveryState.DELIVERED, 1
    session.flush()
    reopen(session, lead=lead, by=cast.bea, now=now)
    assert (lead.state, standing_reports(session, lead=lead)) == (LeadState.RECEIVED, [])
    assert letters(session)[-1] == ("referral_news", cast.nia.id)  # who was thanked already
    say(session, **wrong, value=Money(840_000, "USD"))
    assert closed_value(standing_reports(session, lead=lead)) == Money(840_000, "USD")
    assert [row.said for row in session.scalars(select(Report).order_by(Report.id))] == [
        *(Said.WON, Said.REVERSED, Said.WON),
    ]
    with pytest.raises(Conflict):
        take_back(session, lead=lead, side=Side.GIVER, by=cast.nia, now=now)


def test_a_thank_you_that_waits_is_not_sent_after_a_correction(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    say(session, lead=lead, side=Side.RECEIVER, by=cast.bea, said=Said.WON, now=now)
    assert letters(session)[-1] == ("thanks", cast.nia.id)
    take_back(session, lead=lead, side=Side.RECEIVER, by=cast.bea, now=now)
    assert "thanks" not in [letter for letter, _to in letters(session)]


def test_each_side_says_what_is_theirs_to_say(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    lead = taken(session, offer, now)
    for side, by, said in (
        (Side.GIVER, cast.nia, Said.WON),
        (Side.RECEIVER, cast.bea, Said.SILENT),
        (Side.CLIENT, None, Said.SETTLED),
    ):
        with pytest.raises(Refused):
            say(session, lead=lead, side=side, by=by, said=said, now=now)
    say(session, lead=lead, side=Side.CLIENT, by=None, said=Said.SILENT, now=now)
    assert letters(session)[-1] == ("referral_news", cast.bea.id)
    say(session, lead=lead, side=Side.CLIENT, by=None, said=Said.WON, now=now)
    assert lead.state is LeadState.RECEIVED  # who has the lead says how it ended


def test_silence_is_followed_up_after_three_seven_and_fourteen_days_and_then_by_the_chapters_lead(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    client_id, before = session.scalars(select(Client.public_id)).one(), len(letters(session))
    expected = (
        [("how_it_stands", cast.bea.id)],
        [("how_it_stands", cast.bea.id), ("how_it_stands", cast.nia.id), ("how_did_it_go", client_id)],
        [("how_it_stands", cast.bea.id), ("how_it_stands", cast.nia.id)],
        [("referral_news", cast.dana.id)],
    )
    for silence, asked in zip(SILENCES, expected, strict=True):
        assert referrals_to_chase(session, now=now + silence - SOON) == []
        assert referrals_to_chase(session, now=now + silence) == [offer.id]
        for done in (True, False):
            assert chase(session, offer=offer, now=now + silence) is done
        assert letters(session)[before:] == asked
        before += len(asked)
    assert referrals_to_chase(session, now=now + timedelta(days=400)) == []
    assert lead.state is LeadState.RECEIVED


def test_whoever_talked_has_two_weeks_and_who_ended_it_is_left_alone(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    say(session, lead=lead, side=Side.RECEIVER, by=cast.bea, said=Said.TALKED, now=now)
    assert referrals_to_chase(session, now=now + timedelta(days=13)) == []
    assert referrals_to_chase(session, now=now + timedelta(days=14)) == [offer.id]
    say(session, lead=lead, side=Side.RECEIVER, by=cast.bea, said=Said.LOST, now=now)
    assert referrals_to_chase(session, now=now + timedelta(days=400)) == []


def test_a_client_who_does_not_answer_is_asked_once_more_and_then_forgotten(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    for silence in SILENCES[:3]:
        assert chase(session, offer=offer, now=now + silence)
    assert [letter for letter, _to in letters(session)] == [
        *("may_we_share", "may_we_share", "referral_news", "referral_news"),
    ]
    assert offer.state is OfferState.WITHDRAWN
    assert session.scalars(select(Client)).one().sealed == ""
    assert cast.bea.id not in [to for _letter, to in letters(session)]


def test_no_letter_goes_to_a_client_who_withdrew(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    taken(session, offer, now)
    client = session.scalars(select(Client)).one()
    withdraw_client(session, client=client, now=now)
    before = len(letters(session))
    assert not any(chase(session, offer=offer, now=now + silence) for silence in SILENCES)
    assert len(letters(session)) == before


def test_a_dispute_is_settled_by_the_chapters_lead_who_takes_no_part(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    say(
        session,
        lead=lead,
        side=Side.RECEIVER,
        by=cast.bea,
        said=Said.WON,
        value=Money(100_000, "USD"),
        now=now,
    )
    with pytest.raises(Invalid):
        dispute(session, lead=lead, side=Side.GIVER, by=cast.nia, words=" ", now=now)
    dispute(session, lead=lead, side=Side.GIVER, by=cast.nia, words="It was five thousand.", now=now)
    assert {to for letter, to in letters(session)[-2:] if letter == "referral_news"} == {cast.bea.id, cast.dana.id}
    with pytest.raises(Conflict):
        dispute(session, lead=lead, side=Side.RECEIVER, by=cast.bea, words="No.", now=now)
    with pytest.raises(Refused):
        settle(session, lead=lead, by=cast.bea, words="I am right.", now=now)
    settle(session, lead=lead, by=cast.dana, words="Five it is.", value=Money(500_000, "USD"), now=now)
    said = standing_reports(session, lead=lead)
    assert (open_dispute(said), closed_value(said)) == (None, Money(500_000, "USD"))
    with pytest.raises(Conflict):
        settle(session, lead=lead, by=cast.dana, words="Again.", now=now)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("report."))).all()
    assert actions == ["report.won", "report.disputed", "report.settled"]


def test_a_dispute_is_dropped_by_who_began_it(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    lead = taken(session, offer, now)
    dispute(session, lead=lead, side=Side.RECEIVER, by=cast.bea, words="They are no client.", now=now)
    with pytest.raises(Conflict):
        drop_dispute(session, lead=lead, side=Side.GIVER, by=cast.nia, now=now)
    drop_dispute(session, lead=lead, side=Side.RECEIVER, by=cast.bea, now=now)
    assert open_dispute(standing_reports(session, lead=lead)) is None


def test_a_receivers_no_goes_back_to_the_giver(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    agree(session, offer, now)
    decline(session, offer=offer, by=cast.bea, now=now)
    assert leads_to_settle(session, now=now + SOON) == [offer.lead_id]
    settle_offers(session, lead=offer.lead, now=now + SOON)
    assert letters(session)[-1] == ("offers_answered", cast.nia.id)
    assert offer.lead.member_id == cast.nia.id


def test_reports_are_exported_and_lose_their_words_with_whoever_leaves(
    session: Session, cast: Cast, offer: Offer, now: datetime
) -> None:
    lead = taken(session, offer, now)
    dispute(session, lead=lead, side=Side.GIVER, by=cast.nia, words="Prudence never paid.", now=now)
    (row,) = member_export(session, member=cast.nia, by=cast.nia, more={})["reports"]
    assert (row["lead"], row["said"], row["words"]) == (lead.public_id, Said.DISPUTED, "Prudence never paid.")
    erase(session, member=cast.nia, by=None, now=now)
    assert session.scalars(select(Report.words)).all() == [""]


def test_who_cannot_after_all_gives_the_lead_back(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    lead = taken(session, offer, now)
    decline(session, offer=offer, by=cast.bea, now=now)
    assert (lead.member_id, lead.business_id) == (cast.nia.id, cast.nia.business_id)
    with pytest.raises(Refused):
        reads(session, lead, cast.bea, now)
    assert reads(session, lead, cast.nia, now) == CONTACT
    settle_offers(session, lead=lead, now=now + SOON)
    assert letters(session)[-1] == ("offers_answered", cast.nia.id)
    assert not chase(session, offer=offer, now=now + timedelta(days=30))


def test_who_passed_it_on_keeps_that_and_can_leave(session: Session, cast: Cast, offer: Offer, now: datetime) -> None:
    lead = taken(session, offer, now)
    again = hand_over(session, lead=lead, member=cast.carla, by=cast.bea, words="", now=now)
    taken(session, again, now)
    with pytest.raises(Conflict):
        decline(session, offer=offer, by=cast.bea, now=now)
    erase(session, member=cast.bea, by=None, now=now)
    assert (offer.state, lead.member_id) == (OfferState.ACCEPTED, cast.carla.id)
