"""Mentions: nobody without consent, newcomers first, and everybody once before anybody twice."""

from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from directory.errors import Conflict, Invalid
from directory.facts import case_study
from directory.leads.lead import MatchedBy, Need
from directory.outbox.occurrence import Occurrence
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.claim import Claim
from directory.people.tables import Member
from directory.people.wanted import share_wanted
from directory.taxonomy.capability import CURATED, Capability, CapabilityKind
from directory.week.mention_choice import MAX_ITEMS, Mention, choose_mentions, mentions_of
from directory.week.post import compose, edit, freeze, posts_of, restore_mention, withdraw_mention
from directory.week.post_item import PostItem, needs_of
from tests.chapterhouse import Chapterhouse

WEEK = timedelta(days=7)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_over_two_years_everybody_has_a_spotlight_before_anybody_has_two(mesa: Chapterhouse, seed: int) -> None:
    chance, told, now = Random(seed), {}, mesa.now
    for week in range(104):
        now += WEEK
        if chance.random() < 0.4:
            mesa._member(f"Person {week} Seen", 0).joined_at = now
        for member in mesa.session.scalars(select(Member).where(Member.spotlight_at.is_(None))):
            member.spotlight_at = now if chance.random() < 0.5 else None
        if told and chance.random() < 0.3:  # consent withdrawn and given again does not jump the queue
            chance.choice(list(told)).spotlight_at = now
        if chance.random() < 0.3:
            mesa.asks(mesa.alma, f"Owners of theater {week}", at=now)
        mesa.session.flush()
        willing = set(mesa.session.scalars(select(Member).where(Member.spotlight_at.is_not(None))))
        items = choose_mentions(mesa.session, chapter=mesa.chapter, now=now)
        chosen = {item.member for item in items}
        seen = {item.member for item in items if item.wanted is None and item.member in told}
        fresh = [item.member for item in items if item.wanted is None and item.member not in told]
        assert len(items) <= MAX_ITEMS
        if seen:
            assert willing - set(told) <= chosen
            longest = (
                min(told[member] for member in (willing & set(told)) - chosen)
                if (willing & set(told)) - chosen
                else now
            )
            assert all(told[member] <= longest for member in seen)
        assert fresh == sorted(fresh, key=lambda member: member.joined_at, reverse=True)
        waits = willing - set(told) - chosen
        assert not fresh or not waits or min(m.joined_at for m in fresh) >= max(m.joined_at for m in waits)
        _posted(mesa, items, now)
        told |= dict.fromkeys(chosen, now)


def _posted(mesa: Chapterhouse, items: list[PostItem], now: datetime) -> None:
    turn = Occurrence(chapter=mesa.chapter, local_date=now.date(), due_at=now, posted_at=now)
    mesa.session.add(turn)
    mesa.session.add_all(Mention(occurrence=turn, member=item.member, wanted=item.wanted, reason="") for item in items)
    mesa.session.flush()


def test_a_withdrawn_member_is_out_of_this_weeks_post_and_back_in_the_next(mesa: Chapterhouse) -> None:
    mesa.alma.spotlight_at = mesa.bo.spotlight_at = mesa.now
    turn = mesa.turn()
    compose(mesa.session, occurrence=turn, now=mesa.now)
    withdraw_mention(mesa.session, occurrence=turn, member=mesa.alma, now=mesa.now)
    (post,) = posts_of(mesa.session, occurrence=turn)
    assert "Alma" not in post.text
    assert [row.member for row in mentions_of(mesa.session, occurrence=turn)] == [mesa.bo]
    with pytest.raises(Conflict):
        withdraw_mention(mesa.session, occurrence=turn, member=mesa.alma, now=mesa.now)
    restore_mention(mesa.session, occurrence=turn, member=mesa.alma, now=mesa.now)
    assert "Alma" in posts_of(mesa.session, occurrence=turn)[0].text
    withdraw_mention(mesa.session, occurrence=turn, member=mesa.alma, now=mesa.now)
    freeze(mesa.session, occurrence=turn, now=turn.due_at)
    with pytest.raises(Conflict):
        withdraw_mention(mesa.session, occurrence=turn, member=mesa.bo, now=mesa.now)
    assert choose_mentions(mesa.session, chapter=mesa.chapter, now=turn.due_at)[0].member is mesa.alma


def test_a_veto_holds_an_edited_text_until_somebody_edits_it_again(mesa: Chapterhouse) -> None:
    mesa.asks(mesa.alma)
    turn = mesa.turn()
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now)
    edit(mesa.session, post=post, text="Who owns an old theater?", member=mesa.bo, now=mesa.now)
    later = mesa.now + timedelta(hours=1)
    withdraw_mention(mesa.session, occurrence=turn, member=mesa.alma, now=later)
    assert turn.held_at == later
    turn.held_at = None
    edit(mesa.session, post=post, text="Good words only", member=mesa.bo, now=later + timedelta(hours=1))
    (sent,) = freeze(mesa.session, occurrence=turn, now=turn.due_at)
    assert PostSnapshot.from_bytes(sent.payload).text == "Good words only"


