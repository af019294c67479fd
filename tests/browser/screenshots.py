"""Pictures of one page of the demo network: ``make screenshots PAGE=/members AS=nadia`` writes tests/screenshots/.

``AS`` is the key of a member of the demo network, ``nobody`` for a visitor. A key in braces stands for a public id, as
in ``/members/{bea}`` and ``/businesses/{bramble}``. Not collected with the tests.
"""

import os
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, joinedload

from directory.db import write_session
from directory.engine.weekly_pairings import occurrences_to_pair, propose_pairings
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.week.occurrence_planning import plan_occurrences
from directory.week.post import compose
from tests.browser.conftest import Visit

FOLDER = Path(__file__).parents[1] / "screenshots"


@pytest.fixture
def engine(demo: Engine, now: datetime) -> Engine:
    """The demo network with its week planned, composed and paired."""
    with write_session(demo) as session:
        for occurrence in plan_occurrences(session, now=now):
            compose(session, occurrence=occurrence, now=now)
        for occurrence in occurrences_to_pair(session, now=now):
            propose_pairings(session, occurrence=occurrence, now=now)
    return demo


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["1280", "390"])
def test_take_a_picture(visit: Visit, engine: Engine, is_phone: bool, is_dark: bool) -> None:
    pattern, key = os.environ["PAGE"], os.environ["AS"]
    with Session(engine) as session:
        known = select(Member).where(Member.key == key).options(joinedload(Member.business))
        member = session.scalars(known).one() if key != "nobody" else None
        tables = (Chapter, Business, Member)
        ids = {row.key: row.public_id for table in tables for row in session.scalars(select(table)) if row.key}
    page = visit(pattern.format_map(ids), member, phone=is_phone, dark=is_dark)
    FOLDER.mkdir(exist_ok=True)
    title = pattern.translate({ord("/"): "-", ord("{"): None, ord("}"): None}).strip("-") or "home"
    page.screenshot(
        path=FOLDER / f"{title}-{390 if is_phone else 1280}-{'dark' if is_dark else 'light'}.png", full_page=True
    )
