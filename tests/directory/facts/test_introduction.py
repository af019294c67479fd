"""Introductions: who may ask whom via whom; both have to accept, and a refusal is never revealed."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.engine.world_cache import known_world
from directory.errors import Conflict, DomainError, Invalid, Refused
from directory.facts import introduction_request
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import LIFETIME, Introduction, IntroductionState, introduced_to, introductions_of
from directory.facts.introduction_request import QUOTA, WEEK
from directory.outbox.delivery import Delivery
from directory.people.tables import Business, Member
from directory.reports.open_items import open_items
from matching.inputs import FACT_KINDS
from tests.cast import Cast, make_cast

WHY = "We both build for clinics, and mine ask for print."


@pytest.fixture
def cast(cast: Cast, session: Session, now: datetime) -> Cast:
    """Carla knows Nia and Bea, who do not know each other."""
    for member in (cast.nia, cast.bea, cast.carla, cast.dana):
        member.email = f"{member.first_name.lower()}@firm.example"
    for other in (cast.nia, cast.bea):
        know(session, cast.carla, other, now)
    return cast


def know(session: Session, one: Member, other: Member, now: datetime) -> None:
    fact = Interaction(
        said_by_id=one.id, other_id=other.id, kind=InteractionKind.WORKED, happened_on=now.date(), said_at=now
    )
    fact.confirmed_at = now
    session.add(fact)
    session.flush()


def ask(session: Session, cast: Cast, now: datetime, **instead: object) -> Introduction:
    return introduction_request.ask(
        session, **{"asker": cast.nia, "target": cast.bea, "via": cast.carla, "text": WHY, "now": now, **instead}
    )


def letters(session: Session) -> list[str]:
    return [key.split(":")[1].split("-")[0] for key in session.scalars(select(Delivery.key).order_by(Delivery.id))]


def test_a_request_goes_via_a_mutual_contact_and_connects_after_two_yeses(
    session: Session, cast: Cast, now: datetime
) -> None:
    asked = ask(session, cast, now)
    assert open_items(session, member=cast.carla, now=now).introductions == [asked]
    assert introductions_of(session, member=cast.bea) == []
    introduction_request.pass_on(session, introduction=asked, by=cast.carla, word="You will like her.", now=now)
    assert open_items(session, member=cast.bea, now=now).introductions == [asked]
    assert introduced_to(session, member=cast.nia) == set()
    before = world_version(session)
    introduction_request.accept(session, introduction=asked, by=cast.bea, now=now)
    assert introduced_to(session, member=cast.nia) == {cast.bea.id}
    assert introduced_to(session, member=cast.bea) == {cast.nia.id}
    assert world_version(session) != before
    facts = known_world(session).world.facts
    assert [FACT_KINDS[kind] for kind in facts.kinds] == ["worked", "worked", "introduction"]
    assert letters(session) == ["introduction", "introduction", "introduced", "introduced"]  # via, target; asker, via


def test_an_offer_asks_both_separately_and_a_no_looks_like_waiting(session: Session, cast: Cast, now: datetime) -> None:
    offered = introduction_request.offer(
        session, introducer=cast.carla, one=cast.nia, other=cast.bea, text=WHY, now=now
    )
    introduction_request.decline(session, introduction=offered, by=cast.nia, now=now)
    assert open_items(session, member=cast.bea, now=now).introductions == [offered]
    introduction_request.accept(session, introduction=offered, by=cast.bea, now=now)
    assert not offered.is_accepted
    assert offered.is_open(now)
    with pytest.raises(Conflict):
        introduction_request.accept(session, introduction=offered, by=cast.nia, now=now)


def test_an_offer_connects_when_both_accept(session: Session, cast: Cast, now: datetime) -> None:
    offered = introduction_request.offer(
        session, introducer=cast.carla, one=cast.nia, other=cast.bea, text=WHY, now=now
    )
    introduction_request.accept(session, introduction=offered, by=cast.nia, now=now)
    assert introduced_to(session, member=cast.nia) == set()
    introduction_request.accept(session, introduction=offered, by=cast.bea, now=now)
    assert introduced_to(session, member=cast.nia) == {cast.bea.id}


def test_asking_the_asker_back_counts_as_acceptance(session: Session, cast: Cast, now: datetime) -> None:
    asked = ask(session, cast, now)
    introduction_request.decline(session, introduction=asked, by=cast.carla, now=now)  # it never reached Bea
    assert ask(session, cast, now, asker=cast.bea, target=cast.nia, via=None) is asked
    assert asked.is_accepted


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        ({"target": "nia"}, Refused),
        ({"asker": "bob", "via": None}, Refused),  # of Bea's own firm
        ({"via": "dana"}, Refused),  # who knows neither
        ({"target": "dana"}, Refused),  # whom Carla does not know
        ({"text": "Hi."}, Invalid),
        ({"text": "x" * 601}, Invalid),
        ({"text": "She is \u202e always there."}, Invalid),
    ],
)
def test_an_invalid_request_is_refused(
    session: Session, cast: Cast, now: datetime, who: dict[str, str], refused: type[DomainError]
) -> None:
    instead = {key: getattr(cast, name) if key != "text" and name else name for key, name in who.items()}
    with pytest.raises(refused):
        ask(session, cast, now, **instead)


def test_a_missing_text_is_reported_as_the_askers_or_the_introducers(
    session: Session, cast: Cast, now: datetime
) -> None:
    with pytest.raises(Invalid, match="why you want to meet"):
        ask(session, cast, now, text="")
    with pytest.raises(Invalid, match="why they should meet"):
        introduction_request.offer(session, introducer=cast.carla, one=cast.nia, other=cast.bea, text="", now=now)


def test_nobody_is_asked_twice_in_three_weeks_whatever_the_answer(session: Session, cast: Cast, now: datetime) -> None:
    for act in ("wait", "decline", "cancel"):
        asked = ask(session, cast, now)
        if act == "decline":
            introduction_request.decline(session, introduction=asked, by=cast.carla, now=now)
        if act == "cancel":
            introduction_request.cancel(session, introduction=asked, by=cast.nia, now=now)
        with pytest.raises(Conflict, match="last three weeks"):
            ask(session, cast, now + LIFETIME - timedelta(hours=1))
        now += LIFETIME
        assert open_items(session, member=cast.carla, now=now).introductions == []
        with pytest.raises(Conflict):
            introduction_request.pass_on(session, introduction=asked, by=cast.carla, now=now)


def test_a_member_asks_for_twenty_introductions_a_week_at_most(session: Session, cast: Cast, now: datetime) -> None:
    def people() -> list[Member]:
        more = [
            Member(name=f"P{n}", business=Business(name=f"F{n}", created_at=now), joined_at=now)
            for n in range(QUOTA + 1)
        ]
        session.add_all(more)
        session.flush()
        return more

    *first, last = people()
    for target in first:
        ask(session, cast, now, target=target, via=None)
    with pytest.raises(Conflict, match="in a week"):
        ask(session, cast, now, target=last, via=None)
    ask(session, cast, now + WEEK, target=last, via=None)


def test_a_request_cancelled_in_time_is_never_mailed(session: Session, cast: Cast, now: datetime) -> None:
    asked = ask(session, cast, now)
    with pytest.raises(Refused):
        introduction_request.cancel(session, introduction=asked, by=cast.carla, now=now)
    introduction_request.cancel(session, introduction=asked, by=cast.nia, now=now)
    assert letters(session) == []
    assert introductions_of(session, member=cast.bea) == []


ACTS = st.lists(
    st.tuples(st.sampled_from(["pass_on", "accept", "decline", "cancel"]), st.sampled_from(["nia", "bea", "carla"])),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(acts=ACTS, is_offer=st.booleans())
def test_both_accept_before_they_are_connected_in_any_order_of_actions(
    engine: Engine, now: datetime, acts: list[tuple[str, str]], is_offer: bool
) -> None:
    with Session(engine) as session:  # each example has rows of its own, since none is committed
        cast = make_cast(session, now)
        for other in (cast.nia, cast.bea):
            know(session, cast.carla, other, now)
        row = (
            introduction_request.offer(session, introducer=cast.carla, one=cast.nia, other=cast.bea, text=WHY, now=now)
            if is_offer
            else ask(session, cast, now)
        )
        said: set[str] = set() if is_offer else {"nia"}
        passed = is_offer
        for act, who in acts:
            by = getattr(cast, who)
            try:
                getattr(introduction_request, act)(session, introduction=row, by=by, now=now)
            except DomainError:
                continue
            passed = passed or act == "pass_on"
            if act == "accept":
                said.add(who)
        assert row.is_accepted == (row.state is IntroductionState.ACCEPTED)
        if row.is_accepted:
            assert said == {"nia", "bea"}
            assert passed
