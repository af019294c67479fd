"""Finding firms: what search reads, kept by each process and brought up to date firm by firm.

The firms as they were when first read are one part, those that changed since another, small one, made anew each time.
Whatever a member may not see of another is not in here; see ``directory.people.business.index_businesses``.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from babel.numbers import get_currency_precision
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.people.audience import is_visible_to_members
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from matching.fuzzy_search import TextIndex
from matching.inputs import Bools, Floats, Ints

CHANGED_MOST = 0.03  # of the firms: when more have changed, all are read anew
CHANGED_FEW = 500  # or fewer than so many
BATCH = 500
TOWNS = 50  # to pick from
BANDS = ((0, 5_000), (5_000, 25_000), (25_000, None))  # a usual project, in whole units of the firm's currency
UNSAID = len(BANDS)

Holders = Mapping[tuple[str, Hashable], Ints]  # (facet, value) -> the rows that have it


class Firm(NamedTuple):
    """What is kept of a firm."""

    id: int
    version: int
    text: str
    town: str
    standing: int  # 0 not shown, 1 known by its work, 2 with people
    free_on: int  # an ordinal, 0 where not said
    room: int  # 1 yes, 0 no, -1 not said
    place: tuple[float, float]  # degrees, NaN where not known
    facets: frozenset[tuple[str, Hashable]]


class IndexSegment:
    """Firms with what finds and narrows them. Never changed."""

    def __init__(self, firms: Collection[Firm]) -> None:
        self.versions = {firm.id: firm.version for firm in firms}
        self.ids = np.array([firm.id for firm in firms], dtype=np.int64)
        self.shelf = TextIndex([firm.text for firm in firms])
        self.names = [firm.text.partition("\n")[0] for firm in firms]
        self.towns = Counter(firm.town for firm in firms if firm.town and firm.standing)
        self.standing = np.array([firm.standing for firm in firms], dtype=np.int8)
        self.free_on = np.array([firm.free_on for firm in firms], dtype=np.int64)
        self.room = np.array([firm.room for firm in firms], dtype=np.int8)
        self.places = np.array([firm.place for firm in firms], dtype=np.float64).reshape(-1, 2)
        held: defaultdict[tuple[str, Hashable], list[int]] = defaultdict(list)
        for row, firm in enumerate(firms):
            if firm.standing:
                for facet in firm.facets:
                    held[facet].append(row)
        self.holders: Holders = {facet: np.array(rows, dtype=np.int64) for facet, rows in held.items()}


class SearchIndex:
    """All the firms of one version of the network: the rows of ``parts`` one after the other."""

    def __init__(self, version: int, parts: tuple[IndexSegment, ...]) -> None:
        self.version, self.parts = version, parts
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
        """The rows that have it, those no longer shown among them."""
        first = self.parts[0].holders.get((facet, value), _NONE)
        if len(self.parts) == 1:
            return first
        return np.concatenate([first, self.parts[1].holders.get((facet, value), _NONE) + len(self.parts[0].ids)])

    def values(self, facet: str) -> set[Any]:
        """Every value of a facet that somebody has."""
        return {value for part in self.parts for name, value in part.holders if name == facet}


_NONE: Ints = np.zeros(0, dtype=np.int64)
_GONE = Firm(0, 0, "", "", 0, 0, -1, (np.nan, np.nan), frozenset())
_kept: dict[str, SearchIndex] = {}
_reading = Lock()


def current_index(session: Session) -> SearchIndex:
    """The firms of this session's database as they are now; reads those that changed since it was last asked."""
    place = session.get_bind().engine.url.render_as_string(hide_password=True)
    version = world_version(session)
    known = _kept.get(place)
    if known is None or known.version != version:
        with _reading:
            known = _kept.get(place)
            if known is None or known.version != version:
                known = _kept[place] = _fresh(session, version, known)
    return known


def _fresh(session: Session, version: int, before: SearchIndex | None) -> SearchIndex:
    if before is not None:
        base = before.parts[0]
        there = dict(session.execute(select(Business.id, Business.search_version)).all())
        changed = [firm for firm, indexed in there.items() if base.versions.get(firm) != indexed]
        gone = [firm for firm in base.versions if firm not in there]
        if len(changed) + len(gone) <= max(CHANGED_FEW, CHANGED_MOST * len(base.ids)):
            firms = [*_read(session, changed), *(_GONE._replace(id=firm) for firm in gone)]
            return SearchIndex(version, (base, IndexSegment(firms)) if firms else (base,))
    return SearchIndex(version, (IndexSegment(_read(session, None)),))


def _read(session: Session, ids: list[int] | None) -> list[Firm]:
    if ids is not None:
        above = _above(session)
        return [firm for at in range(0, len(ids), BATCH) for firm in _read_of(session, ids[at : at + BATCH], above)]
    return _read_of(session, None, _above(session))


def _read_of(session: Session, ids: list[int] | None, above: Mapping[int, tuple[int, ...]]) -> list[Firm]:
    firms = select(
        *(Business.id, Business.search_version, Business.search_text, Business.chapter_id, Business.currency),
        *(Business.price_low_minor, Business.price_high_minor, Business.audiences, Business.industries),
        *(Business.languages, Business.capacity, Business.busy, Business.free_on),
        *(Business.latitude, Business.longitude, Business.city, Business.region),
    ).order_by(Business.id)
    claims = select(Claim.business_id, Claim.capability_id)
    active = select(Member.business_id).where(Member.is_active).distinct()
    anybody = select(Member.business_id).distinct()
    if ids is not None:
        firms, claims = firms.where(Business.id.in_(ids)), claims.where(Claim.business_id.in_(ids))
        active, anybody = active.where(Member.business_id.in_(ids)), anybody.where(Member.business_id.in_(ids))
    able: defaultdict[int, set[int]] = defaultdict(set)
    for firm, node in session.execute(claims):
        able[firm].update(above[node])
    here, known = set(session.scalars(active)), set(session.scalars(anybody))
    return [
        Firm(
            id=row.id,
            version=row.search_version,
            text=row.search_text,
            town=", ".join(part for part in (row.city, row.region) if part) if row.city else "",
            standing=2 if row.id in here else 0 if row.id in known else 1,
            free_on=row.free_on.toordinal() if row.free_on else 0,
            room=-1 if row.capacity is None else int(row.busy < row.capacity),
            place=(np.nan, np.nan) if row.latitude is None else (row.latitude, row.longitude),
            facets=frozenset(
                [
                    *(("capability", node) for node in able[row.id]),
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
    """Each capability with itself and all above it."""
    parents = dict(session.execute(select(Capability.id, Capability.parent_id)).all())
    above: dict[int, tuple[int, ...]] = {}
    for node in parents:
        chain = [node]
        while (parent := parents[chain[-1]]) is not None and parent not in chain:
            chain.append(parent)
        above[node] = tuple(chain)
    return above


def _bands(row: Any) -> list[int]:
    """The price bands that a firm's usual projects lie in; UNSAID where it did not say, or not to every member."""
    low, high = row.price_low_minor, row.price_high_minor
    if not is_visible_to_members(row, "prices") or (low is None and high is None):
        return [UNSAID]
    unit = 10 ** get_currency_precision(row.currency)
    return [
        band
        for band, (least, most) in enumerate(BANDS)
        if (most is None or (low or 0) < most * unit) and (high is None or high >= least * unit)
    ]
