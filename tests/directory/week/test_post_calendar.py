"""The calendar: people change a chapter's coming weeks ahead of time, and everything else in it stays."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from directory.audit import AuditEntry
from directory.errors import Conflict, Invalid, Refused
from directory.outbox.heartbeat import DELETED_AFTER, LATE_AFTER, heartbeats, record_heartbeat
from directory.outbox.occurrence import Occurrence
from directory.week.occurrence_planning import WEEK, hold, plan_occurrences, release, skip
from directory.week.opening_closing import decide_frame, frame_of, pending_frame, write_frame
from directory.week.post import compose
from directory.week.post_calendar import WEEKS_AHEAD, add_blackout, end_blackout, occurrence_on, set_hour, weeks
from tests.chapterhouse import Chapterhouse

FIRST = date(2026, 11, 4)  # the Wednesday after the Monday that is now
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata")


def days(mesa: Chapterhouse) -> list[date]:
    return list(mesa.session.scalars(select(Occurrence.local_date).order_by(Occurrence.local_date)))


def test_the_next_eight_weeks_are_listed_without_writing_rows(mesa: Chapterhouse) -> None:
    told = weeks(mesa.session, chapter=mesa.chapter, now=mesa.now)
    assert [week.local_date for week in told] == [FIRST + WEEK * at for at in range(WEEKS_AHEAD)]
    assert days(mesa) == []


@pytest.mark.parametrize("zone", ZONES)
def test_a_week_keeps_its_local_time_before_and_after_a_clock_change(mesa: Chapterhouse, zone: str) -> None:
    mesa.chapter.zone = zone
    spring = datetime(2026, 2, 20, tzinfo=ZoneInfo("UTC"))
    for start in (spring, spring + 32 * WEEK):
        for week in weeks(mesa.session, chapter=mesa.chapter, now=start):
            assert week.due_at.astimezone(ZoneInfo(zone)).time() == time(9)


def test_a_week_far_ahead_is_skipped_and_earlier_weeks_stay(mesa: Chapterhouse, now: datetime) -> None:
    far = occurrence_on(mesa.session, chapter=mesa.chapter, on=FIRST + 2 * WEEK, now=now)
    skip(mesa.session, occurrence=far, member=mesa.alma, now=now)
    assert days(mesa) == [FIRST, FIRST + WEEK, FIRST + 2 * WEEK], "written without a gap"
    for week in range(5):
        plan_occurrences(mesa.session, now=now + WEEK * week)
    assert days(mesa) == [FIRST + WEEK * at for at in range(5)]
    assert mesa.session.get_one(Occurrence, far.id).skipped == "Skipped this week."
    with pytest.raises(Conflict):
        occurrence_on(mesa.session, chapter=mesa.chapter, on=FIRST + timedelta(days=1), now=now)


def test_the_planner_keeps_the_own_time_of_one_week(mesa: Chapterhouse, now: datetime) -> None:
    turn, usual = mesa.turn(), mesa.turn().due_at
    set_hour(mesa.session, occurrence=turn, at=time(14, 30), member=mesa.alma, now=now)
    for at in (now, usual, usual + timedelta(hours=1)):
        plan_occurrences(mesa.session, now=at)
        assert (turn.local_date, turn.due_at) == (FIRST, usual + timedelta(hours=5, minutes=30))
    with pytest.raises(Invalid):
        set_hour(mesa.session, occurrence=turn, at=time(8), member=mesa.alma, now=usual)
    set_hour(mesa.session, occurrence=turn, at=time(8), member=mesa.alma, now=now)
    plan_occurrences(mesa.session, now=usual - timedelta(minutes=30))
    assert days(mesa) == [FIRST, FIRST + WEEK]
    with pytest.raises(Invalid):
        set_hour(mesa.session, occurrence=turn, at=None, member=mesa.alma, now=usual)


def test_all_written_weeks_move_with_the_weekday_of_their_chapter(mesa: Chapterhouse, now: datetime) -> None:
    held = occurrence_on(mesa.session, chapter=mesa.chapter, on=FIRST + 2 * WEEK, now=now)
    hold(mesa.session, occurrence=held, member=mesa.alma, now=now)
    mesa.chapter.weekday = 4
    plan_occurrences(mesa.session, now=now)
    assert days(mesa) == [FIRST + timedelta(days=2) + WEEK * at for at in range(3)]


def test_a_blackout_skips_weeks_already_written_and_weeks_written_later(mesa: Chapterhouse, now: datetime) -> None:
    turn, session = mesa.turn(), mesa.session
    said = {"first_on": FIRST, "last_on": FIRST + WEEK, "reason": " Thanksgiving ", "member": mesa.alma, "now": now}
    quiet = add_blackout(session, chapter=mesa.chapter, **said)
    plan_occurrences(session, now=turn.due_at)
    words = "A quiet week: Thanksgiving"
    assert session.scalars(select(Occurrence.skipped)).all() == [words, words]
    assert [week.skipped for week in weeks(session, chapter=mesa.chapter, now=now)] == [words, words] + [None] * 6
    release(session, occurrence=turn, member=mesa.alma, now=now)
    plan_occurrences(session, now=now)
    assert turn.is_open, "one week may go out all the same"
    end_blackout(session, blackout=quiet, member=mesa.bo, now=now)
    assert session.scalars(select(Occurrence.skipped)).all() == [None, None]
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "quiet_time.end"


@pytest.mark.parametrize(
    ("first", "last", "reason", "field"),
    [(3, 1, "x", "last_on"), (0, 99, "x", "last_on"), (-9, -8, "x", "last_on"), (0, 1, " ", "reason")],
)
def test_an_invalid_blackout_is_refused(mesa: Chapterhouse, first: int, last: int, reason: str, field: str) -> None:
    spanned = {"first_on": FIRST + timedelta(days=first), "last_on": FIRST + timedelta(days=last)}
    with pytest.raises(Invalid) as error:
        add_blackout(mesa.session, chapter=mesa.chapter, **spanned, reason=reason, member=mesa.alma, now=mesa.now)
    assert error.value.field == field


def test_own_sentences_are_used_only_after_a_second_person_approves_them(mesa: Chapterhouse, now: datetime) -> None:
    session, chapter = mesa.session, mesa.chapter
    mesa.asks(mesa.alma)
    turn = mesa.turn()

    def text() -> str:
        return compose(session, occurrence=turn, now=now)[0].text

    usual = text()
    said = {"chapter": chapter, "member": mesa.alma, "now": now}
    first = write_frame(session, opening="Mesa asks.", closing="Call us.", **said)
    assert text() == usual
    with pytest.raises(Refused):
        decide_frame(session, frame=first, member=mesa.alma, is_approved=True, now=now)
    decide_frame(session, frame=first, member=mesa.bo, is_approved=True, now=now)
    assert text().startswith("Mesa asks.")
    assert "Call us." in text()
    with pytest.raises(Conflict):
        decide_frame(session, frame=first, member=mesa.cleo, is_approved=False, now=now)
    second = write_frame(session, opening="Other", closing="", **said)
    third = write_frame(session, opening="", closing="", **said)
    assert (pending_frame(session, chapter=chapter), frame_of(session, chapter=chapter)) == (third, first)
    assert second.refused_at == now
    decide_frame(session, frame=third, member=mesa.bo, is_approved=True, now=now + timedelta(seconds=1))
    assert text() == usual


@pytest.mark.parametrize("text", ["Thanks, Cleo Hart!", "x" * 121, "a\u202eb", "Ask @somebody"])
def test_own_sentences_obey_the_rules_of_a_post(mesa: Chapterhouse, now: datetime, text: str) -> None:
    with pytest.raises(Invalid) as error:
        write_frame(mesa.session, chapter=mesa.chapter, opening="", closing=text, member=mesa.alma, now=now)
    assert error.value.field == "closing"


def test_a_worker_without_heartbeats_is_late_and_later_forgotten(mesa: Chapterhouse, now: datetime) -> None:
    for name, at in (("old", now), ("new", now + timedelta(minutes=5)), ("new", now + timedelta(minutes=6))):
        record_heartbeat(mesa.session, worker=name, now=at)
    told = heartbeats(mesa.session)
    assert [(row.worker, row.is_late(now + LATE_AFTER + timedelta(minutes=1))) for row in told] == [
        ("new", False),
        ("old", True),
    ]
    record_heartbeat(mesa.session, worker="new", now=now + DELETED_AFTER + timedelta(seconds=1))
    assert [row.worker for row in heartbeats(mesa.session)] == ["new"]
