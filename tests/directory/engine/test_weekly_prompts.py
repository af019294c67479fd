"""Prompts: who is asked what on a morning, once, nothing without items; and what an answer does."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine import weekly_prompts
from directory.errors import Conflict, Invalid
from directory.facts.interaction import Interaction
from directory.outbox import kill_switch as stops
from directory.outbox import notification_preferences
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.tables import Member, MemberState, Wanted
from directory.settings import Settings
from directory.week import occurrence_planning
from directory.week import prompt as prompts
from directory.week.occurrence_planning import plan_occurrences
from directory.week.pairing import Pairing, PairingState
from directory.week.prompt import Prompt
from jobs import weekly_prompts as job
from jobs.deliver import deliver_one
from jobs.weekly_posts import run_occurrence
from jobs.weekly_prompts import compose, notify_mentioned
from tests.app.delivered_mails import delivered

WEEK = timedelta(days=7)


@pytest.fixture
def engine(demo: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(job, "TIME_BUDGET", timedelta(minutes=5))  # a test may run on a busy machine
    return demo


@pytest.fixture
def morning(engine: Engine, now: datetime) -> datetime:
    """Wednesday, 7:00 in Tucson."""
    with write_session(engine) as session:
        return weekly_prompts.prompt_time(
            next(row for row in plan_occurrences(session, now=now) if row.chapter.key == "old-pueblo")
        )


def of(session: Session, key: str) -> Member:
    return session.scalars(select(Member).where(Member.key == key)).one()


def prompt_of(session: Session, key: str) -> Prompt:
    mine = select(Prompt).where(Prompt.member_id == of(session, key).id).order_by(Prompt.id.desc())
    return session.scalars(mine.limit(1)).one()


def letters(session: Session) -> int:
    return session.scalars(select(func.count()).where(Delivery.key.startswith("mail:prompt-"))).one()


def test_each_member_is_prompted_once_that_morning_also_after_retries(engine: Engine, morning: datetime) -> None:
    assert compose(engine, now=morning - timedelta(minutes=1)) == 0
    made = compose(engine, now=morning)
    with Session(engine) as session:
        assert made == letters(session) > 5
        session.rollback()
        with write_session(engine) as other:
            for row in other.scalars(select(Occurrence)):
                row.prompted_at = None
        assert compose(engine, now=morning) == 0
        assert letters(session) == made


def test_two_concurrent_workers_write_each_mail_once(engine: Engine, morning: datetime) -> None:
    with Session(engine) as session:
        (row,) = (
            row for row in weekly_prompts.occurrences_due(session, now=morning) if row.chapter.key == "old-pueblo"
        )
        (people,) = weekly_prompts.member_batches(session, occurrence=row)
        both = [
            weekly_prompts.compose_prompts(session, occurrence=row, people=people, now=morning) for _worker in range(2)
        ]
        row_id = row.id
    made = []
    for composed in both:
        with write_session(engine) as session:
            made.append(
                prompts.store_prompts(
                    session, occurrence=session.get_one(Occurrence, row_id), composed=composed, now=morning
                )
            )
    assert made[0] > 5
    assert made[1] == 0


def test_a_prompt_offers_few_people_of_other_firms_and_only_shared_asks(engine: Engine, morning: datetime) -> None:
    compose(engine, now=morning)
    with Session(engine) as session:
        rows = session.scalars(select(Prompt)).all()
        kinds = {item["kind"] for row in rows for item in row.items}
        assert {"meet", "ask", "talk"} <= kinds
        for row in rows:
            assert sum(item["kind"] in ("meet", "talk") for item in row.items) <= 1
            for item in row.items:
                who = prompts.item_person(prompts.item_row(session, row, item), row.member)
                assert who.business_id != row.member.business_id
                if item["kind"] == "ask":
                    assert prompts.item_row(session, row, item).shared_at is not None


@pytest.mark.parametrize("way", ["skip", "hold", "stop"])
def test_a_skipped_held_or_stopped_week_prompts_nobody(engine: Engine, morning: datetime, way: str) -> None:
    with write_session(engine) as session:
        lena = of(session, "lena")
        for row in session.scalars(select(Occurrence)):
            if way == "stop":
                stops.stop(session, chapter=row.chapter, member=lena, now=morning)
            else:
                verb = occurrence_planning.skip if way == "skip" else occurrence_planning.hold
                verb(session, occurrence=row, member=lena, now=morning)
    assert compose(engine, now=morning) == 0


@pytest.mark.parametrize("way", ["skip", "off", "left"])
def test_an_unwanted_prompt_mail_fails_with_the_reason_and_is_not_sent(
    engine: Engine, morning: datetime, settings: Settings, way: str
) -> None:
    compose(engine, now=morning)
    with write_session(engine) as session:
        bea = of(session, "bea")
        turn = prompt_of(session, "bea").occurrence
        if way == "skip":
            occurrence_planning.skip(session, occurrence=turn, member=of(session, "lena"), now=morning)
        elif way == "off":
            notification_preferences.set_preference(session, member=bea, name="week", is_on=False, now=morning)
        else:
            bea.email = None
        key = f"mail:prompt-{turn.public_id}:{bea.public_id}"
        row_id = session.scalars(select(Delivery.public_id).where(Delivery.key == key)).one()
    assert not deliver_one(engine, row_id, settings=settings, now=morning)
    with Session(engine) as session:
        row = session.scalars(select(Delivery).where(Delivery.public_id == row_id)).one()
        assert (row.state, row.reason.partition(":")[0]) == ("failed", "Not needed any more")


def test_no_mail_without_an_address_after_opting_out_or_without_items(engine: Engine, morning: datetime) -> None:
    with write_session(engine) as session:
        of(session, "nadia").email = None
        notification_preferences.set_preference(
            session, member=of(session, "bea"), name="week", is_on=False, now=morning
        )
        session.query(Wanted).update({"ended_at": morning})
        for member in session.scalars(select(Member)):
            member.sits_out_at = morning
    assert compose(engine, now=morning) == 0
    with Session(engine) as session:
        asked = {row.member_id for row in session.scalars(select(Prompt))}
        assert not {of(session, "nadia").id, of(session, "bea").id} & asked
        assert {len(row.items) for row in session.scalars(select(Prompt))} <= {0, 1}


def test_items_are_not_repeated_and_a_promise_returns_until_it_is_done(engine: Engine, morning: datetime) -> None:
    compose(engine, now=morning)
    with write_session(engine) as session:
        first = next(row for row in session.scalars(select(Prompt)) if "meet" in [item["kind"] for item in row.items])
        key = first.member.key or ""
        at = [item["kind"] for item in first.items].index("meet")
        prompts.answer_item(session, prompt=first, index=at, is_yes=True, now=morning)
        with pytest.raises(Conflict):
            prompts.answer_item(session, prompt=first, index=at, is_yes=False, now=morning)
        first_id = first.id
        told = {(item["kind"], item["about"]) for item in first.items if item["kind"] != "talk"}
        for talk in session.scalars(select(Pairing)):
            talk.state = PairingState.MISSED
        for member in session.scalars(select(Member)):
            member.sits_out_at = morning
        plan_occurrences(session, now=morning + WEEK - timedelta(days=1))
    compose(engine, now=morning + WEEK)
    with write_session(engine) as session:
        second = prompt_of(session, key)
        assert second.id != first_id
        assert not told & {(item["kind"], item["about"]) for item in second.items}
        (open_one,) = (at for at, item in enumerate(second.items) if item["kind"] == "call")
        before = session.scalars(select(func.count()).select_from(Interaction)).one()
        prompts.answer_item(session, prompt=second, index=open_one, is_yes=True, now=morning + WEEK)
        assert session.scalars(select(func.count()).select_from(Interaction)).one() == before + 1


def test_an_offer_of_help_is_mailed_to_the_asker_and_a_closed_item_refused(
    engine: Engine, morning: datetime, settings: Settings
) -> None:
    compose(engine, now=morning)
    with write_session(engine) as session:
        found = [(row, at) for row in session.scalars(select(Prompt)) for at, it in enumerate(row.items)
                 if it["kind"] == "ask"]  # fmt: skip
        helped, at = found[0]
        asked = {key: prompts.item_row(session, key[0], key[0].items[key[1]]).member for key in found}
        late, other = next(key for key in found if asked[key] != asked[helped, at])
        asker, helper = asked[helped, at].email, helped.member.email
        prompts.answer_item(session, prompt=helped, index=at, is_yes=True, now=morning)
        prompts.item_row(session, late, late.items[other]).member.state = MemberState.SUSPENDED
        session.flush()
        with pytest.raises(Conflict):
            prompts.answer_item(session, prompt=late, index=other, is_yes=True, now=morning)
    mails = [
        mail
        for mail in delivered(engine, settings, morning)
        if "I can help with what you ask for" in mail.get_content()
    ]
    assert [(mail["To"], mail["Reply-To"]) for mail in mails] == [(asker, helper)]


def kept(settings: Settings, to: str) -> EmailMessage:
    mails = (
        message_from_bytes(path.read_bytes(), policy=policy.default) for path in (settings.home / "mail").iterdir()
    )
    return next(mail for mail in mails if str(mail["To"]).startswith(to))


def test_mentioned_members_are_notified_once_the_day_before(
    engine: Engine, morning: datetime, settings: Settings
) -> None:
    run_occurrence(engine, now=morning - timedelta(days=2))
    assert notify_mentioned(engine, now=morning - timedelta(days=2)) == 0
    told = notify_mentioned(engine, now=morning - timedelta(hours=20))
    assert told > 0
    assert notify_mentioned(engine, now=morning - timedelta(hours=19)) == 0
    (mail, *_others) = delivered(engine, settings, morning - timedelta(hours=19))
    assert "post on Wednesday" in mail["Subject"]
    assert "/answer/mentioned/" in mail.get_content()


def test_an_unsubscribe_token_is_signed_for_one_member_and_one_kind(session: Session, engine: Engine) -> None:
    bea = of(session, "bea")
    token = notification_preferences.unsubscribe_token(bea, "week", "k" * 32)
    assert notification_preferences.read_unsubscribe_token(session, token=token, key="k" * 32) == (bea, "week")
    for wrong in (token[:-1], token.replace("week", "post"), token.replace("week", "none"), "", "a-b", "-week-é"):
        with pytest.raises(Invalid):
            notification_preferences.read_unsubscribe_token(session, token=wrong, key="k" * 32)
    with pytest.raises(Invalid):
        notification_preferences.read_unsubscribe_token(session, token=token, key="x" * 32)
