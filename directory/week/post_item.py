"""Post items: what a post may say of a member, in the member's own words, and which items one line says."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from directory.facts.case_study import CaseStudy
from directory.leads.lead import Lead
from directory.people.audience import Audience
from directory.people.tables import Member, Wanted, WantedKind
from directory.profiles.member_view import visible_to
from directory.text import fold
from directory.translation import gettext, join_as_list, time_ago

LITTLE_WORDS = frozenset(("a", "an", "the", "some", "any", "and", "or", "who", "somebody", "someone"))


@dataclass(frozen=True)
class PostItem:
    """What a post may say of a member: an ask, a story or a spotlight.

    ``posted_at`` is when a post last said it, None if none did.
    """

    member: Member
    since: datetime  # when the member consented to it
    wanted: Wanted | None = None
    lead: Lead | None = None
    story: CaseStudy | None = None
    posted_at: datetime | None = None
    is_new_member: bool = False

    @property
    def people(self) -> list[Member]:
        """The members it is about, the first of them the one who asks or tells."""
        return [self.member, *self.story.other_people(self.member)] if self.story is not None else [self.member]

    @property
    def is_named(self) -> bool:
        """Whether the member consents to be named; without that, an ask is posted without the name."""
        return self.member.spotlight_at is not None

    @property
    def is_news(self) -> bool:
        return self.posted_at is None or self.posted_at < self.since

    @property
    def like(self) -> Hashable:
        """What items that a post says in one line have in common: the same ask, or being new; None for others."""
        if self.wanted is not None:
            return self.wanted.kind, _words(self.wanted.text)
        if self.lead is not None:
            return frozenset(needs_of(self.lead)), place_of(self.lead)
        return "new" if self.is_new_member else None

    @property
    def quoted(self) -> str:
        """The member's own words that a post repeats."""
        if self.wanted is not None:
            return f"{self.wanted.text}\n{self.wanted.why}"
        if self.story is not None:
            return self.story.title
        if self.lead is not None:
            return ""
        # A post is read by everybody.
        return visible_to(self.member, Audience.PUBLIC).get("headline") or self.member.business.summary

    def reason(self, now: datetime) -> str:
        """Return why the member is in the post, in 300 characters at most, for those who review it."""
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
        if self.posted_at is None:
            return gettext("has not been introduced yet")
        return gettext("was last mentioned %(ago)s", ago=time_ago(self.posted_at.date(), now.date()))


def _words(text: str) -> frozenset[str]:
    """Return the words of an ask that tell it from others: "HR managers" and "an HR manager" have the same."""
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in fold(text).split()) - LITTLE_WORDS


def needs_of(lead: Lead) -> list[str]:
    """Return the names of at most three capabilities that a lead asks others for, must needs first.

    What the bringer's own firm does is left out, unless it does all of it.
    """
    own = {capability.id for capability in lead.business.capabilities}
    needs = sorted(lead.needs, key=lambda need: (not need.is_must, need.id))
    return [need.capability.name for need in [each for each in needs if each.capability.id not in own] or needs][:3]


def place_of(lead: Lead) -> str:
    """Return the town or region of the lead's firm or chapter that its place names, else an empty text.

    Anything else that was typed there may identify the client.
    """
    firm, chapter = lead.business, lead.business.chapter
    known = (firm.city, chapter.city if chapter else "", firm.region, chapter.region if chapter else "")
    return next((place for place in known if place and f" {fold(place)} " in f" {fold(lead.place)} "), "")


def may_be_posted(story: CaseStudy) -> bool:
    """Whether a post may tell the story: its parties agreed to it and to be named in the weekly post."""
    return story.is_published and all(party.member.spotlight_at is not None for party in story.parties)
