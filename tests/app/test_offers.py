"""Offers on the website: asking, the answer on the page and by the mailed link, a recorded call, and their undo."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.leads.lead import Lead, LeadState, Terms, create_lead
from directory.leads.offer import Offer, OfferState
from directory.leads.offer_round import settle_offers
from directory.people.one_time_link import create_link
from directory.people.tables import Member
from tests.app.conftest import SignIn
from tests.app.test_leads import bring, browser_of


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def nadia(engine: Engine, sign_in: SignIn) -> FlaskClient:
    return browser_of(engine, sign_in, "nadia")


@pytest.fixture
def bea(engine: Engine, sign_in: SignIn) -> FlaskClient:
    return browser_of(engine, sign_in, "bea")


def offers(engine: Engine) -> list[Offer]:
    with Session(engine) as session:
        return list(session.scalars(select(Offer).order_by(Offer.id)))


def asking_path(browser: FlaskClient, brought: str) -> str:
    """Return the path of the page that asks Bramble, as the lead's page links to it."""
    found = re.search(rf'href="({brought}/offers/new\?[^"]*business=[^"]*)"', browser.get(brought).text)
    assert found
    return found[1].replace("&amp;", "&")


def ask_bea(browser: FlaskClient, brought: str) -> None:
    path = asking_path(browser, brought)
    form = browser.get(path).text
    assert "Ask Bea: " in form
    words = re.search(r'<textarea[^>]*name="words"[^>]*>\s*([^<]*)<', form)
    assert words
    assert words[1].startswith("A client of mine is looking for this:")
    answer = browser.post(path, data={"words": words[1], "next_1": ""})
    assert answer.status_code == 303, answer.text


def test_bea_is_asked_by_email_and_says_yes_on_the_page(
    engine: Engine, nadia: FlaskClient, bea: FlaskClient, now: datetime
) -> None:
    brought = bring(nadia)
    ask_bea(nadia, brought)
    page = nadia.get(brought).text
    assert re.search(r"Waiting for Bea, until Mon, Nov 2, 5:00.PM", page)
    assert "Waiting for Bea, until" in nadia.get("/leads").text
    assert "Waiting for Bea, until" in nadia.get("/").text
    (offer,) = offers(engine)
    for path in ("/", "/leads"):
        assert "Nadia Soto asks you: " in bea.get(path).text
    assert bea.get(brought).status_code == 404  # the lead's own page is its bringer's
    assert bea.post(f"/offers/{offer.public_id}/accept").status_code == 303
    assert "You are in: " in bea.get(f"/offers/{offer.public_id}").text
    assert "Bea is in" in nadia.get(brought).text
    assert bea.post(f"/offers/{offer.public_id}/undo").status_code == 303
    assert offers(engine)[0].state is OfferState.PENDING
    assert bea.post(f"/offers/{offer.public_id}/decline", data={"reason": "no time"}).status_code == 303
    with write_session(engine) as session:
        settle_offers(session, lead=session.get_one(Lead, offer.lead_id), now=now + timedelta(minutes=5))
    assert "Bea cannot do it (no time)" in nadia.get(brought).text
    assert bea.post(f"/offers/{offer.public_id}/undo").status_code == 409
    other = bring(nadia, "A school wants a website in WordPress that its teachers can edit.")
    assert "Bea told you today that they had no time." in nadia.get(other).text


def test_a_mailed_link_answers_behind_a_page_and_a_look_changes_nothing(
    engine: Engine, nadia: FlaskClient, client: FlaskClient, now: datetime
) -> None:
    ask_bea(nadia, bring(nadia))
    (offer,) = offers(engine)
    with write_session(engine) as session:
        member = session.get_one(Member, offer.member_id)
        token = create_link(
            session, purpose="offer", member=member, about=offer.public_id, lasts=timedelta(days=1), now=now
        )
    link = f"/answer/offer/{token}"
    assert "Nadia Soto asks you: " in client.get(link).text
    assert offers(engine)[0].state is OfferState.PENDING
    assert client.get(link + "x").status_code == 410
    assert "Declined. Nadia is told." in client.post(link, data={"act": "no", "reason": "too far"}).text
    assert (offers(engine)[0].state, offers(engine)[0].reason) == (OfferState.DECLINED, "too far")
    assert client.post(link, data={"act": "yes"}).status_code == 410


