"""On PostgreSQL two answers may come at once: one of them counts, whichever way each came."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import Base, connect, writing
from directory.leads import introducing
from directory.leads.introduction import Introduction, IntroductionState
from directory.link import mint
from directory.people.business import Business
from directory.people.member import Member
from tests.app.conftest import SignIn

ROUNDS = 8
WHY = "We share a client, and she needs both of us."


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(postgres_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def people(session: Session, now: datetime, count: int) -> list[Member]:
    made = [
        Member(name=f"Member {n}", business=Business(name=f"Firm {n}", created_at=now), joined_at=now)
        for n in range(count)
    ]
    session.add_all(made)
    session.flush()
    return made


def at_once(*sent: tuple[FlaskClient, str, dict[str, str]]) -> list[int]:
    with ThreadPoolExecutor(len(sent)) as pool:
        answers = [pool.submit(browser.post, path, data=data) for browser, path, data in sent]
        return [answer.result().status_code for answer in answers]


def test_a_yes_from_the_mail_and_a_no_from_the_page_at_once(
    engine: Engine, app: Site, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(bea)
    for _round in range(ROUNDS):
        with writing(engine) as session:
            (asker,) = people(session, now, 1)
            target = session.get_one(Member, bea.id)
            row = introducing.ask(session, asker=asker, target=target, text=WHY, now=now)
            about, kept = row.public_id, row.id
            links = [
                mint(session, purpose="introduction", member=target, about=about, lasts=timedelta(days=1), now=now)
                for _ in range(2)
            ]
        answers = at_once(
            (app.test_client(), f"/answer/introduction/{links[0]}", {"act": "yes"}),
            (app.test_client(), f"/answer/introduction/{links[1]}", {"act": "no"}),
            (browser, f"/introductions/{about}/decline", {}),
        )
        with Session(engine) as session:
            state = session.scalar(select(Introduction.state).where(Introduction.id == kept))
        won = [status in (200, 303) for status in answers]
        assert sum(won) == 1, answers
        assert set(answers) <= {200, 303, 409, 410}
        assert (state is IntroductionState.ACCEPTED) == won[0]


def test_two_who_ask_for_each_other_at_once_are_introduced(
    engine: Engine, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    mine = sign_in(bea)
    for _round in range(3):
        with writing(engine) as session:
            (other,) = people(session, now, 1)
            paths = [f"/members/{member.public_id}/introductions/new" for member in (other, bea)]
            other_id = other.id
        with Session(engine) as session:
            browsers = [mine, sign_in(session.get_one(Member, other_id))]
        sent = [(browser, path, {"text": WHY, "via": ""}) for browser, path in zip(browsers, paths, strict=True)]
        assert at_once(*sent) == [303, 303]
        with Session(engine) as session:
            rows = session.scalars(
                select(Introduction).where((Introduction.asker_id == other_id) | (Introduction.target_id == other_id))
            ).all()
            assert [row.state for row in rows] == [IntroductionState.ACCEPTED]
        assert "You were introduced" in mine.get(paths[0].removesuffix("/introductions/new")).text
