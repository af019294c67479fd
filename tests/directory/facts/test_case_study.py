"""Case studies: shown once all parties agreed, hidden once any of them withdraws."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import DomainError, Refused
from directory.facts import case_study
from directory.facts.case_study import CaseStudy
from directory.facts.collaboration import Collaboration
from directory.people.tables import Member, MemberState
from directory.reports.open_items import open_items
from tests.cast import Cast

TEXT = "The school had six weeks. Bea built it, I printed the signs, and it opened on the day."


def tell(session: Session, cast: Cast, now: datetime, **instead: object) -> CaseStudy:
    said = {"teller": cast.carla, "others": [cast.bea, cast.nia], "title": "A school", "text": TEXT, "year": 2025}
    return case_study.submit_story(session, **{**said, "now": now, **instead})


def shown_stories(session: Session, member: Member) -> list[CaseStudy]:
    return [story for story in case_study.stories_of(session, member=member) if story.is_published]


def test_a_story_is_shown_while_all_its_parties_agree(session: Session, cast: Cast, now: datetime) -> None:
    story = tell(session, cast, now)
    assert open_items(session, member=cast.bea, now=now).stories == [story]
    case_study.agree(session, story=story, by=cast.bea, now=now)
    assert shown_stories(session, cast.bea) == []
    case_study.agree(session, story=story, by=cast.nia, now=now)
    for member in (cast.carla, cast.bea, cast.nia):
        assert shown_stories(session, member) == [story]
    case_study.decline(session, story=story, by=cast.nia, now=now)
    assert shown_stories(session, cast.carla) == []
    assert open_items(session, member=cast.nia, now=now).stories == []


def test_a_story_of_a_suspended_member_is_not_shown(session: Session, cast: Cast, now: datetime) -> None:
    story = tell(session, cast, now, others=[cast.bea])
    case_study.agree(session, story=story, by=cast.bea, now=now)
    cast.bea.state = MemberState.SUSPENDED
    session.flush()
    assert shown_stories(session, cast.carla) == []


def test_only_parties_answer_a_story_and_only_its_teller_withdraws_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    story = tell(session, cast, now)
    with pytest.raises(Refused):
        case_study.agree(session, story=story, by=cast.dana, now=now)
    with pytest.raises(Refused):
        case_study.withdraw(session, story=story, by=cast.bea, now=now)
    case_study.withdraw(session, story=story, by=cast.carla, now=now)
    assert session.scalars(select(CaseStudy)).all() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"text": "Short."}, "text"),
        ({"text": "x" * 1501}, "text"),
        ({"year": 2027}, "year"),
        ({"year": 1900}, "year"),
        ({"others": []}, None),
    ],
)
def test_an_invalid_story_is_refused_with_its_field(
    session: Session, cast: Cast, now: datetime, wrong: dict[str, object], field: str | None
) -> None:
    with pytest.raises(DomainError) as refused:
        tell(session, cast, now, **wrong)
    assert refused.value.field == field


def test_a_story_is_about_other_firms_and_their_own_finished_work(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Refused):
        tell(session, cast, now, teller=cast.bob, others=[cast.bea])
    work = Collaboration(prime=cast.dana.business, sub=cast.bea.business, title="Site", created_at=now)
    work.finished_at = now
    with pytest.raises(DomainError) as refused:
        tell(session, cast, now, collaboration=work)
    assert refused.value.field == "collaboration"
