"""Ratings on the website: given in private and invisible to everybody else; cases show no names."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.db import write_session
from directory.facts import rating_case as cases
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.rating import Rating
from directory.facts.rating_band import publish_bands
from directory.facts.rating_case import Quarantine, RatingCase
from directory.outbox.delivery import Delivery
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from tests.app.conftest import SignIn

WEEK = timedelta(days=7)
WHY = {"reason": "Two of them joined on the same day."}
NAMES = ("Ann", "Ben", "Cy", "Dee", "Eve")


class Network:
    """Bea, five members of five firms who met her, a lead of her chapter, a colleague who is a lead, and an admin."""

    def __init__(self, session: Session, now: datetime) -> None:
        chapter = Chapter(key="tucson", name="Tucson")
        session.add(chapter)

        def person(name: str, firm: Business | None = None, **what: Any) -> Member:
            firm = firm or Business(name=f"{name} Works", chapter=chapter, created_at=now)
            member = Member(name=f"{name} Ro", business=firm, joined_at=now - 60 * WEEK, arrived_at=now, **what)
            session.add(member)
            session.flush()
            return member

        self.bea = person("Bea", email="bea@works.example")
        self.raters = [person(name) for name in NAMES]
        self.lena, self.ada, self.bob = person("Lena"), person("Ada", is_admin=True), person("Bob", self.bea.business)
        for lead in (self.lena, self.bob, self.bea):
            session.add(ChapterRole(member_id=lead.id, chapter_id=chapter.id, role=Role.LEAD))
        met = {"kind": InteractionKind.MET, "happened_on": now.date(), "said_at": now, "confirmed_at": now}
        session.add_all(Interaction(said_by=rater, other=self.bea, **met) for rater in self.raters)
        session.commit()

    def rate(self, engine: Engine, now: datetime) -> None:
        """Let all five rate Bea, one of them far from the others, and publish a band."""
        with write_session(engine) as session:
            for number, rater in enumerate(self.raters):
                value = 1 if number == 0 else 5
                at = now - (10 - number) * WEEK
                same = {"rater_id": rater.id, "ratee_id": self.bea.id}
                session.add(Rating(**same, warmth=value, competence=value, rated_at=at))
            session.flush()
            assert publish_bands(session, now=now, chance=lambda: 0.0) == 1


@pytest.fixture
def network(session: Session, now: datetime) -> Network:
    return Network(session, now)


def count(engine: Engine, table: type[Any]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def undo(page: str) -> str:
    return str(re.findall(r'class="told".*?action="([^"]+)"', page, re.DOTALL)[0])


def rating_data(warmth: str = "4", competence: str = "5", capability: str = "") -> dict[str, str]:
    return {"warmth": warmth, "competence": competence, "capability": capability}


def test_a_rating_can_be_given_changed_withdrawn_and_restored(
    engine: Engine, network: Network, sign_in: SignIn
) -> None:
    ann, path = sign_in(network.raters[0]), f"/members/{network.bea.public_id}"
    assert "Only you see what you say." in ann.get(path).text
    page = ann.post(f"{path}/ratings", data=rating_data(), headers={"Referer": f"http://localhost{path}"})
    assert page.location == path
    mine = ann.get("/ratings").text
    assert "As good as it gets</dd>" in mine
    change = re.findall(r'action="(/ratings/\w+/update)"', mine)[0]
    assert ann.post(change, data={"warmth": "1", "competence": "1"}).location == "/ratings"
    changed = ann.get("/ratings").text
    assert "I would rather not work with them again</dd>" in changed
    ann.post(undo(changed))
    again = ann.get("/ratings").text
    assert "As good as it gets</dd>" in again
    ann.post(re.findall(r'action="(/ratings/\w+/withdraw)"', again)[0])
    gone = ann.get("/ratings").text
    assert "You have not rated anybody yet" in gone
    ann.post(undo(gone))
    assert "As good as it gets</dd>" in ann.get("/ratings").text
    assert count(engine, Rating) == 5
    assert count(engine, AuditEntry) == 0


@pytest.mark.parametrize(
    "sent",
    [
        {},
        rating_data("6"),
        rating_data("0"),
        rating_data("x"),
        rating_data("4.5"),
        rating_data("٤"),
        rating_data(capability="23456789abcd"),
    ],
)
def test_an_invalid_rating_is_not_stored(
    engine: Engine, network: Network, sign_in: SignIn, sent: dict[str, str]
) -> None:
    ann = sign_in(network.raters[0])
    assert ann.post(f"/members/{network.bea.public_id}/ratings", data=sent).status_code == 303
    assert count(engine, Rating) == 0


def test_oneself_colleagues_and_strangers_cannot_be_rated(engine: Engine, network: Network, sign_in: SignIn) -> None:
    bea, path = sign_in(network.bea), f"/members/{network.bea.public_id}"
    for who, browser in ((network.bea, bea), (network.bob, bea), (network.lena, bea)):
        answer = browser.post(f"/members/{who.public_id}/ratings", data=rating_data())
        assert answer.status_code == 303
        assert "Only you see what you say." not in browser.get(f"/members/{who.public_id}").text
    assert "Only you see what you say." not in sign_in(network.lena).get(path).text
    assert count(engine, Rating) == 0


def test_no_page_reveals_whether_the_other_has_rated(
    engine: Engine, network: Network, sign_in: SignIn, now: datetime
) -> None:
    """Before and after Ann rates Bea, pages have the same content and run the same SQL statements."""
    bea, ann = sign_in(network.bea), network.raters[0]
    paths = ("/", "/ratings", f"/members/{ann.public_id}", f"/members/{network.bea.public_id}", "/members")

    asked: list[str] = []

    def seen() -> list[tuple[str, list[str]]]:
        pages = []
        for path in paths:
            asked.clear()
            # The token contains the time.
            page = re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", bea.get(path).text)
            pages.append((page, list(asked)))
        return pages

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    seen()
    before = seen()
    with write_session(engine) as session:
        same = {"rater_id": ann.id, "ratee_id": network.bea.id}
        session.add(Rating(**same, warmth=1, competence=1, rated_at=now))
    after = seen()
    event.remove(Engine, "before_cursor_execute", note)
    for (page, statements), (page_before, statements_before) in zip(after, before, strict=True):
        assert page.splitlines() == page_before.splitlines()
        assert statements == statements_before


def test_no_rating_appears_in_the_log(
    network: Network, sign_in: SignIn, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    ann = sign_in(network.raters[0])
    for sent in (rating_data("1", "2"), rating_data("7", "2"), rating_data("1", "2")):
        ann.post(f"/members/{network.bea.public_id}/ratings", data=sent)
    written = "".join(capfd.readouterr()) + caplog.text
    assert "warmth" not in written
    assert network.bea.public_id not in written


def test_today_asks_for_one_rating_a_week(network: Network, sign_in: SignIn) -> None:
    bea = sign_in(network.bea)
    asked = re.findall(r'action="/members/(\w+)/ratings"', bea.get("/").text)
    assert len(asked) == 1
    bea.post(f"/members/{asked[0]}/ratings", data=rating_data())
    assert not re.findall(r'action="/members/\w+/ratings"', bea.get("/").text)


def test_ones_own_band_is_shown_as_a_sentence_and_can_be_flagged_once(
    engine: Engine, network: Network, sign_in: SignIn, now: datetime
) -> None:
    bea = sign_in(network.bea)
    assert bea.post("/ratings/flag").status_code == 403
    network.rate(engine, now)
    for path in ("/ratings", f"/members/{network.bea.public_id}"):
        assert "People here speak" in bea.get(path).text
    assert "Ask for a review</button>" in bea.get("/ratings").text
    assert bea.post("/ratings/flag").status_code == 303
    assert bea.post("/ratings/flag").status_code == 409
    assert count(engine, RatingCase) == 1
    assert sign_in(network.raters[0]).post("/ratings/flag").status_code == 403


@pytest.fixture
def case(engine: Engine, network: Network, now: datetime) -> str:
    """The path of a case about Bea that nobody opened yet."""
    network.rate(engine, now)
    with write_session(engine) as session:
        bea = session.get_one(Member, network.bea.id)
        return f"/rating-cases/{cases.request_case(session, ratee=bea, now=now).public_id}"


@pytest.fixture
def opened(network: Network, sign_in: SignIn, case: str) -> dict[str, FlaskClient]:
    """The browsers of Lena and Ada, who opened the case."""
    browsers = {"lena": sign_in(network.lena), "ada": sign_in(network.ada)}
    for browser in browsers.values():
        assert browser.post(case, data={**WHY, "act": "open"}).status_code == 200
    return browsers


def letters(engine: Engine, kind: str) -> list[bytes]:
    with Session(engine) as session:
        payloads = session.scalars(select(Delivery.payload)).all()
    return [payload for payload in payloads if payload and f'"{kind}"'.encode() in payload]


def test_a_case_opens_only_after_two_people_of_two_firms_agreed(
    engine: Engine, network: Network, sign_in: SignIn, case: str, now: datetime
) -> None:
    with write_session(engine) as session:
        session.get_one(Member, network.raters[0].id).email = "ann@works.example"
        colleague = Member(name="Lou Ro", business_id=network.lena.business_id, joined_at=now, is_admin=True)
        session.add(colleague)
        session.flush()
        id = colleague.id
    with Session(engine) as session:
        lou = sign_in(session.get_one(Member, id))
    lena, ada = sign_in(network.lena), sign_in(network.ada)
    assert "R1" not in lena.post(case, data=WHY).text
    asked = lena.post(case, data={**WHY, "act": "open"}).text
    assert "You asked to open it" in asked
    assert "R1" not in asked
    for browser, status in ((lena, 403), (lou, 403)):
        assert browser.post(case, data={**WHY, "act": "open"}).status_code == status
    for act in ("quarantine", "release"):
        assert lena.post(case, data={**WHY, "act": act, "rater": "R1"}).status_code == 409
    assert "Lena Ro asked to open it" in ada.post(case, data=WHY).text
    assert letters(engine, "case_opened") == []
    assert "R5" in ada.post(case, data={**WHY, "act": "open"}).text
    assert "R5" in lena.post(case, data=WHY).text
    assert ada.post(case, data={**WHY, "act": "open"}).status_code == 409
    assert len(letters(engine, "case_opened")) == 1  # to everybody in it who has an address, and does not name Bea
    assert b"Bea" not in letters(engine, "case_opened")[0]
    with Session(engine) as reader:
        acts = reader.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [act for act in acts if act in ("rating_case.ask", "rating_case.open")] == [
        "rating_case.ask",
        "rating_case.open",
    ]


@pytest.mark.parametrize("who", ["lena", "ada"])
def test_a_moderator_sees_facts_but_no_person_date_or_rating(
    engine: Engine, network: Network, case: str, opened: dict[str, FlaskClient], who: str
) -> None:
    browser = opened[who]
    assert case in browser.get("/rating-cases").text
    assert browser.get(case).status_code == browser.post(case).status_code == 422
    page = browser.post(case, data=WHY).text
    content = re.sub(r"<(input|label|p)[^>]*>[^<]*", "", page[page.index('id="content"') :])
    assert re.findall(r"\bR\d\b", content) == ["R1", "R2", "R3", "R4", "R5"]
    for rater in network.raters:
        assert rater.name not in content
        assert rater.business.name not in content
        assert rater.public_id not in content
    assert not re.search(r"20\d\d|warmth|competence|R\d.{0,40}[1-5] of 5|[Ff]ar from", content)
    again = browser.post(case, data=WHY).text
    assert re.findall(r"R\d|<li>[^<]+", again) == re.findall(r"R\d|<li>[^<]+", page)
    with Session(engine) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.reason) == ("rating.moderate_quarantine", WHY["reason"])


def test_nobody_moderates_a_case_about_themselves_or_their_firm(
    network: Network, sign_in: SignIn, case: str, opened: dict[str, FlaskClient]
) -> None:
    assert "R1" in opened["lena"].post(case, data=WHY).text
    for who in (network.bea, network.bob):
        browser = sign_in(who)
        assert case not in browser.get("/rating-cases").text
        for act in ("", "open", "close", "quarantine"):
            assert browser.post(case, data={**WHY, "act": act, "rater": "R1"}).status_code == 403
    assert sign_in(network.raters[0]).post(case, data=WHY).status_code == 403


def pseudonym_of(engine: Engine, rater: Member) -> str:
    with Session(engine) as session:
        people = cases.people_by_pseudonym(session, session.scalars(select(RatingCase)).one())
        return next(name for name, person in people.items() if person.id == rater.id)


def test_a_quarantined_rating_stops_counting_from_the_next_epoch(
    engine: Engine, network: Network, case: str, opened: dict[str, FlaskClient], now: datetime
) -> None:
    lena = opened["lena"]
    odd = pseudonym_of(engine, network.raters[0])
    page = lena.post(case, data={**WHY, "act": "quarantine", "rater": odd}).text
    assert page.count("does not count") == 1
    assert "does not count" not in lena.post(case, data={**WHY, "act": "release", "rater": odd}).text
    lena.post(case, data={**WHY, "act": "quarantine", "rater": odd})
    with Session(engine) as session:
        kept = session.scalars(select(Quarantine).where(Quarantine.released_at.is_(None))).one()
        assert kept.rater_id == network.raters[0].id
    path = f"/members/{network.bea.public_id}"
    with write_session(engine) as session:
        assert publish_bands(session, now=now) == 0
    assert "People here speak" in lena.get(path).text
    with write_session(engine) as session:
        assert publish_bands(session, now=now + WEEK, chance=lambda: 0.0) == 1
    # No band is shown for half a year, so that the change does not reveal the rater.
    assert "People here speak" not in lena.get(path).text
    with write_session(engine) as session:
        assert publish_bands(session, now=now + 26 * WEEK, chance=lambda: 0.0) == 0
        assert publish_bands(session, now=now + 27 * WEEK, chance=lambda: 0.0) == 1
    assert "People here speak warmly" in lena.get(path).text
    assert lena.post(case, data={**WHY, "act": "quarantine", "rater": "R9"}).status_code == 422


def test_a_closed_case_stays_closed_and_the_ratee_is_told_only_that(
    engine: Engine, case: str, opened: dict[str, FlaskClient]
) -> None:
    lena = opened["lena"]
    lena.post(case, data={**WHY, "act": "quarantine", "rater": "R1"})
    assert lena.post(case, data={**WHY, "act": "close"}).location == "/rating-cases"
    for act in ("close", "release", "open"):
        assert lena.post(case, data={**WHY, "act": act, "rater": "R1"}).status_code == 409
    assert len(letters(engine, "case_closed")) == 1
    assert WHY["reason"].encode() not in letters(engine, "case_closed")[0]
    with Session(engine) as session:
        objects = set(session.scalars(select(AuditEntry.object)))
    assert objects == {f"rating_case {case.rpartition('/')[2]}"}


def test_the_signs_of_a_case_are_coarse_facts_of_everybody_who_may_have_rated(
    engine: Engine, network: Network, now: datetime
) -> None:
    with write_session(engine) as session:
        bea, ada, ann, ben, cy, dee, eve = (
            session.get_one(Member, m.id) for m in (network.bea, network.ada, *network.raters)
        )
        ann.joined_at, ben.joined_at = now - WEEK, now - 400 * WEEK
        ben.sponsor_id = cy.sponsor_id = network.lena.id
        dee.sponsor_id, eve.sponsor_id = eve.id, bea.id
        case = RatingCase(ratee=bea, flagged_at=now, opened_at=now)
        session.add(case)
        session.flush()
        people = cases.people_by_pseudonym(session, case)
        name = {person.id: pseudonym for pseudonym, person in people.items()}
        signs = {people[sign.pseudonym].name: sign.facts for sign in cases.case_signs(session, case=case, by=ada)}
        met = "They said they met or worked together less than half a year ago"
        longer = "In the network for half a year to two years"
        assert signs == {
            "Ann Ro": ("In the network for less than half a year", met),
            "Ben Ro": ("In the network for more than two years", met, f"Invited by the same person as {name[cy.id]}"),
            "Cy Ro": (longer, met, f"Invited by the same person as {name[ben.id]}"),
            "Dee Ro": (longer, met, f"Invited by {name[eve.id]}"),
            "Eve Ro": (longer, met, "Invited by the person this case is about"),
        }


def test_members_can_read_how_ratings_work(network: Network, sign_in: SignIn) -> None:
    page = sign_in(network.lena).get("/ratings/who-sees-what").text
    for number in ("14 days", "13 weeks", "40 times in 100", "50 times in 100"):
        assert number in page