def told_story(mesa: Chapterhouse) -> case_study.CaseStudy:
    story = case_study.submit_story(
        mesa.session,
        teller=mesa.alma,
        others=[mesa.bo],
        title="The Fox Theater reopens",
        text="Alma drew it and Bo built it, and it opened in the spring of that year.",
        year=2025,
        now=mesa.now,
    )
    return story


def test_a_story_is_posted_once_if_everybody_in_it_consents_to_be_named(mesa: Chapterhouse) -> None:
    story = told_story(mesa)
    case_study.agree(mesa.session, story=story, by=mesa.bo, now=mesa.now)
    turn = mesa.turn()
    assert compose(mesa.session, occurrence=turn, now=mesa.now) == []
    mesa.alma.spotlight_at = mesa.bo.spotlight_at = mesa.now
    _posted(mesa, [PostItem(mesa.alma, mesa.now), PostItem(mesa.bo, mesa.now)], mesa.now)
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now)
    line = "Done together by Alma Reyes of Alma & Co and Bo Carver of Bo & Co: “The Fox Theater reopens”"
    assert line in post.text
    assert {row.member for row in mentions_of(mesa.session, occurrence=turn)} == {mesa.alma, mesa.bo}
    withdraw_mention(mesa.session, occurrence=turn, member=mesa.bo, now=mesa.now)
    assert posts_of(mesa.session, occurrence=turn) == []
    restore_mention(mesa.session, occurrence=turn, member=mesa.bo, now=mesa.now)
    assert len(freeze(mesa.session, occurrence=turn, now=turn.due_at)) == 1
    assert choose_mentions(mesa.session, chapter=mesa.chapter, now=turn.due_at) == []
    case_study.withdraw(mesa.session, story=story, by=mesa.alma, now=mesa.now)
    assert mesa.session.scalars(select(Mention.case_study_id)).all() == [None] * 4


def test_a_capability_gap_is_posted_once_and_without_the_client(mesa: Chapterhouse) -> None:
    lead = mesa.looks_for(mesa.bo, "Elevators")
    need = lead.needs[0].capability
    need.scheme, lead.asked_at = CURATED, None
    turn = mesa.turn()
    assert compose(mesa.session, occurrence=turn, now=mesa.now) == []
    again = mesa.looks_for(mesa.cleo, "Other")
    again.asked_at, again.needs[0].capability = None, need
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now)
    assert "A seat is open at Mesa: nobody here does Elevators yet." in post.text
    assert "Zed" not in post.text
    claim = Claim(business=mesa.alma.business, capability=need, claimed_at=mesa.now)
    mesa.session.add(claim)
    assert compose(mesa.session, occurrence=turn, now=mesa.now) == []
    mesa.session.delete(claim)
    assert len(freeze(mesa.session, occurrence=turn, now=turn.due_at)) == 1
    assert compose(mesa.session, occurrence=mesa.turn(1), now=turn.due_at) == []


def test_a_capability_gap_is_not_repeated_beside_a_lead_that_asks_for_it(mesa: Chapterhouse) -> None:
    lead = mesa.looks_for(mesa.bo, "Elevators")
    lead.needs[0].capability.scheme = CURATED
    (post,) = compose(mesa.session, occurrence=mesa.turn(), now=mesa.now)
    assert post.text.count("Elevators") == 1


@pytest.mark.parametrize("words", ["Call 520 555 0142", "Write to bo@firm.example", "A finder's fee for you"])
def test_texts_that_break_the_content_policy_stay_out_of_the_post(mesa: Chapterhouse, words: str) -> None:
    asked = mesa.asks(mesa.bo, words)
    with pytest.raises(Invalid) as refusal:
        share_wanted(mesa.session, wanted=asked, now=mesa.now)
    assert refusal.value.field == "text"
    mesa.alma.spotlight_at = mesa.now
    (post,) = compose(mesa.session, occurrence=mesa.turn(), now=mesa.now)
    assert words not in post.text
    assert "Alma" in post.text


def test_who_asks_for_the_same_joins_the_line_of_a_chosen_ask(mesa: Chapterhouse) -> None:
    texts = ("Florists", "Owners of old theaters", "Chefs", "Dentists", "A florist", "Bakers")
    people = [mesa._member(f"Person {at} Seen", 0) for at in range(len(texts))]
    asks = [mesa.asks(person, text) for person, text in zip(people, texts, strict=True)]
    items = choose_mentions(mesa.session, chapter=mesa.chapter, now=mesa.now)
    assert {item.wanted for item in items} == {*asks[:5]}
    assert len(items) == MAX_ITEMS + 1


def test_a_lead_asks_for_what_the_firm_does_not_do_itself(mesa: Chapterhouse) -> None:
    lead = mesa.looks_for(mesa.alma, "Roofing")
    assert needs_of(lead) == ["Roofing"]
    own = Capability(scheme="test", code="p", name="Painting", kind=CapabilityKind.SERVICE)
    mesa.session.add(Claim(business=mesa.alma.business, capability=own, claimed_at=mesa.now))
    lead.needs.append(Need(capability=own, share=1.0, matched_by=MatchedBy.PERSON))
    mesa.session.flush()
    mesa.session.expire_all()
    assert needs_of(lead) == ["Roofing"]
