"""Onboarding, whose steps can each be skipped, and the home page with offers and needs."""

import re
from datetime import datetime
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts.interaction import Interaction
from directory.imports import people_upload
from directory.imports.sheet import read_sheet
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.chapter import UNSET_ZONE, Chapter, edit_chapter
from directory.people.tables import Business, Member, MemberState, Wanted, WantedKind
from directory.people.wanted import add_wanted
from directory.week.mention_choice import Mention
from directory.week.occurrence_planning import plan_occurrences
from tests.app.conftest import SignIn
from tests.embedded_texts import embed_pairing_texts


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def ines(engine: Engine, now: datetime) -> Member:
    """Ines, who was invited to Old Pueblo and has entered nothing yet."""
    return newcomer(engine, now)


def newcomer(engine: Engine, now: datetime, state: MemberState = MemberState.ACTIVE) -> Member:
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        firm = Business(name="Ibarra & Daughters", chapter=chapter, city="Tucson", created_at=now)
        session.add(Member(name="Ines Ibarra", business=firm, state=state, joined_at=now, invited_at=now))
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.name == "Ines Ibarra")).one()


def person(engine: Engine, key: str) -> Member:
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.key == key)).one()


def post_step(browser: FlaskClient, path: str, **form: object) -> str:
    answer = browser.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return str(browser.get(answer.location).location)


def test_onboarding_resumes_where_it_stopped_and_every_step_can_be_skipped(ines: Member, sign_in: SignIn) -> None:
    browser = sign_in(ines)
    assert browser.get("/welcome").location == "/welcome/firm"
    for step in ("able", "wanted", "known", "done"):
        assert post_step(browser, f"/welcome/skip/{step}") == f"/welcome/{step}"
        assert browser.get("/welcome").location == f"/welcome/{step}"
    assert "Choose a password" in browser.get("/welcome/done").text


def test_only_the_capabilities_chosen_are_claimed(ines: Member, sign_in: SignIn, engine: Engine) -> None:
    browser = sign_in(ines)
    assert browser.post("/welcome/firm", data={"summary": " "}).status_code == 422
    assert post_step(browser, "/welcome/firm", summary="We keep books and run payroll") == "/welcome/able"
    page = browser.get("/welcome/able").text
    assert "Bookkeeping" in page
    with Session(engine) as session:
        books, payroll = (session.scalars(select(Wanted.__mapper__.relationships.capability.entity.class_).filter_by(
            scheme="goodword", name=name)).one() for name in ("Bookkeeping", "Payroll"))  # fmt: skip
    offered = [books.public_id, payroll.public_id]
    assert post_step(browser, "/welcome/able", offered=offered, able=[books.public_id]) == "/welcome/wanted"
    with Session(engine) as session:
        firm = session.get_one(Business, ines.business_id)
        assert [capability.name for capability in firm.capabilities] == ["Bookkeeping"]
    post_step(browser, "/welcome/able", offered=offered, able=[payroll.public_id])
    with Session(engine) as session:
        firm = session.get_one(Business, ines.business_id)
        assert [capability.name for capability in firm.capabilities] == ["Payroll"]


@pytest.mark.parametrize(
    ("ask", "shared", "named"), [("named", True, True), ("unnamed", True, False), ("no", False, False)]
)
def test_sharing_a_want_and_its_name_follows_the_newcomers_choice(
    ines: Member, sign_in: SignIn, engine: Engine, ask: str, shared: bool, named: bool
) -> None:
    browser = sign_in(ines)
    assert post_step(browser, "/welcome/wanted", text="Clinics that move", ask=ask) == "/welcome/known"
    with Session(engine) as session:
        asked = session.scalars(select(Wanted).where(Wanted.member_id == ines.id)).one()
        assert (asked.shared_at is not None, asked.member.spotlight_at is not None) == (shared, named)
    post_step(browser, "/welcome/wanted", ask=ask)  # without the want, which ends it
    with Session(engine) as session:
        assert session.scalars(select(Wanted).where(Wanted.member_id == ines.id)).one().ended_at is not None


def test_known_people_are_asked_to_confirm_once(ines: Member, sign_in: SignIn, engine: Engine) -> None:
    browser, bea = sign_in(ines), person(engine, "bea")
    for _ in range(2):
        assert post_step(browser, "/welcome/known", known=[bea.public_id, ines.public_id, "unknown"]) == "/welcome/done"
    with Session(engine) as session:
        said = session.scalars(select(Interaction).where(Interaction.said_by_id == ines.id)).one()
        assert (said.other_id, said.confirmed_at) == (bea.id, None)
    assert bea.public_id not in browser.get("/welcome/known").text


