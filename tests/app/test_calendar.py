"""The calendar page: leads plan the weeks of their chapter and stop its posts; an admin stops those of the network."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.kill_switch import Stop, stop
from directory.outbox.occurrence import Occurrence
from directory.people.blackout_period import BlackoutPeriod
from directory.people.chapter import Chapter
from directory.people.tables import Member
from tests.app.conftest import SignIn

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


@pytest.fixture
def home(engine: Engine) -> str:
    """The path of Old Pueblo's calendar."""
    with Session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        return f"/chapters/{chapter.public_id}/calendar"


@pytest.fixture
def browser(engine: Engine, sign_in: SignIn) -> Browser:
    def sign_in_as(key: str) -> FlaskClient:
        with Session(engine) as session:
            return sign_in(session.scalars(select(Member).where(Member.key == key)).one())

    return sign_in_as


def count_rows(engine: Engine, table: type) -> int:
    with Session(engine) as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_lead_can_hold_skip_and_move_a_week_and_undo_it(browser: Browser, home: str) -> None:
    lena = browser("lena")
    assert "The next post goes out on Wed, Nov 4 at 9:00 AM" in lena.get(home).text
    held = lena.post(f"{home}/hold", data={"on": "2026-11-04"}, follow_redirects=True).text
    assert "The next post goes out on Wed, Nov 11" in held
    assert "/calendar/release?on=2026-11-04" in held, "the undo link"
    lena.post(f"{home}/release?on=2026-11-04")
    assert "Skipped" in lena.post(f"{home}/skip", data={"on": "2026-11-18"}, follow_redirects=True).text
    moved = lena.post(f"{home}/hour", data={"on": "2026-11-04", "at": "14:30"}, follow_redirects=True).text
    assert "at 2:30 PM" in moved
    assert "at 9:00 AM" in lena.post(f"{home}/hour?on=2026-11-04&at=", follow_redirects=True).text


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("hold", {"on": "2026-11-05"}, 409),
        ("hold", {"on": "soon"}, 422),
        ("hour", {"on": "2026-11-04", "at": "25:00"}, 422),
        ("quiet", {"first_on": "2026-11-09", "last_on": "2026-11-02", "reason": "x"}, 422),
        ("quiet", {"first_on": "", "last_on": "", "reason": ""}, 422),
        ("quiet/end", {"which": "23456789abcd"}, 409),
        ("frame", {"opening": "Thanks, Theo Ramsey"}, 422),
        ("frame/approve", {}, 409),
    ],
)
def test_invalid_calendar_requests_are_refused_and_change_nothing(
    browser: Browser, engine: Engine, home: str, path: str, data: dict[str, str], status: int
) -> None:
    lena = browser("lena")
    assert lena.post(f"{home}/{path}", data=data).status_code == status
    assert count_rows(engine, Occurrence) == count_rows(engine, BlackoutPeriod) == 0


def test_a_blackout_period_can_be_added_and_ended(browser: Browser, home: str) -> None:
    lena = browser("lena")
    data = {"first_on": "2026-11-23", "last_on": "2026-11-27", "reason": "Thanksgiving"}
    page = lena.post(f"{home}/quiet", data=data, follow_redirects=True).text
    assert page.count("Thanksgiving") == 2
    which = page.partition("/quiet/end?which=")[2][:12]
    assert "Thanksgiving" not in lena.post(f"{home}/quiet/end", data={"which": which}, follow_redirects=True).text


def test_new_opening_and_closing_sentences_need_a_second_person(browser: Browser, home: str) -> None:
    lena, ada = browser("lena"), browser("ada")
    assert "Withdraw" in lena.post(f"{home}/frame", data={"opening": "We ask."}, follow_redirects=True).text
    assert lena.post(f"{home}/frame/approve").status_code == 403
    assert "Lena Okafor wrote them" in ada.get(home).text
    assert "The next post uses them" in ada.post(f"{home}/frame/approve", follow_redirects=True).text
    assert "Ada" in lena.get(home).text


def test_a_lead_can_stop_and_resume_the_posts_of_a_chapter(browser: Browser, engine: Engine, home: str) -> None:
    lena = browser("lena")
    assert "Posts are stopped until somebody" in lena.post(f"{home}/stop", follow_redirects=True).text
    assert "Lena Okafor stopped them today" in lena.get(home).text
    lena.post(f"{home}/go")
    assert count_rows(engine, Stop) == 0


def test_only_an_admin_can_lift_a_stop_of_the_whole_network(
    browser: Browser, engine: Engine, home: str, now: datetime
) -> None:
    lena, ada = browser("lena"), browser("ada")
    assert "Every chapter posts at its time" in ada.get("/publishing").text
    with write_session(engine) as session:
        stop(session, chapter=None, member=None, reason="The database is older.", now=now)
    assert "The database is older." in lena.get(home).text
    lena.post(f"{home}/go")
    assert [lena.get("/publishing").status_code, lena.post("/publishing/go").status_code] == [403, 403]
    assert count_rows(engine, Stop) == 1
    assert "restored from a backup?" in ada.get("/publishing").text
    assert "Every chapter posts" in ada.post("/publishing/copy", follow_redirects=True).text
    assert count_rows(engine, Stop) == 0


def test_a_plain_member_cannot_open_or_change_the_calendar(browser: Browser, engine: Engine, home: str) -> None:
    nadia = browser("nadia")
    assert nadia.get(home).status_code == nadia.post(f"{home}/stop").status_code == 403
    assert count_rows(engine, Stop) == 0
