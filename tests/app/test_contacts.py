"""Audiences of profile fields on every page, and the reveal of contact details, one person at a time."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.audit import AuditEntry
from directory.db import write_session
from directory.facts.introduction import Introduction, IntroductionState
from directory.outbox.delivery import Delivery
from directory.people.audience import Audience, audience_choices
from directory.people.field_declaration import fields_of
from directory.people.tables import Business, Member, MemberState
from directory.profiles.contact_reveal import PEOPLE_A_DAY, PEOPLE_AN_HOUR, reveal
from directory.profiles.member_view import set_audiences
from tests.app.conftest import SignIn

IN_PAGES = {
    "photo": "ca" * 32,
    "video": "video-canary.example",
    "headline": "Headline canary",
    "prices": "$77,701",
}
ASKED_FOR = {
    "direct_phone": "+1 520 555 0901",
    "direct_email": "direct-canary@bramble.example",
    "firm_phone": "+1 520 555 0902",
    "firm_email": "firm-canary@bramble.example",
}
OTHERS = {
    (model, field.name): f"Canary of {field.name}"
    for model in (Member, Business)
    for field in fields_of(model).values()
    if field.limit and field.audience and field.audience.name not in {*IN_PAGES, *ASKED_FOR}
}
IN_PAGES |= {fields_of(model)[name].audience.name: canary for (model, name), canary in OTHERS.items()}
CIRCLES = list(Audience)
CLOSEST = {"web": None, "pending": None, "far": Audience.MEMBERS, "near": Audience.CHAPTER, "lead": Audience.CHAPTER}
CLOSEST |= {"introduced": Audience.INTRODUCED}


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


def member(session: Session, key: str) -> Member:
    return session.scalars(select(Member).where(Member.key == key)).one()


@pytest.fixture
def ids(engine: Engine, now: datetime) -> dict[str, str]:
    """Put a canary in every field of Bea's, and return the public ids that the paths below use."""
    with write_session(engine) as session:
        bea, firm = member(session, "bea"), member(session, "bea").business
        bea.photo, bea.video, bea.headline = IN_PAGES["photo"], f"https://{IN_PAGES['video']}/1", IN_PAGES["headline"]
        bea.phone, bea.email = ASKED_FOR["direct_phone"], ASKED_FOR["direct_email"]
        firm.phone, firm.email, firm.price_low_minor = ASKED_FOR["firm_phone"], ASKED_FOR["firm_email"], 7_770_100
        for (model, name), canary in OTHERS.items():
            setattr(bea if model is Member else firm, name, canary)
        for other in firm.members:
            other.state = MemberState.ACTIVE if other is bea else MemberState.SUSPENDED
        return {"bea": bea.public_id, "firm": firm.public_id, "omar": member(session, "omar").public_id}


def browser_of(engine: Engine, sign_in: SignIn, key: str) -> FlaskClient:
    with Session(engine) as session:
        return sign_in(member(session, key))


def set_every_audience(engine: Engine, audience: Audience, now: datetime) -> None:
    with write_session(engine) as session:
        set_audiences(
            session, member=member(session, "bea"), audiences=dict.fromkeys(audience_choices(), audience.value), now=now
        )


@pytest.fixture
def readers(engine: Engine, ids: dict[str, str], app: Site, sign_in: SignIn, now: datetime) -> dict[str, FlaskClient]:
    """One browser for each relation to Bea."""
    with write_session(engine) as session:
        chapter = member(session, "bea").business.chapter_id
        nadia, carla, lena, bea = (member(session, key) for key in ("nadia", "carla", "lena", "bea"))
        far = session.scalars(select(Member).join(Member.business).where(Business.chapter_id != chapter)).first()
        assert far is not None
        assert nadia.business.chapter_id == carla.business.chapter_id == chapter
        waiting = Member(name="Wes", business=nadia.business, joined_at=now, state=MemberState.PENDING)
        state = IntroductionState.ACCEPTED
        met = Introduction(asker=carla, target=bea, text="Hello", state=state, asked_at=now)
        session.add_all([waiting, met])
        session.flush()
        people = {"far": far, "near": nadia, "introduced": carla, "lead": lena, "pending": waiting}
        named = {who: person.id for who, person in people.items()}
    with Session(engine) as session:
        people = {who: session.get_one(Member, row_id) for who, row_id in named.items()}
        session.commit()
        browsers = {who: sign_in(person) for who, person in people.items()}
    return browsers | {"web": app.test_client()}