LISTED = """Name,Mail,Firm,Town,Trade,Looking for,Phone
"Wu, Tess",tess@wu.example,Wu Books,Tucson,Bookkeeping,Clinics that move,520 555 0150
"""


@pytest.fixture
def tess(engine: Engine, now: datetime) -> Member:
    """Tess, whom Lena brought in with a list and who has come in, and nothing more."""
    with write_session(engine) as session:
        lena = session.scalars(select(Member).where(Member.key == "lena")).one()
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        sheet = read_sheet(LISTED.encode())
        batch = people_upload.upload(session, chapter=chapter, by=lena, sheet=sheet, now=now)
        people_upload.commit(session, batch=batch, by=lena, share=True, now=now)
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.name == "Tess Wu")).one()


def entry(page: str, **changes: object) -> dict[str, object]:
    """The form of the page as it stands, with some fields changed."""
    ids = {name: re.findall(rf'name="{name}" value="(\w+)"', page) for name in ("offered", "able", "kept")}
    fields = {"name": "Tess Wu", "firm_name": "Wu Books", "firm_city": "Tucson", "phone": "520 555 0150"}
    return {**fields, **ids, "ask": "unnamed", **changes}


def test_who_was_on_a_list_first_reads_what_was_written_of_them(tess: Member, sign_in: SignIn) -> None:
    browser = sign_in(tess)
    assert browser.get("/welcome").location == "/welcome/listed"
    page = browser.get("/welcome/listed").text
    for said in ("This is what Lena wrote about you", "Wu Books", "Bookkeeping", "Clinics that move", "520 555 0150"):
        assert said in page
    assert 'value="unnamed" checked' in page
    assert "What Lena wrote about you" in browser.get("/").text
    assert post_step(browser, "/welcome/listed", **entry(page)) == "/welcome/known"
    assert "What Lena wrote about you" not in browser.get("/").text


def test_what_a_list_said_is_corrected_in_one_go(tess: Member, sign_in: SignIn, engine: Engine) -> None:
    browser = sign_in(tess)
    page = browser.get("/welcome/listed").text
    photo = BytesIO()
    Image.new("RGB", (600, 600), "teal").save(photo, "JPEG")
    changes = {"name": "Tessa Wu", "able": [], "kept": [], "more": "WordPress, dowsing", "text": "Schools"}
    form = entry(page, **changes, role="Owner", ask="named", photo=(BytesIO(photo.getvalue()), "me.jpg"))
    assert post_step(browser, "/welcome/listed", **form) == "/welcome/known"
    with Session(engine) as session:
        member = session.get_one(Member, tess.id)
        assert (member.name, member.role, member.business.city) == ("Tessa Wu", "Owner", "Tucson")
        assert sorted(row.name for row in member.business.capabilities) == ["Dowsing", "WordPress"]
        assert [(row.text, row.shared_at is not None) for row in member.asks] == [("Schools", True)]
        assert member.spotlight_at is not None
        assert member.photo


def test_what_is_wrong_comes_back_as_it_was_typed(tess: Member, sign_in: SignIn, engine: Engine) -> None:
    browser = sign_in(tess)
    form = entry(browser.get("/welcome/listed").text, firm_name="", phone="call me", able=[], role="Owner")
    answer = browser.post("/welcome/listed", data=form)
    assert (answer.status_code, "Owner" in answer.text) == (422, True)
    assert not re.search(r'name="able" value="\w+" checked', answer.text)
    with Session(engine) as session:
        assert session.get_one(Member, tess.id).business.name == "Wu Books"


def test_a_lead_sees_first_steps_until_all_are_taken(engine: Engine, sign_in: SignIn, now: datetime) -> None:
    lena = person(engine, "lena")
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        chapter.zone, chapter.about = UNSET_ZONE, ""
    browser = sign_in(lena)
    for path in ("/", "/chapter"):
        page = browser.get(path).text
        assert [label in page for label in ("Choose", "Describe it", "Invite people", "Preview it")] == [
            True,
            True,
            False,
            True,
        ]
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        settings = {"zone": "Arizona", "about": "For firms of Tucson.", "city": "Tucson"}
        edit_chapter(session, chapter=chapter, by_id=lena.id, changes=settings, now=now)
        channel = Channel(chapter_id=chapter.id, kind="file", name="file")
        session.add(channel)
        session.flush()
        post = Delivery(key="post:1:1", channel_id=channel.id, payload=b"", state=DeliveryState.DELIVERED, due_at=now)
        session.add(post)
    assert "Set up" not in browser.get("/").text
    assert "Set up" not in sign_in(person(engine, "nadia")).get("/").text


def test_who_was_on_no_list_has_no_such_page(ines: Member, sign_in: SignIn) -> None:
    assert sign_in(ines).get("/welcome/listed").location == "/welcome/firm"


