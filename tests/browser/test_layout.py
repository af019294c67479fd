"""No page breaks ordinary words or overflows, whatever people and firms are called; and what waits is found."""

from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from tests.browser.conftest import Visit

BREAKS = Path(__file__).with_name("text_breaks.js").read_text(encoding="utf-8")
PEOPLE = (
    "Maximiliana-Charlotte von Hohenzollern-Sigmaringen",
    "عبد الرحمن بن محمد الهاشمي القرشي",
    "欧阳修文化传播有限公司代表王小明先生",
    "Wolfeschlegelsteinhausenbergerdorff Hubert",
    "กรุงเทพมหานครอมรรตนโกสินทร์มหินทรายุธยา",
)
FIRMS = (
    "Donaudampfschifffahrtsgesellschaftsbüro GmbH",
    "شركة المستقبل للتطوير العقاري والمقاولات",
    "株式会社東京総合建築設計事務所関西支店統括本部",
    "Southern Arizona Commercial Refrigeration & HVAC",
)
CAPABILITY = "Datenschutzgrundverordnungsbeauftragtenschulung"
MEMBER_PAGES = ("/", "/members", "/members/{nadia}", "/members/{bea}", "/businesses/{bramble}", "/leads", "/profile")
LEAD_PAGES = ("/", "/chapter", "/chapters/{old-pueblo}", "/chapters/{old-pueblo}/calendar", "/week", "/account")


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The demo network."""
    return demo


def breaks(page: Page, width: int) -> list[str]:
    """Return the words that are broken although a word of their length has room, and all that overflows."""
    page.set_viewport_size({"width": width, "height": 900})
    return list(page.evaluate(BREAKS))


@pytest.mark.parametrize("is_strange", [False, True], ids=["demo", "long names"])
@pytest.mark.parametrize(("reader", "paths"), [("nadia", MEMBER_PAGES), ("lena", LEAD_PAGES)])
def test_no_word_is_broken_and_nothing_overflows(
    visit: Visit, demo: Engine, is_strange: bool, reader: str, paths: tuple[str, ...]
) -> None:
    with write_session(demo) as session:
        if is_strange:
            for rows, names in ((select(Member), PEOPLE), (select(Business), FIRMS)):
                for row, name in zip(session.scalars(rows), cycle(names), strict=False):
                    row.name = name
            for capability in session.scalars(select(Capability).where(Capability.id % 5 == 0)):
                capability.name = CAPABILITY
    with Session(demo) as session:
        member = session.scalars(select(Member).where(Member.key == reader)).one()
        tables = (Chapter, Business, Member)
        ids = {row.key: row.public_id for table in tables for row in session.scalars(select(table)) if row.key}
        page = visit("/", member)
    found = {}
    for path in paths:
        page.goto(path.format_map(ids))
        found |= {(path, width): told for width in (390, 1024, 1280) if (told := breaks(page, width))}
    assert found == {}


def test_the_menu_opens_without_script_and_closes_at_escape(visit: Visit, demo: Engine) -> None:
    with Session(demo) as session:
        nadia = session.scalars(select(Member).where(Member.key == "nadia")).one()
        page = visit("/members", nadia, phone=True)
    link = page.get_by_role("link", name="Your introductions")
    assert link.first.bounding_box()["y"] < 400
    page.locator(".me summary").click()
    assert page.locator(".menu").get_by_role("button", name="Sign out").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".menu").is_visible()
