"""The coming post as far as it can be told: as composed for each channel, or what it would say once there is one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from directory.outbox.channel_kind import MOST as MOST_TEXT
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted
from directory.week.mention import MAX_ITEMS, PostItem, choose_mentions
from directory.week.name_consent import UnconsentedNames
from directory.week.occurrence_schedule import coming_slot, upcoming_occurrence
from directory.week.post import posts_of
from directory.week.post_wording import OpeningClosing, compose_post_text


@dataclass(frozen=True)
class PostPreview:
    """A text for ``channel``, empty where none is connected; ``is_agreed``: everybody in it agreed to be."""

    channel: str
    text: str
    due_at: datetime
    is_agreed: bool = True


def post_previews(session: Session, *, chapter: Chapter, now: datetime) -> list[PostPreview]:
    """What the chapter's coming post says on each channel; without a channel, what it would say; none for nothing new.

    Where nobody has agreed to anything yet, it is what it would say if they did, without a name: for the eyes of who
    brought them in, and not to be posted.
    """
    turn = upcoming_occurrence(session, chapter=chapter, now=now)
    due_at = turn.due_at if turn is not None else coming_slot(chapter, now)
    if turn is not None and (posts := posts_of(session, occurrence=turn)):
        return [PostPreview(post.channel.name, post.text, due_at) for post in posts]
    items = choose_mentions(session, chapter=chapter, now=now)
    told = items or _would_ask(session, chapter)
    on = due_at.astimezone(ZoneInfo(chapter.zone)).date()
    text, _ = compose_post_text(told, OpeningClosing(chapter, on), (MOST_TEXT,))
    return [PostPreview("", text, due_at, is_agreed=bool(items))] if told else []


def _would_ask(session: Session, chapter: Chapter) -> list[PostItem]:
    """The newest asks that are not shared, one each, as they would stand there without a name."""
    live = (
        select(Wanted)
        .join(Wanted.member)
        .join(Member.business)
        .where(Business.chapter_id == chapter.id, Member.is_active, Member.spotlight_at.is_(None))
        .where(Wanted.ended_at.is_(None))
        .options(contains_eager(Wanted.member).contains_eager(Member.business))
        .order_by(Wanted.wanted_at.desc(), Wanted.id.desc())
    )
    silence, first = UnconsentedNames(session), dict[int, PostItem]()
    for ask in session.scalars(live):
        if ask.member_id not in first and not silence.found_in(f"{ask.text}\n{ask.why}"):
            first[ask.member_id] = PostItem(ask.member, ask.wanted_at, wanted=ask)
    return list(first.values())[:MAX_ITEMS]
