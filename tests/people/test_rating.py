"""Ratings are their rater's own; others see bands, late, coarse, and from enough firms."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.errors import Invalid, Refused
from directory.leads.collaboration import Collaboration
from directory.people.business import Business
from directory.people.interaction import InteractionKind, confirm, say
from directory.people.member import Member, MemberState
from directory.people.rating import PATIENCE, Band, Rating, _band, own_ratings, publish_bands, rate
from tests.people.cast import Cast

WEEK = timedelta(days=7)


def met(session: Session, one: Member, other: Member, now: datetime) -> None:
    said = say(session, said_by=one, other=other, kind=InteractionKind.MET, happened_on=now.date(), now=now)
    confirm(session, interaction=said, by=other, now=now)


@pytest.fixture
def raters(session: Session, cast: Cast, now: datetime) -> list[Member]:
    """Six people of six firms who all met Bea."""
    people = [Member(name=f"R {n}", business=Business(name=f"F {n}", created_at=now), joined_at=now) for n in range(6)]
    session.add_all(people)
    session.flush()
    for member in people:
        met(session, member, cast.bea, now)
    return people


def rated(session: Session, raters: list[Member], ratee: Member, warmth: int, now: datetime) -> None:
    for rater in raters:
        rate(session, rater=rater, ratee=ratee, warmth=warmth, competence=3, now=now)


def band_of(session: Session, member: Member) -> tuple[int, int] | None:
    band = session.scalar(select(Band).where(Band.member_id == member.id))
    return (band.warmth, band.competence) if band else None


def test_rating_needs_a_confirmed_fact_between_the_two(session: Session, cast: Cast, now: datetime) -> None:
    said = say(session, said_by=cast.nia, other=cast.bea, kind=InteractionKind.MET, happened_on=now.date(), now=now)
    for ratee in (cast.bea, cast.nia):
        with pytest.raises(Refused):
            rate(session, rater=cast.nia, ratee=ratee, warmth=5, competence=5, now=now)
    confirm(session, interaction=said, by=cast.bea, now=now)
    rate(session, rater=cast.nia, ratee=cast.bea, warmth=5, competence=5, now=now)
    firms = {"prime_id": cast.carla.business_id, "sub_id": cast.dana.business_id}
    session.add(Collaboration(**firms, title="Catalog", created_at=now, finished_at=now))
    rate(session, rater=cast.dana, ratee=cast.carla, warmth=4, competence=4, now=now)
    with pytest.raises(Invalid):
        rate(session, rater=cast.dana, ratee=cast.carla, warmth=6, competence=4, now=now)


def test_the_newest_of_ones_own_ratings_counts_and_the_older_stay(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    for warmth, later in ((2, 0), (5, 2), (4, 1)):
        rated(session, raters[:1], cast.bea, warmth, now + timedelta(hours=later))
    assert own_ratings(session, rater=raters[0]) == {cast.bea.id: (5, 3)}
    assert own_ratings(session, rater=cast.bea) == {}
    assert session.scalar(select(func.count(Rating.id))) == 3
    assert not session.scalar(select(AuditEntry).where(AuditEntry.action.like("rat%")))


def test_a_band_needs_three_firms_and_two_weeks(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    colleague = Member(name="R 7", business=raters[0].business, joined_at=now)
    session.add(colleague)
    session.flush()
    met(session, colleague, cast.bea, now)
    rated(session, [*raters[:2], colleague], cast.bea, 5, now)  # three people of two firms
    assert publish_bands(session, now=now + 3 * WEEK) == 0
    rated(session, raters[2:3], cast.bea, 5, now + 3 * WEEK)
    assert publish_bands(session, now=now + 4 * WEEK) == 0
    assert publish_bands(session, now=now + 6 * WEEK) == 1
    assert band_of(session, cast.bea) == (3, 2)


def test_a_rating_counts_at_once_when_both_gave_theirs(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    for rater in raters[:3]:
        rate(session, rater=cast.bea, ratee=rater, warmth=3, competence=3, now=now)
    assert PATIENCE > WEEK
    assert publish_bands(session, now=now + WEEK) == 1


def test_a_band_stays_until_three_firms_changed_their_view(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    publish_bands(session, now=now + 3 * WEEK)
    for changed in (raters[:1], raters[1:2], raters[1:2]):
        rated(session, changed, cast.bea, 1, now + 3 * WEEK)
        assert publish_bands(session, now=now + 7 * WEEK) == 0
    assert band_of(session, cast.bea) == (3, 2)
    rated(session, raters[3:4], cast.bea, 1, now + 7 * WEEK)
    assert publish_bands(session, now=now + 10 * WEEK) == 1
    assert publish_bands(session, now=now + 10 * WEEK) == 0
    assert band_of(session, cast.bea) == (1, 2)


def test_a_band_goes_when_too_few_firms_are_left(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    publish_bands(session, now=now + 3 * WEEK)
    raters[0].state = MemberState.SUSPENDED
    assert publish_bands(session, now=now + 4 * WEEK) == 1
    assert band_of(session, cast.bea) is None


def test_a_network_of_forty_asks_for_five_firms(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    session.add_all(Member(name="M", business=cast.nia.business, joined_at=now) for _ in range(40))
    rated(session, raters[:4], cast.bea, 5, now)
    assert publish_bands(session, now=now + 3 * WEEK) == 0
    rated(session, raters[4:5], cast.bea, 5, now)
    assert publish_bands(session, now=now + 3 * WEEK) == 1


@given(st.lists(st.floats(1, 5), min_size=3, max_size=30))
def test_a_better_view_never_lowers_a_band(means: list[float]) -> None:
    better = [5.0, *means[1:]]
    assert 1 <= _band(means) <= _band(better) <= 3
