"""A led chapter: what waits for its lead, the first steps of a new one and who asks to join, in one query."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.joining.application import WITH_PEOPLE, Application, is_pending_in
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.chapter import UNSET_ZONE, Chapter
from directory.people.tables import Business, Member


class FirstSteps(NamedTuple):
    """Which of its first steps a chapter has behind it, in the order in which they are taken."""

    has_zone: bool = False
    is_described: bool = False
    has_people: bool = False
    has_channel: bool = False
    has_posted: bool = False


class LedChapter(NamedTuple):
    """``applications`` are those that wait, the oldest first."""

    first_steps: FirstSteps
    applications: list[Application]


def led_chapter(session: Session, *, chapter: Chapter) -> LedChapter:
    """Return what waits for the lead of the chapter."""
    people = select(func.count()).select_from(Member).join(Business)
    channel = select(Channel.id).where(Channel.chapter_id == chapter.id)
    posted = select(Delivery.id).join(Delivery.channel).where(Channel.chapter_id == chapter.id)
    facts = select(
        people.where(Business.chapter_id == chapter.id, Member.is_active).scalar_subquery().label("people"),
        channel.where(Channel.state != ChannelState.GONE).exists().label("has_channel"),
        posted.where(Delivery.state == DeliveryState.DELIVERED).exists().label("has_posted"),
    ).subquery()
    query = select(*facts.c, Application).select_from(facts).outerjoin(Application, is_pending_in(chapter))
    rows = session.execute(query.options(*WITH_PEOPLE).order_by(Application.confirmed_at, Application.id)).all()
    count, has_channel, has_posted = rows[0][:3]
    steps = FirstSteps(
        has_zone=chapter.zone != UNSET_ZONE,
        is_described=bool(chapter.city and chapter.about),
        has_people=count > 1,
        has_channel=has_channel,
        has_posted=has_posted,
    )
    return LedChapter(steps, [row[-1] for row in rows if row[-1] is not None])
