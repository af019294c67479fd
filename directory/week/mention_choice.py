"""Mentions: which members a week's posts mention and why, always with their consent; the choice of what is posted."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, func, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, joinedload, mapped_column, relationship, selectinload

from directory.content_policy import policy_errors
from directory.db import Base, Row
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.leads.lead import Lead, Need
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted
from directory.translation import gettext
from directory.week.post_item import PostItem, may_be_posted
from directory.week.unconsented_names import UnconsentedNames

MAX_ITEMS = 4  # in one week's post
MAX_ALIKE = 3  # members who ask for the same in one line
NEW_FOR = timedelta(days=60)  # so long a member is welcomed as new


class Mention(Row, Base):
    """A member is mentioned in an occurrence's posts, for a reason: a spotlight, a wanted, a lead's ask or a story.

    A mention that its member vetoed stays as a row, so that the week is not about them again.
    """

    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("occurrence_id", "member_id"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    wanted_id: Mapped[int | None] = mapped_column(ForeignKey("wanted.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    case_study_id: Mapped[int | None] = mapped_column(ForeignKey("case_study.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(String(300))
    vetoed_at: Mapped[datetime | None]

    occurrence: Mapped[Occurrence] = relationship()
    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)
    wanted: Mapped[Wanted | None] = relationship()
    lead: Mapped[Lead | None] = relationship()
    case_study: Mapped[CaseStudy | None] = relationship()

    @property
    def is_agreed(self) -> bool:
        """Whether the member still consents to it, and what they ask for is still open."""
        if not self.member.is_active or self.vetoed_at is not None:
            return False
        if self.case_study is not None:
            return may_be_posted(self.case_study)
        if self.wanted is not None:
            return self.wanted.shared_at is not None and self.wanted.ended_at is None
        if self.lead is not None:
            return self.lead.asked_at is not None and self.lead.closed_at is None
        return self.member.spotlight_at is not None


def mentions_of(session: Session, *, occurrence: Occurrence, include_vetoed: bool = False) -> list[Mention]:
    """Return the mentions in the occurrence's posts, in the order of the text; vetoed ones only if asked for."""
    query = select(Mention).where(Mention.occurrence_id == occurrence.id).order_by(Mention.id)
    return list(session.scalars(query if include_vetoed else query.where(Mention.vetoed_at.is_(None))))


@dataclass(frozen=True)
class MentionView:
    """A mention as a reader sees it; ``member`` is None where the reader may not know who it is."""

    member: Member | None
    name: str
    reason: str
    is_own: bool
    is_ask: bool  # for somebody, or for what a lead needs


def mention_view(mention: Mention, reader: Member, may_edit: bool) -> MentionView:
    """Without consent to be named, only the member and those who may edit the week see who it is."""
    is_own = mention.member_id == reader.id
    named = mention.member if is_own or may_edit or mention.member.spotlight_at is not None else None
    is_ask = mention.wanted_id is not None or mention.lead_id is not None
    return MentionView(named, named.first_name if named else gettext("a member"), mention.reason, is_own, is_ask)


def choose_mentions(
    session: Session, *, chapter: Chapter, now: datetime, exclude: Collection[int] = ()
) -> list[PostItem]:
    """Return what this week's post says, the most important first; nothing where nothing is new.

    News comes first: asks, spotlights and stories in turn. Of the asks, leads come first, since a client waits: the
    newest first; then wanteds, the one that has waited longest first. Of the spotlights, the newest member comes
    first. Nobody has a second spotlight before everybody had a first, and a consent given anew does not jump the
    queue. The post is filled up with what was posted longest ago. A member is in one item at most, and there are
    MAX_ITEMS items at most, besides news that asks for the same as one of them. Left out are items whose quoted words
    name somebody without consent or break the content policy, and those about members whose ids are in ``exclude``.
    """
    spotlights, asks = _spotlights(session, chapter, now), _asks(session, chapter)
    new_asks = sorted((item for item in asks if item.is_news), key=_ask_order)
    new_spotlights = sorted(
        (item for item in spotlights if item.posted_at is None), key=lambda item: item.member.joined_at
    )
    in_turn = zip_longest(new_asks, reversed(new_spotlights), _stories(session, chapter))
    news = [item for item in chain.from_iterable(in_turn) if item is not None]
    repeats = sorted(
        (item for item in [*asks, *spotlights] if item.posted_at is not None and item not in new_asks),
        key=lambda item: item.posted_at or item.since,
    )
    unconsented = UnconsentedNames(session)
    allowed = _one_per_member(item for item in [*news, *repeats] if _is_allowed(item, unconsented, exclude))
    chosen = list(islice(allowed, MAX_ITEMS))
    asked = Counter(item.like for item in chosen if item.wanted is not None or item.lead is not None)
    for item in allowed if asked else ():
        if item.is_news and 0 < asked[item.like] < MAX_ALIKE:
            asked[item.like] += 1
            chosen.append(item)
    return chosen if any(item.is_news for item in chosen) else []


