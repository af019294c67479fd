"""Occurrences: one a week for each chapter, at its local time, despite clock changes, downtime and concurrency."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.db import claim_write, write_session
from directory.errors import Conflict
from directory.outbox.occurrence import CATCH_UP, Occurrence
from directory.people.chapter import Chapter
from directory.week.occurrence_planning import hold, plan_occurrences, release, skip, slot_instant, upcoming_occurrence
from tests.chapterhouse import Chapterhouse

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata")


def test_a_time_skipped_by_the_spring_clock_change_runs_an_hour_later() -> None:
    chapter = Chapter(zone="America/New_York", post_time=time(2, 30))
    assert slot_instant(chapter, date(2026, 3, 8)).astimezone(ZoneInfo(chapter.zone)).time() == time(3, 30)


def test_a_time_repeated_by_the_autumn_clock_change_runs_once(session: Session) -> None:
    chapter = Chapter(key="ny", name="NY", zone="America/New_York", post_time=time(1, 30), weekday=6)
    session.add(chapter)
    first_pass, second_pass = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    for now in (first_pass - timedelta(hours=1), first_pass, second_pass, second_pass + timedelta(minutes=1)):
        plan_occurrences(session, now=now)
    assert session.scalars(select(Occurrence.due_at).order_by(Occurrence.due_at).limit(1)).one() == first_pass
    assert session.scalars(select(Occurrence.local_date)).all() == [date(2026, 11, 1), date(2026, 11, 8)]


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_every_week_has_one_occurrence_through_a_year_of_clock_changes(engine: Engine, zone: str) -> None:
    @settings(max_examples=4)
    @given(
        weekday=some.integers(0, 6),
        post_time=some.sampled_from([time(0), time(1, 45), time(2), time(2, 30), time(9), time(23, 59)]),
        naps=some.lists(some.integers(1, 150), min_size=60, max_size=60),
    )
    def check(weekday: int, post_time: time, naps: list[int]) -> None:
        with Session(engine) as session:
            claim_write(session)
            session.execute(delete(Chapter))
            chapter = Chapter(key=zone, name=zone, zone=zone, weekday=weekday, post_time=post_time)
            session.add(chapter)
            start = datetime(2026, 1, 10, tzinfo=UTC)
            for now in accumulate((timedelta(hours=nap) for nap in naps), initial=start):
                plan_occurrences(session, now=now)
            rows = session.execute(
                select(Occurrence.local_date, Occurrence.due_at).order_by(Occurrence.local_date)
            ).all()
            days = [row.local_date for row in rows]
            assert days == [days[0] + timedelta(days=7 * week) for week in range(len(days))]
            assert days[0].weekday() == weekday
            assert (days[0] - start.date()).days <= 8
            assert rows[-1].due_at > now
            for on, due_at in rows:
                local = due_at.astimezone(ZoneInfo(zone))
                late = datetime.combine(on, local.time()) - datetime.combine(on, post_time)
                assert local.date() == on
                assert late in (timedelta(0), timedelta(minutes=30), timedelta(hours=1))

    check()


def test_an_occurrence_hours_late_is_caught_up_and_weeks_late_is_skipped(mesa: Chapterhouse) -> None:
    first = mesa.turn()
    open_turns = plan_occurrences(mesa.session, now=first.due_at + timedelta(days=21) + CATCH_UP / 2)
    assert [turn.local_date - first.local_date for turn in open_turns] == [timedelta(days=21), timedelta(days=28)]
    rows = mesa.session.scalars(select(Occurrence).order_by(Occurrence.local_date)).all()
    assert [bool(row.skipped) for row in rows] == [True, True, True, False, False]
    assert plan_occurrences(mesa.session, now=first.due_at + timedelta(days=22)) == open_turns[1:]


def test_a_held_week_is_skipped_when_the_next_is_due(mesa: Chapterhouse, now: datetime) -> None:
    turn = mesa.turn()
    hold(mesa.session, occurrence=turn, member=mesa.alma, now=now)
    assert plan_occurrences(mesa.session, now=turn.due_at + timedelta(days=6))[0] is turn
    assert turn not in plan_occurrences(mesa.session, now=turn.due_at + timedelta(days=7))
    assert turn.skipped


def test_an_occurrence_released_late_is_due_at_once(mesa: Chapterhouse, now: datetime) -> None:
    turn, later = mesa.turn(), now + timedelta(days=4)
    hold(mesa.session, occurrence=turn, member=mesa.alma, now=now)
    release(mesa.session, occurrence=turn, member=mesa.alma, now=later)
    assert turn.due_at == later
    assert turn in plan_occurrences(mesa.session, now=later)


def test_a_skip_can_be_undone_until_the_occurrence_is_due(mesa: Chapterhouse, now: datetime) -> None:
    turn = mesa.turn()
    skip(mesa.session, occurrence=turn, member=mesa.alma, now=now)
    assert upcoming_occurrence(mesa.session, chapter=mesa.chapter, now=now) is turn
    assert not plan_occurrences(mesa.session, now=now)
    release(mesa.session, occurrence=turn, member=mesa.alma, now=now)
    assert turn.is_open
    skip(mesa.session, occurrence=turn, member=mesa.alma, now=now)
    with pytest.raises(Conflict):
        release(mesa.session, occurrence=turn, member=mesa.alma, now=turn.due_at)
    actions = mesa.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["occurrence.skip", "occurrence.release", "occurrence.skip"]


def test_the_coming_occurrence_moves_with_the_weekday_of_its_chapter(mesa: Chapterhouse, now: datetime) -> None:
    turn = mesa.turn()
    mesa.chapter.weekday, mesa.chapter.post_time = 4, time(7, 30)
    assert plan_occurrences(mesa.session, now=now) == [turn]
    assert turn.local_date.weekday() == 4
    assert turn.due_at.hour == 14


def test_concurrent_planners_write_each_occurrence_once(engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        session.add_all(Chapter(key=zone, name=zone, zone=zone) for zone in ZONES)

    def planner(_: int) -> int:
        with write_session(engine) as session:
            return len(plan_occurrences(session, now=now))

    with ThreadPoolExecutor(8) as crowd:
        assert list(crowd.map(planner, range(16))) == [len(ZONES)] * 16
