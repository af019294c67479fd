"""The rules of ratings, line by line: their rater's own; others see bands, late, coarse, and from enough firms."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.engine.world import known_world
from directory.errors import Conflict, Invalid, Refused
from directory.facts import rating_band as bands
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import InteractionKind, confirm, record_interaction
from directory.facts.rating import Rating, next_to_rate, own_ratings, rate, ratings_given, restore, shown_band, withdraw
from directory.facts.rating_band import PATIENCE, SEASON, band_of, publish_bands
from directory.people.tables import Business, Member, MemberState
from tests.people.cast import Cast

WEEK = timedelta(days=7)


def met(session: Session, one: Member, other: Member, now: datetime) -> None:
    said = record_interaction(
        session, said_by=one, other=other, kind=InteractionKind.MET, happened_on=now.date(), now=now
    )
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


def publish(session: Session, now: datetime) -> int:
    """Publish with a chance of nothing."""
    return publish_bands(session, now=now, chance=lambda: 0.0)


def shown(session: Session, member: Member) -> tuple[int, int] | None:
    band = shown_band(session, member)
    return (band.warmth, band.competence) if band else None


def test_rating_needs_a_confirmed_fact_between_the_two(session: Session, cast: Cast, now: datetime) -> None:
    said = record_interaction(
        session, said_by=cast.nia, other=cast.bea, kind=InteractionKind.MET, happened_on=now.date(), now=now
    )
    with pytest.raises(Refused):
        rate(session, rater=cast.nia, ratee=cast.bea, warmth=5, competence=5, now=now)
    confirm(session, interaction=said, by=cast.bea, now=now)
    rate(session, rater=cast.nia, ratee=cast.bea, warmth=5, competence=5, now=now)
    firms = {"prime_id": cast.carla.business_id, "sub_id": cast.dana.business_id}
    session.add(Collaboration(**firms, title="Catalog", created_at=now, finished_at=now))
    rate(session, rater=cast.dana, ratee=cast.carla, warmth=4, competence=4, now=now)


def test_nobody_rates_themselves_their_firm_or_whoever_is_not_here(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    cast.bea.state = MemberState.SUSPENDED
    for rater, ratee in ((cast.nia, cast.nia), (cast.bob, cast.bea), (raters[0], cast.bea)):
        with pytest.raises(Refused):
            rate(session, rater=rater, ratee=ratee, warmth=5, competence=5, now=now)


@pytest.mark.parametrize(("warmth", "competence"), [(0, 3), (6, 3), (3, 0), (3, 6)])
def test_a_rating_is_one_of_five(
    session: Session, cast: Cast, raters: list[Member], now: datetime, warmth: int, competence: int
) -> None:
    with pytest.raises(Invalid) as refusal:
        rate(session, rater=raters[0], ratee=cast.bea, warmth=warmth, competence=competence, now=now)
    assert not any(digit in str(refusal.value) for digit in "06")


def test_one_is_current_for_a_person_and_a_capability_and_every_revision_stays(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rater, hour = raters[0], timedelta(hours=1)
    first = rate(session, rater=rater, ratee=cast.bea, warmth=2, competence=3, now=now)
    assert rate(session, rater=rater, ratee=cast.bea, warmth=2, competence=3, now=now) is first  # said twice at once
    rate(session, rater=rater, ratee=cast.bea, warmth=1, competence=3, capability=cast.web, now=now)
    rate(session, rater=rater, ratee=cast.bea, warmth=5, competence=3, now=now + hour)
    assert [(row.capability_id, row.warmth) for row in ratings_given(session, rater=rater)] == [
        (None, 5),
        (cast.web.id, 1),
    ]
    withdraw(session, rating=first, by=rater, now=now + 2 * hour)
    assert [row.warmth for row in ratings_given(session, rater=rater)] == [1]
    with pytest.raises(Conflict):
        withdraw(session, rating=first, by=rater, now=now + 2 * hour)
    restore(session, rating=first, by=rater, now=now + 3 * hour)
    assert own_ratings(session, rater=rater) == {cast.bea.id: (2, 3)}
    assert session.scalar(select(func.count(Rating.id))) == 5
    assert not session.scalar(select(AuditEntry).where(AuditEntry.action.like("rat%")))


def test_only_the_rater_changes_and_reads_a_rating(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    said = rate(session, rater=raters[0], ratee=cast.bea, warmth=2, competence=3, now=now)
    for act in (withdraw, restore):
        with pytest.raises(Refused):
            act(session, rating=said, by=cast.bea, now=now)
    assert ratings_given(session, rater=cast.bea) == []
    assert own_ratings(session, rater=cast.bea) == {}


def test_a_band_needs_three_firms_and_two_weeks(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    colleague = Member(name="R 7", business=raters[0].business, joined_at=now)
    session.add(colleague)
    session.flush()
    met(session, colleague, cast.bea, now)
    rated(session, [*raters[:2], colleague], cast.bea, 5, now)  # three people of two firms
    assert publish(session, now + 3 * WEEK) == 0
    rated(session, raters[2:3], cast.bea, 5, now + 3 * WEEK)
    assert publish(session, now + 4 * WEEK) == 0
    assert publish(session, now + 6 * WEEK) == 1
    assert shown(session, cast.bea) == (3, 2)


def test_a_rating_counts_at_once_when_both_gave_theirs(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    for rater in raters[:3]:
        rate(session, rater=cast.bea, ratee=rater, warmth=3, competence=3, now=now)
    assert PATIENCE > WEEK
    assert publish(session, now) == 0  # this week's epoch began before
    assert publish(session, now + WEEK) == 1


def test_people_of_one_invite_tree_count_as_one_through_any_state(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    root = cast.dana
    raters[0].sponsor_id, raters[1].sponsor_id, raters[2].sponsor_id = root.id, raters[0].id, root.id
    root.state = MemberState.GONE
    rated(session, raters[:4], cast.bea, 5, now)  # one tree, and one who was asked in by a chapter
    assert publish(session, now + 3 * WEEK) == 0
    raters[2].sponsor_id = None
    assert publish(session, now + 3 * WEEK) == 1


def test_two_trees_that_meet_in_one_firm_count_as_one(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    colleague = Member(name="R 7", business=raters[1].business, joined_at=now, sponsor_id=raters[0].id)
    session.add(colleague)
    rated(session, raters[:3], cast.bea, 5, now)
    assert publish(session, now + 3 * WEEK) == 0


def test_a_network_of_forty_asks_for_five_firms(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    session.add_all(Member(name="M", business=cast.nia.business, joined_at=now) for _ in range(40))
    rated(session, raters[:4], cast.bea, 5, now)
    assert publish(session, now + 3 * WEEK) == 0
    rated(session, raters[4:5], cast.bea, 5, now)
    assert publish(session, now + 3 * WEEK) == 1


def test_a_band_stays_until_three_firms_changed_their_view_and_a_season_is_over(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    for changed in (raters[:1], raters[1:2], raters[1:2]):
        rated(session, changed, cast.bea, 1, now + 3 * WEEK)
        assert publish(session, now + 3 * WEEK + SEASON) == 0
    rated(session, raters[2:3], cast.bea, 1, now + 4 * WEEK)
    assert publish(session, now + 2 * WEEK + SEASON) == 0
    assert shown(session, cast.bea) == (3, 2)
    assert publish(session, now + 3 * WEEK + SEASON) == 1
    assert publish(session, now + 3 * WEEK + SEASON) == 0
    assert shown(session, cast.bea) == (2, 2)


def test_an_update_waits_for_the_next_epoch_and_for_nothing_else(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    later = now + 3 * WEEK + SEASON
    rated(session, raters[:3], cast.bea, 1, later)
    assert publish(session, later + timedelta(days=3)) == 0
    assert publish(session, later + WEEK) == 1


def test_a_withdrawn_rating_counts_no_more_from_the_next_epoch_on(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    withdraw(session, rating=ratings_given(session, rater=raters[0])[0], by=raters[0], now=now + 3 * WEEK)
    assert publish(session, now + 3 * WEEK) == 0
    assert publish(session, now + 4 * WEEK) == 1
    assert shown(session, cast.bea) is None


def test_suspended_and_gone_raters_do_not_count_and_no_new_look_is_given_for_a_season(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rated(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    for state in (MemberState.SUSPENDED, MemberState.GONE):
        raters[0].state = state
        publish(session, now + 4 * WEEK)
        assert shown(session, cast.bea) is None
    raters[0].state = MemberState.ACTIVE
    assert publish(session, now + 5 * WEEK) == 0
    assert publish(session, now + 3 * WEEK + SEASON) == 1
    assert shown(session, cast.bea) == (3, 2)


def test_page_and_engine_have_the_same_band(session: Session, cast: Cast, raters: list[Member], now: datetime) -> None:
    def seen() -> tuple[int, int]:
        known = known_world(session)
        at = known.member[cast.bea.id]
        people = known.world.members
        return int(people.warmth_band[at]), int(people.competence_band[at])

    rated(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    assert seen() == shown(session, cast.bea) == (3, 2)
    raters[0].state = MemberState.SUSPENDED
    publish(session, now + 4 * WEEK)
    assert (seen(), shown(session, cast.bea)) == ((0, 0), None)


def test_a_member_is_asked_about_one_person_a_week_and_never_twice(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    asked = next_to_rate(session, rater=cast.bea, now=now)
    assert asked in raters
    assert next_to_rate(session, rater=cast.bea, now=now + timedelta(days=4)) is asked
    said = rate(session, rater=cast.bea, ratee=asked, warmth=4, competence=4, now=now)
    assert next_to_rate(session, rater=cast.bea, now=now) is None
    withdraw(session, rating=said, by=cast.bea, now=now)
    for week in range(1, 8):
        assert next_to_rate(session, rater=cast.bea, now=now + week * WEEK) in set(raters) - {asked}
    assert next_to_rate(session, rater=cast.carla, now=now) is None  # met nobody


def test_chance_is_drawn_anew_for_each_band_and_is_no_wider_than_said(
    session: Session, cast: Cast, raters: list[Member], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [bands.random_noise() for _ in range(200)]
    assert -1 <= min(drawn) < -0.5 < 0.5 < max(drawn) <= 1
    rated(session, raters[:3], cast.bea, 5, now)
    chances = iter((1.0, -1.0))
    publish_bands(session, now=now + 3 * WEEK, chance=lambda: next(chances))
    assert shown(session, cast.bea) == (3, 2)
    assert list(chances) == []


VIEWS = st.lists(st.floats(1, 5), min_size=3, max_size=30).map(tuple)


@any_of(VIEWS, st.floats(-1, 1))
def test_a_better_view_never_lowers_a_band(means: tuple[float, ...], chance: float) -> None:
    assert 1 <= band_of(means, chance) <= band_of((5.0, *means[1:]), chance) <= 3


@any_of(st.lists(st.floats(3, 5), min_size=3, max_size=30).map(tuple), st.floats(-1, 1))
def test_chance_never_makes_anybody_cold(means: tuple[float, ...], chance: float) -> None:
    assert band_of(means, chance) > 1
