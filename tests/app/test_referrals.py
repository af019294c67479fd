"""A referral on the website: the slip, the client's yes, three sides, a dispute, and every link that is wrong."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.facts.introduction import Introduction, IntroductionState
from directory.leads.lead import Lead, LeadState
from directory.leads.offer import Done, Offer, OfferState
from directory.leads.referral_clock import chase
from directory.leads.report import Report
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.people.tables import ChapterRole, Role, Wanted, WantedKind
from directory.settings import Settings
from directory.week.occurrence_planning import plan_occurrences
from directory.week.post import compose
from tests.app.conftest import SignIn
from tests.app.delivered_mails import delivered, link_in
from tests.cast import Cast

SLIP = {
    "who": "Bea Lindqvist, Bramble & Co",
    "name": "Prudence Hale",
    "email": "prudence@saguaro.example",
    "phone": "+1 520 555 0134",
    "text": "A site that patients can book on.",
    "done": ["material", "call"],
}
DAY = timedelta(days=1)


class Story:
    """Nia, Bea and Dana, who leads their chapter, in a browser each."""

    def __init__(self, cast: Cast, session: Session, sign_in: SignIn) -> None:
        cast.chapter.country = "US"
        session.add(ChapterRole(member_id=cast.dana.id, chapter_id=cast.chapter.id, role=Role.LEAD))
        session.commit()
        self.session = session
        self.nia, self.bea, self.dana, self.carla = map(sign_in, (cast.nia, cast.bea, cast.dana, cast.carla))

    def offer(self) -> Offer:
        self.session.rollback()
        return self.session.scalars(select(Offer)).one()

    def reports(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(Report.said).order_by(Report.id)))


@pytest.fixture
def story(cast: Cast, session: Session, sign_in: SignIn) -> Story:
    return Story(cast, session, sign_in)


@pytest.fixture
def client_link(story: Story, engine: Engine, settings: Settings, now: datetime) -> str:
    """The link to the client's page, from the email that asks Prudence after Nia's slip."""
    assert story.nia.post("/referrals/new", data=SLIP).status_code == 303
    (mail,) = delivered(engine, settings, now + DAY, "visitor")
    assert mail["To"] == SLIP["email"]
    assert mail["Subject"] == "Nia Sandoval would like to put you in touch with Bea Lindqvist"
    return link_in(mail)


@pytest.fixture
def taken(story: Story, client_link: str, client: FlaskClient) -> str:
    """The path of the offer that Bea has accepted after the client's yes."""
    offer = story.offer()
    assert client.post(f"{client_link}/pass-on/yes", data={"offer": offer.public_id}).status_code == 303
    path = f"/offers/{offer.public_id}"
    assert story.bea.post(f"{path}/accept").status_code == 303
    return path


def test_the_client_says_yes_before_the_receiver_sees_anything(
    story: Story, client_link: str, client: FlaskClient
) -> None:
    offer = story.offer()
    path = f"/offers/{offer.public_id}"
    assert story.bea.get(path).status_code == 404
    assert story.bea.post(f"{path}/accept").status_code == 404
    assert "A site that patients" not in story.bea.get("/").text
    assert "the client is asked first" in story.nia.get("/leads").text
    page = client.get(client_link).text
    assert "Nia Sandoval would like to put you in touch with Bea Lindqvist of Bramble &amp; Co" in page
    assert "may pass my request and my contact details on to Bea Lindqvist" in page
    assert story.offer().state is OfferState.HELD  # a GET changes nothing
    for _ in range(2):
        assert client.post(f"{client_link}/pass-on/yes", data={"offer": offer.public_id}).status_code == 303
    page = story.bea.get(path).text
    assert "Nia sent them material and arranged a call." in page
    assert "prudence" not in page.lower()
    assert story.bea.post(f"{path}/accept").status_code == 303
    lead = story.offer().lead.public_id
    assert "prudence@saguaro.example" in story.bea.post(f"/leads/{lead}/client").text
    assert "Nobody has said anything yet." in story.nia.get(path).text


def test_a_no_is_told_to_the_giver_alone(story: Story, client_link: str, client: FlaskClient) -> None:
    offer = story.offer()
    assert client.post(f"{client_link}/pass-on/no", data={"offer": offer.public_id}).status_code == 303
    assert "Your request is deleted" in client.get(client_link).text
    assert client.post(f"{client_link}/pass-on/yes", data={"offer": offer.public_id}).status_code == 409
    assert story.offer().state is OfferState.WITHDRAWN
    keys = story.session.scalars(select(Delivery.key)).all()
    assert not any(story.offer().member.public_id in key for key in keys)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"who": "Nobody Here"}, "Choose somebody from the list."),
        ({"who": "Nia Sandoval"}, "at your own firm"),
        ({"email": ""}, "they are asked first"),
        ({"email": "no address"}, "address"),
        ({"text": " "}, "Write what the client needs"),
        ({"text": "x" * 5000}, "characters"),
        ({"name": ""}, "name"),
        ({"done": ["bribed"]}, "Choose from the list."),
    ],
)
def test_a_wrong_slip_is_answered_and_nothing_is_lost(story: Story, wrong: dict[str, str], told: str) -> None:
    answer = story.nia.post("/referrals/new", data=SLIP | wrong)
    assert 400 <= answer.status_code < 500
    assert told in answer.text
    assert "A site that patients" in answer.text or "text" in wrong
    story.session.rollback()
    assert story.session.scalars(select(Lead)).all() == []