def crawl(browser: FlaskClient, ids: dict[str, str], leads: str | None) -> str:
    paths = ["/", "/members?q=bramble", "/members?q=headline canary", "/week"]
    paths += [f"/members/{ids['bea']}", f"/businesses/{ids['firm']}"]
    return "".join(browser.get(path).text for path in [*paths, *([leads] if leads else [])])


@pytest.mark.slow
def test_each_field_is_shown_exactly_to_its_audience_on_every_page(
    engine: Engine, readers: dict[str, FlaskClient], ids: dict[str, str], now: datetime
) -> None:
    wish = {"text": "A website in WordPress, about $15,000, in Tucson"}
    answers = {who: readers[who].post("/leads/new", data=wish).location for who in ("near", "far")}
    assert "Bramble" in readers["near"].get(answers["near"]).text
    for audience in CIRCLES:
        set_every_audience(engine, audience, now)
        for who, closest in CLOSEST.items():
            if closest is None and audience is not Audience.PUBLIC:
                continue  # readers who do not see the widest audience see no closer one
            may = closest is not None and CIRCLES.index(audience) <= CIRCLES.index(closest)
            seen = crawl(readers[who], ids, answers.get(who))
            assert {name for name, canary in IN_PAGES.items() if canary in seen} == (set(IN_PAGES) if may else set()), (
                audience,
                who,
            )
            assert not [canary for canary in ASKED_FOR.values() if canary in seen], (audience, who)
            given = readers[who].post(f"/members/{ids['bea']}/contact", data={"way": "call"}).text
            expected = set(ASKED_FOR) if may else set()
            assert {name for name, canary in ASKED_FOR.items() if canary in given} == expected, (audience, who)
            if who in ("far", "near"):
                told = readers[who].post(f"{answers[who]}/contact/{ids['firm']}", data={"team": "1"}).text
                assert {name for name, canary in ASKED_FOR.items() if canary in told} == expected, (audience, who)


def test_a_business_reveals_its_own_contact_and_none_of_its_members(
    engine: Engine, readers: dict[str, FlaskClient], ids: dict[str, str], now: datetime
) -> None:
    set_every_audience(engine, Audience.CHAPTER, now)
    for who, given in (
        ("far", set()),
        ("near", {"firm_phone", "firm_email"}),
        ("introduced", {"firm_phone", "firm_email"}),
    ):
        page = readers[who].post(f"/businesses/{ids['firm']}/contact").text
        assert {name for name, canary in ASKED_FOR.items() if canary in page} == given


def test_the_search_index_holds_only_fields_visible_to_every_member(
    engine: Engine, ids: dict[str, str], now: datetime
) -> None:
    for audience in CIRCLES:
        set_every_audience(engine, audience, now)
        with Session(engine) as session:
            text = member(session, "bea").business.search_text
        assert ("headline canary" in text) == (audience in (Audience.PUBLIC, Audience.MEMBERS))


def test_a_post_quotes_no_line_that_is_not_for_everybody(engine: Engine, ids: dict[str, str], now: datetime) -> None:
    from directory.week.post_item import PostItem

    for audience in CIRCLES:
        set_every_audience(engine, audience, now)
        with Session(engine) as session:
            quoted = PostItem(member(session, "bea"), since=now).quoted
        assert ("Headline canary" in quoted) == (audience is Audience.PUBLIC)


def test_the_preview_of_ones_profile_shows_what_an_audience_sees(
    engine: Engine, ids: dict[str, str], sign_in: SignIn, now
) -> None:
    set_every_audience(engine, Audience.CHAPTER, now)
    bea = browser_of(engine, sign_in, "bea")
    for circle, sees in (("public", False), ("members", False), ("chapter", True), ("introduced", True)):
        page = bea.get(f"/profile/as/{circle}").text.split("<main")[1]  # the header above shows the reader's own photo
        assert all((canary in page) == sees for canary in IN_PAGES.values()), circle
    assert bea.get("/profile/as/nobody").status_code == 404


def test_the_audience_of_every_field_is_set_on_one_page(engine: Engine, ids: dict[str, str], sign_in: SignIn) -> None:
    bea = browser_of(engine, sign_in, "bea")
    page = bea.get("/profile/audiences").text
    chosen = dict.fromkeys(re.findall(r'<select[^>]* name="(\w+)"', page), "nobody")
    assert set(chosen) == set(audience_choices())
    assert "members of Old Pueblo" in page
    assert bea.post("/profile/audiences", data=chosen).status_code == 303
    assert bea.post("/profile/audiences", data={**chosen, "photo": "spies"}).status_code == 422
    with Session(engine) as session:
        row = member(session, "bea")
        assert {**row.audiences, **row.business.audiences} == chosen


