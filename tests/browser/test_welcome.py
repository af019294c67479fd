"""Somebody who was asked in reaches a useful page on a telephone: at most 12 taps and 60 typed characters."""

import re
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts.interaction import Interaction
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted
from tests.browser.conftest import Visit, barriers

MOST_TAPS, MOST_TYPED = 12, 60


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def ines(engine: Engine, now: datetime) -> Member:
    """Asked in to Old Pueblo by name and address alone."""
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        firm = Business(name="Ibarra & Daughters", chapter=chapter, city="Tucson", created_at=now)
        session.add(Member(name="Ines Ibarra", business=firm, joined_at=now, invited_at=now))
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.name == "Ines Ibarra")).one()


class Thumb:
    """Counts every touch and every letter."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.typed = page, 0, 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1

    def type(self, what: Locator, text: str) -> None:
        self.tap(what)
        self.page.keyboard.type(text)
        self.typed += len(text)

    def on(self, label: str, to: str) -> None:
        self.tap(self.page.get_by_role("button", name=label))
        expect(self.page).to_have_url(
            re.compile(rf"/welcome/{to}$"), timeout=30_000
        )  # the chapter's texts are read for the first time
        assert barriers(self.page) == [], to


@pytest.mark.parametrize("dark", [False, True])
def test_an_invited_member_is_useful_within_twelve_taps(visit: Visit, engine: Engine, ines: Member, dark: bool) -> None:
    page = visit("/welcome", ines, phone=True, dark=dark)
    thumb = Thumb(page)
    assert urlsplit(page.url).path == "/welcome/firm"
    thumb.type(page.get_by_label("In one sentence"), "We keep books for dentists")
    thumb.on("That is what we do", "able")
    expect(page.get_by_label("Bookkeeping", exact=True)).to_be_checked()
    thumb.on("That is right", "wanted")
    thumb.type(page.get_by_label("Or in your own words"), "Clinics that move")
    thumb.tap(page.get_by_label("Yes, with my name"))
    thumb.on("Continue", "known")
    for name in ("Bea Lindqvist", "Angela Ramos"):
        thumb.tap(page.get_by_label(name))
    thumb.on("Show me my page", "done")
    assert (thumb.taps <= MOST_TAPS, thumb.typed <= MOST_TYPED) == (True, True), (thumb.taps, thumb.typed)
    expect(page.get_by_role("heading", name="Who to call first")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Contact"))).to_have_count(1)
    with Session(engine) as session:
        member = session.get_one(Member, ines.id)
        assert "Bookkeeping" in [capability.name for capability in member.business.capabilities]
        assert session.scalars(select(Wanted).where(Wanted.member_id == ines.id)).one().shared_at is not None
        said = session.scalars(select(Interaction).where(Interaction.said_by_id == ines.id)).all()
        assert len(said) == 2
    page.goto("/")
    assert barriers(page) == []
