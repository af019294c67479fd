"""Posts: named members consented, each with a reason; there is news; and the post is frozen once."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from directory.errors import Conflict, Invalid
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, MemberState, Wanted, WantedKind
from directory.text_length import LengthLimit, excess_length
from directory.week import post_wording
from directory.week.mention_choice import MAX_ITEMS, mentions_of
from directory.week.occurrence_planning import hold, release
from directory.week.post import compose, edit, freeze, posts_of
from directory.week.post_item import PostItem
from directory.week.post_wording import OpeningClosing
from tests.chapterhouse import Chapterhouse
from tests.conftest import NOW

WEEK = timedelta(days=7)


def text_of(mesa: Chapterhouse, turn: Occurrence) -> str:
    posts = compose(mesa.session, occurrence=turn, now=mesa.now)
    return posts[0].text if posts else ""


def post_week(mesa: Chapterhouse, turn: Occurrence) -> list[str]:
    """Freeze the occurrence when it is due; return the texts of its deliveries."""
    frozen = freeze(mesa.session, occurrence=turn, now=turn.due_at)
    return [json.loads(delivery.payload)["text"] for delivery in frozen]


def test_nobody_is_named_without_consent(mesa: Chapterhouse) -> None:
    assert text_of(mesa, mesa.turn()) == ""
    mesa.asks(mesa.bo)
    assert "A member would like to meet: Owners of old theaters. They renovate." in text_of(mesa, mesa.turn())
    mesa.bo.spotlight_at = mesa.now
    assert "Bo Carver of Bo & Co would like to meet" in text_of(mesa, mesa.turn())
    mesa.bo.state = MemberState.SUSPENDED
    assert text_of(mesa, mesa.turn()) == ""


def test_texts_that_name_somebody_without_consent_are_left_out(mesa: Chapterhouse) -> None:
    mesa.bo.spotlight_at = mesa.now
    ask = mesa.asks(mesa.bo, "Whoever worked with cleo  hart on a theater")
    assert "hart" not in text_of(mesa, mesa.turn())
    mesa.cleo.spotlight_at = mesa.now
    assert "worked with cleo hart" in text_of(mesa, mesa.turn())
    ask.ended_at, mesa.cleo.headline = mesa.now, "I build what Alma Reyes draws."
    told = text_of(mesa, mesa.turn())
    assert "Bo Carver" in told
    assert "Alma" not in told


def test_a_place_that_may_identify_the_client_stays_out_of_the_post(mesa: Chapterhouse) -> None:
    mesa.looks_for(mesa.bo, "WordPress").place = "Zed Dental, 12 Elm Street"
    text = text_of(mesa, mesa.turn())
    assert "A member is looking for WordPress." in text
    assert "Zed" not in text


def test_a_post_says_a_leads_needs_and_place_but_never_its_text(mesa: Chapterhouse) -> None:
    mesa.bo.spotlight_at = mesa.now
    mesa.bo.business.city = "Mesa"
    lead = mesa.looks_for(mesa.bo, "WordPress")
    text = text_of(mesa, mesa.turn())
    assert "Bo Carver of Bo & Co is looking for WordPress in Mesa." in text
    assert "Zed" not in text
    lead.closed_at = mesa.now
    assert "WordPress" not in text_of(mesa, mesa.turn())


def test_each_mention_stores_its_reason_and_hashtags_end_the_post(mesa: Chapterhouse) -> None:
    mesa.chapter.hashtags = ["Mesa Partners", "ReferralWednesday"]
    mesa.asks(mesa.bo)
    mesa.cleo.spotlight_at = mesa.now
    turn = mesa.turn()
    assert text_of(mesa, turn).endswith("\n#referralwednesday #MesaPartners")
    reasons = [(row.member, row.reason) for row in mentions_of(mesa.session, occurrence=turn)]
    assert reasons == [
        (mesa.bo, "asks to meet: Owners of old theaters, without the name"),
        (mesa.cleo, "has not been introduced yet"),
    ]


def test_new_members_come_first_then_those_mentioned_longest_ago(mesa: Chapterhouse) -> None:
    mesa.bo.spotlight_at = mesa.now
    post_week(mesa, mesa.turn())
    mesa.alma.spotlight_at, mesa.bo.spotlight_at = mesa.now, None
    post_week(mesa, mesa.turn(1))
    mesa.cleo.spotlight_at = mesa.bo.spotlight_at = mesa.now
    turn = mesa.turn(2)
    compose(mesa.session, occurrence=turn, now=turn.due_at)
    told = [row.member for row in mentions_of(mesa.session, occurrence=turn)]
    assert told == [mesa.cleo, mesa.bo, mesa.alma]


def test_without_news_there_is_no_post_and_the_occurrence_says_why(mesa: Chapterhouse) -> None:
    mesa.alma.spotlight_at = mesa.now
    assert len(post_week(mesa, mesa.turn())) == 1
    second = mesa.turn(1)
    assert post_week(mesa, second) == []
    assert second.skipped == "There was nothing new to post."
    mesa.asks(mesa.alma, at=second.due_at)
    assert len(post_week(mesa, mesa.turn(2))) == 1


def test_an_occurrence_without_a_channel_is_skipped_with_the_reason(mesa: Chapterhouse) -> None:
    mesa.session.delete(mesa.channel)
    turn = mesa.turn()
    assert post_week(mesa, turn) == []
    assert turn.skipped == "No channel is connected."


def test_consent_withdrawn_before_the_post_is_due_removes_the_name(mesa: Chapterhouse) -> None:
    mesa.alma.spotlight_at = mesa.bo.spotlight_at = mesa.now
    turn = mesa.turn()
    assert "Alma" in text_of(mesa, turn)
    mesa.alma.spotlight_at = None
    (text,) = post_week(mesa, turn)
    assert "Alma" not in text
    assert "Bo Carver" in text


def test_an_edited_post_is_not_composed_again(mesa: Chapterhouse) -> None:
    mesa.alma.spotlight_at = mesa.now
    turn = mesa.turn()
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now)
    edit(mesa.session, post=post, text="Meet Alma Reyes!", member=mesa.bo, now=mesa.now)
    mesa.asks(mesa.cleo)
    assert text_of(mesa, turn) == "Meet Alma Reyes!"
    assert post_week(mesa, turn) == ["Meet Alma Reyes!"]


@pytest.mark.parametrize("text", ["Meet Alma!", "Somebody new is here"])
def test_an_edited_post_is_held_when_consent_is_withdrawn(mesa: Chapterhouse, text: str) -> None:
    mesa.alma.spotlight_at = mesa.now
    turn = mesa.turn()
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now)
    edit(mesa.session, post=post, text=text, member=mesa.bo, now=mesa.now)
    mesa.alma.spotlight_at = None
    assert post_week(mesa, turn) == []
    assert turn.held_by_id is None
    assert turn.held_reason.startswith("The edited text mentions somebody")
    edit(mesa.session, post=post, text="Good words only", member=mesa.bo, now=mesa.now)
    release(mesa.session, occurrence=turn, member=mesa.bo, now=mesa.now)
    assert post_week(mesa, turn) == ["Good words only"]


@pytest.mark.parametrize("text", ["", " \n", "x" * 5001, "a\u202eb", "a\x00b", "a\ud800", "Thanks, cleo  HART!"])
def test_an_invalid_text_or_one_that_names_a_member_without_consent_is_refused(mesa: Chapterhouse, text: str) -> None:
    mesa.alma.spotlight_at = mesa.now
    (post,) = compose(mesa.session, occurrence=mesa.turn(), now=mesa.now)
    with pytest.raises(Invalid) as refusal:
        edit(mesa.session, post=post, text=text, member=mesa.bo, now=mesa.now)
    assert refusal.value.field == "text"
    assert post.edited_at is None


def test_a_week_is_frozen_once_when_due_and_not_while_held(mesa: Chapterhouse) -> None:
    mesa.alma.spotlight_at = mesa.now
    turn = mesa.turn()
    assert freeze(mesa.session, occurrence=turn, now=turn.due_at - timedelta(seconds=1)) == []
    hold(mesa.session, occurrence=turn, member=mesa.bo, now=mesa.now)
    assert freeze(mesa.session, occurrence=turn, now=turn.due_at) == []
    release(mesa.session, occurrence=turn, member=mesa.bo, now=mesa.now)
    (delivery,) = freeze(mesa.session, occurrence=turn, now=turn.due_at)
    assert delivery.key == f"post:{turn.public_id}:{mesa.channel.public_id}"
    with pytest.raises(Conflict):
        freeze(mesa.session, occurrence=turn, now=turn.due_at)
    with pytest.raises(Conflict):
        edit(mesa.session, post=posts_of(mesa.session, occurrence=turn)[0], text="Late", member=mesa.bo, now=mesa.now)
    assert mesa.session.scalars(select(Delivery)).all() == [delivery]


LIMITS = [
    (LengthLimit("weighted", 280),),
    (LengthLimit("graphemes", 300), LengthLimit("bytes", 3000)),
    (LengthLimit("tooted", 500),),
    (LengthLimit("characters", 5000),),
]
words = some.text(some.characters(codec="utf-8"), max_size=300)


@given(
    members=some.lists(
        some.tuples(words.filter(str.split), words, words, words, some.sampled_from([None, *WantedKind])),
        min_size=1,
        max_size=MAX_ITEMS,
    ),
    name=words,
    tags=some.lists(words, max_size=5),
    limits=some.sampled_from(LIMITS),
)
def test_any_input_gives_a_post_within_limits_that_includes_an_item(
    members: list[tuple[str, str, str, str, WantedKind | None]],
    name: str,
    tags: list[str],
    limits: tuple[LengthLimit, ...],
) -> None:
    items = []
    for person, firm, said, why, kind in members:
        member = Member(name=person, headline=said, spotlight_at=NOW, business=Business(name=firm, summary=""))
        wanted = Wanted(member=member, kind=kind, text=said, why=why) if kind else None
        items.append(PostItem(member, NOW, wanted=wanted))
    frame = OpeningClosing(Chapter(name=name, hashtags=tags), NOW.date(), seat=name, link="https://network.example/a/b")
    text, told = post_wording.compose_post_text(items, frame, limits)
    assert excess_length(text, limits) == 0
    assert told
