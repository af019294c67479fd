"""Two journeys of coming in: a lead brings 28 people into an empty network; a stranger applies and is let in."""

from datetime import datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.people.tables import Member
from directory.settings import Settings
from tests.app.delivered_mails import delivered, link_in
from tests.browser.conftest import Visit, barriers
from tests.cast import let_lead

TRADES = ("Bookkeeping", "Roofing", "Signs and banners", "Estate law", "Catering", "Web design", "Plumbing")
HEADER = "First name\tLast name\tE-mail\tCompany\tWhat they do\tLooking for"
PEOPLE = "\n".join(
    f"Person{n}\tNo{n}\tp{n}@firm{n}.example\tFirm {n} Works\t{TRADES[n % 7]} for small firms\t{TRADES[(n + 2) % 7]}"
    for n in range(28)
)


@pytest.fixture
def lead(session: Session, bea: Member) -> Member:
    """Bea, who leads a chapter that has nobody but her."""
    let_lead(session, bea)
    return bea


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_a_lead_brings_28_people_in(visit: Visit, lead: Member, phone: bool, dark: bool) -> None:
    page = visit("/chapter", lead, phone=phone, dark=dark)
    expect(page.get_by_role("heading", level=1)).to_have_text("Invite your people")
    assert barriers(page) == []
    page.get_by_role("link", name="Paste your list").click()
    page.get_by_label("Paste your list").fill(f"{HEADER}\n{PEOPLE}")
    assert barriers(page) == []
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("28 people would be invited")
    assert barriers(page) == []
    page.get_by_label("The weekly post may ask").check()
    page.get_by_role("button", name="Invite these 28 people").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("28 people are invited")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="28 people invited").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert barriers(page) == []
    page.goto("/chapter")
    page.get_by_role("link", name="Change", exact=True).click()
    assert barriers(page) == []


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)])
def test_a_stranger_asks_to_come_in_and_is_let_in(
    visit: Visit, lead: Member, engine: Engine, settings: Settings, now: datetime, phone: bool, dark: bool
) -> None:
    page = visit("/apply", phone=phone, dark=dark)
    assert barriers(page) == []
    for label, text in (
        *(("Your name", "Max Stone"), ("Your email address", "max@stone.example"), ("Your firm", "Stone Roofs")),
        *(("What does it do?", "We mend roofs."), ("Who here knows you?", "Bea Lindqvist")),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Apply to join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    (letter,) = delivered(engine, settings, now)
    page.goto(link_in(letter))
    assert barriers(page) == []
    page.get_by_role("button", name="Yes, apply").click()
    expect(page.get_by_role("status").first).to_contain_text("read what you wrote")

    room = visit("/chapter", lead, phone=phone, dark=dark)
    expect(room.get_by_role("heading", level=1)).to_have_text("One person applied to join")
    expect(room.get_by_role("button", name="Ask Bea Lindqvist")).to_be_visible()
    assert barriers(room) == []
    room.get_by_role("button", name="Approve Max").click()
    expect(room.get_by_role("status").first).to_contain_text("Max Stone is approved")
    page.goto("/members")
    expect(page.get_by_text("Stone Roofs").first).to_be_visible()