def _is_allowed(item: PostItem, unconsented: UnconsentedNames, exclude: Collection[int] = ()) -> bool:
    is_included = not any(person.id in exclude for person in item.people)
    return is_included and not publication_faults(item, unconsented)


def publication_faults(item: PostItem, unconsented: UnconsentedNames) -> list[str]:
    """Return why no post repeats the item's words, as sentences for its member."""
    named = [gettext("It names somebody who has not agreed to be in the post.")]
    return [
        *(named if unconsented.found_in(item.quoted) else []),
        *policy_errors(item.quoted, item.member.business.country),
    ]


def _ask_order(ask: PostItem) -> tuple[bool, float]:
    since = ask.since.timestamp()
    return (False, -since) if ask.lead is not None else (True, since)


def still_agreed_items(session: Session, mentions: Sequence[Mention]) -> list[PostItem]:
    """Return what an earlier choice may still say."""
    unconsented = UnconsentedNames(session)
    withdrawn = {mention.member_id for mention in mentions if not mention.is_agreed}
    items = (
        PostItem(mention.member, mention.member.joined_at, mention.wanted, mention.lead, mention.case_study)
        for mention in mentions
        if mention.is_agreed and (mention.case_study is None or mention.case_study.teller_id == mention.member_id)
    )
    return [item for item in items if _is_allowed(item, unconsented, withdrawn)]


def _one_per_member(items: Iterable[PostItem]) -> Iterator[PostItem]:
    seen: set[int] = set()
    for item in items:
        people = {person.id for person in item.people}
        if not people & seen:
            seen |= people
            yield item


def _last_posted(chapter: Chapter, *by: InstrumentedAttribute[Any]) -> Select[Any]:
    """Select when each was last posted, followed by the columns ``by`` of Mention that rows are grouped by."""
    return (
        select(func.max(Occurrence.posted_at), *by)
        .join_from(Mention, Occurrence)
        .where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None), Mention.vetoed_at.is_(None))
        .group_by(*by)
    )


def _spotlights(session: Session, chapter: Chapter, now: datetime) -> list[PostItem]:
    last_posted = {member_id: at for at, member_id in session.execute(_last_posted(chapter, Mention.member_id))}
    willing = (
        select(Member)
        .join(Member.business)
        .where(Business.chapter_id == chapter.id, Member.is_active, Member.spotlight_at.is_not(None))
        .options(joinedload(Member.business))
        .order_by(Member.id)
    )
    return [
        PostItem(
            member,
            since=member.spotlight_at or member.joined_at,
            posted_at=last_posted.get(member.id),
            is_new_member=member.id not in last_posted and now - member.joined_at < NEW_FOR,
        )
        for member in session.scalars(willing)
    ]


def _asks(session: Session, chapter: Chapter) -> list[PostItem]:
    rows = session.execute(_last_posted(chapter, Mention.wanted_id, Mention.lead_id))
    posted = {(wanted_id, lead_id): at for at, wanted_id, lead_id in rows}
    asking = (Business.chapter_id == chapter.id, Member.is_active)
    wanted = select(Wanted).join(Wanted.member).join(Member.business).where(*asking).order_by(Wanted.id)
    leads = select(Lead).join(Lead.member).join(Member.business).where(*asking).order_by(Lead.id)
    own = joinedload(Lead.business, innerjoin=True).selectinload(Business.capabilities)  # which a post leaves out
    leads = leads.options(selectinload(Lead.needs).joinedload(Need.capability), own)
    return [
        *(
            PostItem(ask.member, ask.shared_at or ask.wanted_at, wanted=ask, posted_at=posted.get((ask.id, None)))
            for ask in session.scalars(wanted.where(Wanted.shared_at.is_not(None), Wanted.ended_at.is_(None)))
        ),
        *(
            PostItem(lead.member, lead.asked_at or lead.created_at, lead=lead, posted_at=posted.get((None, lead.id)))
            for lead in session.scalars(
                leads.where(Lead.asked_at.is_not(None), Lead.closed_at.is_(None), Lead.needs.any())
            )
        ),
    ]


def _stories(session: Session, chapter: Chapter) -> list[PostItem]:
    """Return the chapter's stories that no post has told, the oldest first."""
    posted = (
        select(Mention.case_study_id)
        .join(Occurrence)
        .where(Occurrence.posted_at.is_not(None), Mention.case_study_id.is_not(None), Mention.vetoed_at.is_(None))
    )
    parties = joinedload(CaseStudy.parties).joinedload(CaseStudyParty.member).joinedload(Member.business)
    query = (
        select(CaseStudy)
        .join(CaseStudy.teller)
        .join(Member.business)
        .where(Business.chapter_id == chapter.id, CaseStudy.id.not_in(posted))
        .options(parties)
        .order_by(CaseStudy.id)
    )
    stories = session.scalars(query).unique()
    return [PostItem(story.teller, story.told_at, story=story) for story in stories if may_be_posted(story)]
