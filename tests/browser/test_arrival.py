"""The first day: a lead sets a new chapter up and brings a list in; somebody on it confirms what the list said."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.joining.invitation import GRACE
from directory.people.chapter import UNSET_ZONE, Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from directory.settings import Settings
from tests.app.delivered_mails import delivered, link_in
from tests.browser.conftest import Visit, barriers

LIST = """Sun Valley Breakfast Group,,,,,
Member,Co.,Occupation code,Cell,E-mail addr,Wishes
"Okafor, Dr. Tess",Okafor Dental,Dental care,(520) 555-0111,tess@okafor.example,Families new in town
Mr. Abel Moreno Jr.,Moreno Paint,House painting,520.555.0112,abel@moreno.example,Realtors
"""


@pytest.fixture
def lead(session: Session, bea: Member) -> Member:
    """Bea, who leads a chapter of which nothing is said."""
    bea.business.chapter = chapter = Chapter(key="old-pueblo", name="Old Pueblo", zone=UNSET_ZONE)
    session.flush()
    session.add(ChapterRole(member_id=bea.id, chapter_id=chapter.id, role=Role.LEAD))
    session.commit()
    return bea


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)])
def test_a_chapter_arrives(
    visit: Visit,
    lead: Member,
    engine: Engine,
    settings: Settings,
    now: datetime,
    tmp_path: Path,
    phone: bool,
    dark: bool,
) -> None:
    page = visit("/", lead, phone=phone, dark=dark)
    steps = page.locator("#first-steps")
    assert barriers(page) == []
    steps.get_by_role("link", name="Choose", exact=True).click()
    _set_up(page)
    page.goto("/")
    expect(steps.get_by_role("link")).to_have_text(["Invite people", "Connect a channel", "Preview it"])
    steps.get_by_role("link", name="Invite people").click()
    _bring_in(page)
    page.goto("/")
    expect(steps.get_by_role("link")).to_have_text(["Connect a channel", "Preview it"])

    letters = delivered(engine, settings, now + GRACE + timedelta(minutes=1))
    (letter,) = [letter for letter in letters if letter["To"] == "tess@okafor.example"]
    assert "Dear Tess," in letter.get_content()
    person = visit(link_in(letter), phone=phone, dark=dark)
    person.get_by_role("button", name="Join", exact=True).click()
    _confirm(person, tmp_path / "tess.png")
    person.get_by_role("button", name="Show me my page").click()
    expect(person.get_by_role("heading", level=1)).to_have_text("People can find you now, Tess")
    assert barriers(person) == []
    with Session(engine) as session:
        tess = session.scalars(select(Member).where(Member.email == "tess@okafor.example")).one()
        business = session.get_one(Business, tess.business_id)
        assert (tess.name, tess.role, tess.phone) == ("Tess Okafor", "Owner", "(520) 555-0199")
        assert tess.photo
        assert tess.spotlight_at
        assert sorted(row.name for row in business.capabilities) == ["Night guards", "Teeth whitening"]


def _set_up(page: Page) -> None:
    zone = page.get_by_label("Time zone (a city in it)")
    expect(zone).not_to_have_value("")  # the browser's own
    zone.fill("Tennessee")
    page.get_by_label("Who it is for").fill("Owners of small firms who meet for breakfast.")
    page.get_by_label("City", exact=True).fill("Tucson")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("such as those of Chicago and New York")).to_be_visible()
    assert barriers(page) == []
    zone.fill("Arizona")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_role("link", name="Change", exact=True).click()
    expect(zone).to_have_value("Phoenix (Mountain Standard Time)")
    expect(page.get_by_label("Country")).to_have_value("US")


def _bring_in(page: Page) -> None:
    """Paste the list, set a column by hand, correct the list, and bring it in."""
    page.get_by_label("Paste your list").fill(LIST)
    page.get_by_role("button", name="Preview").click()
    columns = page.locator("#columns")
    columns.locator("summary").click()
    columns.get_by_label("Occupation code").select_option("Capabilities")
    columns.get_by_label("Wishes").select_option("Wants to meet")
    page.get_by_role("button", name="Read the list again").click()
    expect(columns.get_by_role("heading")).to_have_text("Every column is read")
    page.get_by_role("link", name="Correct the list").first.click()
    text = page.get_by_label("Paste your list")
    text.fill(text.input_value().replace("Dental care", "Teeth whitening"))
    page.get_by_role("button", name="Preview").click()
    expect(columns.get_by_role("heading")).to_have_text("Every column is read")
    assert barriers(page) == []
    page.get_by_role("button", name="Invite these 2 people").click()


def _confirm(page: Page, photo: Path) -> None:
    """Read what the lead wrote, correct it, add a photo and agree to be named."""
    expect(page.get_by_role("heading", level=1)).to_have_text("This is what Bea wrote about you. Is it right?")
    for label, value in (("Your name", "Tess Okafor"), ("Name of the firm", "Okafor Dental")):
        expect(page.get_by_label(label)).to_have_value(value)
        expect(page.get_by_label(label)).to_have_attribute("required", "")
    expect(page.get_by_label("Families new in town")).to_be_checked()
    expect(page.get_by_label("Not yet")).to_be_checked()
    assert barriers(page) == []
    Image.new("RGB", (900, 600), "teal").save(photo)
    page.get_by_label("What you do there").fill("Owner")
    page.get_by_label("Your photo").set_input_files(photo)
    page.get_by_label("Anything else?").fill("Night guards")
    page.get_by_label("Your phone").fill("(520) 555-0199")
    page.get_by_label("Yes, with my name").check()
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who have you worked with this year?")
    assert barriers(page) == []