def test_a_call_is_noted_in_one_tap_and_undone(engine: Engine, nadia: FlaskClient, bea: FlaskClient) -> None:
    brought = bring(nadia)
    business = re.search(r'name="business" value="([^"]+)"', nadia.get(brought).text)
    member = re.search(r'name="member" value="([^"]+)"', nadia.get(brought).text)
    assert business
    assert member
    said = {"business": business[1], "member": member[1], "team": "1"}
    page = nadia.post(f"{brought}/calls", data={**said, "outcome": "in"}, follow_redirects=True).text
    assert "Bea is in." in page
    assert "Everybody is in" in page
    assert "says you are in" in bea.get("/").text
    (offer,) = offers(engine)
    with Session(engine) as session:
        assert session.get_one(Lead, offer.lead_id).state is LeadState.ACTIVE
    assert bea.post(f"/offers/{offer.public_id}/accept").status_code == 303  # "that's right"
    assert "says you are in" not in bea.get("/").text
    assert nadia.post(f"/offers/{offer.public_id}/withdraw").status_code == 303
    nadia.post(f"{brought}/calls", data={**said, "outcome": "not this time", "reason": "too small"})
    assert "Bea cannot do it (too small)" in nadia.get(brought).text
    assert nadia.post(f"/offers/{offers(engine)[-1].public_id}/undo-call").status_code == 303
    assert offers(engine)[-1].state is OfferState.WITHDRAWN
    assert nadia.post(f"{brought}/calls", data={**said, "outcome": "shouted"}).status_code == 400


def test_somebody_of_ones_own_choice_is_asked_and_the_lead_is_given_away(
    engine: Engine, nadia: FlaskClient, sign_in: SignIn
) -> None:
    brought = bring(nadia)
    path = f"{brought}/offers/new?give=y"
    assert "Carla Ruiz, Copper State Print" in nadia.get(path).text
    assert nadia.post(path, data={"who": "Nobody Atall"}).status_code == 422
    assert nadia.post(path, data={"who": "Carla Ruiz, Copper State Print"}).status_code == 303
    (offer,) = offers(engine)
    carla = browser_of(engine, sign_in, "carla")
    assert "Nadia Soto offers you a lead" in carla.get("/").text
    answer = carla.post(f"/offers/{offer.public_id}/accept")
    assert answer.location == brought
    assert carla.get(brought).status_code == 200
    assert nadia.get(brought).status_code == 404


def test_the_bringer_does_it_alone(engine: Engine, nadia: FlaskClient) -> None:
    brought = bring(nadia)
    assert "You do it yourselves." in nadia.post(f"{brought}/seats/keep", follow_redirects=True).text
    assert "Everybody is in" in nadia.get(brought).text
    nadia.post(f"{brought}/seats/free")
    assert "Nobody has been asked yet" in nadia.get("/leads").text


def test_a_chapter_lead_sees_leads_that_have_had_nobody_for_a_day(
    engine: Engine, site: Site, nadia: FlaskClient, sign_in: SignIn, now: datetime
) -> None:
    with write_session(engine) as session:
        session.execute(update(Lead).values(state=LeadState.DECLINED, closed_at=now))
    brought = bring(nadia)
    lena = browser_of(engine, sign_in, "lena")
    assert brought not in lena.get("/").text
    site.config["CLOCK"] = lambda: now + timedelta(days=2)
    page = lena.get("/").text
    assert "One lead has had nobody for more than a day" in page
    assert brought in page
    assert "nobody for more than a day" not in nadia.get("/").text


def test_a_page_of_many_leads_takes_twelve_queries(
    engine: Engine, nadia: FlaskClient, asked: list[str], now: datetime
) -> None:
    with write_session(engine) as session:
        member = session.scalars(select(Member).where(Member.key == "nadia")).one()
        for number in range(120):
            create_lead(session, member=member, text=f"Lead {number}", wishes=[], terms=Terms(), now=now)
    nadia.get("/leads")
    asked.clear()
    page = nadia.get("/leads").text
    assert len(asked) <= 12, asked
    older = re.search(r'href="(/leads\?before=[^"]+)"', page)
    assert older
    assert [len(re.findall(r'class="whole"', nadia.get(path).text)) for path in ("/leads", older[1])] == [50, 50]
    assert "More than 99 leads of yours are open" in page
