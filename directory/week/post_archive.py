"""The archive: a chapter's past weeks as the open web may read them, without who no longer agrees to stand there."""

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
from directory.week.mention import Mention
from directory.week.name_consent import names_in

MOST = 52  # weeks that the list and the feed show
SHORT_LINK = re.compile(r"\n\S+/s/[2-9a-z]{12}$", re.MULTILINE)  # it leads here, and counts another place's readers


@dataclass(frozen=True)
class PastWeek:
    """One week's post; ``key`` names it for ever, for readers of the feed, ``at`` is another once words are gone."""

    occurrence: Occurrence
    key: str
    at: datetime
    text: str


def archive_path(occurrence: Occurrence) -> str:
    """Where the week stands on the open web, while its chapter does."""
    return f"/chapters/{occurrence.chapter.public_id}/weeks/{occurrence.public_id}"


def past_weeks(session: Session, *, chapter: Chapter, only: str = "") -> list[PastWeek]:
    """The chapter's weeks that were posted, the newest first; or the one of the public id ``only``.

    Each has the longest of its texts that arrived somewhere, and of that what everybody in it still agrees to.
    """
    posted = (
        select(Delivery, Occurrence)
        .join(Occurrence, Occurrence.id == Delivery.occurrence_id)
        .where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None))
        .where(Delivery.state == DeliveryState.DELIVERED, Delivery.channel_id.is_not(None), Delivery.payload != b"")
        .order_by(Occurrence.due_at.desc(), Delivery.id)
    )
    if only:
        posted = posted.where(Occurrence.public_id == only)
    longest: dict[int, tuple[Occurrence, PostSnapshot]] = {}
    for delivery, occurrence in session.execute(posted):
        frozen, known = PostSnapshot.from_bytes(delivery.payload), longest.get(occurrence.id)
        if known is None or len(frozen.text) > len(known[1].text):
            if known is None and len(longest) == MOST:
                break
            longest[occurrence.id] = (occurrence, frozen)
    silent, barred = _silent(session, chapter), _barred(session, longest)
    weeks = [_past_week(turn, frozen, [*silent, *barred[id]]) for id, (turn, frozen) in longest.items() if id in barred]
    return [week for week in weeks if week.text]


def is_still_agreed(session: Session, occurrence_id: int, payload: bytes) -> bool:
    """Whether everybody in a week's frozen post, which waits to be sent, still agrees to it."""
    in_it = select(Member.name).join(Mention, Mention.member_id == Member.id)
    silent = in_it.where(Mention.occurrence_id == occurrence_id, Member.spotlight_at.is_(None) | ~Member.is_active)
    named = names_in(PostSnapshot.from_bytes(payload).text, session.scalars(silent))
    return not named and occurrence_id in _barred(session, [occurrence_id])


def archive_paths(session: Session, *, chapters: Collection[Chapter], most: int = 10_000) -> list[str]:
    """The paths of the chapters' weeks that were posted, the newest first; where all words are gone, one is a 404."""
    posted = select(Occurrence).options(joinedload(Occurrence.chapter)).order_by(Occurrence.due_at.desc()).limit(most)
    theirs = Occurrence.chapter_id.in_([chapter.id for chapter in chapters])
    return [archive_path(turn) for turn in session.scalars(posted.where(theirs, Occurrence.posted_at.is_not(None)))]


def _past_week(turn: Occurrence, frozen: PostSnapshot, barred: list[str]) -> PastWeek:
    """As it may be read. Nobody keeps when a name was taken out; what a reader of the feed needs is another instant."""
    whole = SHORT_LINK.sub("", frozen.text)
    text = _said(whole, barred)
    at = frozen.at + timedelta(seconds=len(whole) - len(text))
    return PastWeek(turn, f"{turn.public_id}@{turn.chapter.public_id}", at, text)


def _silent(session: Session, chapter: Chapter) -> list[str]:
    """The names of the chapter's members who do not agree to be named."""
    here = select(Member.name).join(Member.business).where(Business.chapter_id == chapter.id)
    return list(session.scalars(here.where(Member.spotlight_at.is_(None) | ~Member.is_active)))


def _barred(session: Session, occurrences: Iterable[int]) -> dict[int, list[str]]:
    """By what those are known, in each week, who no longer agree to be named: their own and their firm's names.

    A week with an ask that was taken back is missing: it may have been told without a name.
    """
    barred: dict[int, list[str]] = {id: [] for id in occurrences}
    taken_back = set()
    for mention in session.scalars(select(Mention).where(Mention.occurrence_id.in_(barred))):
        member, ask, lead = mention.member, mention.wanted, mention.lead
        if not member.is_active or member.spotlight_at is None or mention.vetoed_at is not None:
            barred[mention.occurrence_id] += [member.name, member.first_name, member.business.name]
        if (ask is not None and ask.shared_at is None) or (lead is not None and lead.asked_at is None):
            taken_back.add(mention.occurrence_id)
    return {id: names for id, names in barred.items() if id not in taken_back}


def _said(text: str, barred: list[str]) -> str:
    """The paragraphs that name none of ``barred``."""
    return "\n\n".join(part for part in text.split("\n\n") if not names_in(part, barred))


def resolve_short_link(session: Session, *, code: str) -> tuple[ShortLink, str] | None:
    """The link, and the path of the week's page, or of its chapter while the week has none; None without either."""
    link = session.scalar(select(ShortLink).where(ShortLink.public_id == code))
    turn = link.delivery.occurrence if link is not None else None
    if link is None or turn is None or turn.chapter.public_at is None:
        return None
    if past_weeks(session, chapter=turn.chapter, only=turn.public_id):
        return link, archive_path(turn)
    return link, f"/chapters/{turn.chapter.public_id}"
