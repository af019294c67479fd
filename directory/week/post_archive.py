"""The archive: a chapter's past weeks as the open web may read them, without those who withdrew their consent."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.outbox.post_snapshot import PostSnapshot
from directory.outbox.short_link import ShortLink
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.week.mention_choice import Mention
from directory.week.unconsented_names import names_in

MAX_WEEKS = 52  # that the list and the feed show
SHORT_LINK = re.compile(r"\n\S+/s/[2-9a-z]{12}$", re.MULTILINE)  # it leads here, and a click counts for a channel


@dataclass(frozen=True)
class PastWeek:
    """One week's post; ``key`` identifies it in the feed for ever, ``at`` changes when text is left out."""

    occurrence: Occurrence
    key: str
    at: datetime
    text: str


def archive_path(occurrence: Occurrence) -> str:
    """Return the path of the week's public page, which exists while the chapter is public."""
    return f"/chapters/{occurrence.chapter.public_id}/weeks/{occurrence.public_id}"


def past_weeks(session: Session, *, chapter: Chapter, week_id: str = "") -> list[PastWeek]:
    """Return the chapter's posted weeks, the newest first, MAX_WEEKS at most; or the one with public id ``week_id``.

    Each has the longest of its delivered texts, without the paragraphs that name somebody who withdrew consent. A week
    is missing where nothing is left, or an ask in it was taken back.
    """
    posted = (
        select(Delivery, Occurrence)
        .join(Occurrence, Occurrence.id == Delivery.occurrence_id)
        .where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None))
        .where(Delivery.state == DeliveryState.DELIVERED, Delivery.channel_id.is_not(None), Delivery.payload != b"")
        .order_by(Occurrence.due_at.desc(), Delivery.id)
    )
    if week_id:
        posted = posted.where(Occurrence.public_id == week_id)
    longest: dict[int, tuple[Occurrence, PostSnapshot]] = {}
    for delivery, occurrence in session.execute(posted):
        snapshot, previous = PostSnapshot.from_bytes(delivery.payload), longest.get(occurrence.id)
        if previous is None or len(snapshot.text) > len(previous[1].text):
            if previous is None and len(longest) == MAX_WEEKS:
                break
            longest[occurrence.id] = (occurrence, snapshot)
    unconsenting, withdrawn = _unconsenting_names(session, chapter), _withdrawn_names(session, longest)
    weeks = [
        _past_week(occurrence, snapshot, [*unconsenting, *withdrawn[id]])
        for id, (occurrence, snapshot) in longest.items()
        if id in withdrawn
    ]
    return [week for week in weeks if week.text]


def is_still_agreed(session: Session, occurrence_id: int, payload: bytes) -> bool:
    """Whether everybody in a week's frozen post, which waits to be sent, still consents to it."""
    in_it = select(Member.name).join(Mention, Mention.member_id == Member.id)
    names = in_it.where(Mention.occurrence_id == occurrence_id, Member.spotlight_at.is_(None) | ~Member.is_active)
    named = names_in(PostSnapshot.from_bytes(payload).text, session.scalars(names))
    return not named and occurrence_id in _withdrawn_names(session, [occurrence_id])


def archive_paths(session: Session, *, chapters: Collection[Chapter], limit: int = 10_000) -> list[str]:
    """Return the paths of the chapters' posted weeks, ``limit`` at most, the newest first.

    The path of a week whose text is all left out leads to a 404.
    """
    posted = select(Occurrence).options(joinedload(Occurrence.chapter)).order_by(Occurrence.due_at.desc()).limit(limit)
    in_chapters = Occurrence.chapter_id.in_([chapter.id for chapter in chapters])
    return [
        archive_path(week) for week in session.scalars(posted.where(in_chapters, Occurrence.posted_at.is_not(None)))
    ]


def _past_week(occurrence: Occurrence, snapshot: PostSnapshot, names: list[str]) -> PastWeek:
    """Return the week as it may be read.

    When a name was left out is not stored; the length of what is left out changes ``at``, as readers of the feed need.
    """
    full_text = SHORT_LINK.sub("", snapshot.text)
    text = _without_names(full_text, names)
    at = snapshot.at + timedelta(seconds=len(full_text) - len(text))
    return PastWeek(occurrence, f"{occurrence.public_id}@{occurrence.chapter.public_id}", at, text)


def _unconsenting_names(session: Session, chapter: Chapter) -> list[str]:
    """The names of the chapter's members who do not consent to be named."""
    here = select(Member.name).join(Member.business).where(Business.chapter_id == chapter.id)
    return list(session.scalars(here.where(Member.spotlight_at.is_(None) | ~Member.is_active)))


def _withdrawn_names(session: Session, occurrences: Iterable[int]) -> dict[int, list[str]]:
    """By occurrence, the full, first and firm's names of mentioned members who no longer consent to be named.

    An occurrence with an ask that was taken back is missing: it may have been posted without a name.
    """
    by_occurrence: dict[int, list[str]] = {id: [] for id in occurrences}
    taken_back = set()
    for mention in session.scalars(select(Mention).where(Mention.occurrence_id.in_(by_occurrence))):
        member, ask, lead = mention.member, mention.wanted, mention.lead
        if not member.is_active or member.spotlight_at is None or mention.vetoed_at is not None:
            by_occurrence[mention.occurrence_id] += [member.name, member.first_name, member.business.name]
        if (ask is not None and ask.shared_at is None) or (lead is not None and lead.asked_at is None):
            taken_back.add(mention.occurrence_id)
    return {id: hidden for id, hidden in by_occurrence.items() if id not in taken_back}


def _without_names(text: str, names: list[str]) -> str:
    """Return ``text`` without the paragraphs that contain any of ``names``."""
    return "\n\n".join(part for part in text.split("\n\n") if not names_in(part, names))


def resolve_short_link(session: Session, *, code: str) -> tuple[ShortLink, str] | None:
    """Return the link, and the path of the week's page, or of its chapter's page while the week has none.

    None where there is no such link or the chapter is not public.
    """
    link = session.scalar(select(ShortLink).where(ShortLink.public_id == code))
    occurrence = link.delivery.occurrence if link is not None else None
    if link is None or occurrence is None or occurrence.chapter.public_at is None:
        return None
    if past_weeks(session, chapter=occurrence.chapter, week_id=occurrence.public_id):
        return link, archive_path(occurrence)
    return link, f"/chapters/{occurrence.chapter.public_id}"
