"""The week's talk on its page: both worksheets, a time for the calendar, one tap for how it went; for the two alone."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts.interaction import Interaction
from directory.people.tables import Member
from directory.week.occurrence_schedule import plan_occurrences
from directory.week.pairing import Pairing, PairingState
from tests.app.conftest import SignIn

HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }}"


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


def of(engine: Engine, key: str) -> Member:
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.key == key)).one()


@pytest.fixture
def nadia(engine: Engine, sign_in: SignIn) -> FlaskClient:
    return sign_in(of(engine, "nadia"))


@pytest.fixture
def talk(engine: Engine, now: datetime) -> str:
    """The path of the talk of Nadia and Bea, who have not met."""
    with write_session(engine) as session:
        two = {key: session.scalars(select(Member).where(Member.key == key)).one() for key in ("nadia", "bea")}
        turn = next(
            each for each in plan_occurrences(session, now=now) if each.chapter == two["nadia"].business.chapter
        )
        turn.paired_at = now
        row = Pairing(occurrence=turn, one=two["nadia"], other=two["bea"], paired_at=now)
        session.add(row)
        session.flush()
        return f"/pairings/{row.public_id}"


def stored(engine: Engine) -> tuple[PairingState, int]:
    with Session(engine) as session:
        met = session.scalars(select(Interaction).where(Interaction.kind == "met", Interaction.confirmed_at.is_(None)))
        return session.scalars(select(Pairing)).one().state, len(met.all())


def test_the_two_read_why_and_whom_each_wants_to_meet(engine: Engine, nadia: FlaskClient, talk: str) -> None:
    page = nadia.get(talk).text
    assert "This week you talk to Bea" in page
    assert "You, as Bea reads it" in page
    assert "This week you talk to Bea" in nadia.get("/").text


def test_one_tap_says_how_it_went_and_another_takes_it_back(engine: Engine, nadia: FlaskClient, talk: str) -> None:
    before = stored(engine)[1]
    assert (
        "You and Bea talked"
        in nadia.post(f"{talk}/keep", headers={"Referer": f"http://localhost{talk}"}, follow_redirects=True).text
    )
    assert stored(engine) == (PairingState.KEPT, before + 1)
    nadia.post(f"{talk}/reopen")
    assert stored(engine) == (PairingState.PROPOSED, before)
    nadia.post(f"{talk}/miss")
    assert stored(engine) == (PairingState.MISSED, before)


def test_what_one_said_the_other_does_not_change(
    engine: Engine, nadia: FlaskClient, sign_in: SignIn, talk: str
) -> None:
    bea = sign_in(of(engine, "bea"))
    nadia.post(f"{talk}/miss")
    assert bea.post(f"{talk}/keep").status_code == 409
    assert bea.post(f"{talk}/reopen").status_code == 403
    assert stored(engine)[0] is PairingState.MISSED


def test_a_time_is_taken_into_the_calendar_as_the_chapter_s_clock_says(nadia: FlaskClient, talk: str) -> None:
    assert nadia.get(f"{talk}/meeting.ics").status_code == 409
    said = {"meets_at": "2026-11-05T14:30", "place": HOSTILE, "topics": "Clinics\nand care", "next_step": "Call"}
    page = nadia.post(talk, data=said, follow_redirects=True).text
    assert "Bea reads it here" in page
    assert 'value="2026-11-05T14:30"' in page
    assert "<script>alert" not in page
    (event,) = Calendar.from_ical(nadia.get(f"{talk}/meeting.ics").data).walk("VEVENT")
    assert event.decoded("dtstart").isoformat() == "2026-11-05T21:30:00+00:00"  # Arizona is seven hours behind
    assert event.decoded("duration") == timedelta(minutes=45)
    assert event["location"] == HOSTILE
    assert "Clinics" in event["description"]


@pytest.mark.parametrize(
    ("field", "value"), [("meets_at", "2036-01-01T10:00"), ("meets_at", "soon"), ("place", "\u202e")]
)
def test_a_wrong_entry_is_said_and_nothing_is_lost(nadia: FlaskClient, talk: str, field: str, value: str) -> None:
    answer = nadia.post(talk, data={"topics": "Clinics and care", field: value})
    assert answer.status_code == 422
    assert "Clinics and care" in answer.text
    assert "Clinics and care" not in nadia.get(talk).text


def test_who_wants_no_talks_leaves_and_comes_back(engine: Engine, nadia: FlaskClient, talk: str) -> None:
    page = nadia.post("/talks/leave", headers={"Referer": f"http://localhost{talk}"}, follow_redirects=True).text
    assert "Take part in the week" in page
    assert of(engine, "nadia").sits_out_at
    nadia.post("/talks/join")
    assert of(engine, "nadia").sits_out_at is None


def test_a_lead_reads_who_talks_and_opens_nobody_s_talk(engine: Engine, sign_in: SignIn, talk: str) -> None:
    lena = sign_in(of(engine, "lena"))
    assert "One talk this week" in lena.get("/chapter").text
    assert lena.get(talk).status_code == 404
