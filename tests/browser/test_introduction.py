"""A member looks for somebody not known, sees the way through Carla, and has the direct number after two yeses.

Pictures of each step are left in tests/screenshots.
"""

import re
from datetime import datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.mail import UNDO
from directory.people.tables import Member
from directory.settings import Settings
from tests.app.delivered_mails import delivered
from tests.browser.conftest import Visit
from tests.browser.test_story import look

DIRECT = "+1 520 555 0199"


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network; Bea has a direct number, for whom she was introduced to."""
    with write_session(demo) as session:
        session.scalars(select(Member).where(Member.key == "bea")).one().phone = DIRECT
    return demo


def letter(engine: Engine, settings: Settings, now: datetime, to: str) -> str:
    """The path of the newest link in a member's mail, after what waits has left."""
    delivered(engine, settings, now + UNDO)
    mails = [message_from_bytes(path.read_bytes()) for path in Path(settings.home, "mail").iterdir()]
    (text,) = [mail.get_payload(decode=True).decode() for mail in mails if str(mail["To"]).startswith(to)]
    found = re.search(r"http://localhost(/answer/\S+)", text)
    assert found
    return found[1]


@pytest.mark.parametrize("phone", [False, True])
def test_somebody_unknown_is_met_through_carla(
    visit: Visit, engine: Engine, settings: Settings, now: datetime, phone: bool
) -> None:
    kind = "phone" if phone else "desk"
    with Session(engine) as session:
        people = {key: session.scalars(select(Member).where(Member.key == key)).one() for key in ("nadia", "carla")}
    page = visit("/members?q=bea", people["nadia"], phone=phone)
    page.get_by_role("link", name="Bea Lindqvist").first.click()
    expect(page.get_by_text("Carla can introduce you.")).to_be_visible()
    look(page, f"introduce-1-way-{kind}")
    page.get_by_role("link", name="Ask Carla to introduce you").click()
    page.get_by_label("Why you want to meet").fill("My client wants WordPress, and I would bring you the job.")
    look(page, f"introduce-2-ask-{kind}")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Carla has it, and decides whether to pass it on.")).to_be_visible()

    carla = visit("/", people["carla"], phone=phone, dark=True)
    look(carla, f"introduce-3-today-{kind}")
    carla.get_by_role("link", name="Pass it on").click()
    carla.get_by_label("A note of your own").fill("Nadia keeps her promises.")
    look(carla, f"introduce-4-pass-{kind}")
    carla.get_by_role("button", name="Pass it on to Bea").click()

    bea = visit(letter(engine, settings, now, "bea@"), phone=phone)
    expect(bea.get_by_role("heading", level=1)).to_have_text("Nadia Soto would like to meet you")
    expect(bea.get_by_text("Nadia keeps her promises.")).to_be_visible()
    look(bea, f"introduce-5-mail-{kind}")
    bea.get_by_role("button", name="Yes, introduce us").click()
    expect(bea.get_by_role("heading", level=1)).to_have_text("You and Nadia Soto are introduced")
    look(bea, f"introduce-6-done-{kind}")

    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("You and Bea Lindqvist are introduced")
    look(page, f"introduce-7-introduced-{kind}")
    page.get_by_role("button", name="Call Bea").click()
    expect(page.get_by_role("link", name=re.compile(re.escape(DIRECT)))).to_be_visible()
