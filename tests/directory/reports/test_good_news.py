"""The newest good news, of what others did, for a month."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.people.tables import MemberState
from directory.reports.good_news import good_news
from tests.cast import Cast


def test_the_newest_is_told_for_a_month_and_what_waits_is_none(session: Session, cast: Cast, now: datetime) -> None:
    def heard() -> tuple[str, str] | None:
        session.flush()
        found = good_news(session, member=cast.bea, now=now)
        return (found.kind, found.by.name) if found else None

    assert heard() is None
    vouch = Vouch(giver=cast.carla, receiver=cast.bea, text="Her sites last.", known_as="client", given_at=now)
    meeting = Interaction(
        said_by=cast.bea, other=cast.dana, kind=InteractionKind.MET, happened_on=now.date(), said_at=now
    )
    asked = Introduction(asker=cast.nia, target=cast.bea, text="Clinics", state=IntroductionState.WITH_TARGET)
    asked.asked_at = now
    session.add_all([vouch, meeting, asked])
    assert heard() is None
    vouch.accepted_at = now - timedelta(days=5)
    assert heard() == ("vouch", "Carla Ruiz")
    meeting.confirmed_at = now - timedelta(days=3)
    assert heard() == ("interaction", "Dana Ochoa")
    asked.state, asked.answered_at = IntroductionState.ACCEPTED, now - timedelta(days=1)
    assert heard() == ("introduction", "Nia Sandoval")
    cast.nia.state = MemberState.SUSPENDED
    assert heard() == ("interaction", "Dana Ochoa")
    meeting.confirmed_at = vouch.accepted_at = now - timedelta(days=31)
    assert heard() is None
