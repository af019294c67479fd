"""The open web in a real browser: hostile names stay names, nobody is kept out, and paper comes out whole."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from directory.people.chapter import Chapter
from directory.people.tables import Member
from tests.browser.conftest import Visit, barriers

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & <!-- \u2028"


@pytest.fixture
def known(session: Session, bea: Member, now: datetime) -> Member:
    """Bea, on the open web and found there, with a name and a line that would break out of a page."""
    bea.name, bea.headline, bea.public_at, bea.indexed_at = f"Bea {HOSTILE}"[:120], HOSTILE, now, now
    bea.business.chapter = Chapter(key="tucson", name="Old Pueblo", about=HOSTILE, public_at=now, indexed_at=now)
    session.commit()
    return bea


@pytest.mark.parametrize("phone", [False, True])
def test_a_card_and_a_chapter_are_read_and_run_nothing(visit: Visit, known: Member, phone: bool) -> None:
    for path in (f"/people/{known.public_id}", f"/chapters/{known.business.chapter.public_id}"):
        page = visit(path, phone=phone, dark=phone)
        data = page.evaluate("JSON.parse(document.querySelector('[type=\"application/ld+json\"]').textContent)")
        assert "<script>alert(1)</script>" in data["name"] + data["description"]
        assert barriers(page) == [], path


def test_ones_own_ways_out_keep_nobody_out(visit: Visit, bea: Member) -> None:
    page = visit("/profile/public", bea, phone=True)
    for path in ("/profile/public", "/account/export", "/account/leave", "/profile/public/preview"):
        page.goto(path)
        assert barriers(page) == [], path


def test_the_brochure_comes_on_the_paper_one_asks_for(visit: Visit, session: Session, bea: Member) -> None:
    bea.business.chapter = Chapter(key="tucson", name="Old Pueblo")
    session.commit()
    page = visit("/chapter/brochure?paper=a5", bea)
    assert b"/MediaBox [0 0 420 594.95996]" in page.pdf(prefer_css_page_size=True)
    page.goto("/chapter/brochure")
    assert b"/MediaBox [0 0 612 792]" in page.pdf(prefer_css_page_size=True)
