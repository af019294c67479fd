"""States of a lead: what may follow what, a row for each change, and back by who closed it."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from directory.errors import Conflict
from directory.leads.lead import Lead, LeadState, Terms, create_lead
from directory.leads.lead_state import CHANGES, LeadChange, change_state, reopen_lead
from tests.conftest import DemoCast


def create(demo_cast: DemoCast, now: datetime) -> Lead:
    bringer = demo_cast.member("nadia")
    return create_lead(demo_cast.session, member=bringer, text="A new site.", wishes=[], terms=Terms(), now=now)


def test_every_state_says_what_may_follow_and_nothing_follows_a_closed_one() -> None:
    assert set(CHANGES) == set(LeadState)
    assert {state for state in LeadState if not CHANGES[state]} == {state for state in LeadState if state.is_closed}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)  # each input makes a lead of its own
@given(wanted=st.lists(st.tuples(st.sampled_from(LeadState), st.booleans()), max_size=8))
def test_changes_follow_the_table_and_each_leaves_a_row(
    demo_cast: DemoCast, now: datetime, wanted: Sequence[tuple[LeadState, bool]]
) -> None:
    lead, bringer = create(demo_cast, now), demo_cast.member("nadia")
    for to, is_undo in wanted:
        before = lead.state
        rows = _changes(demo_cast, lead)
        try:
            if is_undo:
                reopen_lead(demo_cast.session, lead=lead, by=bringer, now=now)
            else:
                change_state(demo_cast.session, lead=lead, to=to, by=bringer, now=now)
        except Conflict:
            assert lead.state == before
            assert _changes(demo_cast, lead) == rows
            continue
        assert (lead.closed_at is not None) == lead.state.is_closed
        if lead.state == before:
            assert _changes(demo_cast, lead) == rows
        else:
            assert before.is_closed if is_undo else lead.state in CHANGES[before]
            assert _changes(demo_cast, lead) == [*rows, (before, lead.state)]


def test_what_somebody_else_closed_is_not_reopened(demo_cast: DemoCast, now: datetime) -> None:
    lead = create(demo_cast, now)
    change_state(demo_cast.session, lead=lead, to=LeadState.WON, by=demo_cast.member("bea"), now=now)
    with pytest.raises(Conflict, match="who closed"):
        reopen_lead(demo_cast.session, lead=lead, by=demo_cast.member("nadia"), now=now)


def _changes(demo_cast: DemoCast, lead: Lead) -> list[tuple[LeadState, LeadState]]:
    rows = select(LeadChange.from_state, LeadChange.to_state).where(LeadChange.lead_id == lead.id)
    return [(before, after) for before, after in demo_cast.session.execute(rows.order_by(LeadChange.id))]
