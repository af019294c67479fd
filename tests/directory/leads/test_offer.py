"""Offers: the first yes wins, a no asks the next one, the bringer does without; and what was done can be undone."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.engine.need_examples import correct_and_learn
from directory.errors import Conflict, Invalid, Refused
from directory.leads.lead import Lead, LeadState, Terms, Wish, create_lead
from directory.leads.lead_state import LeadChange, change_state
from directory.leads.offer import DeclineReason, Offer, OfferState, offers_of
from directory.leads.offer_answer import accept, decline, take_back
from directory.leads.offer_request import (
    CallOutcome,
    ask,
    fill_seats,
    free_seats,
    record_call,
    reorder,
    withdraw,
)
from directory.leads.offer_round import leads_to_settle, settle_offers
from directory.leads.seat_holder import open_seats, seat_holders, team_is_complete
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.tables import Member, MemberState
from directory.privacy.erasure import erase
from directory.taxonomy.capability import Capability
from tests.cast import Cast

SOON, LATER = timedelta(minutes=5), timedelta(days=4)


@pytest.fixture
def lead(session: Session, cast: Cast, now: datetime) -> Lead:
    """A lead of Nia's that needs WordPress and web design; everybody of the cast reads mail."""
    for member in (cast.nia, cast.bea, cast.bob, cast.carla, cast.dana):
        member.email = f"{member.first_name.lower()}@example.org"
    wishes = [Wish(cast.wordpress.id), Wish(cast.design.id)]
    return create_lead(session, member=cast.nia, text="A site in WordPress.", wishes=wishes, terms=Terms(), now=now)


def asked(
    session: Session, lead: Lead, member: Member, *capabilities: Capability, now: datetime, then: Sequence[Member] = ()
) -> Offer:
    return ask(session, lead=lead, member=member, by=lead.member, capabilities=capabilities, then=then, now=now)


def letters(session: Session) -> list[tuple[str, int]]:
    """Return the letters in the outbox: their names, and the ids of those whom they go to."""
    payloads = [json.loads(payload) for payload in session.scalars(select(Delivery.payload).order_by(Delivery.id))]
    return [(payload["letter"], payload["to"]) for payload in payloads]


def test_with_every_must_accepted_the_lead_is_under_way(
    session: Session, cast: Cast, lead: Lead, now: datetime
) -> None:
    one = asked(session, lead, cast.bea, cast.wordpress, now=now)
    other = asked(session, lead, cast.dana, cast.design, now=now)
    assert letters(session) == [("offer", cast.bea.id), ("offer", cast.dana.id)]
    accept(session, offer=one, by=cast.bea, now=now)
    assert not team_is_complete(session, lead=lead)
    assert [each.name for each in open_seats(lead, seat_holders(session, lead=lead))] == ["Web design"]
    assert lead.state is LeadState.RECEIVED
    accept(session, offer=other, by=cast.dana, now=now)
    accept(session, offer=other, by=cast.dana, now=now)  # a double click
    assert team_is_complete(session, lead=lead)
    assert lead.state is LeadState.ACTIVE
    assert session.scalars(select(LeadChange.by_id)).all() == [cast.dana.id]
    assert settle_offers(session, lead=lead, now=now + SOON) == 2
    assert letters(session) == [("offers_answered", cast.nia.id)]  # one about both


