"""Each chapter's weekly pairings are proposed once, and a chapter that fails does not stop the others."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, WantedKind
from directory.people.wanted import add_wanted
from directory.week.occurrence_planning import plan_occurrences
from directory.week.pairing import Pairing
from jobs import weekly_pairings

WEEK = timedelta(days=7)


@pytest.fixture
def due_at(engine: Engine, now: datetime) -> datetime:
    """When both of two chapters post; each has two members, who want to meet the same people."""
    with write_session(engine) as session:
        for place in ("mesa", "tempe"):
            chapter = Chapter(key=place, name=place, zone="UTC")
            for name in ("Ana One", "Ben Two"):
                firm = Business(name=f"{name} of {place}", chapter=chapter, created_at=now)
                member = Member(name=name, business=firm, joined_at=now, arrived_at=now)
                session.add(member)
                session.flush()
                add_wanted(session, member=member, kind=WantedKind.CLIENT, text="Owners of old theaters", now=now)
        session.flush()
        return plan_occurrences(session, now=now)[-1].due_at


def chapters_paired(engine: Engine) -> list[int]:
    with Session(engine) as session:
        return sorted(row.occurrence.chapter_id for row in session.query(Pairing))


def test_pairings_are_proposed_once(engine: Engine, due_at: datetime) -> None:
    assert [weekly_pairings.propose(engine, now=at) for at in (due_at - WEEK, due_at, due_at)] == [0, 2, 0]
    assert chapters_paired(engine) == [1, 2]


def test_a_failing_chapter_does_not_stop_others_and_is_retried(
    engine: Engine, due_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose_pairings = weekly_pairings.propose_pairings

    def fails(session: Session, *, occurrence: Occurrence, now: datetime) -> list[Pairing]:
        made = propose_pairings(session, occurrence=occurrence, now=now)
        return made if occurrence.chapter_id == 2 else made[len(made)]

    monkeypatch.setattr(weekly_pairings, "propose_pairings", fails)
    assert weekly_pairings.propose(engine, now=due_at) == 1
    assert chapters_paired(engine) == [2]
    monkeypatch.undo()
    assert weekly_pairings.propose(engine, now=due_at) == 1
    assert chapters_paired(engine) == [1, 2]
