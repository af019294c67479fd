"""A network's first day in its own words: a messy workbook comes in, and the first lead finds its firm by a sentence.

The trade is the stage. Neither its words nor its firms are those of the demo network.
"""

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from jobs.housekeeping import embed_sentences
from tests.browser.conftest import Visit, barriers

TITLES = (["Gallery Row - everybody, spring"], ["Made in the office. Please do not sort!"], [])
HEADER = ["Name (Last, First)", "E-mail", "Tel.", "Company", "Town", "What they are good at", "Description"]
HEADER += ["Newsletter", "On the hunt for"]
SCENERY = """We paint and build scenery for theaters that have more ideas than money. Two of us learned the craft at the
opera, and it shows in the marble. Our shop is an old laundry, so the doors are wide enough for anything that fits on a
truck.

We fireproof every cloth and hand over the certificate with it. Somebody always asks about snow: we make it fall for two
hours without a sound, and sweep it up again. In summer we store what you cannot bear to throw away. Come and see the
shop before you order; there is coffee, and most plans get better while one walks around in it."""
RIGGING = "We hang things over people's heads, and sleep well. If a performer is to fly, we hold the rope ourselves."
COSTUMES = "Costumes for choirs and schools: sewn, altered, dyed. Of four hundred pairs of shoes one fits you."
SOUND = "We make sure that the last row hears the whisper. Outdoors we bring our own power."
PEOPLE = (
    ["Okafor, Tess", "tess@paintedair.example; office@paintedair.example", 5205550141, "Painted Air", "Tucson"],
    ["Brandt, Leo", "mailto:leo@lowlight.example", 5205550142, "Low Light Rigging, LLC", "Mesa"],
    ["Vance, Ruby (Miss)", "Ruby Vance <ruby@secondskin.example>", 5205550143, "Second Skin", "Tucson"],
    ["Moreno, Abel", "", 5205550144, "Whisper Sound", "Tucson"],
)
WORK = (
    ["Set building; scenic painting; fireproofing/flame tests", SCENERY, "yes", "Directors of amateur theaters"],
    ["Stage rigging; flying effects", RIGGING, "no", "Circus schools"],
    ["Costume hire/tailoring; scenic painting", COSTUMES, "yes", "Choirs that travel"],
    ["Sound design; PA hire", SOUND, "yes", "Open-air festivals"],
)
LEAD = "A ballet school needs scenic painting for its second act, and paper snow that falls without a sound."


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network, whose taxonomy has its vectors."""
    return demo


@pytest.fixture
def lead(engine: Engine, now: datetime) -> Member:
    """Ines, who leads a chapter of her own, in which one firm without a member is known already."""
    with write_session(engine) as session:
        chapter = Chapter(key="gallery-row", name="Gallery Row", zone="America/Phoenix", country="US")
        firm = Business(name="Ibarra Stages", chapter=chapter, city="Tucson", created_at=now)
        ines = Member(name="Ines Ibarra", business=firm, joined_at=now)
        session.add_all([ines, Business(name="Low Light Rigging", chapter=chapter, city="Tucson", created_at=now)])
        session.flush()
        session.add(ChapterRole(member_id=ines.id, chapter_id=chapter.id, role=Role.LEAD))
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.name == "Ines Ibarra")).one()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """The list as the office keeps it: titles above the header, and everything in its cells that people write there."""
    book, path = Workbook(), tmp_path / "everybody.xlsx"
    people = ([*person, *work] for person, work in zip(PEOPLE, WORK, strict=True))
    for row in (*TITLES, HEADER, *people):
        book.worksheets[0].append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_a_messy_workbook_comes_in_and_the_first_lead_finds_its_firm(
    visit: Visit, engine: Engine, lead: Member, workbook: Path, phone: bool, dark: bool
) -> None:
    page = visit("/chapter", lead, phone=phone, dark=dark)
    heading = page.get_by_role("heading", level=1)
    page.get_by_role("link", name="Paste your list").click()
    page.get_by_label("choose a file").set_input_files(workbook)
    page.get_by_role("button", name="Preview").click()
    expect(heading).to_have_text("Three people would be invited")
    expect(page.get_by_text("Two columns are not read")).to_be_visible()
    expect(page.get_by_text("“Newsletter” and “On the hunt for”.")).to_be_visible()
    assert barriers(page) == []

    # The first question: a row without an address.
    expect(page.get_by_text("Row 8, Email: Enter where the invitation goes.")).to_be_visible()
    page.get_by_role("link", name="Correct the list").first.click()
    text = page.get_by_label("Paste your list")
    text.fill(text.input_value().replace("Moreno, Abel\t\t", "Moreno, Abel\tabel@whisper.example\t"))
    page.get_by_role("button", name="Preview").click()
    expect(heading).to_have_text("Four people would be invited")

    # The second: a column whose name says nothing to anybody else.
    page.get_by_text("Two columns are not read").click()
    assert barriers(page) == []
    page.get_by_label("On the hunt for").select_option("Wants to meet")
    page.get_by_role("button", name="Read the list again").click()
    expect(page.get_by_text("One column is not read")).to_be_visible()
    person = page.get_by_role("row").filter(has_text="Tess Okafor")
    for said in ("tess@paintedair.example", "Painted Air, Tucson", "Set building", "Directors of amateur theaters"):
        expect(person).to_contain_text(said)

    # The third: two firms that may be one; the safe answer comes first.
    firms = page.get_by_label(
        "Leo Brandt is with Low Light Rigging, LLC, Mesa. Is that the same as Low Light Rigging, Tucson"
    )
    expect(firms).to_have_value("new")
    firms.select_option("Yes, the same firm")
    assert barriers(page) == []
    page.get_by_role("button", name="Invite these 4 people").click()
    expect(heading).to_have_text("Four people are invited")

    # What they call their work stays what they call it, for the chapter and on their own page.
    page.get_by_role("link", name="View your words").click()
    for word in ("Stage rigging", "Flying effects", "Sound design"):
        expect(page.get_by_role("heading", level=2).filter(has_text=word)).to_be_visible()
    assert barriers(page) == []
    page.goto("/members?q=flying+effects")
    page.get_by_role("link", name="Leo Brandt").first.click()
    expect(page.get_by_text("Flying effects").first).to_be_visible()
    assert barriers(page) == []

    # The first lead: two list what it asks for, and one of them writes about just that.
    embed_sentences(engine)
    page.goto("/leads/new")
    page.get_by_label("In their own words").fill(LEAD)
    page.get_by_role("button", name="Find who can do it").click()
    expect(page.locator(".seat", has_text="Painted Air")).to_be_visible()
    said = "Somebody always asks about snow: we make it fall for two hours without a sound, and sweep it up again."
    expect(page.get_by_text(f"They write: “{said}”")).to_be_visible()
    assert barriers(page) == []
