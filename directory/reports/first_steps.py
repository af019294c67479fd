"""The first steps of a new chapter, and which of them it has behind it."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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


def first_steps(session: Session, *, chapter: Chapter) -> FirstSteps:
    """Return the first steps of the chapter. One query."""
    people = select(func.count()).select_from(Member).join(Business)
    channel = select(Channel.id).where(Channel.chapter_id == chapter.id)
    posted = select(Delivery.id).join(Delivery.channel).where(Channel.chapter_id == chapter.id)
    query = select(
        people.where(Business.chapter_id == chapter.id, Member.is_active).scalar_subquery(),
        channel.where(Channel.state != ChannelState.GONE).exists(),
        posted.where(Delivery.state == DeliveryState.DELIVERED).exists(),
    )
    count, has_channel, has_posted = session.execute(query).one()
    return FirstSteps(
        has_zone=chapter.zone != UNSET_ZONE,
        is_described=bool(chapter.city and chapter.about),
        has_people=count > 1,
        has_channel=has_channel,
        has_posted=has_posted,
    )
