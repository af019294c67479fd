"""The page of a pairing: worksheets, meeting time and outcome, visible to the two members only."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts.interaction import Interaction
from directory.people.tables import Member
from directory.week.occurrence_planning import plan_occurrences
from directory.week.pairing import Pairing, PairingState
from tests.app.conftest import SignIn

HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }}"


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


def member(engine: Engine, key: str) -> Member:
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.key == key)).one()


@pytest.fixture
def nadia(engine: Engine, sign_in: SignIn) -> FlaskClient:
    return sign_in(member(engine, "nadia"))


@pytest.fixture
def pairing(engine: Engine, now: datetime) -> str:
    """The path of a pairing of Nadia and Bea, who have not met."""
    with write_session(engine) as session:
        two = {key: session.scalars(select(Member).where(Member.key == key)).one() for key in ("nadia", "bea")}
        occurrence = next(
            row for row in plan_occurrences(session, now=now) if row.chapter == two["nadia"].business.chapter
        )
        occurrence.paired_at = now
        row = Pairing(occurrence=occurrence, one=two["nadia"], other=two["bea"], paired_at=now)
        session.add(row)
        session.flush()
        return f"/pairings/{row.public_id}"


def stored(engine: Engine) -> tuple[PairingState, int]:
    with Session(engine) as session:
        met = session.scalars(select(Interaction).where(Interaction.kind == "met", Interaction.confirmed_at.is_(None)))
        return session.scalars(select(Pairing)).one().state, len(met.all())


def test_a_talk_whose_time_is_over_is_asked_about(
    engine: Engine, nadia: FlaskClient, pairing: str, now: datetime
) -> None:
    for hours, page, home in (
        (1, "This week, talk to Bea", "This week, talk to Bea"),
        (-1, "Did you and Bea talk?", "Did you talk to Bea"),
    ):
        with write_session(engine) as session:
            session.scalars(select(Pairing)).one().meets_at = now + timedelta(hours=hours)
        assert page in nadia.get(pairing).text
        assert home in nadia.get("/").text


def test_both_members_see_the_pairing_and_its_worksheets(engine: Engine, nadia: FlaskClient, pairing: str) -> None:
    page = nadia.get(pairing).text
    assert "This week, talk to Bea" in page
    assert "You, as Bea reads it" in page
    assert "This week, talk to Bea" in nadia.get("/").text


def test_the_outcome_of_a_pairing_can_be_set_and_undone(engine: Engine, nadia: FlaskClient, pairing: str) -> None:
    before = stored(engine)[1]
    assert (
        "You and Bea talked"
        in nadia.post(f"{pairing}/keep", headers={"Referer": f"http://localhost{pairing}"}, follow_redirects=True).text
    )
    assert stored(engine) == (PairingState.KEPT, before + 1)
    nadia.post(f"{pairing}/reopen")
    assert stored(engine) == (PairingState.PROPOSED, before)
    nadia.post(f"{pairing}/miss")
    assert stored(engine) == (PairingState.MISSED, before)


def test_one_member_cannot_change_the_outcome_set_by_the_other(
    engine: Engine, nadia: FlaskClient, sign_in: SignIn, pairing: str
) -> None:
    bea = sign_in(member(engine, "bea"))
    nadia.post(f"{pairing}/miss")
    assert bea.post(f"{pairing}/keep").status_code == 409
    assert bea.post(f"{pairing}/reopen").status_code == 403
    assert stored(engine)[0] is PairingState.MISSED


def test_the_meeting_is_exported_to_a_calendar_in_the_chapters_time_zone(nadia: FlaskClient, pairing: str) -> None:
    assert nadia.get(f"{pairing}/meeting.ics").status_code == 409
    fields = {"meets_at": "2026-11-05T14:30", "place": HOSTILE, "topics": "Clinics\nand care", "next_step": "Call"}
    page = nadia.post(pairing, data=fields, follow_redirects=True).text
    assert "Bea sees it here" in page
    assert 'value="2026-11-05T14:30"' in page
    assert "<script>alert" not in page
    (event,) = Calendar.from_ical(nadia.get(f"{pairing}/meeting.ics").data).walk("VEVENT")
    assert event.decoded("dtstart").isoformat() == "2026-11-05T21:30:00+00:00"  # Arizona is seven hours behind
    assert event.decoded("duration") == timedelta(minutes=45)
    assert event["location"] == HOSTILE
    assert "Clinics" in event["description"]
    assert "http://localhost" in event["description"]
    again = {**fields, "topics": "Care"}, {**fields, "meets_at": "2026-11-06T14:30"}
    for changed, sequence in zip(
        again, (0, 1), strict=True
    ):  # a new topic moves nothing in a calendar, a new time does
        nadia.post(pairing, data=changed)
        (after,) = Calendar.from_ical(nadia.get(f"{pairing}/meeting.ics").data).walk("VEVENT")
        assert (after["uid"], after["sequence"]) == (event["uid"], sequence)


@pytest.mark.parametrize(
    ("field", "value"), [("meets_at", "2036-01-01T10:00"), ("meets_at", "soon"), ("place", "\u202e")]
)
def test_an_invalid_field_is_refused_and_the_input_is_kept(
    nadia: FlaskClient, pairing: str, field: str, value: str
) -> None:
    answer = nadia.post(pairing, data={"topics": "Clinics and care", field: value})
    assert answer.status_code == 422
    assert "Clinics and care" in answer.text
    assert "Clinics and care" not in nadia.get(pairing).text


def test_a_member_can_stop_and_resume_taking_part_in_pairings(engine: Engine, nadia: FlaskClient, pairing: str) -> None:
    page = nadia.post("/talks/leave", headers={"Referer": f"http://localhost{pairing}"}, follow_redirects=True).text
    assert "Resume weekly talks" in page
    assert member(engine, "nadia").sits_out_at
    nadia.post("/talks/join")
    assert member(engine, "nadia").sits_out_at is None


def test_a_lead_sees_who_is_paired_but_cannot_open_a_pairing(engine: Engine, sign_in: SignIn, pairing: str) -> None:
    lena = sign_in(member(engine, "lena"))
    assert "One talk this week" in lena.get("/chapter").text
    assert lena.get(pairing).status_code == 404
