"""Post previews: the coming post as composed for each channel, or what it would say once a channel is connected."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from directory.outbox.channel_kind import DEFAULT_LIMIT
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted
from directory.week.mention_choice import MAX_ITEMS, choose_mentions
from directory.week.occurrence_planning import coming_slot, upcoming_occurrence
from directory.week.post import posts_of
from directory.week.post_item import PostItem
from directory.week.post_wording import OpeningClosing, compose_post_text
from directory.week.unconsented_names import UnconsentedNames


@dataclass(frozen=True)
class PostPreview:
    """A text for ``channel``, empty where none is connected; ``is_agreed``: everybody in it consented."""

    channel: str
    text: str
    due_at: datetime
    is_agreed: bool = True


def post_previews(session: Session, *, chapter: Chapter, now: datetime) -> list[PostPreview]:
    """Return the chapter's coming post on each channel, or what it would say without one; nothing where nothing is new.

    Where nobody has consented yet, it is what the post would say if they did, without names: only for those who brought
    them in, and not to be posted.
    """
    occurrence = upcoming_occurrence(session, chapter=chapter, now=now)
    due_at = occurrence.due_at if occurrence is not None else coming_slot(chapter, now)
    if occurrence is not None and (posts := posts_of(session, occurrence=occurrence)):
        return [PostPreview(post.channel.name, post.text, due_at) for post in posts]
    items = choose_mentions(session, chapter=chapter, now=now)
    shown = items or _unshared_asks(session, chapter)
    on = due_at.astimezone(ZoneInfo(chapter.zone)).date()
    text, _ = compose_post_text(shown, OpeningClosing(chapter, on), (DEFAULT_LIMIT,))
    return [PostPreview("", text, due_at, is_agreed=bool(items))] if shown else []


def _unshared_asks(session: Session, chapter: Chapter) -> list[PostItem]:
    """The newest unshared ask of each member, the newest first, at most MAX_ITEMS, to be shown without names."""
    query = (
        select(Wanted)
        .join(Wanted.member)
        .join(Member.business)
        .where(Business.chapter_id == chapter.id, Member.is_active, Member.spotlight_at.is_(None))
        .where(Wanted.ended_at.is_(None))
        .options(contains_eager(Wanted.member).contains_eager(Member.business))
        .order_by(Wanted.wanted_at.desc(), Wanted.id.desc())
    )
    unconsented, newest = UnconsentedNames(session), dict[int, PostItem]()
    for ask in session.scalars(query):
        if ask.member_id not in newest and not unconsented.found_in(f"{ask.text}\n{ask.why}"):
            newest[ask.member_id] = PostItem(ask.member, ask.wanted_at, wanted=ask)
    return list(newest.values())[:MAX_ITEMS]
