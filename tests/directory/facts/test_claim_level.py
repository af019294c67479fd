"""Claim levels depend only on accepted vouches and finished collaborations."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.errors import Conflict
from directory.facts.claim_level import ClaimLevel, claim_standings
from directory.facts.collaboration import Collaboration
from directory.facts.vouch import accept, vouch
from directory.people.claim import claim, unclaim
from directory.people.tables import MemberState
from tests.cast import Cast


@pytest.fixture
def claimed(session: Session, cast: Cast, now: datetime) -> tuple[int, int]:
    claim(session, business=cast.bea.business, capability=cast.wordpress, now=now)
    return cast.bea.business_id, cast.wordpress.id


def add_vouch(session: Session, cast: Cast, now: datetime, **instead: object) -> None:
    fields = {"giver": cast.carla, "receiver": cast.bea, "capability": cast.wordpress, **instead}
    given = vouch(session, text="She rebuilt our shop in a week.", known_as="a client", now=now, **fields)
    accept(session, vouch=given, by=given.receiver, now=now + timedelta(days=1))


def add_collaboration(session: Session, cast: Cast, now: datetime, finished_at: datetime | None) -> None:
    work = Collaboration(
        prime_id=cast.nia.business_id,
        sub_id=cast.bea.business_id,
        title="Site",
        created_at=now,
        finished_at=finished_at,
    )
    work.capabilities = [cast.wordpress]
    session.add(work)
    session.flush()


def test_a_claim_without_support_has_the_level_claimed(
    session: Session, claimed: tuple[int, int], now: datetime
) -> None:
    standing = claim_standings(session, [claimed[0]])[claimed]
    assert (standing.level_on(now), standing.claimed_at, standing.vouches, standing.evidence) == (
        ClaimLevel.CLAIMED,
        now,
        0,
        0,
    )


def test_accepted_vouches_count_once_per_giving_firm(
    session: Session, cast: Cast, claimed: tuple[int, int], now: datetime
) -> None:
    add_vouch(session, cast, now)
    add_vouch(session, cast, now, receiver=cast.bob)  # the same giver, for a colleague
    add_vouch(session, cast, now, giver=cast.nia)
    standing = claim_standings(session, [claimed[0]])[claimed]
    assert (standing.level_on(now), standing.vouches, standing.vouched_at) == (
        ClaimLevel.VOUCHED,
        2,
        now + timedelta(days=1),
    )


def test_a_vouch_counts_only_for_its_capability_if_accepted_and_its_giver_active(
    session: Session, cast: Cast, claimed: tuple[int, int], now: datetime
) -> None:
    add_vouch(session, cast, now, capability=cast.design)
    add_vouch(session, cast, now, capability=None)
    add_vouch(session, cast, now)
    cast.carla.state = MemberState.SUSPENDED
    vouch(
        session,
        giver=cast.nia,
        receiver=cast.bea,
        text="Not accepted yet.",
        known_as="-x",
        capability=cast.wordpress,
        now=now,
    )
    assert claim_standings(session, [claimed[0]])[claimed].level_on(now) is ClaimLevel.CLAIMED


def test_only_finished_collaborations_are_evidence(
    session: Session, cast: Cast, claimed: tuple[int, int], now: datetime
) -> None:
    add_collaboration(session, cast, now, None)
    assert claim_standings(session, [claimed[0]])[claimed].level_on(now) is ClaimLevel.CLAIMED
    add_collaboration(session, cast, now, now)
    add_collaboration(session, cast, now, now - timedelta(days=9))
    standing = claim_standings(session, None)[claimed]
    assert (standing.level_on(now), standing.evidence, standing.evidenced_at) == (ClaimLevel.EVIDENCED, 2, now)


def test_the_claims_of_many_firms_take_two_queries(session: Session, engine: Engine, cast: Cast, now: datetime) -> None:
    for member in (cast.nia, cast.bea, cast.carla):
        claim(session, business=member.business, capability=cast.design, now=now)
    world_version(session)  # the new one is written
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    for queries in (3, 2):  # the vouches of the network are read once
        asked.clear()
        assert len(claim_standings(session, [cast.nia.business_id, cast.bea.business_id])) == 2
        assert len(asked) == queries


def test_a_claim_is_unique_and_its_removal_changes_the_world_version(
    session: Session, cast: Cast, claimed: tuple[int, int], now: datetime
) -> None:
    with pytest.raises(Conflict) as refused:
        claim(session, business=cast.bea.business, capability=cast.wordpress, now=now)
    assert refused.value.field == "capability"
    before = world_version(session)
    unclaim(session, business=cast.bea.business, capability=cast.wordpress, now=now)
    assert claimed not in claim_standings(session, None)
    assert world_version(session) != before
    assert "wordpress" not in cast.bea.business.search_text
