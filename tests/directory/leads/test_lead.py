"""Leads: a member brings one, corrects its needs, closes it, and drafts a message about it."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.engine.own_vocabulary import capability_named
from directory.errors import Conflict, Invalid
from directory.leads.lead import (
    Lead,
    LeadState,
    Shape,
    Terms,
    Wish,
    correct_lead,
    create_lead,
    leads_of,
    work_shares,
)
from directory.leads.lead_state import change_state, reopen_lead
from directory.leads.message_draft import draft_brief
from directory.money import Money
from tests.conftest import DemoCast

TEXT = "He insists on WordPress.\nAbout 15,000 dollars, done by spring."


@pytest.fixture
def lead(demo_cast: DemoCast, now: datetime) -> Lead:
    wishes = [wish(demo_cast, "WordPress"), wish(demo_cast, "Web design", is_must=False)]
    return create_lead(
        demo_cast.session, member=demo_cast.member("nadia"), text=TEXT, wishes=wishes, terms=Terms(), now=now
    )


def wish(demo_cast: DemoCast, name: str, *, is_must: bool = True) -> Wish:
    capability = capability_named(demo_cast.session, name)
    assert capability is not None
    return Wish(capability.id, is_must)


def test_a_lead_belongs_to_its_bringers_firm(demo_cast: DemoCast, lead: Lead) -> None:
    assert lead.business is demo_cast.business("northlight")
    assert lead.shape is None
    assert next(iter(leads_of(demo_cast.session, member=demo_cast.member("nadia")))) is lead


def test_a_must_need_counts_twice_a_nice_need(lead: Lead) -> None:
    assert [need.share for need in lead.needs] == pytest.approx([2 / 3, 1 / 3])


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_shares_sum_to_one(musts: list[bool]) -> None:
    assert sum(work_shares(musts)) == pytest.approx(1)


def test_the_title_is_the_first_sentence(lead: Lead) -> None:
    assert lead.title == "He insists on WordPress"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001, "plain\u202etxet", "nul\x00"])
def test_an_empty_too_long_or_unprintable_text_is_refused(demo_cast: DemoCast, now: datetime, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_lead(demo_cast.session, member=demo_cast.member("nadia"), text=text, wishes=[], terms=Terms(), now=now)
    assert refusal.value.field == "text"


@pytest.mark.parametrize(
    "contact", ["jane.doe@zed-dental.example", "+44 20 7946 0958", "(520) 555-0134", "520.555.0134"]
)
def test_contacts_of_the_client_are_removed_from_the_text(demo_cast: DemoCast, now: datetime, contact: str) -> None:
    text = f"WordPress site by 2026-12-24, $15,000 - 20000 for 2 offices. Reach Jane at {contact}, mornings."
    lead = create_lead(
        demo_cast.session, member=demo_cast.member("nadia"), text=text, wishes=[], terms=Terms(), now=now
    )
    assert lead.text == text.replace(contact, "…")


def test_only_the_bringer_changes_whether_the_post_asks(demo_cast: DemoCast, lead: Lead, now: datetime) -> None:
    for who, asks, is_asked in (
        ("lena", True, False),
        ("nadia", True, True),
        ("lena", False, True),
        ("nadia", False, False),
    ):
        terms = Terms(is_asked=asks)
        correct_lead(demo_cast.session, lead=lead, member=demo_cast.member(who), wishes=[], terms=terms, now=now)
        assert (lead.asked_at is not None) == is_asked


def test_a_correction_replaces_the_needs_and_terms(demo_cast: DemoCast, lead: Lead, now: datetime) -> None:
    terms = Terms(place="Tucson", budget=Money(1500000, "USD"), shape=Shape.HAND_OVER, is_asked=True)
    correct_lead(
        demo_cast.session,
        lead=lead,
        member=lead.member,
        wishes=[wish(demo_cast, "Copywriting"), wish(demo_cast, "Copywriting", is_must=False)],
        terms=terms,
        now=now,
    )
    assert [(need.capability.name, need.is_must, need.share) for need in lead.needs] == [("Copywriting", False, 1)]
    assert (lead.place, lead.budget, lead.shape, lead.asked_at) == ("Tucson", terms.budget, Shape.HAND_OVER, now)


def test_more_than_twelve_needs_are_refused(demo_cast: DemoCast, lead: Lead, now: datetime) -> None:
    names = ("Drupal", "Webflow", "Squarespace", "Wix", "React", "Django", "Shopify", "WooCommerce", "Magento")
    wishes = [wish(demo_cast, name) for name in (*names, "Web hosting", "UX design", "Website care", "Copywriting")]
    with pytest.raises(Invalid, match="split the lead"):
        correct_lead(demo_cast.session, lead=lead, member=lead.member, wishes=wishes, terms=Terms(), now=now)


def test_a_closed_lead_is_not_corrected_until_it_is_reopened(demo_cast: DemoCast, lead: Lead, now: datetime) -> None:
    change_state(demo_cast.session, lead=lead, to=LeadState.DECLINED, by=lead.member, now=now)
    with pytest.raises(Conflict):
        correct_lead(demo_cast.session, lead=lead, member=lead.member, wishes=[], terms=Terms(), now=now)
    reopen_lead(demo_cast.session, lead=lead, by=lead.member, now=now)
    correct_lead(demo_cast.session, lead=lead, member=lead.member, wishes=[], terms=Terms(), now=now)
    assert lead.needs == []


def test_the_draft_states_work_and_terms_and_leaves_out_missing_terms(lead: Lead) -> None:
    lead.budget_minor, lead.place = 1500000, "Tucson"
    message = draft_brief(lead, to="Bea", does=["WordPress"], request="I would like you to do it.")
    assert message.subject == "A lead for you: WordPress"
    assert message.text.startswith("Hello Bea,")
    for part in (
        "“He insists",
        "Where: Tucson",
        "$15,000",
        "I would like you to do it.",
        "Nadia",
    ):
        assert part in message.text
    assert "Done by" not in message.text
