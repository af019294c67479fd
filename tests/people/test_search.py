"""Search finds every firm that holds every word, and narrows it by what is really there."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from directory.db import Base, connect
from directory.people.business import Business
from directory.people.chapter import Chapter
from directory.people.claim import claim
from directory.people.member import MemberState
from directory.people.search import PER_PAGE, index_businesses, search
from tests.people.cast import Cast, make_cast


@pytest.fixture(autouse=True)
def indexed(session: Session, cast: Cast, now: datetime) -> None:
    claim(session, business=cast.bea.business, capability=cast.wordpress, now=now)
    claim(session, business=cast.nia.business, capability=cast.design, now=now)
    claim(session, business=cast.nia.business, capability=cast.development, now=now)
    session.add(Business(name="Zuni Roofing 100% North_west", city="Bea Creek", created_at=now))
    index_businesses(session)


def names(session: Session, text: str) -> list[str]:
    return [business.name for business in search(session, text=text).businesses]


def test_every_word_must_match_whatever_its_case_and_accents(session: Session) -> None:
    assert names(session, "  BRAMBLE   pena ") == ["Bramble & Co"]
    assert names(session, "Pêna elementor") == ["Bramble & Co"]
    assert names(session, "bramble sandoval") == []


def test_a_name_comes_before_a_place_and_people_before_none(session: Session) -> None:
    assert names(session, "bea") == ["Bramble & Co", "Zuni Roofing 100% North_west"]
    assert names(session, "") == [
        *("Bramble & Co", "Copper State Print", "Mesa Words", "Northlight Studio"),
        "Zuni Roofing 100% North_west",
    ]


@pytest.mark.parametrize("text", ["100%", "north_west"])
def test_signs_mean_themselves(session: Session, text: str) -> None:
    assert names(session, text) == ["Zuni Roofing 100% North_west"]


@pytest.mark.parametrize("text", ["1%0", "northXwest", "r_ofing", "%", "' or 1=1 --"])
def test_signs_are_no_wild_cards(session: Session, text: str) -> None:
    assert names(session, text) == (["Zuni Roofing 100% North_west"] if text == "%" else [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(text=st.text(max_size=300), page=st.integers(-5, 5))
def test_no_text_breaks_it(session: Session, text: str, page: int) -> None:
    assert search(session, text=text, page=page).total <= 5


def test_a_capability_takes_in_what_is_below_it(session: Session, cast: Cast) -> None:
    for capability, firms in (
        (cast.web, ["Bramble & Co", "Northlight Studio"]),
        (cast.development, ["Bramble & Co", "Northlight Studio"]),
        (cast.wordpress, ["Bramble & Co"]),
    ):
        assert [firm.name for firm in search(session, capability=capability).businesses] == firms


def test_facets_count_firms_once_and_follow_the_words(session: Session, cast: Cast) -> None:
    assert [(facet.capability, facet.count) for facet in search(session).facets] == [(cast.web, 2)]
    found = search(session, capability=cast.web)
    assert found.trail == [cast.web]
    assert [(facet.capability, facet.count) for facet in found.facets] == [(cast.development, 2), (cast.design, 1)]
    assert [facet.count for facet in search(session, text="bramble").facets] == [1]
    assert search(session, text="roofing").facets == []


def test_the_chapter_narrows(session: Session, cast: Cast) -> None:
    cast.bea.business.chapter = Chapter(key="valley", name="Valley")
    session.flush()
    assert [firm.name for firm in search(session, chapter=cast.bea.business.chapter).businesses] == ["Bramble & Co"]


def test_suspended_people_and_firms_with_nobody_else_are_not_shown(session: Session, cast: Cast, now: datetime) -> None:
    cast.bob.state = cast.carla.state = MemberState.SUSPENDED
    session.flush()
    found = {firm.name: [member.name for member in firm.members] for firm in search(session).businesses}
    assert found["Bramble & Co"] == ["Bea Lindqvist"]
    assert "Copper State Print" not in found
    index_businesses(session)
    assert names(session, "pena") == []


def test_pages_are_whole_and_few_queries(session: Session, engine: Engine, now: datetime) -> None:
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


def test_postgresql_finds_the_same(postgres_url: str, session: Session, now: datetime) -> None:
    engine = connect(postgres_url)
    Base.metadata.create_all(engine)
    with Session(engine) as other:
        there = make_cast(other, now)
        claim(other, business=there.bea.business, capability=there.wordpress, now=now)
        claim(other, business=there.nia.business, capability=there.design, now=now)
        claim(other, business=there.nia.business, capability=there.development, now=now)
        other.add(Business(name="Zuni Roofing 100% North_west", city="Bea Creek", created_at=now))
        index_businesses(other)
        for text in ("", "bea", "PÊNA elementor", "100%", "north_west", "1%0", "web"):
            assert names(other, text) == names(session, text)
        found = search(other, capability=there.web)
        assert [(facet.capability.name, facet.count) for facet in found.facets] == [
            *(("Web development", 2), ("Web design", 1)),
        ]
    engine.dispose()
