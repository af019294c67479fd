"""Mentions: who stands in the week's posts, and why. Nobody does who did not agree to it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, func, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, joinedload, mapped_column, relationship

from directory.content_policy import policy_errors
from directory.db import Base, Row
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.leads.lead import Lead
from directory.outbox.occurrence import Occurrence
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.profiles.member_view import visible_to
from directory.text import fold
from directory.translation import gettext, join_as_list, time_ago
from directory.week.name_consent import UnconsentedNames

MOST = 4  # people in one week's post
NEW_FOR = timedelta(days=60)  # so long somebody is welcomed as new


class Mention(Row, Base):
    """A member stands in an occurrence's posts, for a reason: a spotlight, a wanted, a lead's ask or a story.

    One that its member took back stays as a row, so that the week is not about them again.
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
        """Whether the member still agrees to it, and what they ask for is still open."""
        if not self.member.is_active or self.vetoed_at is not None:
            return False
        if self.case_study is not None:
            return may_be_told(self.case_study)
        if self.wanted is not None:
            return self.wanted.shared_at is not None and self.wanted.ended_at is None
        if self.lead is not None:
            return self.lead.asked_at is not None and self.lead.closed_at is None
        return self.member.spotlight_at is not None


def mentions_of(session: Session, *, occurrence: Occurrence, is_whole: bool = False) -> list[Mention]:
    """Who stands in the occurrence's posts, as they were chosen; ``is_whole``: those who took it back too."""
    theirs = select(Mention).where(Mention.occurrence_id == occurrence.id).order_by(Mention.id)
    return list(session.scalars(theirs if is_whole else theirs.where(Mention.vetoed_at.is_(None))))


@dataclass(frozen=True)
class MentionView:
    """A mention as a reader sees it; ``member`` is None for one who did not agree to be named, ``name`` "A member"."""

    member: Member | None
    name: str
    reason: str
    is_own: bool


def mention_view(mention: Mention, reader: Member, may_edit: bool) -> MentionView:
    """Who did not agree to be named is "A member" to all but themselves and who may edit the week."""
    is_own = mention.member_id == reader.id
    named = mention.member if is_own or may_edit or mention.member.spotlight_at is not None else None
    return MentionView(named, named.first_name if named else gettext("a member"), mention.reason, is_own)


@dataclass(frozen=True)
class Item:
    """What a post may say of a member: an ask, a story or a spotlight; ``told_at`` is when it was last said."""

    member: Member
    since: datetime  # when the member agreed that this is said
    wanted: Wanted | None = None
    lead: Lead | None = None
    story: CaseStudy | None = None
    told_at: datetime | None = None
    is_new_member: bool = False

    @property
    def people(self) -> list[Member]:
        """Whom it is about, who says it first."""
        return [self.member, *self.story.names_beside(self.member)] if self.story is not None else [self.member]

    @property
    def is_named(self) -> bool:
        """Whether the member agreed to be named; an ask without that stands there without the name."""
        return self.member.spotlight_at is not None

    @property
    def is_news(self) -> bool:
        return self.told_at is None or self.told_at < self.since

    @property
    def quoted(self) -> str:
        """The words of the member's own that a post repeats."""
        if self.wanted is not None:
            return f"{self.wanted.text}\n{self.wanted.why}"
        if self.story is not None:
            return self.story.title
        if self.lead is not None:
            return ""
        # A post is read by everybody.
        return visible_to(self.member, Audience.PUBLIC).get("headline") or self.member.business.summary

    def reason(self, now: datetime) -> str:
        """Why the member is in the post, for those who look at it before it is sent."""
        why = self._why(now)
        return (why if self.is_named else gettext("%(why)s, without the name", why=why))[:300]

    def _why(self, now: datetime) -> str:
        if self.wanted is not None and self.wanted.kind is WantedKind.OFFER:
            return gettext("offers: %(what)s", what=self.wanted.text[:260])
        if self.story is not None:
            return gettext("has finished something: %(what)s", what=self.story.title)
        if self.wanted is not None:
            return gettext("asks to meet: %(what)s", what=self.wanted.text[:260])
        if self.lead is not None:
            return gettext("looks for %(what)s for a client", what=join_as_list(needs_of(self.lead))[:240])
        if self.is_new_member:
            return gettext("is new in the network")
        if self.told_at is None:
            return gettext("has not been introduced yet")
        return gettext("was last mentioned %(ago)s", ago=time_ago(self.told_at.date(), now.date()))


def needs_of(lead: Lead) -> list[str]:
    """The names of the capabilities a lead needs, what it cannot do without first, at most three."""
    return [need.capability.name for need in sorted(lead.needs, key=lambda need: (not need.is_must, need.id))][:3]


def place_of(lead: Lead) -> str:
    """The town or region of the bringer's firm or chapter that a lead names: what else was typed may be the client."""
    firm, chapter = lead.business, lead.business.chapter
    known = (firm.city, chapter.city if chapter else "", firm.region, chapter.region if chapter else "")
    return next((place for place in known if place and f" {fold(place)} " in f" {fold(lead.place)} "), "")


