"""Whatever is done to a lead and its offers, in any order: one winner a seat, states that follow, and letters once."""

import json
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import DomainError
from directory.leads.lead import Lead, LeadState, Terms, Wish, create_lead
from directory.leads.lead_state import CHANGES, LeadChange, change_state, reopen_lead
from directory.leads.offer import DeclineReason, Offer, OfferState, offers_of
from directory.leads.offer_answer import accept, decline, take_back
from directory.leads.offer_request import CallOutcome, ask, fill_seats, free_seats, record_call, withdraw
from directory.leads.offer_round import settle_offers
from directory.leads.seat_holder import seat_holders, team_is_complete
from directory.outbox.delivery import Delivery
from directory.people.tables import Member, MemberState
from directory.taxonomy.capability import Capability
from tests.cast import Cast

WHO, SEATS = st.integers(0, 2), st.sets(st.integers(0, 1))


class LeadMachine(RuleBasedStateMachine):
    """One lead with two musts and three people to ask; ``begin`` takes the session's own rows for each run."""

    session: Session
    cast: Cast
    start: datetime

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.now = self.start
        wishes = [Wish(self.cast.wordpress.id), Wish(self.cast.design.id)]
        self.lead: Lead = create_lead(
            self.session, member=self.cast.nia, text="A site.", wishes=wishes, terms=Terms(), now=self.now
        )
        self.letters_before = set(self.session.scalars(select(Delivery.id)))

    def teardown(self) -> None:
        self.savepoint.rollback()
        self.session.expire_all()

    def try_to(self, verb: Any, **what: Any) -> None:
        """Call a verb; what it refuses changes nothing, as in a request that is rolled back."""
        point = self.session.begin_nested()
        try:
            verb(self.session, **what, now=self.now)
            point.commit()
        except DomainError:
            point.rollback()
            self.session.expire_all()

    def person(self, who: int) -> Member:
        return (self.cast.bea, self.cast.carla, self.cast.dana)[who]

    def seats(self, chosen: set[int]) -> list[Capability]:
        return [(self.cast.wordpress, self.cast.design)[each] for each in sorted(chosen)]

    def offers(self) -> list[Offer]:
        return list(offers_of(self.session, lead=self.lead))

    @rule(who=WHO, chosen=SEATS, then=st.lists(WHO, max_size=2))
    def ask(self, who: int, chosen: set[int], then: list[int]) -> None:
        asked = {"member": self.person(who), "by": self.lead.member, "then": [self.person(each) for each in then]}
        self.try_to(ask, lead=self.lead, capabilities=self.seats(chosen), **asked)

    @rule(who=WHO, chosen=SEATS, outcome=st.sampled_from(CallOutcome))
    def call(self, who: int, chosen: set[int], outcome: CallOutcome) -> None:
        member = self.person(who)
        called = {"business": member.business, "member": member, "by": self.lead.member, "outcome": outcome}
        self.try_to(record_call, lead=self.lead, capabilities=self.seats(chosen), **called)

    @precondition(lambda self: self.offers())
    @rule(data=st.data(), verb=st.sampled_from([accept, decline, take_back, withdraw]))
    def answer(self, data: Any, verb: Any) -> None:
        offer = data.draw(st.sampled_from(self.offers()))
        more = {"reason": DeclineReason.NO_TIME} if verb is decline else {}
        by = self.lead.member if verb is withdraw else offer.member
        self.try_to(verb, offer=offer, by=by, **more)

    @rule(chosen=SEATS)
    def keep(self, chosen: set[int]) -> None:
        self.try_to(fill_seats, lead=self.lead, capabilities=self.seats(chosen), by=self.lead.member)

    @rule()
    def free(self) -> None:
        self.try_to(free_seats, lead=self.lead, by=self.lead.member)

    @rule(to=st.sampled_from(LeadState))
    def change(self, to: LeadState) -> None:
        if to.is_closed:
            self.try_to(change_state, lead=self.lead, to=to, by=self.lead.member)

    @rule()
    def reopen(self) -> None:
        self.try_to(reopen_lead, lead=self.lead, by=self.lead.member)

    @rule(hours=st.integers(0, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours, minutes=1)

    @rule(times=st.integers(1, 3))
    def job_runs(self, times: int) -> None:
        for _time in range(times):
            settle_offers(self.session, lead=self.lead, now=self.now)

    @rule(who=WHO)
    def somebody_is_suspended_or_comes_back(self, who: int) -> None:
        member = self.person(who)
        member.state = MemberState.SUSPENDED if member.is_active else MemberState.ACTIVE
        self.session.flush()

    @invariant()
    def one_winner_a_seat(self) -> None:
        holders = seat_holders(self.session, lead=self.lead)
        held = [holder.capability_id for holder in holders]
        assert len(held) == len(set(held))
        assert None not in held or len(held) == 1
        accepted = {offer.id: offer for offer in self.offers() if offer.state is OfferState.ACCEPTED}
        by_offer = {holder.offer_id for holder in holders if holder.offer_id is not None}
        assert by_offer == set(accepted)
        for holder in holders:
            if holder.offer_id is not None:
                assert holder.business_id == accepted[holder.offer_id].business_id

    @invariant()
    def the_state_follows(self) -> None:
        is_complete = team_is_complete(self.session, lead=self.lead)
        if not self.lead.state.is_closed:
            assert (self.lead.state is LeadState.ACTIVE) == is_complete
        assert (self.lead.closed_at is not None) == self.lead.state.is_closed
        changes = self.session.scalars(select(LeadChange).where(LeadChange.lead_id == self.lead.id)).all()
        for before, after in pairwise(changes):
            assert before.to_state is after.from_state
        assert all(row.to_state in CHANGES[row.from_state] or row.from_state.is_closed for row in changes)

    @invariant()
    def a_firm_has_one_open_offer_a_seat(self) -> None:
        waiting = Counter(
            (offer.business_id, capability.id)
            for offer in self.offers()
            if offer.state is OfferState.PENDING
            for capability in offer.capabilities
        )
        assert not waiting or max(waiting.values()) == 1

    @invariant()
    def nobody_gets_two_letters_or_one_about_what_they_withdrew(self) -> None:
        rows = self.session.scalars(select(Delivery).where(Delivery.id.not_in(self.letters_before))).all()
        letters = [json.loads(row.payload) for row in rows]
        asked = Counter(letter["about"] for letter in letters if letter["letter"] == "offer")
        assert not asked or max(asked.values()) == 1
        waiting = {
            offer.public_id for offer in self.offers() if offer.state in (OfferState.PENDING, OfferState.EXPIRED)
        }
        assert set(asked) <= waiting  # nobody is sent the question of an offer that has ended


def run(session: Session, cast: Cast, now: datetime, *, examples: int, steps: int) -> None:
    for member in (cast.nia, cast.bea, cast.carla, cast.dana):
        member.email = f"{member.id}@example.org"
    session.flush()
    machine = type("Machine", (LeadMachine,), {"session": session, "cast": cast, "start": now})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )


def test_a_lead_keeps_its_promises(session: Session, cast: Cast, now: datetime) -> None:
    run(session, cast, now, examples=2, steps=8)


@pytest.mark.slow
def test_a_lead_keeps_its_promises_for_two_thousand_steps(session: Session, cast: Cast, now: datetime) -> None:
    run(session, cast, now, examples=50, steps=40)
