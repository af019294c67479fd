"""Pre-flight: the day before, those in charge get one mail about problems, and none without a problem."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.outbox import channel_kind
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.channel_kind import ChannelKind
from directory.outbox.delivery import Delivery
from directory.outbox.kill_switch import stop
from directory.outbox.occurrence import Occurrence
from directory.people.tables import ChapterRole, Role
from directory.settings import Settings
from directory.text_length import LengthLimit
from directory.week.occurrence_planning import hold
from directory.week.opening_closing import write_frame
from directory.week.post import compose
from directory.week.preflight import CHECK_AHEAD, occurrences_to_check, report_problems
from jobs import channels as transports
from jobs.channels.transport import Account, AccountCheck, TransportError
from jobs.mail_rendering import mail_of
from jobs.preflight import look_ahead
from tests.chapterhouse import Chapterhouse


@pytest.fixture
def house(mesa: Chapterhouse, monkeypatch: pytest.MonkeyPatch) -> Chapterhouse:
    """Alma leads Mesa and Bo owns its channel; the coming post is composed."""
    for member in (mesa.alma, mesa.bo):
        member.email = f"{member.first_name}@firm.example"
    mesa.session.add_all(
        [
            ChapterRole(member_id=mesa.alma.id, chapter_id=mesa.chapter.id, role=Role.LEAD),
            ChapterRole(member_id=mesa.bo.id, chapter_id=mesa.chapter.id, role=Role.SECRETARY),
        ]
    )
    mesa.channel.owner = mesa.bo
    mesa.asks(mesa.cleo)
    compose(mesa.session, occurrence=mesa.turn(), now=mesa.now)
    tiny = ChannelKind("tiny", "Tiny", (LengthLimit("characters", 9),))
    monkeypatch.setattr(channel_kind, "CHANNEL_KINDS", (*channel_kind.CHANNEL_KINDS, tiny))
    mesa.session.flush()
    return mesa


def written(session: Session) -> dict[int, str]:
    """The member ids that mails are written to, with the problems in each mail."""
    letters = [
        json.loads(row.payload) for row in session.scalars(select(Delivery).where(Delivery.channel_id.is_(None)))
    ]
    return {said["to"]: said["words"]["found"] for said in letters}


def test_no_mail_is_written_without_a_problem(house: Chapterhouse) -> None:
    turn = house.turn()
    assert report_problems(house.session, occurrence=turn, now=house.now) == 0
    assert turn.preflight_at == house.now
    assert occurrences_to_check(house.session, now=turn.due_at - CHECK_AHEAD) == []


def test_an_occurrence_is_checked_a_day_ahead_and_not_sooner(house: Chapterhouse) -> None:
    turn = house.turn()
    assert occurrences_to_check(house.session, now=turn.due_at - CHECK_AHEAD - timedelta(seconds=1)) == []
    assert occurrences_to_check(house.session, now=turn.due_at - CHECK_AHEAD) == [turn]


Change = Callable[[Chapterhouse, Occurrence], Any]
OF_TURN: tuple[tuple[Change, str], ...] = (
    (lambda house, turn: hold(house.session, occurrence=turn, member=house.bo, now=house.now), "on hold"),
    (lambda house, turn: stop(house.session, chapter=None, member=None, now=house.now), "posts are stopped"),
    (
        lambda house, turn: write_frame(
            house.session, chapter=house.chapter, opening="Hello.", closing="", member=house.bo, now=house.now
        ),
        "waiting for approval",
    ),
    (lambda house, turn: setattr(house.channel, "state", ChannelState.PAUSED), "No channel"),
)
OF_CHANNEL: tuple[tuple[Change, str], ...] = (
    (lambda house, turn: setattr(house.channel, "state", ChannelState.BROKEN), "Reconnect it"),
    (lambda house, turn: setattr(house.channel, "is_ok", False), "did not answer"),
    (lambda house, turn: setattr(house.channel, "has_link", True), "no public page"),
    (lambda house, turn: setattr(house.channel, "kind", "tiny"), "too long"),
)


@pytest.mark.parametrize(("change", "words"), OF_TURN)
def test_a_problem_of_the_occurrence_is_mailed_to_who_runs_the_chapter(
    house: Chapterhouse, change: Change, words: str
) -> None:
    turn = house.turn()
    change(house, turn)
    assert report_problems(house.session, occurrence=turn, now=house.now) == 2
    found = written(house.session)
    assert set(found) == {house.alma.id, house.bo.id}
    assert words in found[house.alma.id]


@pytest.mark.parametrize(("change", "words"), OF_CHANNEL)
def test_a_problem_of_an_account_is_mailed_to_its_owner_once(house: Chapterhouse, change: Change, words: str) -> None:
    turn = house.turn()
    change(house, turn)
    for _ in range(2):
        assert report_problems(house.session, occurrence=turn, now=house.now) == 1
    ((to, found),) = written(house.session).items()
    assert to == house.bo.id
    assert words in found


class Gate:
    """An account whose token was revoked; checking the other channel raises an error in our own code."""

    def __init__(self, account: Account) -> None:
        pass

    def check(self) -> AccountCheck:
        raise TransportError("The token has expired.", permanent=True, accepted="no", is_revoked=True)


def test_an_expired_token_is_reported_a_day_ahead_in_a_mail_that_renders(
    house: Chapterhouse, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Channel(chapter=house.chapter, kind="file", name="No key", sealed="no key opens this")
    broken.owner_id = house.channel.owner_id
    house.session.add(broken)
    turn = house.turn()
    due_at = turn.due_at
    house.session.commit()
    monkeypatch.setitem(transports.TRANSPORTS, "file", Gate)
    assert look_ahead(engine, settings=settings, now=due_at - CHECK_AHEAD) == 1
    assert look_ahead(engine, settings=settings, now=due_at - CHECK_AHEAD) == 0
    with Session(engine) as session:
        row = session.scalars(select(Delivery).where(Delivery.key.like("mail:preflight%"))).one()
        letter = mail_of(session, row, settings=settings, now=due_at)
    assert letter is not None
    assert b"no longer lets us in" in letter
