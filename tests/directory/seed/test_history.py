"""The played weeks of the demo: every state that a page shows is there, and nothing happened before its time."""

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from directory.facts.interaction import have_met
from directory.facts.introduction import Introduction, IntroductionState
from directory.leads.lead import Lead, LeadState
from directory.leads.need_example import NeedExample
from directory.leads.offer import Offer, OfferState
from directory.leads.report import Report, Said
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.people.own_word import own_words
from directory.people.photo import crop_square
from directory.people.tables import Member
from directory.seed.face import draw_face
from directory.seed.history import WEEKS, play_history
from directory.settings import Settings
from directory.week.mention_choice import Mention
from directory.week.pairing import Pairing, PairingState
from directory.week.social_inbox import Reply

if TYPE_CHECKING:
    from tests.conftest import DemoCast


@pytest.mark.slow
def test_eight_weeks_are_played(demo_cast: "DemoCast", settings: Settings, now: datetime) -> None:
    session = demo_cast.session
    play_history(session, settings=settings, now=now)

    weeks = select(Occurrence.chapter_id, func.count()).where(Occurrence.posted_at.is_not(None))
    posted = dict(session.execute(weeks.group_by(Occurrence.chapter_id)).all())
    assert set(posted.values()) <= {WEEKS - 1, WEEKS}  # a week without anything new has no post
    assert set(session.scalars(select(Pairing.state))) == set(PairingState)
    assert {IntroductionState.ACCEPTED, IntroductionState.DECLINED, IntroductionState.OFFERED} < set(
        session.scalars(select(Introduction.state))
    )
    assert {None, "ignored"} == set(session.scalars(select(Reply.outcome)))
    assert {True, False} == set(session.scalars(select(Lead.closed_at.is_not(None))))
    assert set(LeadState) - {LeadState.PENDING} <= set(session.scalars(select(Lead.state)))
    assert session.scalars(select(NeedExample)).all()
    words = own_words(session, chapter=demo_cast.member("lena").business.chapter)
    assert sorted(word.name for word, _firms in words) == ["Neon bending", "Rainwater harvesting"]
    offers = session.scalars(select(Offer)).all()
    expected = {OfferState.HELD, OfferState.PENDING, OfferState.ACCEPTED, OfferState.DECLINED}
    assert expected == {offer.state for offer in offers}
    assert session.scalars(select(Report.said).order_by(Report.id)).all() == [Said.WON, Said.DISPUTED, Said.TALKED]
    waiting = [offer for offer in offers if offer.state is OfferState.PENDING]
    assert {"nadia", "bea"} == {offer.member.key for offer in waiting if offer.member}  # two wait for Bea
    assert len(waiting) == 3
    assert set(session.scalars(select(Delivery.state))) == {DeliveryState.DELIVERED}
    assert None not in session.scalars(select(Member.photo).where(Member.arrived_at.is_not(None))).all()

    early = select(Mention).join(Occurrence, Occurrence.id == Mention.occurrence_id).join(Mention.member)
    assert session.scalars(early.where(Member.joined_at > Occurrence.due_at)).all() == []
    asked = early.join(Lead, Lead.id == Mention.lead_id)
    assert session.scalars(asked.where(Lead.created_at > Occurrence.due_at)).all() == []
    nadia, bea = demo_cast.member("nadia"), demo_cast.member("bea")
    assert not have_met(session, nadia, bea)  # the story that the demo tells is that they have yet to meet


def test_a_face_is_the_same_for_the_same_person() -> None:
    assert draw_face("nadia", "3 long") == draw_face("nadia", "3 long") != draw_face("bea", "3 long")
    assert crop_square(draw_face("steve", "1 bald beard glasses grey"))
