"""Concurrent writes on PostgreSQL: acts on one row are serialised, and none fails with an error."""

from base64 import b32decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.accounts import second_factor
from app.accounts.account import account_of
from app.errors import Site
from directory.db import Base, connect, write_session
from directory.facts import introduction_request
from directory.facts.interaction import Interaction, InteractionKind, record_interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.leads.lead import Lead, Need, Terms, Wish, create_lead
from directory.people.one_time_link import create_link
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability, CapabilityKind
from tests.app.conftest import SignIn

ROUNDS = 12
WHY = "We share a client, and she needs both of us."


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(postgres_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def pair(session: Session, bea: Member, now: datetime) -> tuple[Member, Member]:
    """Bea and Carla, of different firms."""
    carla = Member(name="Carla Ruiz", business=Business(name="Copper", created_at=now), joined_at=now)
    session.add(carla)
    session.commit()
    return bea, carla


def post_concurrently(*sent: tuple[FlaskClient, str, dict[str, str]]) -> list[int]:
    with ThreadPoolExecutor(len(sent)) as pool:
        answers = [pool.submit(browser.post, path, data=data) for browser, path, data in sent]
        return [answer.result().status_code for answer in answers]


def test_a_concurrent_withdrawal_and_confirmation_do_not_fail(
    engine: Engine, pair: tuple[Member, Member], sign_in: SignIn, now: datetime
) -> None:
    bea, carla = pair
    acts = ((sign_in(bea), "withdraw"), (sign_in(carla), "confirm"))
    for year in range(2000, 2000 + ROUNDS):
        with write_session(engine) as session:
            both = {"said_by": session.get_one(Member, bea.id), "other": session.get_one(Member, carla.id)}
            day = now.date().replace(year=year)
            row = record_interaction(session, **both, kind=InteractionKind.MET, happened_on=day, now=now)
            public_id = row.public_id
        answers = post_concurrently(*((browser, f"/interactions/{public_id}/{act}", {}) for browser, act in acts))
        with Session(engine) as session:
            left = session.scalar(select(Interaction.confirmed_at).where(Interaction.public_id == public_id))
        assert set(answers) == ({303, 404} if left is None else {303, 409})


def test_two_concurrent_records_of_one_interaction_become_one(
    engine: Engine, pair: tuple[Member, Member], sign_in: SignIn
) -> None:
    bea, carla = pair
    browsers = sign_in(bea), sign_in(carla)
    for year in range(2000, 2000 + ROUNDS):
        met = {"kind": "met", "year": str(year)}
        sent = [(browsers[0], carla), (browsers[1], bea)]
        assert set(
            post_concurrently(*((browser, f"/members/{who.public_id}/interactions", met) for browser, who in sent))
        ) == {303}
    with Session(engine) as session:
        facts = session.scalars(select(Interaction)).all()
        assert (len(facts), all(fact.confirmed_at for fact in facts)) == (ROUNDS, True)


def test_concurrent_corrections_of_a_lead_do_not_duplicate_needs(
    engine: Engine, pair: tuple[Member, Member], sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(pair[0])
    with write_session(engine) as session:
        node = Capability(scheme="goodword", code="web", name="Web design", kind=CapabilityKind.SERVICE)
        session.add(node)
        session.flush()
        me = session.get_one(Member, pair[0].id)
        lead = create_lead(session, member=me, text="A site", wishes=[Wish(node.id)], terms=Terms(), now=now)
        path = f"/leads/{lead.public_id}/edit"
    for _ in range(ROUNDS):
        assert set(post_concurrently((browser, path, {}), (browser, path, {}))) == {303}
    with Session(engine) as session:
        assert len(session.scalars(select(Need)).all()) == 1
        assert len(session.scalars(select(Lead)).all()) == 1


def test_a_link_and_a_code_are_each_used_once_by_concurrent_requests(
    engine: Engine, app: Site, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    sign_in(bea)
    with app.app_context(), write_session(engine) as session:
        account = account_of(session, session.get_one(Member, bea.id))
        factor = second_factor.prepare(session, account=account)
        secret = second_factor.shown(factor, account=account)[1].replace(" ", "")
        totp = TOTP(b32decode(secret), 6, SHA1(), 30)
        second_factor.confirm(session, account=account, code=totp.generate(int(now.timestamp())).decode(), now=now)
    for round_number in range(1, ROUNDS):
        moment = now + timedelta(minutes=16 * round_number)  # earlier failed attempts have expired
        app.config["CLOCK"] = lambda moment=moment: moment
        with write_session(engine) as session:
            member = session.get_one(Member, bea.id)
            link, spare = (
                create_link(session, purpose="sign_in", member=member, lasts=timedelta(minutes=15), now=moment)
                for _ in "ab"
            )
        pair = app.test_client(), app.test_client()
        sent = [(browser, f"/sign-in/link/{link}", {}) for browser in pair]
        assert set(post_concurrently(*sent)) == {303}
        (first,) = (browser for browser in pair if browser.get("/sign-in/code").status_code == 200)
        (second,) = (browser for browser in pair if browser is not first)
        second.post(f"/sign-in/link/{spare}")
        code = {"code": totp.generate(int(moment.timestamp())).decode()}
        assert set(post_concurrently(*((browser, "/sign-in/code", code) for browser in pair))) == {303, 422}


def make_members(session: Session, now: datetime, count: int) -> list[Member]:
    made = [
        Member(name=f"Member {n}", business=Business(name=f"Firm {n}", created_at=now), joined_at=now)
        for n in range(count)
    ]
    session.add_all(made)
    session.flush()
    return made


def test_only_one_of_concurrent_answers_to_an_introduction_wins(
    engine: Engine, app: Site, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(bea)
    for _round in range(8):
        with write_session(engine) as session:
            (asker,) = make_members(session, now, 1)
            target = session.get_one(Member, bea.id)
            row = introduction_request.ask(session, asker=asker, target=target, text=WHY, now=now)
            about, kept = row.public_id, row.id
            links = [
                create_link(
                    session, purpose="introduction", member=target, about=about, lasts=timedelta(days=1), now=now
                )
                for _ in range(2)
            ]
        answers = post_concurrently(
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


def test_concurrent_mutual_requests_become_one_introduction(
    engine: Engine, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    mine = sign_in(bea)
    for _round in range(3):
        with write_session(engine) as session:
            (other,) = make_members(session, now, 1)
            paths = [f"/members/{member.public_id}/introductions/new" for member in (other, bea)]
            other_id = other.id
        with Session(engine) as session:
            browsers = [mine, sign_in(session.get_one(Member, other_id))]
        sent = [(browser, path, {"text": WHY, "via": ""}) for browser, path in zip(browsers, paths, strict=True)]
        assert post_concurrently(*sent) == [303, 303]
        with Session(engine) as session:
            rows = session.scalars(
                select(Introduction).where((Introduction.asker_id == other_id) | (Introduction.target_id == other_id))
            ).all()
            assert [row.state for row in rows] == [IntroductionState.ACCEPTED]
        assert "You were introduced" in mine.get(paths[0].removesuffix("/introductions/new")).text
