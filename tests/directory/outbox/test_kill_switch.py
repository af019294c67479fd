"""The kill switch: one click stops a chapter's posts, or all; a person lifts it, and nothing pending is lost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from directory.audit import AuditEntry
from directory.errors import Conflict
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import (
    DAILY_CAP,
    Delivery,
    DeliveryState,
    claim_delivery,
    count_failed_attempt,
    due_deliveries,
    give_up_late,
    lift_stop,
    mark_delivered,
    mark_posted_by_hand,
    next_fair_batch,
    release_unsent,
)
from directory.outbox.kill_switch import increment_posting_counter, posting_counter, stop, stops_of
from directory.outbox.occurrence import CATCH_UP, Occurrence
from directory.people.chapter import Chapter
from directory.week.occurrence_planning import plan_occurrences
from tests.chapterhouse import Chapterhouse

LEASE = timedelta(minutes=1)


def post(mesa: Chapterhouse, key: str = "p", channel: Channel | None = None, **what: object) -> Delivery:
    row = Delivery(key=key, channel=channel or mesa.channel, payload=b"{}", **{"due_at": mesa.now, **what})
    mesa.session.add(row)
    mesa.session.flush()
    return row


def letter(mesa: Chapterhouse, key: str = "mail:told:x") -> Delivery:
    row = Delivery(key=key, payload=b"{}", due_at=mesa.now)
    mesa.session.add(row)
    mesa.session.flush()
    return row


@pytest.mark.parametrize("of_network", [True, False])
def test_a_stop_holds_posts_but_not_mails_until_a_person_lifts_it(mesa: Chapterhouse, of_network: bool) -> None:
    session, now, chapter = mesa.session, mesa.now, None if of_network else mesa.chapter
    ours, mail = post(mesa), letter(mesa)
    stop(session, chapter=chapter, member=mesa.alma, now=now)
    assert due_deliveries(session, now=now) == [mail]
    assert claim_delivery(session, now=now, lease=LEASE, ids=[ours.public_id]) is None
    assert [row.by for row in stops_of(session, chapter=mesa.chapter)] == [mesa.alma]
    lift_stop(session, chapter=chapter, member=mesa.bo, now=now + CATCH_UP * 3)
    give_up_late(session, now=now + CATCH_UP * 3)
    assert claim_delivery(session, now=now + CATCH_UP * 3, lease=LEASE, ids=[ours.public_id]) is ours
    actions = session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id)).all()
    assert actions == [("post.stop", mesa.alma.id), ("post.let_go", mesa.bo.id)]


def test_stopping_one_chapter_does_not_stop_others(mesa: Chapterhouse, now: datetime) -> None:
    other = Channel(chapter=Chapter(key="o", name="Other"), kind="file", name="F")
    ours, theirs = post(mesa), post(mesa, "q", other)
    stop(mesa.session, chapter=mesa.chapter, member=None, now=now)
    assert due_deliveries(mesa.session, now=now) == [theirs]
    lift_stop(mesa.session, chapter=other.chapter, member=mesa.alma, now=now)
    assert due_deliveries(mesa.session, now=now) == [theirs]
    lift_stop(mesa.session, chapter=None, member=mesa.alma, now=now)
    assert ours not in due_deliveries(mesa.session, now=now)


def test_a_stopped_occurrence_is_neither_skipped_as_missed_nor_lost(mesa: Chapterhouse) -> None:
    turn = mesa.turn()
    stop(mesa.session, chapter=None, member=mesa.alma, now=turn.due_at)
    later = turn.due_at + CATCH_UP * 2
    assert turn in plan_occurrences(mesa.session, now=later)
    lift_stop(mesa.session, chapter=None, member=mesa.alma, now=later)
    assert (turn.due_at, turn in plan_occurrences(mesa.session, now=later)) == (later, True)


def test_what_an_older_database_copy_may_have_posted_is_not_posted(mesa: Chapterhouse) -> None:
    turn, ours = mesa.turn(), post(mesa)
    stop(mesa.session, chapter=None, member=None, now=mesa.now, reason="older")
    lift_stop(mesa.session, chapter=None, member=mesa.alma, is_copy=True, now=turn.due_at)
    assert ours.state is DeliveryState.FAILED
    assert "restored from a backup" in mesa.session.get_one(Occurrence, turn.id).skipped


@pytest.mark.parametrize("state", [ChannelState.PAUSED, ChannelState.BROKEN, ChannelState.GONE])
def test_a_post_waiting_for_its_channel_goes_out_in_time_or_fails(mesa: Chapterhouse, state: ChannelState) -> None:
    ours, late = post(mesa), mesa.now + CATCH_UP
    mesa.channel.state = state
    give_up_late(mesa.session, now=late)
    assert (due_deliveries(mesa.session, now=late), ours.state) == ([], DeliveryState.PENDING)
    mesa.channel.state = ChannelState.OPEN
    assert due_deliveries(mesa.session, now=late - timedelta(seconds=1)) == [ours]
    give_up_late(mesa.session, now=late)
    mesa.session.refresh(ours)
    assert ours.state is DeliveryState.FAILED


def test_the_daily_cap_stops_a_runaway_program_until_tomorrow(mesa: Chapterhouse, now: datetime) -> None:
    rows = [post(mesa, f"p{at}") for at in range(DAILY_CAP + 1)]
    took = [claim_delivery(mesa.session, now=now, lease=LEASE, ids=[row.public_id]) for row in rows]
    assert took == [*rows[:-1], None]
    last = rows[-1]
    assert (last.state, last.attempts, last.due_at) == (DeliveryState.PENDING, 0, now + timedelta(hours=1))
    tomorrow = now + timedelta(days=1)
    assert claim_delivery(mesa.session, now=tomorrow, lease=LEASE, ids=[last.public_id]) is last


def test_the_posting_counter_counts_attempts_to_post_but_no_mails(mesa: Chapterhouse, now: datetime) -> None:
    assert posting_counter(mesa.session) == ("", 0)
    for row in (post(mesa), letter(mesa), post(mesa, "q")):
        claim_delivery(mesa.session, now=now, lease=LEASE, ids=[row.public_id])
    name, number = posting_counter(mesa.session)
    assert number == 2
    for to, then in ((9, 9), (4, 10)):
        increment_posting_counter(mesa.session, to=to)
        assert posting_counter(mesa.session) == (name, then)


def test_an_unresponsive_network_does_not_delay_other_deliveries(mesa: Chapterhouse, now: datetime) -> None:
    slow = Channel(chapter=mesa.chapter, kind="slow", name="S")
    waits = [post(mesa, f"s{at}", slow) for at in range(3)]
    quick, mail, prompts = post(mesa), letter(mesa), [letter(mesa, f"mail:prompt-{at}:x") for at in range(3)]
    taken = []
    while first := next_fair_batch(mesa.session, now=now, limit=1):
        row = claim_delivery(mesa.session, now=now, lease=LEASE, ids=first)
        assert row is not None
        taken.append(row)
        if row.channel is not slow:
            mark_delivered(mesa.session, delivery=row, external_id="x", now=now)
    assert taken == [waits[0], quick, mail, *prompts, *waits[1:]]


def test_a_claimed_delivery_that_was_not_sent_is_pending_again(mesa: Chapterhouse, now: datetime) -> None:
    ours = post(mesa)
    claim_delivery(mesa.session, now=now, lease=LEASE)
    assert release_unsent(mesa.session, delivery=ours, at=now)
    assert (ours.state, ours.attempts, ours.started_at) == (DeliveryState.PENDING, 0, None)
    assert not release_unsent(mesa.session, delivery=ours, at=now)


def test_errors_of_our_own_code_delay_a_delivery_and_then_fail_it(mesa: Chapterhouse, now: datetime) -> None:
    ours, states = post(mesa), []
    for _ in range(8):
        count_failed_attempt(mesa.session, public_id=ours.public_id, now=now)
        states.append(ours.state)
    assert ours.due_at > now
    assert states == [DeliveryState.PENDING] * 7 + [DeliveryState.FAILED]


def test_a_post_made_by_hand_is_never_sent_and_can_be_unmarked(mesa: Chapterhouse, now: datetime) -> None:
    ours = post(mesa, state=DeliveryState.BY_HAND)
    assert claim_delivery(mesa.session, now=now, lease=LEASE) is None
    with pytest.raises(Conflict):
        mark_posted_by_hand(mesa.session, delivery=ours, member=mesa.alma, now=now, is_so=False)
    for is_so, then in ((True, DeliveryState.DELIVERED), (False, DeliveryState.BY_HAND)):
        mark_posted_by_hand(mesa.session, delivery=ours, member=mesa.alma, now=now, is_so=is_so)
        assert ours.state is then
    sent = post(mesa, "q")
    claim_delivery(mesa.session, now=now, lease=LEASE, ids=[sent.public_id])
    mark_delivered(mesa.session, delivery=sent, external_id="1", now=now)
    with pytest.raises(Conflict):
        mark_posted_by_hand(mesa.session, delivery=sent, member=mesa.alma, now=now, is_so=False)