def test_a_slip_sent_twice_asks_once_and_can_be_undone(story: Story, client_link: str, client: FlaskClient) -> None:
    again = story.nia.post("/referrals/new", data=SLIP)
    assert (again.status_code, "already" in again.text) == (409, True)
    offer = story.offer()
    assert story.nia.post(f"/offers/{offer.public_id}/withdraw").status_code == 303
    assert client.post(f"{client_link}/pass-on/yes", data={"offer": offer.public_id}).status_code == 409


def test_three_sides_say_how_it_goes_and_take_it_back(
    story: Story, taken: str, client_link: str, client: FlaskClient
) -> None:
    for _ in range(2):
        assert story.bea.post(f"{taken}/say/talked").status_code == 303
        assert story.nia.post(f"{taken}/say/silent").status_code == 303
        assert client.post(f"{client_link}/say/talked").status_code == 303
    assert story.reports() == ["talked", "silent", "talked"]
    page = story.nia.get(taken).text
    assert re.search(r"Bea Lindqvist</span> <span class=\"role\">· we talked", page)
    assert "The client</span>" in page
    assert client.post(f"{client_link}/say/nothing").status_code == 303
    assert story.nia.post(f"{taken}/take-back").status_code == 303
    assert story.nia.post(f"{taken}/take-back").status_code == 409
    assert "I have heard nothing" in story.nia.get(taken).text
    assert story.carla.post(f"{taken}/say/talked").status_code == 404
    assert story.nia.post(f"{taken}/say/won").status_code == 403


def test_one_click_in_the_reminder_tells_the_amount_and_thanks_the_giver(
    story: Story, taken: str, engine: Engine, settings: Settings, app: Site, now: datetime, client: FlaskClient
) -> None:
    late = now + 3 * DAY
    assert chase(story.session, offer=story.offer(), now=late)
    story.session.commit()
    (mail,) = [mail for mail in delivered(engine, settings, late) if "how is it going" in mail["Subject"].lower()]
    link = link_in(mail)
    app.config["CLOCK"] = lambda: late
    for _ in range(2):
        assert "It became work" in client.get(link).text
    assert story.reports() == []
    for wrong in ("-5", "1" + "0" * 18, "12 XYZ", "a lot"):
        answer = client.post(link, data={"said": "won", "value": wrong})
        assert (answer.status_code, "Enter an amount" in answer.text) == (422, True)
    assert client.post(link, data={"said": "settled"}).status_code == 400
    assert story.reports() == []
    assert "is thanked for it" in client.post(link, data={"said": "won", "value": "$4,800", "is_repeat": "y"}).text
    assert client.post(link, data={"said": "won"}).status_code == 410
    assert client.get(f"{link}x").status_code == 410
    assert story.offer().lead.state is LeadState.WON
    (thanks,) = [mail for mail in delivered(engine, settings, late + DAY) if "thanks you" in mail["Subject"]]
    assert "$4,800, for a client who came again" in thanks.get_content()
    assert "Prudence" not in thanks.as_string()
    assert "Worth $4,800." in story.nia.get(taken).text


def test_a_reminder_that_is_too_old_opens_nothing(
    story: Story, taken: str, engine: Engine, settings: Settings, app: Site, now: datetime, client: FlaskClient
) -> None:
    assert chase(story.session, offer=story.offer(), now=now + 3 * DAY)
    story.session.commit()
    mails = delivered(engine, settings, now + 3 * DAY)
    (link,) = [link_in(mail) for mail in mails if "how is it going" in mail["Subject"].lower()]
    app.config["CLOCK"] = lambda: now + 40 * DAY
    assert client.get(link).status_code == 410
    assert client.post(link, data={"said": "talked"}).status_code == 410
    assert story.reports() == []


def test_the_page_of_the_lead_closes_it_with_an_amount_and_opens_it_again(story: Story, taken: str) -> None:
    lead = f"/leads/{story.offer().lead.public_id}"
    assert story.bea.post(f"{lead}/won", data={"value": "-1"}).status_code == 422
    assert story.bea.post(f"{lead}/won", data={"value": "€1.200"}).status_code == 303
    assert "€1,200" in story.nia.get(taken).text
    assert story.bea.post(f"{lead}/reopen").status_code == 303
    assert story.reports() == ["won", "reversed"]
    assert story.offer().lead.state is LeadState.RECEIVED


