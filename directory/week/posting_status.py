"""Posting status: how the posts of each chapter stand at a glance, in five queries for any number of chapters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter

RECENT = timedelta(days=7)


class PostingStatus(NamedTuple):
    """``oldest_at`` is when the longest waiting post was due; ``failed`` counts those due in the last seven days."""

    chapter: Chapter
    next_at: datetime | None
    oldest_at: datetime | None
    unknown: int
    failed: int
    broken: int

    @property
    def is_healthy(self) -> bool:
        return not (self.oldest_at or self.unknown or self.failed or self.broken)


def posting_statuses(session: Session, *, chapters: Sequence[Chapter], now: datetime) -> list[PostingStatus]:
    """Return the status of each chapter, in the same order; ``next_at`` is in the chapter's zone."""
    ids = [chapter.id for chapter in chapters]

    def posts_in(state: DeliveryState, since: datetime, until: datetime) -> dict[int, tuple[int, datetime]]:
        rows = select(Channel.chapter_id, func.count(), func.min(Delivery.due_at)).join(Delivery.channel)
        rows = rows.where(Channel.chapter_id.in_(ids), Delivery.state == state, Delivery.due_at.between(since, until))
        return {chapter: (count, at) for chapter, count, at in session.execute(rows.group_by(Channel.chapter_id))}

    none, long_ago = (0, now), datetime.min.replace(year=2000, tzinfo=now.tzinfo)
    waiting = posts_in(DeliveryState.PENDING, long_ago, now)
    unknown, failed = posts_in(DeliveryState.UNKNOWN, long_ago, now), posts_in(DeliveryState.FAILED, now - RECENT, now)
    is_broken = (Channel.chapter_id.in_(ids), Channel.state == ChannelState.BROKEN)
    broken = select(Channel.chapter_id, func.count()).where(*is_broken).group_by(Channel.chapter_id)
    is_next = (Occurrence.chapter_id.in_(ids), Occurrence.due_at > now, Occurrence.skipped.is_(None))
    coming = select(Occurrence.chapter_id, func.min(Occurrence.due_at)).where(*is_next).group_by(Occurrence.chapter_id)
    broken_count = dict(session.execute(broken).all())
    next_at = dict(session.execute(coming).all())
    return [
        PostingStatus(
            chapter,
            next_at[chapter.id].astimezone(ZoneInfo(chapter.zone)) if chapter.id in next_at else None,
            waiting[chapter.id][1] if chapter.id in waiting else None,
            unknown.get(chapter.id, none)[0],
            failed.get(chapter.id, none)[0],
            broken_count.get(chapter.id, 0),
        )
        for chapter in chapters
    ]
