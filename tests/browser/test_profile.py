"""On one's own page, what the firm's text says is taken with one tap, and what is typed elsewhere stays."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.people.tables import Member
from tests.browser.conftest import Visit, barriers


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


def test_a_saved_text_offers_what_it_says(visit: Visit, engine: Engine) -> None:
    with Session(engine) as session:
        nadia = session.scalars(select(Member).where(Member.key == "nadia")).one()
    page = visit("/profile", nadia, phone=True)
    page.locator("#firm > summary").tap()
    page.locator("#firm-summary").fill("We design websites, keep books for museums, and run payroll.")
    page.locator("#refer > summary").tap()
    page.locator("#refer-best_customers").fill("Not saved yet")
    page.get_by_role("button", name="Save the firm").tap()
    payroll, books = (page.get_by_role("button", name=f"+ {name}") for name in ("Payroll", "Bookkeeping"))
    expect(payroll).to_be_visible(timeout=30_000)  # the text is read for the first time
    assert barriers(page) == []
    payroll.tap()
    expect(page.locator("#claim")).to_contain_text("Payroll")
    expect(payroll).to_have_count(0)
    page.get_by_role("button", name="No to Bookkeeping").tap()
    expect(books).to_have_count(0)
    expect(page.locator("#told")).to_contain_text("We will not suggest Bookkeeping again.")
    assert page.locator("#refer-best_customers").input_value() == "Not saved yet"
    assert page.url.endswith("/profile")
