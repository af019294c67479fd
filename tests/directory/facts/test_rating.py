"""The rules of ratings: private to their rater; others see coarse, delayed bands from enough firms."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.engine.world_cache import known_world
from directory.errors import Conflict, Invalid, Refused
from directory.facts import rating_band as bands
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import InteractionKind, confirm, record_interaction
from directory.facts.rating import Rating, next_to_rate, own_ratings, rate, ratings_given, restore, shown_band, withdraw
from directory.facts.rating_band import EXTRA, PATIENCE, REST, SEASON, band_of, publish_bands
from directory.people.tables import Business, Member, MemberState
from directory.privacy.erasure import erase
from tests.cast import Cast

WEEK = timedelta(days=7)


def record_meeting(session: Session, one: Member, other: Member, now: datetime) -> None:
    said = record_interaction(
        session, said_by=one, other=other, kind=InteractionKind.MET, happened_on=now.date(), now=now
    )
    confirm(session, interaction=said, by=other, now=now)


@pytest.fixture
def raters(session: Session, cast: Cast, now: datetime) -> list[Member]:
    """Six members of six firms, who all met Bea."""
    people = [Member(name=f"R {n}", business=Business(name=f"F {n}", created_at=now), joined_at=now) for n in range(6)]
    session.add_all(people)
    session.flush()
    for member in people:
        record_meeting(session, member, cast.bea, now)
    return people


def add_ratings(session: Session, raters: list[Member], ratee: Member, warmth: int, now: datetime) -> None:
    for rater in raters:
        rate(session, rater=rater, ratee=ratee, warmth=warmth, competence=3, now=now)


def publish(session: Session, now: datetime) -> int:
    """Publish without noise."""
    return publish_bands(session, now=now, chance=lambda: 0.0)


def shown(session: Session, member: Member) -> tuple[int, int] | None:
    band = shown_band(session, member)
    return (band.warmth, band.competence) if band else None


def test_a_rating_needs_a_confirmed_fact_between_the_two_members(session: Session, cast: Cast, now: datetime) -> None:
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


def test_nobody_rates_themselves_their_firm_or_an_inactive_member(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    cast.bea.state = MemberState.SUSPENDED
    for rater, ratee in ((cast.nia, cast.nia), (cast.bob, cast.bea), (raters[0], cast.bea)):
        with pytest.raises(Refused):
            rate(session, rater=rater, ratee=ratee, warmth=5, competence=5, now=now)


@pytest.mark.parametrize(("warmth", "competence"), [(0, 3), (6, 3), (3, 0), (3, 6)])
def test_a_rating_is_between_1_and_5(
    session: Session, cast: Cast, raters: list[Member], now: datetime, warmth: int, competence: int
) -> None:
    with pytest.raises(Invalid) as refusal:
        rate(session, rater=raters[0], ratee=cast.bea, warmth=warmth, competence=competence, now=now)
    assert not any(digit in str(refusal.value) for digit in "06")


def test_one_rating_per_ratee_and_capability_is_current_and_revisions_stay(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    rater, hour = raters[0], timedelta(hours=1)
    first = rate(session, rater=rater, ratee=cast.bea, warmth=2, competence=3, now=now)
    assert rate(session, rater=rater, ratee=cast.bea, warmth=2, competence=3, now=now) is first  # unchanged: no new row
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


def test_only_the_rater_reads_and_changes_a_rating(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    said = rate(session, rater=raters[0], ratee=cast.bea, warmth=2, competence=3, now=now)
    for act in (withdraw, restore):
        with pytest.raises(Refused):
            act(session, rating=said, by=cast.bea, now=now)
    assert ratings_given(session, rater=cast.bea) == []
    assert own_ratings(session, rater=cast.bea) == {}


def test_a_band_needs_ratings_from_three_firms_and_two_weeks(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    colleague = Member(name="R 7", business=raters[0].business, joined_at=now)
    session.add(colleague)
    session.flush()
    record_meeting(session, colleague, cast.bea, now)
    add_ratings(session, [*raters[:2], colleague], cast.bea, 5, now)  # three people of two firms
    assert publish(session, now + 3 * WEEK) == 0
    add_ratings(session, raters[2:3], cast.bea, 5, now + 3 * WEEK)
    assert publish(session, now + 4 * WEEK) == 0
    assert publish(session, now + 6 * WEEK) == 1
    assert shown(session, cast.bea) == (3, 2)


def test_a_rating_counts_at_the_next_epoch_if_both_have_rated(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    add_ratings(session, raters[:3], cast.bea, 5, now)
    for rater in raters[:3]:
        rate(session, rater=cast.bea, ratee=rater, warmth=3, competence=3, now=now)
    assert PATIENCE > WEEK
    assert publish(session, now) == 0  # this week's epoch began before they rated
    assert publish(session, now + WEEK) == 1


def test_an_invite_tree_counts_as_one_rater_even_if_its_root_is_gone(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    root = cast.dana
    raters[0].sponsor_id, raters[1].sponsor_id, raters[2].sponsor_id = root.id, raters[0].id, root.id
    root.state = MemberState.GONE
    add_ratings(session, raters[:4], cast.bea, 5, now)  # one invite tree, and one member invited by a chapter
    assert publish(session, now + 3 * WEEK) == 0
    raters[2].sponsor_id = None
    assert publish(session, now + 3 * WEEK) == 1


def test_two_invite_trees_that_share_a_firm_count_as_one_rater(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    colleague = Member(name="R 7", business=raters[1].business, joined_at=now, sponsor_id=raters[0].id)
    session.add(colleague)
    add_ratings(session, raters[:3], cast.bea, 5, now)
    assert publish(session, now + 3 * WEEK) == 0


def test_a_network_of_forty_members_needs_five_firms(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    session.add_all(Member(name="M", business=cast.nia.business, joined_at=now) for _ in range(40))
    add_ratings(session, raters[:4], cast.bea, 5, now)
    assert publish(session, now + 3 * WEEK) == 0
    add_ratings(session, raters[4:5], cast.bea, 5, now)
    assert publish(session, now + 3 * WEEK) == 1


def test_a_band_moves_only_after_three_changed_views_and_a_season(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    add_ratings(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    for changed in (raters[:1], raters[1:2], raters[1:2]):
        add_ratings(session, changed, cast.bea, 1, now + 3 * WEEK)
        assert publish(session, now + 3 * WEEK + SEASON) == 0
    add_ratings(session, raters[2:3], cast.bea, 1, now + 4 * WEEK)
    assert publish(session, now + 2 * WEEK + SEASON) == 0
    assert shown(session, cast.bea) == (3, 2)
    assert publish(session, now + 3 * WEEK + SEASON) == 1
    assert publish(session, now + 3 * WEEK + SEASON) == 0
    assert shown(session, cast.bea) == (2, 2)


def test_a_due_update_waits_only_for_the_next_epoch(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    add_ratings(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    later = now + 3 * WEEK + SEASON
    add_ratings(session, raters[:3], cast.bea, 1, later)
    assert publish(session, later + timedelta(days=3)) == 0
    assert publish(session, later + WEEK) == 1


def test_a_band_holds_for_a_season_and_goes_if_too_few_are_left(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    add_ratings(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    withdraw(session, rating=ratings_given(session, rater=raters[0])[0], by=raters[0], now=now + 3 * WEEK)
    assert publish(session, now + 2 * WEEK + SEASON) == 0
    assert shown(session, cast.bea) == (3, 2)
    assert publish(session, now + 3 * WEEK + SEASON) == 1
    assert shown(session, cast.bea) is None


def test_a_band_that_went_returns_after_a_rest(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    add_ratings(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    withdraw(session, rating=ratings_given(session, rater=raters[0])[0], by=raters[0], now=now + 3 * WEEK)
    gone_at = now + 3 * WEEK + SEASON
    publish(session, gone_at)
    assert shown(session, cast.bea) is None
    add_ratings(session, raters[:1], cast.bea, 5, gone_at)
    assert publish(session, gone_at + REST - WEEK) == 0
    assert publish(session, gone_at + REST) == 1
    assert shown(session, cast.bea) == (3, 2)


def test_who_leaves_does_not_count_in_a_band_and_takes_none_along(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    add_ratings(session, raters[:3], cast.bea, 5, now)
    raters[2].state = MemberState.SUSPENDED
    publish(session, now + 3 * WEEK)
    assert shown(session, cast.bea) is None
    raters[2].state = MemberState.ACTIVE
    publish(session, now + 4 * WEEK)
    assert shown(session, cast.bea) == (3, 2)
    raters[0].state = MemberState.SUSPENDED
    erase(session, member=raters[1], by=None, now=now + 5 * WEEK)
    for weeks in (4, 40, 80):
        assert publish(session, now + weeks * WEEK + SEASON) == 0
    erase(session, member=raters[0], by=None, now=now + 90 * WEEK)
    assert publish(session, now + 100 * WEEK) == 0
    raters[2].state = MemberState.SUSPENDED
    assert publish(session, now + 101 * WEEK) == 1
    assert shown(session, cast.bea) is None


@pytest.mark.parametrize("extra", range(EXTRA + 1))
def test_chance_adds_raters_to_the_threshold_of_a_band_and_changes_to_its_moves(
    session: Session, cast: Cast, raters: list[Member], now: datetime, extra: int
) -> None:
    more = [Member(name=f"M {n}", business=Business(name=f"G {n}", created_at=now), joined_at=now) for n in range(3)]
    session.add_all(more)
    session.flush()
    for member in more:
        record_meeting(session, member, cast.bea, now)
    raters = [*raters, *more]
    for number in range(1, 10):
        at = now + 3 * number * WEEK
        add_ratings(session, raters[number - 1 : number], cast.bea, 4, at)
        publish_bands(session, now=at + 3 * WEEK, chance=lambda: extra / EXTRA)
        assert (shown(session, cast.bea) is not None) == (number >= 3 + extra)


@any_of(st.floats(-1, 1), st.integers(0, EXTRA))
def test_a_draw_is_from_0_to_the_most_and_0_without_chance(chance: float, most: int) -> None:
    assert 0 <= bands.draw(most, lambda: chance) <= most
    assert bands.draw(most, lambda: 0.0) == 0


def test_the_page_and_the_engine_have_the_same_band(
    session: Session, cast: Cast, raters: list[Member], now: datetime
) -> None:
    def seen() -> tuple[int, int]:
        known = known_world(session)
        at = known.member[cast.bea.id]
        people = known.world.members
        return int(people.warmth_band[at]), int(people.competence_band[at])

    add_ratings(session, raters[:3], cast.bea, 5, now)
    publish(session, now + 3 * WEEK)
    assert seen() == shown(session, cast.bea) == (3, 2)
    withdraw(session, rating=ratings_given(session, rater=raters[0])[0], by=raters[0], now=now + 3 * WEEK)
    publish(session, now + 3 * WEEK + SEASON)
    assert (seen(), shown(session, cast.bea)) == ((0, 0), None)


def test_a_member_is_asked_to_rate_one_person_a_week_and_never_twice(
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


def test_noise_is_drawn_for_each_band_and_stays_within_its_limits(
    session: Session, cast: Cast, raters: list[Member], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [bands.random_noise() for _ in range(200)]
    assert -1 <= min(drawn) < -0.5 < 0.5 < max(drawn) <= 1
    add_ratings(session, raters[:3], cast.bea, 5, now)
    chances = iter((0.0, 0.0, 1.0, -1.0, 0.0))  # of the raters that it takes, twice, its noise, and the changed views
    publish_bands(session, now=now + 3 * WEEK, chance=lambda: next(chances))
    assert shown(session, cast.bea) == (3, 2)
    assert list(chances) == []


VIEWS = st.lists(st.floats(1, 5), min_size=3, max_size=30).map(tuple)


@any_of(VIEWS, st.floats(-1, 1))
def test_a_higher_rating_never_lowers_a_band(means: tuple[float, ...], chance: float) -> None:
    assert 1 <= band_of(means, chance) <= band_of((5.0, *means[1:]), chance) <= 3


@any_of(st.lists(st.floats(3, 5), min_size=3, max_size=30).map(tuple), st.floats(-1, 1))
def test_noise_never_lowers_a_good_mean_to_band_1(means: tuple[float, ...], chance: float) -> None:
    assert band_of(means, chance) > 1