def test_the_first_yes_wins_and_the_others_are_told(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    bea, dana = (asked(session, lead, each, cast.wordpress, now=now) for each in (cast.bea, cast.dana))
    accept(session, offer=dana, by=cast.dana, now=now + SOON)
    assert bea.state is OfferState.TAKEN
    with pytest.raises(Conflict, match="said yes first"):
        accept(session, offer=bea, by=cast.bea, now=now + SOON)
    settle_offers(session, lead=lead, now=now + 2 * SOON)
    assert ("offer_over", cast.bea.id) not in letters(session)  # the letter that asked was recalled before it was sent
    assert letters(session) == [("offers_answered", cast.nia.id)]


def test_who_got_the_letter_is_told_when_it_is_over(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    asked(session, lead, cast.bea, cast.wordpress, now=now)
    session.execute(update(Delivery).values(state=DeliveryState.DELIVERED, attempts=1))
    dana = asked(session, lead, cast.dana, cast.wordpress, now=now)
    accept(session, offer=dana, by=cast.dana, now=now)
    settle_offers(session, lead=lead, now=now + SOON)
    assert letters(session)[1:] == [("offer_over", cast.bea.id), ("offers_answered", cast.nia.id)]


def test_a_no_asks_the_next_once_and_never_who_let_it_pass(
    session: Session, cast: Cast, lead: Lead, now: datetime
) -> None:
    first = asked(session, lead, cast.bea, cast.wordpress, now=now, then=[cast.dana, cast.bob, cast.carla])
    assert first.then_ids == [cast.dana.id, cast.carla.id]  # Bob is of Bea's firm
    decline(session, offer=first, by=cast.bea, reason=DeclineReason.NO_TIME, now=now)
    assert settle_offers(session, lead=lead, now=now) == 0  # it may still be undone
    assert leads_to_settle(session, now=now) == []
    assert leads_to_settle(session, now=now + SOON) == [lead.id]
    assert [settle_offers(session, lead=lead, now=now + SOON) for _time in range(3)] == [1, 0, 0]
    second = offers_of(session, lead=lead)[-1]
    assert (second.member, second.state, second.then_ids) == (cast.dana, OfferState.PENDING, [cast.carla.id])
    assert settle_offers(session, lead=lead, now=now + LATER) == 1
    third = offers_of(session, lead=lead)[-1]
    assert (second.state, third.member) == (OfferState.EXPIRED, cast.carla)
    accept(session, offer=second, by=cast.dana, now=now + LATER)  # a late yes
    assert third.state is OfferState.TAKEN
    assert first.reason is DeclineReason.NO_TIME


def test_whoever_passed_is_skipped_by_the_machine(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    no = asked(session, lead, cast.dana, cast.design, now=now)
    decline(session, offer=no, by=cast.dana, now=now)
    first = asked(session, lead, cast.bea, cast.wordpress, now=now, then=[cast.dana])
    decline(session, offer=first, by=cast.bea, now=now)
    settle_offers(session, lead=lead, now=now + SOON)
    assert [offer.member for offer in offers_of(session, lead=lead)] == [cast.dana, cast.bea]


def test_nobody_is_asked_on_behalf_of_who_is_suspended(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    asked(session, lead, cast.bea, cast.wordpress, now=now, then=[cast.dana])
    cast.nia.state = MemberState.SUSPENDED
    settle_offers(session, lead=lead, now=now + LATER)
    assert [offer.state for offer in offers_of(session, lead=lead)] == [OfferState.EXPIRED]
    assert letters(session) == [("offer", cast.bea.id)]


def test_a_round_that_is_interrupted_is_done_once(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    """A worker is killed before it commits, and another one begins anew: nobody is asked twice or forgotten."""
    first = asked(session, lead, cast.bea, cast.wordpress, now=now, then=[cast.dana])
    session.commit()
    for is_killed in (True, True, False, False):
        settle_offers(session, lead=lead, now=now + LATER)
        session.rollback() if is_killed else session.commit()
    assert [offer.state for offer in offers_of(session, lead=lead)] == [OfferState.EXPIRED, OfferState.PENDING]
    assert first.settled_at == now + LATER
    assert sorted(letters(session)) == sorted(
        [("offer", cast.bea.id), ("offer", cast.dana.id), ("offers_answered", cast.nia.id)]
    )


def test_who_may_not_be_asked(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    colleague = Member(name="Nat Cole", business=cast.nia.business, joined_at=now, arrived_at=now, email="nat@x.org")
    session.add(colleague)
    session.flush()
    cast.dana.arrived_at = None
    cast.carla.business.capacity, cast.carla.business.busy = 2, 2
    asked(session, lead, cast.bea, cast.wordpress, now=now)
    for member, why in (
        (colleague, "own firm"),
        (cast.dana, "no email"),
        (cast.carla, "no new work"),
        (cast.bob, "asked already"),
    ):
        with pytest.raises(Refused, match=why):
            asked(session, lead, member, cast.wordpress, now=now)
    cast.dana.arrived_at, cast.dana.state = now, MemberState.SUSPENDED
    with pytest.raises(Refused, match="no email"):
        asked(session, lead, cast.dana, cast.design, now=now)
    with pytest.raises(Invalid):
        ask(session, lead=lead, member=cast.bob, by=cast.nia, capabilities=[cast.design], words="x" * 9000, now=now)
    change_state(session, lead=lead, to=LeadState.LOST, by=cast.nia, now=now)
    with pytest.raises(Refused, match="closed"):
        asked(session, lead, cast.bob, cast.design, now=now)


def test_a_clients_contact_leaves_the_words(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    offer = ask(session, lead=lead, member=cast.bea, by=cast.nia, words="Call 520-555-0199 or mail a@b.org", now=now)
    assert offer.words == "Call … or mail …"


def test_a_call_is_recorded_and_may_be_undone_by_both(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    def call(member: Member, outcome: CallOutcome, *seats: Capability) -> Offer:
        return record_call(
            session,
            lead=lead,
            business=member.business,
            member=member,
            by=cast.nia,
            capabilities=seats,
            outcome=outcome,
            reason=DeclineReason.TOO_FAR,
            now=now,
        )

    bea = call(cast.bea, CallOutcome.IN, cast.wordpress)
    assert (bea.state, bea.is_noted, letters(session)) == (OfferState.ACCEPTED, True, [("offer_noted", cast.bea.id)])
    take_back(session, offer=bea, by=cast.nia, now=now)
    assert (bea.state, letters(session), seat_holders(session, lead=lead)) == (OfferState.WITHDRAWN, [], [])
    again = call(cast.bea, CallOutcome.IN, cast.wordpress)
    settle_offers(session, lead=lead, now=now + SOON)
    assert ("offers_answered", cast.nia.id) not in letters(session)  # she knows
    decline(session, offer=again, by=cast.bea, now=now + SOON)  # not so
    settle_offers(session, lead=lead, now=now + 2 * SOON)
    assert letters(session)[-1] == ("offers_answered", cast.nia.id)
    assert open_seats(lead, seat_holders(session, lead=lead)) == [cast.wordpress, cast.design]
    dana = call(cast.dana, CallOutcome.NOT_THIS_TIME, cast.design)
    carla = call(cast.carla, CallOutcome.NOT_REACHED, cast.design)
    assert (dana.state, dana.reason) == (OfferState.DECLINED, DeclineReason.TOO_FAR)
    assert (carla.state, carla.reason) == (OfferState.EXPIRED, None)
    mailed = asked(session, lead, cast.carla, cast.design, now=now)
    assert call(cast.carla, CallOutcome.IN, cast.design) is mailed  # the call answers what was asked by mail
    with pytest.raises(Conflict, match="already"):
        call(cast.dana, CallOutcome.IN, cast.design)
    with pytest.raises(Refused, match="own firm"):
        call(cast.nia, CallOutcome.IN, cast.design)


def test_an_answer_can_be_undone_until_somebody_acted(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    bea, dana = (asked(session, lead, each, cast.wordpress, now=now) for each in (cast.bea, cast.dana))
    accept(session, offer=bea, by=cast.bea, now=now)
    take_back(session, offer=bea, by=cast.bea, now=now)
    assert {bea.state, dana.state} == {OfferState.PENDING}
    assert (bea.answered_at, seat_holders(session, lead=lead)) == (None, [])
    accept(session, offer=bea, by=cast.bea, now=now)
    settle_offers(session, lead=lead, now=now + SOON)
    with pytest.raises(Conflict, match="undone"):
        take_back(session, offer=bea, by=cast.bea, now=now + SOON)
    decline(session, offer=bea, by=cast.bea, reason=DeclineReason.CONFLICT, now=now + SOON)  # but she may leave it
    assert bea.state is OfferState.DECLINED


def test_who_was_asked_again_does_not_take_the_older_answer_back(
    session: Session, cast: Cast, lead: Lead, now: datetime
) -> None:
    first = asked(session, lead, cast.bea, cast.wordpress, now=now)
    decline(session, offer=first, by=cast.bea, now=now)
    second = asked(session, lead, cast.bea, cast.wordpress, now=now)
    with pytest.raises(Conflict, match="asked again"):
        take_back(session, offer=first, by=cast.bea, now=now)
    assert (first.state, second.state) == (OfferState.DECLINED, OfferState.PENDING)


def test_a_seat_that_falls_out_opens_the_lead_again(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    whole = asked(session, lead, cast.bea, now=now)
    accept(session, offer=whole, by=cast.bea, now=now)
    assert lead.state is LeadState.ACTIVE
    withdraw(session, offer=whole, by=cast.nia, now=now)
    assert (lead.state, whole.state) == (LeadState.RECEIVED, OfferState.WITHDRAWN)
    with pytest.raises(Conflict):
        accept(session, offer=whole, by=cast.bea, now=now)
    with pytest.raises(Conflict):
        withdraw(session, offer=whole, by=cast.nia, now=now)


def test_the_bringer_does_a_part_or_all_of_it(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    bea = asked(session, lead, cast.bea, cast.wordpress, now=now)
    fill_seats(session, lead=lead, capabilities=[cast.design], by=cast.nia, now=now)
    assert (bea.state, lead.state) == (OfferState.PENDING, LeadState.RECEIVED)
    fill_seats(session, lead=lead, capabilities=[cast.design], by=cast.nia, now=now)  # a double click
    fill_seats(session, lead=lead, capabilities=[], by=cast.nia, now=now)
    assert (bea.state, lead.state) == (OfferState.TAKEN, LeadState.ACTIVE)
    free_seats(session, lead=lead, by=cast.nia, now=now)
    assert (seat_holders(session, lead=lead), lead.state) == ([], LeadState.RECEIVED)


def test_a_lead_is_given_away_with_a_yes(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    fill_seats(session, lead=lead, capabilities=[cast.design], by=cast.nia, now=now)
    offer = ask(session, lead=lead, member=cast.dana, by=cast.nia, makes_bringer=True, now=now)
    assert lead.member is cast.nia
    accept(session, offer=offer, by=cast.dana, now=now)
    session.refresh(lead)
    assert (lead.member, lead.business_id) == (cast.dana, cast.dana.business_id)
    assert (seat_holders(session, lead=lead), lead.state) == ([], LeadState.RECEIVED)


def test_closing_a_lead_ends_what_waits_and_undoing_it_does_not(
    session: Session, cast: Cast, lead: Lead, now: datetime
) -> None:
    offer = asked(session, lead, cast.bea, cast.wordpress, now=now)
    change_state(session, lead=lead, to=LeadState.LOST, by=cast.nia, now=now + SOON)
    with pytest.raises(Conflict, match="closed"):
        accept(session, offer=offer, by=cast.bea, now=now + SOON)
    assert settle_offers(session, lead=lead, now=now + SOON) == 0
    assert settle_offers(session, lead=lead, now=now + 2 * SOON) == 1
    assert offer.state is OfferState.WITHDRAWN


def test_who_is_asked_next_can_be_changed(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    offer = asked(session, lead, cast.bea, cast.wordpress, now=now, then=[cast.dana])
    reorder(session, offer=offer, then=[cast.carla, cast.dana, cast.bob], by=cast.nia, now=now)
    assert offer.then_ids == [cast.carla.id, cast.dana.id]
    accept(session, offer=offer, by=cast.bea, now=now)
    with pytest.raises(Conflict):
        reorder(session, offer=offer, then=[], by=cast.nia, now=now)


def test_a_seat_of_somebody_who_is_erased_is_free_again(
    session: Session, cast: Cast, lead: Lead, now: datetime
) -> None:
    whole = asked(session, lead, cast.bea, now=now, then=[cast.dana])
    accept(session, offer=whole, by=cast.bea, now=now)
    erase(session, member=cast.bea, by=None, now=now)
    assert (whole.state, whole.words, lead.state) == (OfferState.DECLINED, "", LeadState.RECEIVED)
    settle_offers(session, lead=lead, now=now + SOON)
    assert offers_of(session, lead=lead)[-1].member is cast.dana


def test_another_need_opens_the_lead_again(session: Session, cast: Cast, lead: Lead, now: datetime) -> None:
    for seat in (cast.wordpress, cast.design):
        fill_seats(session, lead=lead, capabilities=[seat], by=cast.nia, now=now)
    assert lead.state is LeadState.ACTIVE
    wishes = [Wish(each.id) for each in (cast.wordpress, cast.design, cast.development)]
    correct_and_learn(session, lead=lead, member=cast.nia, wishes=wishes, terms=Terms(), learnt={}, now=now)
    assert lead.state is LeadState.RECEIVED
