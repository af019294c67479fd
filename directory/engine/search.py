"""Search: who is in the network, by words, capability, place and what else narrows, with counts to narrow it by."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload

from directory.engine.faceted_search import SearchFilters, faceted_search
from directory.facts.claim_level import HeldCapability, strongest_claims
from directory.people.business import index_business, index_businesses
from directory.people.chapter import Chapter
from directory.people.place import Town
from directory.people.tables import Business, Member
from directory.taxonomy.capability import CURATED, Capability
from directory.text import fold

__all__ = (
    "PER_PAGE",
    "Facet",
    "Narrowing",
    "Page",
    "index_business",
    "index_businesses",
    "search",
)

PER_PAGE = 24
SAME_NAME = 70  # the likeness, of 100, from which a person is the one whose name was typed


@dataclass(frozen=True)
class Facet:
    """A capability to narrow by, and how many of the firms found have it or something below it."""

    capability: Capability
    count: int


@dataclass(frozen=True)
class Narrowing:
    """What firms must have besides the words and the capability: an industry, a language, a price.

    ``free`` are those that take new work on the day of the search; ``km`` counts from ``town``.
    """

    industry: str | None = None
    language: str | None = None
    price: int | None = None
    free: bool = False
    town: Town | None = None
    km: int = 25


@dataclass(frozen=True)
class Page:
    """A page of firms, each with its active members, and what narrows the whole result."""

    businesses: Sequence[Business]
    people: Mapping[int, Sequence[Member]]  # business id -> its active members, whoever was named first
    held: dict[int, list[HeldCapability]]  # business id -> its capabilities, the strongest first
    total: int
    number: int  # from 1
    pages: int  # at least 1
    trail: list[Capability]  # the chosen capability and what it is below, the category first
    facets: list[Facet]  # one level below the choice, or the categories
    counts: Mapping[str, Mapping[Hashable, int]]  # facet -> value -> how many firms it would leave
    towns: Sequence[str]  # where most firms are, found or not
    is_meant: bool  # found by what the words mean, as they stand nowhere


def search(
    session: Session,
    *,
    text: str = "",
    capability: Capability | None = None,
    chapter: Chapter | None = None,
    narrowing: Narrowing = Narrowing(),
    among: Collection[int] | None = None,
    page: int = 1,
    today: date = date.min,
) -> Page:
    """Firms that hold the words of ``text``, whatever their order and slips of typing, or do what it means.

    An exact name comes first, then a name with slips, capabilities, texts and wants; then firms with people, then the
    alphabet. Firms whose every member is suspended are left out. ``among`` narrows to firms by id. A ``page`` beyond
    the last is the last. Who takes work is asked of ``today``.
    """
    trail = _trail(capability)
    above = Capability.parent_id.is_(None) if capability is None else Capability.parent_id == capability.id
    scheme = capability.scheme if capability else CURATED
    level = {node.id: node for node in session.scalars(select(Capability).where(above, Capability.scheme == scheme))}
    town = narrowing.town
    found = faceted_search(
        session,
        text=text,
        choices=SearchFilters(
            capability=capability.id if capability else None,
            chapter=chapter.id if chapter else None,
            industry=narrowing.industry,
            language=narrowing.language,
            price=narrowing.price,
            free=narrowing.free,
            around=(town.latitude, town.longitude) if town else None,
            km=narrowing.km,
        ),
        nodes=list(level),
        among=among,
        today=today.toordinal(),
    )
    total = len(found.ids)
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, page), pages)
    ids = found.ids[(number - 1) * PER_PAGE : number * PER_PAGE].tolist()
    rows = session.scalars(
        select(Business)
        .where(Business.id.in_(ids))
        .options(joinedload(Business.members), defer(Business.search_text))
        .execution_options(populate_existing=True)
    )
    there = {business.id: business for business in rows.unique()}
    people = {firm: _named_first(business, text) for firm, business in there.items()}
    # Whoever was suspended a moment ago may still be found, and is not shown.
    businesses = [there[firm] for firm in ids if firm in there and (people[firm] or not there[firm].members)]
    counted = found.counts.get("capability", {})
    facets = [Facet(node, counted[node.id]) for node in level.values() if node.id in counted]
    return Page(
        businesses=businesses,
        people=people,
        held=strongest_claims(session, businesses),
        total=total,
        number=number,
        pages=pages,
        trail=trail,
        facets=sorted(facets, key=lambda facet: (-facet.count, facet.capability.name)),
        counts=found.counts,
        towns=found.towns,
        is_meant=found.is_meant,
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
