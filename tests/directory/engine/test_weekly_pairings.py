"""Weekly pairing: each participant at most once and for a reason, no pair again within half a year."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from directory.engine import weekly_pairings
from directory.engine.weekly_pairings import (
    occurrences_to_pair,
    pairing_reasons,
    person_to_meet,
    propose_pairings,
)
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, WantedKind
from directory.people.wanted import add_wanted
from directory.week.occurrence_planning import plan_occurrences, skip
from directory.week.pairing import Pairing, latest_pairings, take_part
from tests.embedded_texts import embed_pairing_texts

WEEK = timedelta(days=7)
NAMES = ("Ana", "Ben", "Cleo", "Dev", "Eve")


@pytest.fixture
def five(session: Session, now: datetime) -> list[Member]:
    """A chapter of five members who have arrived and ask for nobody; one of them keeps books."""
    chapter = Chapter(key="mesa", name="Mesa", zone="UTC")
    members = [
        Member(
            name=f"{name} One", business=Business(name=f"{name} & Co", chapter=chapter, created_at=now), joined_at=now
        )
        for name in ("Ana", "Ben", "Cleo", "Dev", "Eve")
    ]
    for member in members:
        member.arrived_at = now
    members[1].business.summary = "We keep books for shops"
    session.add_all(members)
    session.flush()
    return members


def all_want_the_same(session: Session, members: list[Member], now: datetime) -> None:
    for member in members:
        add_wanted(session, member=member, kind=WantedKind.CLIENT, text="Owners of old theaters", now=now)
    session.expire_all()


def last_occurrence(session: Session, now: datetime) -> tuple[Occurrence, datetime]:
    occurrence = plan_occurrences(session, now=now)[-1]
    return occurrence, occurrence.due_at - weekly_pairings.AHEAD


def pair(session: Session, now: datetime) -> list[Pairing]:
    occurrence, at = last_occurrence(session, now)
    return propose_pairings(session, occurrence=occurrence, now=at)


def test_a_member_who_answers_a_want_is_paired_for_that_reason_and_nobody_without_one(
    session: Session, five: list[Member], now: datetime
) -> None:
    assert person_to_meet(session, member=five[0], now=now) is None
    add_wanted(session, member=five[0], kind=WantedKind.PARTNER, text="Somebody who keeps books for shops", now=now)
    session.expire_all()
    embed_pairing_texts(session)
    before = person_to_meet(session, member=five[1], now=now)
    (pairing,) = pair(session, now)
    assert {pairing.one, pairing.other} == {*five[:2]}
    (reason,) = pairing_reasons(session, [pairing])[pairing.id]
    assert (reason.asker, reason.giver, reason.want) == (five[0], five[1], "Somebody who keeps books for shops")
    assert before is not None
    wants = [why.want for why in before.reasons]
    assert (before.one, before.other, wants) == (five[1], five[0], [reason.want])
    assert person_to_meet(session, member=five[2], now=now) is None


def test_within_a_week_of_a_pairing_nobody_else_is_suggested_and_later_not_the_same(
    session: Session, five: list[Member], now: datetime
) -> None:
    all_want_the_same(session, five, now)
    (pairing, _other) = pair(session, now)
    at = pairing.paired_at
    assert person_to_meet(session, member=pairing.one, now=at) is None
    later = person_to_meet(session, member=pairing.one, now=at + WEEK)
    assert later is not None
    assert later.other not in (pairing.one, pairing.other)


def test_no_pair_repeats_in_a_season_and_an_unpaired_member_comes_next(
    session: Session, five: list[Member], now: datetime
) -> None:
    all_want_the_same(session, five, now)
    seen: set[frozenset[int]] = set()
    left: set[int] = set()
    for week in range(8):
        pairings = pair(session, now + week * WEEK)
        pairs = {frozenset((pairing.one_id, pairing.other_id)) for pairing in pairings}
        paired = {id for pair in pairs for id in pair}
        assert len(paired) == 2 * len(pairings)
        assert not pairs & seen
        assert week > 3 or (len(pairings) == 2 and left <= paired)
        seen, left = seen | pairs, {member.id for member in five} - paired
    assert len(seen) == 10  # everybody has met everybody
    assert pair(session, now + 8 * WEEK) == []


def test_an_occurrence_is_paired_once_from_its_morning_on_unless_skipped(
    session: Session, five: list[Member], now: datetime
) -> None:
    all_want_the_same(session, five, now)
    occurrence, at = last_occurrence(session, now)
    assert occurrences_to_pair(session, now=at - timedelta(minutes=1)) == []
    assert occurrences_to_pair(session, now=at) == [occurrence]
    assert propose_pairings(session, occurrence=occurrence, now=at)
    assert occurrences_to_pair(session, now=at) == propose_pairings(session, occurrence=occurrence, now=at) == []
    after, later = last_occurrence(session, now + WEEK)
    skip(session, occurrence=after, member=five[0], now=now)
    assert occurrences_to_pair(session, now=later) == []


def test_members_who_sit_out_never_arrived_or_share_a_firm_are_not_paired(
    session: Session, five: list[Member], now: datetime
) -> None:
    all_want_the_same(session, five, now)
    take_part(session, member=five[0], takes_part=False, now=now)
    five[1].arrived_at = None
    five[3].business = five[2].business
    session.flush()
    occurrence, at = last_occurrence(session, now)
    propose_pairings(session, occurrence=occurrence, now=at)
    (pairing,) = latest_pairings(session, chapter=occurrence.chapter)
    assert five[4] in (pairing.one, pairing.other)
    assert five[0] not in (pairing.one, pairing.other)


def test_a_large_chapter_is_split_into_groups(
    session: Session, five: list[Member], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_want_the_same(session, five, now)
    monkeypatch.setattr(weekly_pairings, "MAX_MEMBERS", 3)
    pairings = pair(session, now)
    assert len({id for row in pairings for id in (row.one_id, row.other_id)}) == 2 * len(pairings) == 4
