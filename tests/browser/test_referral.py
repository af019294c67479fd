"""Gloria passes a client on to Raul, the client says yes, it becomes work, Gloria disputes it, and Lena settles it.

Pictures of each step are left in tests/screenshots.
"""

from datetime import datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.outbox.mail import UNDO
from directory.people.tables import Member
from directory.settings import Settings
from tests.app.delivered_mails import delivered, link_in
from tests.browser.conftest import Visit
from tests.browser.test_story import look


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.mark.parametrize("phone", [False, True])
def test_a_referral_becomes_work_and_its_dispute_is_settled(
    visit: Visit, engine: Engine, settings: Settings, now: datetime, phone: bool
) -> None:
    kind = "phone" if phone else "desk"
    with Session(engine) as session:
        keys = ("gloria", "raul", "lena")
        people = {key: session.scalars(select(Member).where(Member.key == key)).one() for key in keys}
    gloria = visit(f"/members/{people['raul'].public_id}", people["gloria"], phone=phone)
    gloria.get_by_role("link", name="Pass a client on to Raul").click()
    gloria.get_by_label("What do they need?").fill("A print shop needs two more circuits before it opens.")
    gloria.get_by_label("Who needs it?").fill("Otis Beal")
    gloria.get_by_label("Their email address").fill("otis@bealpress.example")
    gloria.get_by_label("Told them to expect a call").check()
    look(gloria, f"referral-1-slip-{kind}")
    gloria.get_by_role("button", name="Ask them").click()
    expect(gloria.get_by_text("The client is asked first.")).to_be_visible()
    look(gloria, f"referral-2-held-{kind}")

    (mail,) = delivered(engine, settings, now + UNDO, "visitor")
    client = visit(link_in(mail), phone=phone, dark=True)
    look(client, f"referral-3-client-{kind}")
    client.get_by_role("button", name="Yes, pass it on to Raul").click()
    expect(client.get_by_text("Thank you. We have told them.")).to_be_visible()

    raul = visit("/", people["raul"], phone=phone)
    expect(raul.get_by_text("Gloria").first).to_be_visible()
    raul.get_by_role("button", name="Yes, I take it").click()
    raul.get_by_role("button", name="We talked").click()
    raul.get_by_text("We won it, and it is worth…").click()
    raul.get_by_label("What was it worth?").fill("$2,400")
    look(raul, f"referral-4-lead-{kind}")
    raul.get_by_role("button", name="We won it").last.click()
    expect(raul.get_by_text("Worth $2,400.")).to_be_visible()

    gloria.reload()
    gloria.get_by_text("Something is wrong", exact=True).click()
    gloria.get_by_label("In a sentence or two").fill("Otis says that he paid five thousand.")
    gloria.get_by_role("button", name="Ask our chapter’s lead").click()
    expect(gloria.get_by_role("heading", name="Something is disputed")).to_be_visible()
    look(gloria, f"referral-5-disputed-{kind}")

    lena = visit("/", people["lena"], phone=phone, dark=True)
    lena.get_by_role("link", name="Read and settle").click()
    lena.get_by_label("In a sentence or two").fill("We called Otis: it is five thousand.")
    lena.get_by_label("What was it worth?").fill("$5,000")
    look(lena, f"referral-6-settle-{kind}")
    lena.get_by_role("button", name="Settle it").click()
    gloria.reload()
    expect(gloria.get_by_text("Worth $5,000.")).to_be_visible()
    look(gloria, f"referral-7-settled-{kind}")
