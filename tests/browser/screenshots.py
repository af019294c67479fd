"""Pictures of one page of the demo network: ``make screenshots PAGE=/members AS=nadia`` writes tests/screenshots/.

``AS`` is the key of a member of the demo network, ``nobody`` for a visitor. Not collected with the tests.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, joinedload

from directory.people.tables import Member
from tests.browser.conftest import Visit

FOLDER = Path(__file__).parents[1] / "screenshots"


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The demo network."""
    return demo


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["1280", "390"])
def test_take_a_picture(visit: Visit, engine: Engine, is_phone: bool, is_dark: bool) -> None:
    path, key = os.environ["PAGE"], os.environ["AS"]
    with Session(engine) as session:
        known = select(Member).where(Member.key == key).options(joinedload(Member.business))
        member = session.scalars(known).one() if key != "nobody" else None
    page = visit(path, member, phone=is_phone, dark=is_dark)
    FOLDER.mkdir(exist_ok=True)
    name = f"{path.strip('/').replace('/', '-') or 'home'}-{390 if is_phone else 1280}-{'dark' if is_dark else 'light'}"
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
