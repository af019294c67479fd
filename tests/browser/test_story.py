"""The story that must always work, played by a member in a real browser.

Northlight Studio has its own content system; its client wants WordPress. Bramble & Co does that, and Carla, who worked
with Nadia, vouches for Bea. Pictures of each step are left in tests/screenshots.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.accounts.account import create_account
from app.errors import Site
from directory.db import write_session
from directory.people.tables import Member
from jobs.weekly_posts import run_occurrence
from tests.app.conftest import PASSWORD
from tests.browser.conftest import Visit, barriers
from tests.conftest import NOW

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
WISH = (
    "My client wants a company website the staff can edit themselves, and he insists on WordPress. "
    "About 15,000 dollars, in Tucson."
)


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def nadia(engine: Engine) -> Member:
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.key == "nadia")).one()


def look(page: Page, name: str) -> None:
    """Leave a picture behind, and let nobody be kept out."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert barriers(page) == [], name


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)])
def test_the_network_finds_bramble_and_wednesday_asks(
    visit: Visit, app: Site, engine: Engine, nadia: Member, phone: bool, dark: bool
) -> None:
    kind = f"{'phone' if phone else 'desk'}-{'dark' if dark else 'light'}"
    with app.app_context(), write_session(engine) as session:
        member = session.get_one(Member, nadia.id)
        create_account(session, member=member, email="nadia@northlight.example", password=PASSWORD, now=NOW)
    page = visit("/sign-in", phone=phone, dark=dark)
    page.fill("#email", "nadia@northlight.example")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nadia")
    look(page, f"1-today-{kind}")

    page.get_by_label("What do you need, or what can you give?").fill(WISH)
    page.get_by_role("button", name="Find people").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("You lead it, Bramble & Co does")
    expect(page.get_by_text("You stay prime")).to_be_visible()
    expect(page.get_by_text("Bramble & Co · Bea Lindqvist")).to_be_visible()
    path = page.locator(".path")
    assert re.search(r"You worked with, .* Carla Ruiz recommends Bea Lindqvist", re.sub(r"\s+", " ", path.inner_text()))
    page.get_by_role("button", name="Message with brief").click()
    expect(page.get_by_role("link", name="Call +1")).to_have_attribute("href", re.compile(r"^tel:\+1520"))
    message = page.get_by_role("link", name="Email studio").get_attribute("href") or ""
    assert message.startswith("mailto:")
    assert "WordPress" in message
    look(page, f"2-team-{kind}")

    page.get_by_role("link", name="Correct this").click()
    page.get_by_label("Ask for it in Wednesday’s post").check()
    look(page, f"3-correct-{kind}")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("You lead it, Bramble & Co does")

    run_occurrence(engine, now=NOW)  # as the worker does every minute
    page.get_by_role("link", name="This week").click()
    said = page.locator(".said").first
    expect(said).to_contain_text("Nadia Soto of Northlight Studio is looking for")
    expect(said).to_contain_text("WordPress")
    expect(said).to_contain_text("#referralwednesday")
    expect(said).not_to_contain_text("insists")
    look(page, f"4-week-{kind}")
