"""The in-memory index of firms for search, cached per process and updated firm by firm.

The firms as first read are one segment; those that changed since are a second, small one, rebuilt on each update.
The index holds nothing that members may not see of one another; see ``directory.people.business.index_businesses``.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
from babel.numbers import get_currency_precision
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.audience import is_visible_to_members
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.versioned_cache import VersionedCache
from matching.fuzzy_search import TextIndex
from matching.inputs import Bools, Floats, Ints

# The index is rebuilt if more firms have changed than this part of them, and more than this number.
MAX_CHANGED_PART = 0.03
MAX_CHANGED = 500
BATCH = 500
TOWNS = 50  # towns that are offered to choose from
BANDS = ((0, 5_000), (5_000, 25_000), (25_000, None))  # of a usual project, in whole units of the firm's currency
UNSAID = len(BANDS)

Holders = Mapping[tuple[str, Hashable], Ints]  # (facet, value) -> the rows that have it


class Firm(NamedTuple):
    """The indexed data of a firm."""

    id: int
    version: int
    text: str
    town: str
    standing: int  # 0 hidden, 1 without members, 2 with active members
    free_on: int  # an ordinal, 0 where unknown
    room: int  # 1 yes, 0 no, -1 unknown
    place: tuple[float, float]  # degrees, NaN where unknown
    facets: frozenset[tuple[str, Hashable]]


class IndexSegment:
    """An immutable set of firms with the arrays that search reads."""

    def __init__(self, firms: Collection[Firm]) -> None:
        self.versions = {firm.id: firm.version for firm in firms}
        self.ids = np.array([firm.id for firm in firms], dtype=np.int64)
        self.texts = TextIndex([firm.text for firm in firms])
        self.names = [firm.text.partition("\n")[0] for firm in firms]
        self.towns = Counter(firm.town for firm in firms if firm.town and firm.standing)
        self.standing = np.array([firm.standing for firm in firms], dtype=np.int8)
        self.free_on = np.array([firm.free_on for firm in firms], dtype=np.int64)
        self.room = np.array([firm.room for firm in firms], dtype=np.int8)
        self.places = np.array([firm.place for firm in firms], dtype=np.float64).reshape(-1, 2)
        rows_of: defaultdict[tuple[str, Hashable], list[int]] = defaultdict(list)
        for row, firm in enumerate(firms):
            if firm.standing:
                for facet in firm.facets:
                    rows_of[facet].append(row)
        self.holders: Holders = {facet: np.array(rows, dtype=np.int64) for facet, rows in rows_of.items()}


class SearchIndex:
    """All firms of one version of the network: the rows of ``parts``, one after the other."""

    def __init__(self, parts: tuple[IndexSegment, ...]) -> None:
        self.parts = parts
        newer: set[int] = set(parts[1].versions) if len(parts) > 1 else set()
        self.ids = np.concatenate([part.ids for part in parts])
        self.names = [name for part in parts for name in part.names]
        self.free_on = np.concatenate([part.free_on for part in parts])
        self.room = np.concatenate([part.room for part in parts])
        self.places: Floats = np.concatenate([part.places for part in parts])
        standing = np.concatenate([part.standing for part in parts])
        if newer:
            standing[: len(parts[0].ids)][np.isin(parts[0].ids, list(newer))] = 0
        self.shown: Bools = standing > 0
        counted: Counter[str] = sum((part.towns for part in parts), Counter())
        self.towns = [town for town, _count in counted.most_common(TOWNS)]
        keys = [(standing[row] != 2, name) for row, name in enumerate(self.names)]
        self.order: Ints = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
        self.rank = np.empty_like(self.order)
        self.rank[self.order] = np.arange(len(self.order))

    def holders(self, facet: str, value: Hashable) -> Ints:
        """Return the rows that have the value, including rows that are no longer shown."""
        first = self.parts[0].holders.get((facet, value), _NONE)
        if len(self.parts) == 1:
            return first
        return np.concatenate([first, self.parts[1].holders.get((facet, value), _NONE) + len(self.parts[0].ids)])

    def values(self, facet: str) -> set[Any]:
        """Return all values of a facet that any firm has."""
        return {value for part in self.parts for name, value in part.holders if name == facet}


_NONE: Ints = np.zeros(0, dtype=np.int64)
_GONE = Firm(0, 0, "", "", 0, 0, -1, (np.nan, np.nan), frozenset())


def _updated(session: Session, before: SearchIndex | None) -> SearchIndex:
    if before is not None:
        base = before.parts[0]
        versions = dict(session.execute(select(Business.id, Business.search_version)).all())
        changed = [firm for firm, current in versions.items() if base.versions.get(firm) != current]
        gone = [firm for firm in base.versions if firm not in versions]
        if len(changed) + len(gone) <= max(MAX_CHANGED, MAX_CHANGED_PART * len(base.ids)):
            firms = [*_read(session, changed), *(_GONE._replace(id=firm) for firm in gone)]
            return SearchIndex((base, IndexSegment(firms)) if firms else (base,))
    return SearchIndex((IndexSegment(_read(session, None)),))


current_index = VersionedCache(_updated).current


def _read(session: Session, ids: list[int] | None) -> list[Firm]:
    if ids is not None:
        above = _above(session)
        return [firm for at in range(0, len(ids), BATCH) for firm in _read_batch(session, ids[at : at + BATCH], above)]
    return _read_batch(session, None, _above(session))


def _read_batch(session: Session, ids: list[int] | None, above: Mapping[int, tuple[int, ...]]) -> list[Firm]:
    firms = select(
        *(Business.id, Business.search_version, Business.search_text, Business.chapter_id, Business.currency),
        *(Business.price_low_minor, Business.price_high_minor, Business.audiences, Business.industries),
        *(Business.languages, Business.capacity, Business.busy, Business.free_on),
        *(Business.latitude, Business.longitude, Business.city, Business.region),
    ).order_by(Business.id)
    claims = select(Claim.business_id, Claim.capability_id)
    active = select(Member.business_id).where(Member.is_active).distinct()
    anyone = select(Member.business_id).distinct()
    if ids is not None:
        firms, claims = firms.where(Business.id.in_(ids)), claims.where(Claim.business_id.in_(ids))
        active, anyone = active.where(Member.business_id.in_(ids)), anyone.where(Member.business_id.in_(ids))
    claimed: defaultdict[int, set[int]] = defaultdict(set)
    for firm, node in session.execute(claims):
        claimed[firm].update(above[node])
    with_active, with_members = set(session.scalars(active)), set(session.scalars(anyone))
    return [
        Firm(
            id=row.id,
            version=row.search_version,
            text=row.search_text,
            town=", ".join(part for part in (row.city, row.region) if part) if row.city else "",
            standing=2 if row.id in with_active else 0 if row.id in with_members else 1,
            free_on=row.free_on.toordinal() if row.free_on else 0,
            room=-1 if row.capacity is None else int(row.busy < row.capacity),
            place=(np.nan, np.nan) if row.latitude is None else (row.latitude, row.longitude),
            facets=frozenset(
                [
                    *(("capability", node) for node in claimed[row.id]),
                    *(("industry", key) for key in row.industries or ()),
                    *(("language", code) for code in row.languages or ()),
                    *(("price", band) for band in _bands(row)),
                    *([("chapter", row.chapter_id)] if row.chapter_id is not None else []),
                ]
            ),
        )
        for row in session.execute(firms)
    ]


def _above(session: Session) -> Mapping[int, tuple[int, ...]]:
    """Return for each capability itself and its ancestors."""
    parents = dict(session.execute(select(Capability.id, Capability.parent_id)).all())
    above: dict[int, tuple[int, ...]] = {}
    for node in parents:
        chain = [node]
        while (parent := parents[chain[-1]]) is not None and parent not in chain:
            chain.append(parent)
        above[node] = tuple(chain)
    return above


def _bands(row: Any) -> list[int]:
    """Return the price bands of a firm's usual projects; UNSAID if unknown, or not visible to every member."""
    low, high = row.price_low_minor, row.price_high_minor
    if not is_visible_to_members(row, "prices") or (low is None and high is None):
        return [UNSAID]
    unit = 10 ** get_currency_precision(row.currency)
    return [
        band
        for band, (least, most) in enumerate(BANDS)
        if (most is None or (low or 0) < most * unit) and (high is None or high >= least * unit)
    ]