def choose_mentions(session: Session, *, chapter: Chapter, now: datetime, without: Collection[int] = ()) -> list[Item]:
    """Whom this week's post is about, the most important first; nobody when there is nothing new to say.

    News comes first: asks, spotlights and stories in turn. A client waits behind a lead, so the newest leads are the
    first of the asks, then whoever waits longest to meet somebody; of the spotlights the newest member. Nobody has a
    second one before everybody had a first: who agreed anew waits their turn. Then, to fill the post, those who were
    not mentioned longest. Nobody stands there twice, and at most MOST items do. Whose words name somebody who does
    not agree to it, or must not be repeated in public, is left out, and so are the members ``without``.
    """
    spotlights, asks = _spotlights(session, chapter, now), _asks(session, chapter)
    new_asks = sorted((item for item in asks if item.is_news), key=_urgency)
    faces = sorted((item for item in spotlights if item.told_at is None), key=lambda item: item.member.joined_at)
    turns = zip_longest(new_asks, reversed(faces), _stories(session, chapter))
    news = [item for item in chain.from_iterable(turns) if item is not None]
    known = sorted(
        (item for item in [*asks, *spotlights] if item.told_at is not None and item not in new_asks),
        key=lambda item: item.told_at or item.since,
    )
    silence = UnconsentedNames(session)
    sayable = (item for item in [*news, *known] if _is_sayable(item, silence, without))
    chosen = list(islice(_once_each(sayable), MOST))
    return chosen if any(item.is_news for item in chosen) else []


def _is_sayable(item: Item, silence: UnconsentedNames, without: Collection[int] = ()) -> bool:
    is_whole = not any(person.id in without for person in item.people)
    return is_whole and not silence.broken_by(item.quoted) and not policy_errors(item.quoted)


def may_be_told(story: CaseStudy) -> bool:
    """Whether a post may tell the story: everybody in it agreed to it, and to be named in the weekly post."""
    return story.is_published and all(party.member.spotlight_at is not None for party in story.parties)


def _urgency(ask: Item) -> tuple[bool, float]:
    since = ask.since.timestamp()
    return (False, -since) if ask.lead is not None else (True, since)


def resume_item(session: Session, mentions: Sequence[Mention]) -> list[Item]:
    """What an earlier choice may still say."""
    silence = UnconsentedNames(session)
    gone = {mention.member_id for mention in mentions if not mention.is_agreed}
    items = (
        Item(mention.member, mention.member.joined_at, mention.wanted, mention.lead, mention.case_study)
        for mention in mentions
        if mention.is_agreed and (mention.case_study is None or mention.case_study.teller_id == mention.member_id)
    )
    return [item for item in items if _is_sayable(item, silence, gone)]


def _once_each(items: Iterable[Item]) -> Iterator[Item]:
    seen: set[int] = set()
    for item in items:
        people = {person.id for person in item.people}
        if not people & seen:
            seen |= people
            yield item


def _last_told(chapter: Chapter, *by: InstrumentedAttribute[Any]) -> Select[Any]:
    """When each was last posted, grouped ``by`` columns of Mention, which follow the instant in each row."""
    return (
        select(func.max(Occurrence.posted_at), *by)
        .join_from(Mention, Occurrence)
        .where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None), Mention.vetoed_at.is_(None))
        .group_by(*by)
    )


def _spotlights(session: Session, chapter: Chapter, now: datetime) -> list[Item]:
    told = {member_id: at for at, member_id in session.execute(_last_told(chapter, Mention.member_id))}
    willing = (
        select(Member)
        .join(Member.business)
        .where(Business.chapter_id == chapter.id, Member.is_active, Member.spotlight_at.is_not(None))
        .options(joinedload(Member.business))
        .order_by(Member.id)
    )
    return [
        Item(
            member,
            since=member.spotlight_at or member.joined_at,
            told_at=told.get(member.id),
            is_new_member=member.id not in told and now - member.joined_at < NEW_FOR,
        )
        for member in session.scalars(willing)
    ]


def _asks(session: Session, chapter: Chapter) -> list[Item]:
    rows = session.execute(_last_told(chapter, Mention.wanted_id, Mention.lead_id))
    told = {(wanted_id, lead_id): at for at, wanted_id, lead_id in rows}
    asking = (Business.chapter_id == chapter.id, Member.is_active)
    wanted = select(Wanted).join(Wanted.member).join(Member.business).where(*asking).order_by(Wanted.id)
    leads = select(Lead).join(Lead.member).join(Member.business).where(*asking).order_by(Lead.id)
    return [
        *(
            Item(ask.member, ask.shared_at or ask.wanted_at, wanted=ask, told_at=told.get((ask.id, None)))
            for ask in session.scalars(wanted.where(Wanted.shared_at.is_not(None), Wanted.ended_at.is_(None)))
        ),
        *(
            Item(lead.member, lead.asked_at or lead.created_at, lead=lead, told_at=told.get((None, lead.id)))
            for lead in session.scalars(
                leads.where(Lead.asked_at.is_not(None), Lead.closed_at.is_(None), Lead.needs.any())
            )
        ),
    ]


def _stories(session: Session, chapter: Chapter) -> list[Item]:
    """The chapter's stories that no post has told, the oldest first."""
    told = (
        select(Mention.case_study_id)
        .join(Occurrence)
        .where(Occurrence.posted_at.is_not(None), Mention.case_study_id.is_not(None), Mention.vetoed_at.is_(None))
    )
    parties = joinedload(CaseStudy.parties).joinedload(CaseStudyParty.member).joinedload(Member.business)
    fresh = (
        select(CaseStudy)
        .join(CaseStudy.teller)
        .join(Member.business)
        .where(Business.chapter_id == chapter.id, CaseStudy.id.not_in(told))
        .options(parties)
        .order_by(CaseStudy.id)
    )
    stories = session.scalars(fresh).unique()
    return [Item(story.teller, story.told_at, story=story) for story in stories if may_be_told(story)]