def test_a_dispute_is_read_by_both_and_settled_by_the_chapters_lead(story: Story, taken: str) -> None:
    assert story.nia.post(f"{taken}/dispute", data={"words": ""}).status_code == 422
    assert story.nia.post(f"{taken}/dispute", data={"words": "It was five thousand."}).status_code == 303
    assert "It was five thousand." in story.bea.get(f"/leads/{story.offer().lead.public_id}").text
    assert story.bea.post(f"{taken}/settle", data={"words": "No."}).status_code == 404
    assert "Nia Sandoval says something is wrong with a referral" in story.dana.get("/").text
    assert "something is wrong with a referral" not in story.nia.get("/").text
    page = story.dana.get(taken).text
    assert "Settle it" in page
    assert story.dana.post(f"{taken}/settle", data={"words": "Five it is.", "value": "5e9999"}).status_code == 422
    assert story.dana.post(f"{taken}/settle", data={"words": "Five it is.", "value": "$5,000"}).status_code == 303
    assert story.dana.post(f"{taken}/settle", data={"words": "Again.", "value": ""}).status_code == 409
    assert "Worth $5,000." in story.nia.get(taken).text
    assert story.reports() == ["disputed", "settled"]
    assert "something is wrong with a referral" not in story.dana.get("/").text
    assert story.nia.post(f"{taken}/dispute", data={"words": "Still."}).status_code == 303
    assert story.nia.post(f"{taken}/undispute").status_code == 303


def test_forged_links_of_a_client_change_nothing(story: Story, client_link: str, client: FlaskClient) -> None:
    for path in ("pass-on/yes", "pass-on/no", "say/won"):
        assert client.get(f"{client_link}/{path}").status_code == 405
        assert client.post(f"{client_link}x/{path}").status_code == 422
    assert client.post(f"{client_link}/pass-on/yes", data={"offer": "another"}).status_code == 409
    assert story.offer().state is OfferState.HELD


def test_an_introduction_becomes_a_lead_and_work(story: Story, cast: Cast, now: datetime) -> None:
    met = Introduction(asker_id=cast.nia.id, target_id=cast.bea.id, text="T", asked_at=now, answered_at=now)
    met.state = IntroductionState.ACCEPTED
    story.session.add(met)
    story.session.commit()
    page = f"/introductions/{met.public_id}"
    path = f"/leads/new?introduction={met.public_id}"
    assert path in story.nia.get(page).text
    brought = story.nia.post(path, data={"text": "A museum wants its report designed."}).location
    assert "A museum wants its report" in story.nia.get(page).text
    seen = story.bea.get(page).text
    assert "A lead of Nia" in seen
    assert "A museum" not in seen
    assert story.nia.post(f"{brought}/won").status_code == 303
    assert "won" in story.bea.get(page).text
    assert story.carla.get(path).status_code == 404
    assert story.nia.post(f"/members/{cast.bea.public_id}/interactions", data={"kind": "met", "year": 2026}).status_code
    story.session.rollback()
    met.state = IntroductionState.WITH_TARGET
    story.session.commit()
    assert story.nia.get(path).status_code == 404


def test_an_ask_of_the_week_begins_a_message_or_a_referral(story: Story, cast: Cast, now: datetime) -> None:
    cast.bea.spotlight_at = now
    ask = Wanted(member_id=cast.bea.id, kind=WantedKind.CLIENT, text="Clinics about to move", wanted_at=now)
    ask.shared_at = now
    story.session.add_all([ask, Channel(chapter=cast.chapter, kind="file", name="File")])
    story.session.flush()
    (coming,) = plan_occurrences(story.session, now=now)[:1]
    compose(story.session, occurrence=coming, now=now, base_url="http://localhost")
    story.session.commit()
    for page in (story.nia.get("/week").text, story.nia.get("/").text):
        assert f'href="/referrals/new?to={cast.bea.public_id}"' in page
        can = re.search(r'href="([^"]*)">I can do that<', page)
        assert can
        assert "this week’s post says that you" in story.nia.get(can[1].replace("&amp;", "&")).text
    assert "I can do that" not in story.bea.get("/week").text
    form = story.nia.get(f"/referrals/new?to={cast.bea.public_id}").text
    assert "A client for Bea Lindqvist" in form
    assert form.count('type="checkbox"') == len(Done)
    slip = {name: value for name, value in SLIP.items() if name != "who"}
    assert story.nia.post(f"/referrals/new?to={cast.bea.public_id}", data=slip).status_code == 303
    assert story.offer().member_id == cast.bea.id
