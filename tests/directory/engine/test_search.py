"""Search matches words in any order and with typing errors, and its filters and counts are exact."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from directory.db import bump_world
from directory.engine.faceted_search import Narrowing
from directory.engine.search import PER_PAGE, search
from directory.people.business import AcceptsWork, accepts_work, index_business, index_businesses
from directory.people.chapter import Chapter
from directory.people.claim import claim
from directory.people.place import locate
from directory.people.tables import Business, MemberState
from directory.text import fold
from tests.cast import Cast


@pytest.fixture(autouse=True)
def indexed(session: Session, cast: Cast, now: datetime) -> None:
    claim(session, business=cast.bea.business, capability=cast.wordpress, now=now)
    claim(session, business=cast.nia.business, capability=cast.design, now=now)
    claim(session, business=cast.nia.business, capability=cast.development, now=now)
    session.add(Business(name="Zuni Roofing 100% North_west", city="Bea Creek", created_at=now))
    index_businesses(session)


def names(session: Session, text: str) -> list[str]:
    return [business.name for business in search(session, text=text).businesses]


def test_words_match_in_any_case_and_order_and_without_accents(session: Session) -> None:
    assert names(session, "  BRAMBLE   pena ") == ["Bramble & Co"]
    assert names(session, "elementor Pêna") == ["Bramble & Co"]


def test_partial_matches_show_only_if_no_firm_has_every_word(session: Session) -> None:
    assert names(session, "northlight sandoval") == ["Northlight Studio"]
    assert set(names(session, "bramble sandoval")) == {"Bramble & Co", "Northlight Studio"}


@pytest.mark.parametrize("text", ["bramle", "brambel", "pennya bramble", "nort light", "northlightstudio", "stdio"])
def test_typing_errors_are_tolerated(session: Session, text: str) -> None:
    assert names(session, text)[0] in ("Bramble & Co", "Northlight Studio")


def test_an_exact_name_comes_before_a_similar_one(session: Session, now: datetime) -> None:
    session.add_all(Business(name=name, created_at=now) for name in ("Brambly Works", "Brambel"))
    index_businesses(session)
    assert names(session, "brambly works")[0] == "Brambly Works"
    assert names(session, "brambel")[0] == "Brambel"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Nguyễn Thị Đức", "Duc"),
        ("Bø", "Bo"),
        ("Ægir", "Aegir"),
        ("Þórður", "Thordur"),
        ("Öz", "Oez"),
        ("Łukasz Ħaber", "lukasz haber"),
        ("王小明", "小明"),
        ("株式会社山田電機", "山田"),
        ("김민수", "민수"),
        ("मीनू", "मीनू"),
        ("Smith & Sons", "smith and sons"),
    ],
)
def test_names_are_found_however_they_are_typed(session: Session, now: datetime, name: str, text: str) -> None:
    session.add(Business(name=name, created_at=now))
    index_businesses(session)
    assert names(session, text)[0] == name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(name=st.text("abcdeénñ &-'çß", min_size=3, max_size=30).filter(lambda name: len(fold(name)) > 2))
def test_an_exact_name_is_always_first(session: Session, now: datetime, name: str) -> None:
    firm = Business(name=name, created_at=now)
    session.add_all([firm, Business(name=f"{name} and more", summary=name, created_at=now)])
    index_businesses(session)
    assert fold(search(session, text=name).businesses[0].name) == fold(name)


def test_a_name_match_precedes_a_place_match_and_members_precede_none(session: Session) -> None:
    assert names(session, "bea") == ["Bramble & Co", "Zuni Roofing 100% North_west"]
    assert names(session, "") == [
        *("Bramble & Co", "Copper State Print", "Mesa Words", "Northlight Studio"),
        "Zuni Roofing 100% North_west",
    ]


@pytest.mark.parametrize("text", ["100%", "north_west"])
def test_percent_sign_and_underscore_are_searched_literally(session: Session, text: str) -> None:
    assert names(session, text) == ["Zuni Roofing 100% North_west"]


@pytest.mark.parametrize("text", ["1%0", "%", "_", '" * ^ : ( ) NEAR OR', "\0", "🙂", "שלום", "~"])
def test_special_characters_are_not_wildcards(session: Session, text: str) -> None:
    assert names(session, text) in ([], names(session, "")) or not fold(text)


def test_a_query_of_ten_thousand_characters_works(session: Session) -> None:
    assert search(session, text="bramble " * 1250).businesses[0].name == "Bramble & Co"
    assert search(session, text="x" * 10_000).total == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(text=st.text(max_size=300), page=st.integers(-5, 5))
def test_no_query_or_page_number_raises_an_error(session: Session, text: str, page: int) -> None:
    assert search(session, text=text, page=page).total <= 5


def test_a_capability_includes_its_descendants(session: Session, cast: Cast) -> None:
    for capability, firms in (
        (cast.web, ["Bramble & Co", "Northlight Studio"]),
        (cast.development, ["Bramble & Co", "Northlight Studio"]),
        (cast.wordpress, ["Bramble & Co"]),
    ):
        assert [firm.name for firm in search(session, capability=capability).businesses] == firms


def test_facets_count_each_firm_once_and_respect_the_query(session: Session, cast: Cast) -> None:
    assert [(facet.capability, facet.count) for facet in search(session).facets] == [(cast.web, 2)]
    found = search(session, capability=cast.web)
    assert found.trail == [cast.web]
    assert [(facet.capability, facet.count) for facet in found.facets] == [(cast.development, 2), (cast.design, 1)]
    assert [facet.count for facet in search(session, text="bramble").facets] == [1]
    assert search(session, text="roofing").facets == []


def test_the_chapter_filters_the_result(session: Session, cast: Cast) -> None:
    cast.bea.business.chapter = Chapter(key="valley", name="Valley")
    session.flush()
    assert [firm.name for firm in search(session, chapter=cast.bea.business.chapter).businesses] == ["Bramble & Co"]


def test_suspended_members_and_firms_without_active_members_are_hidden(
    session: Session, cast: Cast, now: datetime
) -> None:
    cast.bob.state = cast.carla.state = MemberState.SUSPENDED
    session.flush()
    page = search(session)
    found = {firm.name: [member.name for member in page.people[firm.id]] for firm in page.businesses}
    assert found["Bramble & Co"] == ["Bea Lindqvist"]
    assert "Copper State Print" not in found
    index_businesses(session)
    assert names(session, "pena") == []


def test_every_firm_is_on_one_page_and_a_page_takes_few_queries(
    session: Session, engine: Engine, now: datetime
) -> None:
    session.add_all(Business(name=f"Firm {number:03}", created_at=now) for number in range(60))
    index_businesses(session)
    seen = [firm.id for page in (1, 2, 3) for firm in search(session, page=page).businesses]
    assert len(seen) == len(set(seen)) == 65
    assert len(search(session, page=1).businesses) == PER_PAGE
    session.expire_all()
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    assert search(session, page=99).number == 3
    assert len(asked) <= 7


def test_filters_and_their_counts_are_exact(session: Session, cast: Cast, now: datetime) -> None:
    chance = Random(5)
    for number in range(80):
        firm = Business(name=f"Firm {number}", city=chance.choice(["Tucson", "Mesa", "Flagstaff", ""]), created_at=now)
        firm.region, firm.industries = "AZ", sorted(chance.sample(["arts", "food", "legal"], chance.randrange(3)))
        firm.languages = chance.choice([["en"], ["en", "es"], []])
        firm.price_low_minor, firm.price_high_minor = chance.choice([(None, None), (10_000, 90_000), (10_000, None)])
        firm.capacity, firm.busy = chance.choice([None, 1, 2]), chance.choice([0, 1, 3])
        firm.free_on = chance.choice([None, now.date(), now.date() + timedelta(days=9)])
        session.add(firm)
    index_businesses(session)
    firms = session.scalars(select(Business)).all()
    checks: dict[str, Callable[[Business, Any], bool]] = {
        "industry": lambda firm, value: value in firm.industries,
        "language": lambda firm, value: value in firm.languages,
        "free": lambda firm, value: accepts_work(firm, now.date()) is AcceptsWork.NOW,
        "price": lambda firm, value: value in _price_bands(firm),
    }
    town = locate("Phoenix", "AZ")
    for _ in range(30):
        chosen: dict[str, Any] = {
            name: value
            for name, value in {
                "industry": chance.choice(["arts", "food", "legal"]),
                "language": chance.choice(["en", "es"]),
                "free": True,
                "price": chance.choice([0, 1, 2, 3]),
            }.items()
            if chance.random() < 0.5
        }
        fits = [firm for firm in firms if all(checks[name](firm, value) for name, value in chosen.items())]
        found = search(session, narrowing=Narrowing(**chosen), today=now.date())
        assert found.total == len(fits)
        near = search(session, narrowing=Narrowing(**chosen, town=town, km=50), today=now.date())
        assert near.total == sum(firm.city in ("Mesa", "Phoenix") for firm in fits) <= found.total
        for name, check in checks.items():
            others = {key: value for key, value in chosen.items() if key != name}
            left = [firm for firm in firms if all(checks[key](firm, value) for key, value in others.items())]
            for value, count in found.counts[name].items():
                assert count == sum(check(firm, value) for firm in left)


def _price_bands(firm: Business) -> set[int]:
    """Return the price bands of a firm with the prices above: 0 below 5,000, 1 to 25,000, 2 above, 3 unknown."""
    if firm.price_low_minor is None:
        return {3}
    return {0} if firm.price_high_minor else {0, 1, 2}


def test_changed_firms_are_found_at_once_and_deleted_ones_are_not(session: Session, cast: Cast, now: datetime) -> None:
    assert names(session, "kingfisher") == []
    cast.bea.business.name = "Kingfisher"
    index_business(session, cast.bea.business)
    assert names(session, "kingfisher") == ["Kingfisher"]
    assert names(session, "bramble") == []
    zuni = session.scalars(select(Business).where(Business.name.like("Zuni%"))).one()
    session.delete(zuni)
    session.flush()
    bump_world(session)
    assert names(session, "zuni roofing") == []
    assert "Zuni Roofing 100% North_west" not in names(session, "")


def test_a_headline_with_a_limited_audience_is_not_searchable(session: Session, cast: Cast) -> None:
    cast.bea.headline = "Beekeeper at night"
    index_business(session, cast.bea.business)
    assert names(session, "beekeeper") == ["Bramble & Co"]
    cast.bea.audiences = {"headline": "introduced"}
    index_business(session, cast.bea.business)
    assert names(session, "beekeeper") == []


def test_prices_with_a_limited_audience_match_no_filter(session: Session, cast: Cast) -> None:
    firm = cast.bea.business
    firm.price_low_minor, firm.audiences = 100_00, {"prices": "introduced"}
    index_business(session, firm)
    assert search(session, narrowing=Narrowing(price=0)).total == 0


def test_a_firm_gets_the_coordinates_of_its_town(session: Session, now: datetime) -> None:
    here = Chapter(key="maine", name="Maine", region="ME", country="US")
    firms = [Business(name=name, city="Portland", created_at=now) for name in "ABC"]
    firms[0].region, firms[1].chapter, firms[2].city = "ME", here, "Nowhere at all"
    session.add_all(firms)
    index_businesses(session)
    assert [round(firm.latitude or 0) for firm in firms] == [44, 46, 0]
    assert locate("München", "", "DE") == locate("Munich", "Germany")


def test_a_member_named_in_the_query_is_listed_first_in_the_firm(session: Session, cast: Cast) -> None:
    for name in ("bob pena", "bea"):
        found = search(session, text=name)
        first = found.people[found.businesses[0].id][0]
        assert first.name.casefold().startswith(name.split()[0])