def test_contact_details_are_an_htmx_part_or_a_full_page(engine: Engine, ids: dict[str, str], sign_in: SignIn) -> None:
    nadia, path = browser_of(engine, sign_in, "nadia"), f"/members/{ids['bea']}/contact"
    whole, part = nadia.post(path).text, nadia.post(path, headers={"HX-Request": "true"}).text
    assert "<html" in whole
    assert "<html" not in part
    for page in (whole, part):
        assert 'href="tel:+15205550902"' in page
        assert "mailto:firm-canary@bramble.example?subject=Nadia" in page
    assert nadia.get(path).status_code == 405
    gone, never = nadia.post(f"/members/{ids['omar']}/contact"), nadia.post("/members/nobody/contact")
    assert (gone.status_code, gone.text) == (404, never.text)


def test_a_lead_reads_a_private_contact_with_a_reason_and_the_member_is_told(
    engine: Engine, ids: dict[str, str], sign_in: SignIn
) -> None:
    path = f"/members/{ids['bea']}/contact/private"
    nadia, lena = browser_of(engine, sign_in, "nadia"), browser_of(engine, sign_in, "lena")
    assert nadia.post(path, data={"reason": "I want to sell something"}).status_code == 404
    assert f'action="{path}"' not in nadia.get(f"/members/{ids['bea']}").text
    assert f'action="{path}"' in lena.get(f"/members/{ids['bea']}").text
    asked = lena.post(path)
    assert (asked.status_code, ASKED_FOR["direct_phone"] in asked.text) == (422, False)
    with Session(engine) as session:
        before = session.scalar(select(func.count()).select_from(Delivery))
    given = lena.post(path, data={"reason": "The firm does not answer since Monday"}).text
    assert ASKED_FOR["direct_phone"] in given
    assert ASKED_FOR["direct_email"] in given
    with Session(engine) as session:
        reasons = session.scalars(select(AuditEntry.reason).where(AuditEntry.action == "profile.read_private_contact"))
        assert list(reasons) == ["The firm does not answer since Monday"]
        assert session.scalar(select(func.count()).select_from(Delivery)) == (before or 0) + 1


def test_contact_reveals_are_limited_per_hour_and_recorded(
    engine: Engine, ids: dict[str, str], sign_in: SignIn, now: datetime
) -> None:
    nadia = browser_of(engine, sign_in, "nadia")
    path = f"/members/{ids['bea']}/contact"
    assert ASKED_FOR["firm_phone"] in nadia.post(path).text
    with write_session(engine) as session:
        reader, firm = member(session, "nadia"), member(session, "nadia").business
        others = [Member(name=f"M{number}", business=firm, joined_at=now) for number in range(PEOPLE_AN_HOUR)]
        session.add_all(others)
        session.flush()
        for other in others[:-1]:
            reveal(session, reader=reader, of=other, now=now)
        last = others[-1].public_id
    refused = nadia.post(f"/members/{last}/contact")
    assert refused.status_code == 409
    assert "You looked up 60 people in a short time" in refused.text
    assert ASKED_FOR["firm_phone"] in nadia.post(path).text  # a second reveal of the same person is not counted
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry.object).where(AuditEntry.action == "contact.reveal")).all()
    assert len(entries) == PEOPLE_AN_HOUR + 1
    assert entries.count(f"member {ids['bea']}") == 2
    assert f"member {last}" not in entries


def test_contact_reveals_are_limited_per_day(engine: Engine, ids: dict[str, str], now: datetime) -> None:
    from directory.errors import Conflict

    with write_session(engine) as session:
        reader, firm = member(session, "nadia"), member(session, "nadia").business
        others = [Member(name=f"M{number}", business=firm, joined_at=now) for number in range(PEOPLE_A_DAY + 1)]
        session.add_all(others)
        session.flush()
        for number, other in enumerate(others[:-1]):
            reveal(session, reader=reader, of=other, now=now + timedelta(hours=number // 50))
        with pytest.raises(Conflict, match="200 people"):
            reveal(session, reader=reader, of=others[-1], now=now + timedelta(hours=9))
        reveal(session, reader=reader, of=others[-1], now=now + timedelta(hours=25))
