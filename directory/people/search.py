"""Search: who is in the network, by words, capability and chapter, with counts to narrow it by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from directory.people.business import Business, index_business, index_businesses
from directory.people.capability import CURATED, Capability
from directory.people.chapter import Chapter
from directory.people.claim import Claim, Standing, standing
from directory.people.member import Member
from directory.text import folded

__all__ = ("PER_PAGE", "Facet", "Held", "Page", "index_business", "index_businesses", "search", "strongest")

PER_PAGE = 24
MOST_WORDS = 8  # of a query; more narrow nothing


@dataclass(frozen=True)
class Held:
    """A capability of a firm and how it stands."""

    capability: Capability
    standing: Standing


@dataclass(frozen=True)
class Facet:
    """A capability to narrow by, and how many of the firms found have it or something below it."""

    capability: Capability
    count: int


@dataclass(frozen=True)
class Page:
    """A page of firms, each with its active members, and what narrows the whole result."""

    businesses: Sequence[Business]
    held: dict[int, list[Held]]  # business id -> its capabilities, the strongest first
    total: int
    number: int  # from 1
    pages: int  # at least 1
    trail: list[Capability]  # the chosen capability and what it is below, the category first
    facets: list[Facet]  # one level below the choice, or the categories


def search(
    session: Session,
    *,
    text: str = "",
    capability: Capability | None = None,
    chapter: Chapter | None = None,
    page: int = 1,
) -> Page:
    """Firms whose names, people, place, capabilities or asks hold every word of ``text``, accents aside.

    A match in a name comes first, then firms with people, then the alphabet. Firms whose every member is suspended
    are left out. A ``page`` beyond the last is the last.
    """
    words = folded(text).split()[:MOST_WORDS]
    found = [Business.search_text.contains(word, autoescape=True) for word in words]
    found.append(or_(_has(Member.is_active), ~_has()))
    if chapter is not None:
        found.append(Business.chapter_id == chapter.id)
    lineage = _lineage(capability.scheme if capability else CURATED)
    chosen = list(found)
    if capability is not None:
        able = select(Claim.business_id).join(lineage, lineage.c.node == Claim.capability_id)
        chosen.append(Business.id.in_(able.where(lineage.c.above == capability.id)))
    total = session.scalar(select(func.count()).select_from(Business).where(*chosen)) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, page), pages)
    named = and_(*(Business.search_text.like(_in_names(word), escape="/") for word in words)) if words else None
    order = [] if named is None else [case((named, 0), else_=1)]
    businesses = session.scalars(
        select(Business)
        .where(*chosen)
        .order_by(*order, case((_has(), 0), else_=1), Business.search_text, Business.id)
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
        .options(
            joinedload(Business.chapter),
            selectinload(Business.members.and_(Member.is_active)),
        )
        .execution_options(populate_existing=True)
    ).all()
    trail = _trail(capability)
    return Page(
        businesses=businesses,
        held=strongest(session, businesses),
        total=total,
        number=number,
        pages=pages,
        trail=trail,
        facets=_facets(session, lineage, found, capability),
    )


def strongest(session: Session, businesses: Sequence[Business]) -> dict[int, list[Held]]:
    """The capabilities of each firm: evidenced before vouched before claimed, then by how much stands behind."""
    stands = standing(session, [business.id for business in businesses])
    ids = {capability_id for _, capability_id in stands}
    capabilities = {row.id: row for row in session.scalars(select(Capability).where(Capability.id.in_(ids)))}
    held: dict[int, list[Held]] = {business.id: [] for business in businesses}
    for (business_id, capability_id), how in stands.items():
        held[business_id].append(Held(capabilities[capability_id], how))
    for several in held.values():
        several.sort(key=_weight)
    return held


def _weight(held: Held) -> tuple[bool, bool, int, str]:
    how = held.standing
    return (how.evidence == 0, how.vouches == 0, -(how.evidence + how.vouches), held.capability.name)


def _has(*conditions: Any) -> ColumnElement[bool]:
    return exists(select(Member.id).where(Member.business_id == Business.id, *conditions))


def _in_names(word: str) -> str:
    """A LIKE pattern for a word in the first line of ``search_text``, where the names stand."""
    for special in "/%_":
        word = word.replace(special, f"/{special}")
    return f"%{word}%\n%"


def _lineage(scheme: str) -> CTE:
    """Each node of the scheme with itself and everything above it."""
    start = select(Capability.id.label("node"), Capability.id.label("above"), Capability.parent_id.label("next"))
    lineage = start.where(Capability.scheme == scheme).cte("lineage", recursive=True)
    parent = aliased(Capability)
    return lineage.union_all(
        select(lineage.c.node, parent.id, parent.parent_id).join(parent, parent.id == lineage.c.next)
    )


def _trail(capability: Capability | None) -> list[Capability]:
    trail: list[Capability] = []
    while capability is not None:
        trail.insert(0, capability)
        capability = capability.parent
    return trail


def _facets(
    session: Session, lineage: CTE, found: Sequence[ColumnElement[bool]], chosen: Capability | None
) -> list[Facet]:
    count = func.count(Claim.business_id.distinct())
    level: Any = Capability.parent_id.is_(None) if chosen is None else Capability.parent_id == chosen.id
    counted = (
        select(Capability, count)
        .join(lineage, lineage.c.above == Capability.id)
        .join(Claim, Claim.capability_id == lineage.c.node)
        .join(Business, Business.id == Claim.business_id)
        .where(level, *found)
        .group_by(Capability.id)
        .order_by(count.desc(), Capability.name)
    )
    return [Facet(capability, number) for capability, number in session.execute(counted)]
