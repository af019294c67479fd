"""Paged search of firms by text, capability, chapter, place and other filters, with the counts of each facet."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload

from directory.engine.faceted_search import Narrowing, faceted_search
from directory.facts.claim_level import HeldCapability, strongest_claims
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.taxonomy.capability import CURATED, OWN, Capability, without_words
from directory.text import fold

PER_PAGE = 24
PER_PAGE_OF_TEXT = 8  # while somebody types, few rows are shown and counted
SAME_NAME = 70  # the similarity, of 100, from which a member's name counts as the one in the query


@dataclass(frozen=True)
class Facet:
    """A capability to narrow by, and the number of matching firms that have it or a descendant."""

    capability: Capability
    count: int


@dataclass(frozen=True)
class Page:
    """A page of firms, each with its active members, and the facets of the whole result."""

    businesses: Sequence[Business]
    people: Mapping[int, Sequence[Member]]  # business id -> its active members, those named in the query first
    held: dict[int, list[HeldCapability]]  # business id -> its capabilities, the strongest first
    total: int
    number: int  # from 1
    pages: int  # at least 1
    trail: list[Capability]  # the chosen capability with its ancestors, the category first
    facets: list[Facet]  # the children of the chosen capability, or the categories
    counts: Mapping[str, Mapping[Hashable, int]]  # facet -> value -> number of firms it would leave
    towns: Sequence[str]  # where most firms of the network are
    is_meant: bool  # matched by meaning, because the words matched nothing

    def only(self, rows: Collection[Member | Business]) -> "Page":
        """Return the page with only these people, and of the firms without people only these."""
        people = {firm: [member for member in members if member in rows] for firm, members in self.people.items()}
        firms = [firm for firm in self.businesses if people[firm.id] or firm in rows]
        return replace(self, businesses=firms, people=people)


def search(
    session: Session,
    *,
    text: str = "",
    capability: Capability | None = None,
    chapter: Chapter | None = None,
    narrowing: Narrowing | None = None,
    among: Collection[int] | None = None,
    page: int = 1,
    today: date = date.min,
) -> Page:
    """Search the firms that match the words of ``text``, in any order and with typing errors, or its meaning.

    An exact name ranks first, then a name with typing errors, capabilities, texts and wants; among equals, firms with
    members come first, then the order is alphabetical. Firms whose members are all inactive are left out. ``among``
    restricts the firms by id. A ``page`` after the last one returns the last. ``today`` decides who takes new work.
    """
    trail = _trail(capability)
    above = Capability.parent_id.is_(None) if capability is None else Capability.parent_id == capability.id
    schemes = (CURATED, OWN) if capability is None or capability.scheme in (CURATED, OWN) else (capability.scheme,)
    below = select(Capability).where(above, Capability.scheme.in_(schemes), Capability.hidden_at.is_(None))
    below = below.options(without_words())
    level = {node.id: node for node in session.scalars(below)}
    result = faceted_search(
        session,
        text=text,
        capability=capability,
        chapter=chapter,
        narrowing=narrowing or Narrowing(),
        nodes=list(level),
        among=among,
        today=today.toordinal(),
    )
    total = len(result.ids)
    size = PER_PAGE_OF_TEXT if fold(text) else PER_PAGE
    pages = max(1, -(-total // size))
    number = min(max(1, page), pages)
    ids = result.ids[(number - 1) * size : number * size].tolist()
    rows = session.scalars(
        select(Business)
        .where(Business.id.in_(ids))
        .options(joinedload(Business.members), defer(Business.search_text))
        .execution_options(populate_existing=True)
    )
    by_id = {business.id: business for business in rows.unique()}
    people = {firm: _named_first(business, text) for firm, business in by_id.items()}
    # The index may still contain members who were suspended a moment ago; they are not shown.
    businesses = [by_id[firm] for firm in ids if firm in by_id and (people[firm] or not by_id[firm].members)]
    counts = result.counts.get("capability", {})
    facets = [Facet(node, counts[node.id]) for node in level.values() if node.id in counts]
    return Page(
        businesses=businesses,
        people=people,
        held=strongest_claims(session, businesses),
        total=total,
        number=number,
        pages=pages,
        trail=trail,
        facets=sorted(facets, key=lambda facet: (-facet.count, facet.capability.name)),
        counts=result.counts,
        towns=result.towns,
        is_meant=result.is_meant,
    )


def _named_first(business: Business, text: str) -> list[Member]:
    words = fold(text)

    def is_other(member: Member) -> bool:
        return fuzz.token_set_ratio(words, fold(member.name)) < SAME_NAME

    return sorted((member for member in business.members if member.is_active), key=is_other)


def _trail(capability: Capability | None) -> list[Capability]:
    trail: list[Capability] = []
    while capability is not None:
        trail.insert(0, capability)
        capability = capability.parent
    return trail
