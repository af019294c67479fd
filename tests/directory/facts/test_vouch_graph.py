"""Vouches expire, and a vouch that comes back counts half."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import bump_world
from directory.engine.world_cache import known_world
from directory.facts.claim_level import EVIDENCE_LASTS, VOUCH_LASTS, ClaimLevel, claim_standings
from directory.facts.collaboration import Collaboration
from directory.facts.vouch import Vouch
from directory.facts.vouch_graph import reciprocal_pairs
from directory.people.claim import claim
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability, CapabilityKind
from matching.inputs import FACT_KINDS
from tests.cast import Cast
from tests.databases import copy_sqlite

DAY = timedelta(days=1)
Pairs = set[tuple[int, int]]


def add_vouch(session: Session, giver: Member, receiver: Member, about: object, at: datetime) -> Vouch:
    row = Vouch(giver=giver, receiver=receiver, capability=about, text="x" * 10, known_as="-", given_at=at)
    row.accepted_at = at
    session.add(row)
    session.flush()
    bump_world(session)
    return row


def level(session: Session, cast: Cast, now: datetime) -> ClaimLevel:
    return claim_standings(session, [cast.bea.business_id])[cast.bea.business_id, cast.wordpress.id].level_on(now)


@pytest.fixture(autouse=True)
def claimed(session: Session, cast: Cast, now: datetime) -> None:
    claim(session, business=cast.bea.business, capability=cast.wordpress, now=now - 3000 * DAY)


def test_a_vouch_counts_for_three_years_and_finished_work_for_five(session: Session, cast: Cast, now: datetime) -> None:
    add_vouch(session, cast.carla, cast.bea, cast.wordpress, now)
    assert level(session, cast, now + VOUCH_LASTS) is ClaimLevel.VOUCHED
    assert level(session, cast, now + VOUCH_LASTS + DAY) is ClaimLevel.CLAIMED
    work = Collaboration(
        prime=cast.nia.business, sub=cast.bea.business, title="Site", created_at=now, finished_at=now + DAY
    )
    work.capabilities = [cast.wordpress]
    session.add(work)
    session.flush()
    assert level(session, cast, now + EVIDENCE_LASTS + DAY) is ClaimLevel.EVIDENCED
    assert level(session, cast, now + EVIDENCE_LASTS + 2 * DAY) is ClaimLevel.CLAIMED


def test_a_returned_vouch_counts_half(session: Session, cast: Cast, now: datetime) -> None:
    add_vouch(session, cast.carla, cast.bea, cast.wordpress, now)
    add_vouch(session, cast.bob, cast.carla, None, now)  # a colleague's vouch, for no capability
    assert level(session, cast, now) is ClaimLevel.CLAIMED
    add_vouch(session, cast.nia, cast.bea, cast.wordpress, now - 9 * DAY)
    add_vouch(session, cast.bea, cast.nia, None, now)
    standing = claim_standings(session, None)[cast.bea.business_id, cast.wordpress.id]
    assert (standing.level_on(now), standing.vouches, standing.returned_vouches) == (ClaimLevel.VOUCHED, 2, 2)
    assert standing.vouched_until == now - 9 * DAY + VOUCH_LASTS  # from the older of the two half vouches


def test_one_vouch_from_outside_the_cycle_is_enough(session: Session, cast: Cast, now: datetime) -> None:
    for giver, receiver in ((cast.carla, cast.bea), (cast.bea, cast.dana), (cast.dana, cast.carla)):
        add_vouch(session, giver, receiver, cast.wordpress, now)
    assert level(session, cast, now) is ClaimLevel.CLAIMED
    add_vouch(session, cast.nia, cast.bea, cast.wordpress, now)
    assert level(session, cast, now) is ClaimLevel.VOUCHED


def test_the_engine_and_the_page_have_the_same_vouches(session: Session, cast: Cast, now: datetime) -> None:
    add_vouch(session, cast.carla, cast.bea, cast.wordpress, now)
    add_vouch(session, cast.bea, cast.carla, None, now)
    add_vouch(session, cast.nia, cast.bea, None, now)
    world = known_world(session).world
    assert world.claims.vouched_until.tolist() == [0]
    assert [FACT_KINDS[kind] for kind in world.facts.kinds] == ["returned", "returned", "vouch"]


firms = st.integers(0, 5)
networks = st.sets(st.tuples(firms, firms).filter(lambda pair: pair[0] != pair[1]), max_size=14)


def weight(pairs: Pairs, firm: int) -> float:
    ringed = reciprocal_pairs(pairs)
    return sum(0.5 if pair in ringed else 1.0 for pair in pairs if pair[1] == firm)


@settings(max_examples=200)
@given(networks, firms, firms)
def test_withdrawing_a_vouch_never_raises_its_receiver(pairs: Pairs, giver: int, receiver: int) -> None:
    assert weight(pairs - {(giver, receiver)}, receiver) <= weight(pairs, receiver)


@settings(max_examples=200)
@given(networks, st.permutations(range(6)), st.integers(2, 3))
def test_a_cycle_gives_no_firm_more_than_one_outside_vouch_would(pairs: Pairs, order: list[int], size: int) -> None:
    ring = order[:size]
    around = set(zip(ring, ring[1:] + ring[:1], strict=True))
    for giver, receiver in around:
        assert weight(pairs | around, receiver) <= weight(pairs | {(giver, receiver)}, receiver)


@pytest.fixture
def blank(empty_database: Path, tmp_path: Path) -> Iterator[Engine]:
    """A database without the cast."""
    (tmp_path / "blank").mkdir()
    with copy_sqlite(empty_database, tmp_path / "blank") as engine:
        yield engine


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(pairs=networks)
def test_one_firm_is_read_with_all_the_cycles_it_is_part_of(blank: Engine, now: datetime, pairs: Pairs) -> None:
    """A page that reads one firm gets the same result as the engine, which reads all."""
    at = now
    with Session(blank) as own:  # each example has rows of its own, since none is committed
        node = Capability(scheme="goodword", code="web", name="Web", kind=CapabilityKind.SERVICE)
        people = [Member(name=f"P{n}", business=Business(name=f"F{n}", created_at=at), joined_at=at) for n in range(6)]
        own.add_all([node, *people])
        own.flush()
        for person in people:
            claim(own, business=person.business, capability=node, now=at)
        for giver, receiver in pairs:
            add_vouch(own, people[giver], people[receiver], node, at)
        whole = claim_standings(own, None)
        for person in people:
            assert claim_standings(own, [person.business_id]).items() <= whole.items()