def test_an_applicant_completes_their_own_page_but_sees_no_member(
    engine: Engine, now: datetime, sign_in: SignIn
) -> None:
    browser = sign_in(newcomer(engine, now, MemberState.PENDING))
    page = browser.get("/").text
    assert "You are almost there, Ines" in page
    assert post_step(browser, "/welcome/firm", summary="We keep books") == "/welcome/able"
    assert post_step(browser, "/welcome/wanted", text="Clinics that move", ask="no") == "/welcome/done"
    assert "Bea" not in browser.get("/welcome/done").text
    assert browser.get("/welcome/known").status_code == 403
    assert browser.post("/give", data={"text": "Yoga", "way": "offer"}).status_code == 403


def test_an_offer_is_matched_at_once_and_not_stored(engine: Engine, sign_in: SignIn, ines: Member) -> None:
    with write_session(engine) as session:
        embed_pairing_texts(session)
    browser = sign_in(ines)
    text = "I know the facilities head of the clinic"
    page = browser.post("/give", data={"text": text, "way": "introduce"}).text
    assert "Clinics that open a second location" in page
    assert "Luis" in page
    nobody = browser.post("/give", data={"text": "Free yoga lessons", "way": "offer"}).text
    assert "Nobody is asking for that right now" in nobody
    long = browser.post("/give", data={"text": "Yoga on Mondays. " * 20, "way": "offer"})
    assert (long.status_code, long.text.count("Yoga on Mondays."), "to 300 characters" in long.text) == (422, 20, True)
    assert 'value="offer" checked' in long.text
    with Session(engine) as session:
        assert session.scalars(select(Wanted).where(Wanted.member_id == ines.id)).all() == []
        asked = session.scalars(select(Wanted).where(Wanted.text.startswith("Clinics that open"))).one()
    reached = browser.post(f"/wanted/{asked.public_id}/contact", data={"text": text, "given": "introduce"}).text
    assert "I could introduce you" in reached


def test_a_kept_offer_is_on_the_home_page_and_can_be_withdrawn(sign_in: SignIn, ines: Member) -> None:
    browser = sign_in(ines)
    kept = browser.post("/offers", data={"text": "Two free days of bookkeeping", "share": "1"})
    page = browser.get(kept.location).text
    assert "Two free days of bookkeeping" in page
    undo = page.split("/take-back")[0].rsplit('"', 1)[1] + "/take-back"
    browser.post(undo)
    assert "Two free days of bookkeeping" not in browser.get("/").text


def test_a_need_is_redirected_to_a_new_lead(sign_in: SignIn, ines: Member) -> None:
    answer = sign_in(ines).post("/give", data={"text": "A client wants WordPress", "way": "need"})
    assert (answer.status_code, answer.location) == (307, "/leads/new")


def test_closing_a_lead_can_be_undone(engine: Engine, sign_in: SignIn) -> None:
    browser = sign_in(person(engine, "nadia"))
    lead = browser.get("/leads").text.split("/leads/")[2].split('"')[0]
    settled = browser.post(f"/leads/{lead}/declined", follow_redirects=True).text
    assert f'action="/leads/{lead}/reopen"' in settled
    assert "is open again" in browser.post(f"/leads/{lead}/reopen", follow_redirects=True).text


def test_a_mention_without_consent_names_the_member_only_to_leads(
    engine: Engine, now: datetime, sign_in: SignIn, ines: Member
) -> None:
    with write_session(engine) as session:
        asks = session.get_one(Member, ines.id)
        asked = add_wanted(session, member=asks, kind=WantedKind.CLIENT, text="Clinics", now=now)
        session.flush()
        for turn in plan_occurrences(session, now=now):
            if turn.chapter == asks.business.chapter:
                reason = "asks to meet: Clinics, without the name"
                session.add(Mention(occurrence=turn, member=asks, wanted=asked, reason=reason))
    for key, names_her in (("bea", False), ("lena", True)):
        page = sign_in(person(engine, key)).get("/week").text
        assert ("Ines" in page, "without the name" in page) == (names_her, True)
    assert "speaks up for a member" in " ".join(sign_in(person(engine, "carla")).get("/").text.split())
    assert "Ines" in sign_in(ines).get("/week").text.split("Who is in it")[1]


def test_the_home_page_takes_at_most_16_queries(engine: Engine, sign_in: SignIn) -> None:
    browser = sign_in(person(engine, "nadia"))
    browser.get("/")
    asked: list[str] = []
    from app.db import db

    with browser.application.app_context():
        site = db.engine

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(site, "before_cursor_execute", note)
    browser.get("/")
    event.remove(site, "before_cursor_execute", note)
    asked = [statement for statement in asked if statement != "BEGIN"]
    assert len(asked) <= 16, "\n".join(asked)
