"""The frame of every page in a real browser: nobody is kept out, on a desk or a phone, by day or by night."""

from datetime import datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.vouch import Vouch
from directory.people.tables import Business, Member
from tests.app.conftest import PASSWORD
from tests.browser.conftest import Visit, barriers


@pytest.fixture
def awaited(session: Session, bea: Member, now: datetime) -> Member:
    """Bea, for whom a meeting and a good word wait."""
    carla = Member(name="Carla Reyes", business=Business(name="Copper State Print", created_at=now), joined_at=now)
    session.add(carla)
    session.flush()
    two = {"said_by_id": carla.id, "other_id": bea.id}
    session.add(Interaction(**two, kind=InteractionKind.WORKED, happened_on=now.date(), said_at=now))
    word = "She answers on the day you ask."
    session.add(Vouch(giver_id=carla.id, receiver_id=bea.id, text=word, known_as="client", given_at=now))
    session.commit()
    return bea


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_nobody_is_kept_out(visit: Visit, awaited: Member, phone: bool, dark: bool) -> None:
    for path in ("/", "/sign-in", "/nothing-here"):
        assert barriers(visit(path, phone=phone, dark=dark)) == [], path
    today = visit("/", awaited, phone=phone, dark=dark)
    assert "Two things are waiting" in today.inner_text("h1")
    assert barriers(today) == []


def test_a_member_signs_in_with_the_keyboard_alone(visit: Visit, awaited: Member) -> None:
    visit("/", awaited)
    page = visit("/sign-in?next=/sign-in")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type(f"{awaited.public_id}@firm.example")
    page.keyboard.press("Tab")
    page.keyboard.type("not this")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.input_value("#email") == f"{awaited.public_id}@firm.example"
    assert page.input_value("#password") == ""
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Main").wait_for()


def test_touched_things_are_as_large_as_a_thumb(visit: Visit, awaited: Member) -> None:
    page = visit("/", awaited, phone=True)
    for thing in page.locator("main .btn, nav a, textarea, .brand, .me").all():
        box = thing.bounding_box()
        assert box["height"] >= 44, thing.inner_text()
    assert page.locator("nav").bounding_box()["y"] > 700
