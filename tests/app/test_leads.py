"""Leads on the website: a suggestion for the member who brought the lead, and for nobody else."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from app.errors import Site
from app.pages import lead_correction
from directory.audit import AuditEntry
from directory.db import write_session
from directory.engine import lead_intake
from directory.engine.sentence_encoder import Model
from directory.engine.suggestions import UnderstoodText
from directory.leads.lead import Lead
from directory.leads.need_example import NeedExample
from directory.leads.suggestion import Suggestion
from directory.outbox.delivery import Delivery
from directory.people.business import edit_business
from directory.people.tables import Business, Member
from directory.privacy.erasure import erase
from directory.rate_limit import consume_allowance, refund_allowance
from directory.taxonomy.capability import Capability
from tests.app.conftest import SignIn

STORY = "A client wants a company website the staff can edit. He insists on WordPress. About $15,000, in Tucson."


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def nadia(engine: Engine, sign_in: SignIn) -> FlaskClient:
    return browser_of(engine, sign_in, "nadia")


def browser_of(engine: Engine, sign_in: SignIn, key: str) -> FlaskClient:
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).where(Member.key == key)).one())


def bring(browser: FlaskClient, text: str = STORY, **fields: str) -> str:
    """Create a lead and return its path."""
    answer = browser.post("/leads/new", data={"text": text, **fields})
    assert answer.status_code == 303, answer.text
    return answer.location


def rows(engine: Engine, table: type[Lead | Suggestion | NeedExample]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_bringer_stays_prime_and_bramble_builds_wordpress(nadia: FlaskClient) -> None:
    page = nadia.get(bring(nadia)).text
    assert re.search(r"<h2>You lead it, Bramble &amp; Co does [^<]*WordPress", page)
    assert "Call Bea" in page
    assert "worked with, in" in page
    assert "Carla Ruiz" in page
    assert "Business development and project management" in page
    assert "$15,000" in page
    assert "Tucson" in page


@pytest.mark.parametrize("again", [STORY, "  he insists on wordpress! " + STORY.replace("company", "compnay").lower()])
def test_the_same_words_again_are_noticed_before_they_are_asked(
    engine: Engine, site: Site, nadia: FlaskClient, sign_in: SignIn, again: str, now: datetime
) -> None:
    brought, before = bring(nadia), rows(engine, Lead)
    site.config["CLOCK"] = lambda: now + timedelta(days=1)
    answer = nadia.post("/leads/new", data={"text": again})
    assert answer.status_code == 409
    assert "You asked this yesterday." in answer.text
    assert f'href="{brought}"' in answer.text
    assert rows(engine, Lead) == before
    bring(browser_of(engine, sign_in, "bea"), again)  # others may ask the same, and so may she
    assert bring(nadia, again, again="y") != brought


def test_other_words_are_no_repetition(nadia: FlaskClient) -> None:
    for text in (
        "Payroll for 12 people",
        "Payroll for 40 people",
        "A plumber for our office",
        "A painter for our office",
    ):
        bring(nadia, text)


def test_a_chapter_lead_sees_the_lead_but_not_the_suggestion(
    engine: Engine, nadia: FlaskClient, sign_in: SignIn
) -> None:
    page = browser_of(engine, sign_in, "lena").get(bring(nadia)).text
    assert "The answer is only for Nadia Soto" in page
    assert "Bramble" not in page


def test_the_needs_of_a_lead_can_be_corrected(nadia: FlaskClient) -> None:
    brought = bring(nadia)
    form = nadia.get(f"{brought}/edit").text
    choices = dict.fromkeys(re.findall(r'name="(need-[a-z0-9]+)"', form), "no")
    assert choices
    answer = nadia.post(f"{brought}/edit", data={**choices, "add": "Offset printing", "place": "Tucson"})
    assert answer.status_code == 303
    page = nadia.get(brought).text
    assert "WordPress <small>" not in page
    assert "Offset printing <small>must</small>" in page


def test_further_possible_needs_are_offered_and_can_be_added(nadia: FlaskClient) -> None:
    brought = bring(nadia, "Somebody has to look at the sound of our office, we hear every call")
    form = nadia.get(f"{brought}/edit").text
    offered = re.findall(r'name="(need-[a-z0-9]+)" id="[^"]+-no" value="no" checked', form)
    assert 1 <= len(offered) <= 6
    assert nadia.post(f"{brought}/edit", data={offered[0]: "must"}).status_code == 303
    assert f'name="{offered[0]}" id="{offered[0]}-must" value="must" checked' in nadia.get(f"{brought}/edit").text


def test_a_likely_need_is_taken_on_the_answer_and_the_rest_stays(nadia: FlaskClient) -> None:
    brought = bring(nadia)
    page = nadia.get(brought).text
    (need, name), *_others = re.findall(r'name="(need-[a-z0-9]+)" value="must">([^<?]+) too\?<', page)
    assert nadia.post(f"{brought}/needs", data={need: "must"}).status_code == 303
    after = nadia.get(brought).text
    assert f"{name} <small>must" in after
    assert f"{name} too?" not in after
    assert "WordPress <small>must" in after
    assert "$15,000" in after


def test_an_unknown_capability_is_reported_and_the_input_is_kept(nadia: FlaskClient) -> None:
    brought = bring(nadia)
    answer = nadia.post(f"{brought}/edit", data={"add": "Unicorn grooming", "budget": "plenty"})
    assert answer.status_code == 422
    assert "Enter an amount such as 15,000." in answer.text
    assert 'value="plenty"' in answer.text
    assert 'value="Unicorn grooming"' in answer.text


def test_what_the_text_leaves_open_is_asked_and_answered_with_one_tap(engine: Engine, nadia: FlaskClient) -> None:
    brought = bring(nadia, f"{STORY[: -len('About $15,000, in Tucson.')]} The budget is 20.000, before Black Friday.")
    page = nadia.get(brought).text
    question = page[page.index("Do you mean $20,000 or $20?") :]
    form = question[question.index("<form") : question.index("</form>")]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert nadia.post(re.findall(r'action="([^"]+)"', form)[0], data=fields).status_code == 303
    with Session(engine) as session:
        lead = session.scalars(select(Lead).order_by(Lead.id.desc()).limit(1)).one()
        assert (lead.budget_minor, lead.currency, lead.due_on is None) == (2_000_000, "USD", False)
        assert lead.needs
    assert "Do you mean" not in nadia.get(brought).text


def test_a_question_is_dismissed_for_good(nadia: FlaskClient) -> None:
    brought = bring(nadia, "A bakery wants a logo. The budget is 20.000.")
    page = nadia.get(brought).text
    assert f'action="{brought}/budget/dismiss"' in page
    assert nadia.post(f"{brought}/budget/dismiss").location == brought
    page = nadia.get(brought).text
    assert "$20,000 or $20" not in page
    assert "dismiss" not in page


def test_an_amount_that_could_be_two_things_is_asked_about_at_its_field(nadia: FlaskClient) -> None:
    answer = nadia.post("/leads/new", data={"text": STORY, "budget": "15.000"})
    assert answer.status_code == 422
    assert "Do you mean $15,000 or $15?" in answer.text
    assert nadia.post("/leads/new", data={"text": STORY, "budget": "€15.000"}).status_code == 303


def test_an_invalid_due_date_is_refused_and_the_old_one_stays(engine: Engine, nadia: FlaskClient) -> None:
    brought = bring(nadia, due_on="2026-12-24")
    answer = nadia.post(f"{brought}/edit", data={"due_on": "31/12/2026"})
    assert (answer.status_code, 'value="31/12/2026"' in answer.text) == (422, True)
    with Session(engine) as session:
        assert session.scalars(select(Lead.due_on).order_by(Lead.id.desc())).first() == date(2026, 12, 24)


def test_a_lead_that_the_bringer_can_do_alone_says_so(nadia: FlaskClient) -> None:
    assert "You can do this yourself" in nadia.get(bring(nadia, "UX design for a clinic's patient portal")).text


@pytest.mark.parametrize("text", ["asdf qwer zxcv", "I lost my dog near the river yesterday"])
def test_a_text_that_matches_nothing_says_so(nadia: FlaskClient, text: str) -> None:
    page = nadia.get(bring(nadia, text)).text
    assert "Nothing here matches these words yet" in page
    assert "These firms write" not in page


def test_where_no_need_is_heard_the_firms_are_shown_that_write_about_it(engine: Engine, nadia: FlaskClient) -> None:
    with write_session(engine) as session:
        bramble = session.scalars(select(Member).where(Member.key == "bea")).one()
        texts = {"summary": "We tune pipe organs <in> chapels.", "not_a_fit": "Violins."}
        edit_business(session, business=bramble.business, by=bramble, changes=texts, now=datetime.now(UTC))
    page = nadia.get(bring(nadia, "The pipe organs of two chapels are out of tune")).text
    assert "Nothing here matches these words yet" in page
    assert "These firms write about something similar" in page
    assert "They write: “We tune pipe organs &lt;in&gt; chapels.”" in page


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "Write what the client needs"), ("x" * 100_000, "Shorten what the client needs"), ("a\u202eb", "hidden")],
)
def test_an_invalid_text_is_refused_with_a_message_and_not_stored(
    engine: Engine, nadia: FlaskClient, text: str, complaint: str
) -> None:
    before = rows(engine, Lead)
    answer = nadia.post("/leads/new", data={"text": text})
    assert answer.status_code == 422
    assert complaint in answer.text
    assert rows(engine, Lead) == before


def test_other_writes_succeed_while_a_text_is_analysed(
    engine: Engine, nadia: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def understand(session: Session, *, text: str) -> UnderstoodText:
        with write_session(engine) as other:
            other.execute(update(Member).values(headline="written meanwhile"))
        return UnderstoodText((), (), (), "")

    monkeypatch.setattr("directory.engine.lead_intake.understand", understand)
    assert "Nothing here matches" in nadia.get(bring(nadia)).text


def test_the_text_of_a_lead_is_escaped(nadia: FlaskClient) -> None:
    page = nadia.get(bring(nadia, "<script>alert(1)</script> {{ 7*7 }} WordPress site")).text
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page


def test_a_lead_can_be_closed_and_reopened(app: Site, nadia: FlaskClient) -> None:
    brought = bring(nadia)
    closed = nadia.post(f"{brought}/won", follow_redirects=True).text
    assert "closed" in closed
    assert "Correct this" not in closed
    reopened = nadia.post(f"{brought}/reopen", follow_redirects=True).text
    assert "is open again" in reopened
    assert "Correct this" in reopened


def test_the_61st_answer_an_hour_is_refused_and_a_new_lead_keeps_its_text(
    engine: Engine, nadia: FlaskClient, now: datetime
) -> None:
    brought = bring(nadia)
    with write_session(engine) as session:
        member = session.scalars(select(Member).where(Member.key == "nadia")).one()
        for _ in range(59):
            consume_allowance(session, key=f"lead {member.id}", limit=60, within=timedelta(hours=1), now=now)
    before = rows(engine, Suggestion)
    for path, data in (("edit", {}), ("needs", {}), ("shape", {"shape": "together"}), ("suggestions", {})):
        assert nadia.post(f"{brought}/{path}", data=data).status_code == 422, path
    assert rows(engine, Suggestion) == before
    answer = nadia.post("/leads/new", data={"text": "One more: logo design"})
    assert answer.status_code == 422
    assert "One more: logo design</textarea>" in answer.text


def test_one_text_of_a_member_is_read_at_a_time(engine: Engine, nadia: FlaskClient, now: datetime) -> None:
    with Session(engine) as session:
        reading = f"reading {session.scalars(select(Member.id).where(Member.key == 'nadia')).one()}"
    with write_session(engine) as session:
        consume_allowance(session, key=reading, limit=1, within=timedelta(seconds=20), now=now)
    before = rows(engine, Lead)
    answer = nadia.post("/leads/new", data={"text": "seo 1, crm 2, logo design"})
    assert (answer.status_code, rows(engine, Lead)) == (429, before)
    assert "still being read" in answer.text
    assert "seo 1, crm 2, logo design</textarea>" in answer.text
    with write_session(engine) as session:
        refund_allowance(session, key=reading)
    assert bring(nadia, "Logo design") != bring(nadia, "Another logo")


def needs_of(page: str) -> list[str]:
    return re.findall(r"([^<>]+) <small>(?:must|nice)</small>", page)


@pytest.fixture
def slang(nadia: FlaskClient, engine: Engine) -> str:
    """The path of a lead in words that nobody knew, corrected to what they mean here."""
    brought = bring(nadia, "The chamber is looking for a rainmaker.")
    assert "Sales training" not in needs_of(nadia.get(brought).text)
    assert nadia.post(f"{brought}/edit", data={"add": "Sales training"}).status_code == 303
    return brought


def test_a_corrected_lead_teaches_later_ones(engine: Engine, nadia: FlaskClient, sign_in: SignIn, slang: str) -> None:
    later, lena = "A winery needs a rainmaker in Phoenix.", browser_of(engine, sign_in, "lena")
    assert "Sales training" in needs_of(lena.get(bring(lena, later)).text)
    choices = dict.fromkeys(re.findall(r'name="(need-[a-z0-9]+)"', nadia.get(f"{slang}/edit").text), "no")
    nadia.post(f"{slang}/edit", data=choices)  # she takes it back
    assert "Sales training" not in needs_of(lena.get(bring(lena, later, again="y")).text)


def test_a_chapter_lead_sees_what_was_learnt_and_lets_it_be_forgotten(
    engine: Engine, nadia: FlaskClient, sign_in: SignIn, slang: str
) -> None:
    later, lena = "A winery needs a rainmaker in Phoenix.", browser_of(engine, sign_in, "lena")
    with Session(engine) as session:
        room = session.scalars(select(Member).where(Member.key == "lena")).one().business.chapter.public_id
    page = lena.get(f"/chapters/{room}/words").text
    assert "“for a rainmaker”" in page
    assert "means Sales training" in page
    (forget,) = re.findall(r'action="([^"]*/examples/[^"]*/hide)"', page)
    assert nadia.post(forget).status_code == 403
    lena.post(forget)
    assert 'id="examples"' not in lena.get(f"/chapters/{room}/words").text
    assert "Sales training" not in needs_of(lena.get(bring(lena, later)).text)
    lena.post(forget.replace("/hide", "/restore"))
    assert "Sales training" in needs_of(lena.get(bring(lena, later, again="y")).text)


def test_a_refused_need_is_not_read_in_the_same_words_again(nadia: FlaskClient) -> None:
    text = "A museum wants someone for the printing of its stories."
    read = needs_of(nadia.get(brought := bring(nadia, text)).text)
    assert read
    choices = dict.fromkeys(re.findall(r'name="(need-[a-z0-9]+)"', nadia.get(f"{brought}/edit").text), "no")
    nadia.post(f"{brought}/edit", data=choices)
    assert not {*read} & {*needs_of(nadia.get(bring(nadia, text, again="y")).text)}


def test_what_was_learnt_from_a_lead_goes_with_whoever_brought_it(
    engine: Engine, nadia: FlaskClient, slang: str, now: datetime
) -> None:
    with write_session(engine) as session:
        assert session.scalars(select(NeedExample)).one().phrase
        erase(session, member=session.scalars(select(Member).where(Member.key == "nadia")).one(), by=None, now=now)
    assert rows(engine, NeedExample) == 0


def test_what_the_text_does_not_speak_of_is_no_example(engine: Engine, nadia: FlaskClient) -> None:
    brought = bring(nadia, "A bakery wants a logo.")
    nadia.post(f"{brought}/edit", data={"add": "Bookkeeping"})
    assert "Bookkeeping" in needs_of(nadia.get(brought).text)
    assert rows(engine, NeedExample) == 0


def shape_of(page: str) -> list[str]:
    return re.findall(r'value="([a-z ]+)" aria-pressed="true"', page)


def test_the_shape_is_changed_with_one_tap_and_stays_with_the_lead(engine: Engine, nadia: FlaskClient) -> None:
    path = bring(nadia)
    page = nadia.get(path).text
    assert shape_of(page) == ["together"]
    assert "Suggested, since" in page
    for shape, answer in (("hand over", "Hand it over to Bramble"), ("alone", "You can do a part of it yourself")):
        assert nadia.post(f"{path}/shape", data={"shape": shape}).status_code == 303
        page = nadia.get(path).text
        assert shape_of(page) == [shape]
        assert re.search(rf"<h2>{answer}|<h2>Your firm does not list this yet", page)
        assert "Suggested, since" not in page
    nadia.post(f"{path}/edit", data={"place": "Tucson", "shape": "hand over"})
    assert shape_of(nadia.get(path).text) == ["hand over"]
    assert nadia.post(f"{path}/shape", data={"shape": "by lot"}).status_code == 400


def test_no_percentage_is_shown_before_somebody_asks(nadia: FlaskClient) -> None:
    page = nadia.get(bring(nadia)).text
    card, asked = page.split("How might we divide the work?")
    assert not re.search(r"\d+(?:&nbsp;|\s)?%|of 100", card[card.index("<main") :])
    shares = [int(share) for share in re.findall(r"\w (\d+)%[,.]", asked)]
    assert sum(shares) == 100


def test_where_law_restricts_referral_fees_no_page_or_draft_speaks_of_a_share(engine: Engine, sign_in: SignIn) -> None:
    with Session(engine) as session:
        plumber = session.scalars(select(Member).join(Business).where(Business.key == "cactus-wren")).first()
    browser = sign_in(plumber)
    text = "A landlord needs an LLC, and his employment contracts read by a lawyer."
    for shape in ("", "together", "hand over"):
        page = browser.get(bring(browser, f"{text} {shape}", shape=shape, again="y")).text
        main = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
        assert "Rillito Law" in main
        assert "Subcontractor" not in main
        assert not re.search(r"\bfees?\b|\bshares?\b|\d\s?%|divide the work", main, re.IGNORECASE)
        if shape != "together":
            assert shape_of(page) == ["hand over"]
            assert "each firm works for its own clients" in main or shape


@pytest.mark.parametrize("act", ["new", "edit", "needs", "shape", "suggestions"])
def test_others_write_while_the_engine_works(
    engine: Engine, nadia: FlaskClient, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    path, real, wrote = bring(nadia), lead_intake.ask_engine, []

    def ask_engine(session: Session, **more: Any) -> Suggestion:
        with write_session(engine) as other:
            other.execute(update(Business).values(summary="Written meanwhile."))
            wrote.append(act)
        return real(session, **more)

    monkeypatch.setattr(lead_intake if act == "new" else lead_correction, "ask_engine", ask_engine)
    where = "/leads/new" if act == "new" else f"{path}/{act}"
    fields = {"text": "A bakery needs a logo", "shape": "together"}
    assert nadia.post(where, data=fields).status_code == 303
    assert wrote == [act]


def test_a_lead_that_changed_while_the_engine_worked_is_asked_about_anew(
    engine: Engine, nadia: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = bring(nadia), lead_correction.ask_engine
    meanwhile = ["Logo design", "Bookkeeping"]

    def ask_engine(session: Session, **more: Any) -> Suggestion:
        answer = real(session, **more)
        if len(meanwhile) == 2:
            with ThreadPoolExecutor() as other:  # a request of its own, not one inside of this one
                other.submit(nadia.post, f"{path}/needs", data={need_field(engine, meanwhile.pop()): "must"})
        return answer

    monkeypatch.setattr(lead_correction, "ask_engine", ask_engine)
    assert nadia.post(f"{path}/needs", data={need_field(engine, meanwhile[0]): "must"}).status_code == 303
    with Session(engine) as session:
        lead = session.scalars(select(Lead).order_by(Lead.id.desc())).first()
        names = [need.capability.name for need in lead.needs] if lead else []
        latest = session.scalars(select(Suggestion).order_by(Suggestion.id.desc())).first()
        seats = {seat.capability_id for seat in latest.teams[0].seats} if latest else set()
        asked = {need.capability_id for need in lead.needs} if lead else set()
    assert {"WordPress", "Logo design", "Bookkeeping"} <= {*names}
    assert asked <= seats | ({*latest.teams[0].missing} if latest else set())


def test_nothing_is_learnt_from_words_that_were_forgotten_while_the_engine_worked(
    engine: Engine, nadia: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, asked = bring(nadia), lead_correction.ask_engine, []

    def ask_engine(session: Session, *, lead: Lead, **more: Any) -> Suggestion:
        asked.append(lead.text)
        with write_session(engine) as other:
            other.execute(update(Lead).values(text="Forgotten."))
        return real(session, lead=lead, **more)

    monkeypatch.setattr(lead_correction, "ask_engine", ask_engine)
    assert nadia.post(f"{path}/needs", data={need_field(engine, "Web design"): "must"}).status_code == 303
    assert asked == [STORY, "Forgotten."]
    assert rows(engine, NeedExample) == 0


def test_the_reason_of_an_administrator_who_corrects_a_lead_is_kept_and_told_once(
    engine: Engine, nadia: FlaskClient, sign_in: SignIn
) -> None:
    path, admin = bring(nadia), browser_of(engine, sign_in, "carla")
    with write_session(engine) as session:
        session.execute(update(Member).where(Member.key == "carla").values(is_admin=True))
    assert admin.post(f"{path}/shape", data={"shape": "together", "reason": "Nadia asked me to."}).status_code == 303
    with Session(engine) as session:
        told = select(AuditEntry.reason).where(AuditEntry.reason != "")
        assert session.scalars(told).all() == ["Nadia asked me to."]
        assert sum(b'"told"' in payload for payload in session.scalars(select(Delivery.payload))) == 1


def need_field(engine: Engine, name: str) -> str:
    with Session(engine) as session:
        return f"need-{session.scalars(select(Capability.public_id).where(Capability.name == name)).first()}"


def test_no_view_of_a_lead_calls_the_sentence_model(
    engine: Engine, nadia: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bring(nadia, "The pipe organs of two chapels are out of tune, and a logo would be nice")
    seen = nadia.get(path).text
    monkeypatch.setattr(Model, "encode", None)
    assert nadia.get(path).text == seen
    assert nadia.get(f"{path}/edit").status_code == 200
