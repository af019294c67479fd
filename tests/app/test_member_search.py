"""The search of the directory: filters with counts, and saved searches that only their owner sees."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.engine.saved_search import MOST_SAVED, SavedSearch
from directory.people.business import index_businesses
from directory.people.tables import Business, Member
from tests.app.conftest import SignIn


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


def browser_of(engine: Engine, sign_in: SignIn, key: str) -> FlaskClient:
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).where(Member.key == key)).one())


@pytest.fixture
def nadia(engine: Engine, sign_in: SignIn) -> FlaskClient:
    return browser_of(engine, sign_in, "nadia")


def total(page: str) -> int:
    return int(re.findall(r"(\d+) firms?\b", page)[0])


def saved_ids(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(SavedSearch.public_id).where(SavedSearch.ended_at.is_(None))))


def test_active_filters_are_listed_and_can_be_removed_one_by_one(nadia: FlaskClient) -> None:
    page = nadia.get("/members?industry=health&language=es&town=Phoenix&km=50").text
    assert "within 30 miles of Phoenix" in page
    assert "speaks Spanish" in page
    fewer, off = total(page), re.findall(r'href="([^"]+)" aria-label="Remove filter: speaks Spanish"', page)
    wider = nadia.get(off[0].replace("&amp;", "&")).text
    assert "speaks Spanish" not in wider
    assert total(wider) >= fewer > 0


def test_the_count_of_an_option_is_the_number_of_its_results(nadia: FlaskClient) -> None:
    page = nadia.get("/members?industry=health").text
    for value, count in re.findall(r'<option value="(es|nv|low|high)">[^<(]+\((\d+)\)', page):
        name = "language" if len(value) == 2 else "price"
        assert total(nadia.get(f"/members?industry=health&{name}={value}").text) == int(count)


def test_an_unknown_town_is_reported_and_not_used_as_a_filter(nadia: FlaskClient) -> None:
    page = nadia.get("/members?town=Qwertyville").text
    assert "We do not know a city called “Qwertyville”" in page
    assert total(page) > 50


@pytest.mark.parametrize(
    "query",
    [
        *("industry=nope&language=xx&price=9&free=2&km=-1", "town=%00%27&km=x", "since=never", "since=2026-01-01"),
        *("q=" + "x" * 10_000, "q=%22*%5E:()+NEAR+OR", "q=%F0%9F%99%82", "q=%D7%A9%D7%9C%D7%95%D7%9D", "page=1e9"),
        *("town=%2C%2C", "town=" + "a" * 5000, "q=a&q=b&chapter=1&chapter=2", "capability=%00"),
    ],
)
def test_invalid_search_parameters_still_give_a_list(nadia: FlaskClient, query: str) -> None:
    assert nadia.get(f"/members?{query}").status_code == 200


def test_an_htmx_request_gets_the_filters_along_with_the_list(nadia: FlaskClient) -> None:
    part = nadia.get("/members?q=web", headers={"HX-Request": "true"}).text
    assert 'id="narrow-fields" hx-swap-oob="true"' in part
    assert "hx-swap-oob" not in nadia.get("/members?q=web").text


def test_an_empty_result_suggests_what_to_do_next(nadia: FlaskClient) -> None:
    page = nadia.get("/members?q=bakery&industry=energy&price=high").text
    assert "Remove a filter" in page
    assert 'href="/leads/new?text=bakery"' in page


def test_a_saved_search_counts_new_results_and_can_be_deleted_and_restored(
    engine: Engine, app: Site, nadia: FlaskClient, now: datetime
) -> None:
    nadia.post("/searches", data={"q": "bakery", "language": "en", "page": "3"})
    page = nadia.get("/members").text
    assert "bakery · speaks English" in page
    assert "new since" not in page
    with write_session(engine) as session:
        later = now + timedelta(hours=1)
        firm = Business(name="Dawn Bakery", languages=["en"], created_at=later)
        session.add_all([firm, Member(name="Dawn Early", business=firm, joined_at=later)])
        session.flush()
        index_businesses(session, [firm.id])
    assert "1 new since today" in nadia.get("/members").text
    app.config["CLOCK"] = lambda: now + timedelta(days=2)
    kept = saved_ids(engine)[0]
    opened = nadia.post(f"/searches/{kept}/open", follow_redirects=True).text
    assert "Dawn Early" in opened
    assert "new since you last looked" in opened
    assert total(opened) == 1
    assert "new since" not in nadia.get("/members").text
    nadia.post(f"/searches/{kept}/end")
    assert saved_ids(engine) == []
    page = nadia.get("/members").text
    nadia.post(re.findall(r'class="told".*?action="([^"]+)"', page, re.DOTALL)[0])
    assert saved_ids(engine) == [kept]


def test_empty_duplicate_and_too_many_searches_are_not_saved(engine: Engine, nadia: FlaskClient) -> None:
    for sent in ({}, {"industry": "nope"}, {"q": "print"}, {"q": "print"}):
        assert nadia.post("/searches", data=sent).status_code == 303
    assert len(saved_ids(engine)) == 1
    for number in range(MOST_SAVED + 3):
        nadia.post("/searches", data={"q": f"print {number}"})
    assert len(saved_ids(engine)) == MOST_SAVED


def test_saved_searches_are_hidden_from_everybody_else(engine: Engine, nadia: FlaskClient, sign_in: SignIn) -> None:
    nadia.post("/searches", data={"q": "divorce lawyer"})
    kept = saved_ids(engine)[0]
    for key in ("bea", "lena", "ada"):
        other = browser_of(engine, sign_in, key)
        for act in ("open", "end", "resume"):
            hidden, never = other.post(f"/searches/{kept}/{act}"), other.post(f"/searches/nobody/{act}")
            assert (hidden.status_code, hidden.text) == (404, never.text)
        assert "divorce" not in other.get("/members").text
    assert saved_ids(engine) == [kept]


@pytest.mark.parametrize("text", ["bramble", "whitfield", "offset printing", "insurance"])
def test_the_count_is_that_of_the_cards(nadia: FlaskClient, text: str) -> None:
    page = nadia.get("/members", query_string={"q": text}).text
    cards = len(re.findall(r'<article class="[^"]*person', page))
    people = re.findall(r"(\d+) people in (\d+) firms?\b", page)
    assert cards == (int(people[0][0]) if people else total(page)) > 0
