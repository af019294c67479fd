"""Faceted search over the in-memory index: ranked firms that match text and filters, and counts per facet value.

Words take precedence. A text whose words match badly is searched by meaning: by the capabilities that it resembles.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from directory.engine.search_index import SearchIndex, current_index
from directory.engine.sentence_encoder import load_model
from directory.engine.world_reader import read_taxonomy, same_name_groups
from directory.people.chapter import Chapter
from directory.people.place import Town
from directory.taxonomy.capability import Capability
from directory.text import fold
from directory.versioned_cache import VersionedCache
from matching.fuzzy_search import STARTS, SURE, asks_for_wishes, search_texts
from matching.inputs import Bools, Floats, Ints
from matching.taxonomy_words import TaxonomyIndex, bm25_bonus
from matching.text_normalization import LONGEST, clean_text, count_informative

GOOD = 0.6  # the score from which a match by words is good enough
LIKE, NODES, MEANT = 0.35, 8, 0.8  # least likeness of a capability, most capabilities used, weight of a meaning match
HALF = 0.5  # the least part of the best score that other results need
NAMED = 0.5  # added to the score for exactly the firm's or a member's name
EARTH_KM, DEGREE_KM = 6371.0, 111.2
RADII, RADII_IN_MILES = (10, 25, 50, 100), (8, 24, 48, 97)  # km; the second are 5, 15, 30 and 60 miles


@dataclass(frozen=True)
class Narrowing:
    """Further filters, all of which must hold: industry, language, price band, availability and distance.

    ``free`` selects firms that take new work on the day of the search; ``km`` is the distance from ``town``.
    """

    industry: str | None = None
    language: str | None = None
    price: int | None = None
    free: bool = False
    town: Town | None = None
    km: int = RADII[1]


@dataclass(frozen=True)
class FacetedResult:
    """The ids of the matching firms, best first, and the number of firms for each facet value, where above 0."""

    ids: Ints
    counts: Mapping[str, Mapping[Hashable, int]]  # facet -> value -> firms
    is_meant: bool  # matched by meaning, because the words matched nothing well
    towns: Sequence[str]  # where most firms of the network are


def faceted_search(
    session: Session,
    *,
    text: str,
    capability: Capability | None,
    chapter: Chapter | None,
    narrowing: Narrowing,
    nodes: Sequence[int],
    among: Collection[int] | None,
    today: int,
) -> FacetedResult:
    """Search the firms. The counts of a facet apply the text and all filters except its own; capabilities: ``nodes``.

    ``among`` restricts the firms by id. At most a few queries; only that of the version if nothing changed since the
    last call.
    """
    index = current_index(session)
    words = fold(text)
    score, shown, is_meant = _scored(session, index, text, words) if words else (None, index.shown, False)
    if among is not None:
        shown = shown & np.isin(index.ids, list(among))
    masks = _masks(index, capability, chapter, narrowing, today)
    rows = np.flatnonzero(_all_of(shown, masks))
    if score is None:
        rows = rows[np.argsort(index.rank[rows])]
    else:
        rows = rows[np.lexsort((index.rank[rows], -score[rows].round(4)))]
    counts: dict[str, dict[Hashable, int]] = {}
    for facet in ("capability", "chapter", "industry", "language", "price", "free", "km"):
        remaining = _all_of(shown, {name: mask for name, mask in masks.items() if name != facet})
        if facet == "free":
            facet_counts: dict[Hashable, int] = {True: int((remaining & _free(index, today)).sum())}
        elif facet == "km":
            distance = None if narrowing.town is None else _distance(index, narrowing.town, remaining)
            facet_counts = (
                {} if distance is None else {km: int((distance <= km).sum()) for km in (*RADII, *RADII_IN_MILES)}
            )
        else:
            values = nodes if facet == "capability" else index.values(facet)
            facet_counts = {value: int(np.count_nonzero(remaining[index.holders(facet, value)])) for value in values}
        counts[facet] = {value: count for value, count in facet_counts.items() if count}
    return FacetedResult(index.ids[rows], counts, is_meant, index.towns)


def _all_of(shown: Bools, masks: Mapping[str, Bools]) -> Bools:
    remaining = shown.copy()
    for mask in masks.values():
        remaining &= mask
    return remaining


def _masks(
    index: SearchIndex, capability: Capability | None, chapter: Chapter | None, narrowing: Narrowing, today: int
) -> dict[str, Bools]:
    masks: dict[str, Bools] = {}
    for facet, value in (
        ("capability", capability.id if capability else None),
        ("chapter", chapter.id if chapter else None),
        ("industry", narrowing.industry),
        ("language", narrowing.language),
        ("price", narrowing.price),
    ):
        if value is not None:
            masks[facet] = np.zeros(len(index.ids), dtype=np.bool_)
            masks[facet][index.holders(facet, value)] = True
    if narrowing.free:
        masks["free"] = _free(index, today)
    if narrowing.town is not None:
        masks["km"] = _distance(index, narrowing.town, index.shown) <= narrowing.km
    return masks


def _free(index: SearchIndex, today: int) -> Bools:
    """Return a mask of firms that take new work now, by the rule of ``directory.people.business.accepting``."""
    has_room = (index.room == 1) | ((index.room == -1) & (index.free_on > 0))
    return np.asarray(has_room & (index.free_on <= today))


def _distance(index: SearchIndex, town: Town, among: Bools) -> Floats:
    """Return the kilometres to each row by the great circle; infinite outside a box of the largest radius."""
    km = np.full(len(index.ids), np.inf)
    north = np.abs(index.places[:, 0] - town.latitude)
    east = np.abs((index.places[:, 1] - town.longitude + 180) % 360 - 180)
    wide = RADII[-1] / DEGREE_KM
    flat = max(np.cos(np.radians(min(abs(town.latitude) + wide, 89.0))), 0.01)
    rows = np.flatnonzero(among & (north <= wide) & (east <= wide / flat))
    here, there = np.radians((town.latitude, town.longitude)), np.radians(index.places[rows])
    half = np.sin((there - here) / 2) ** 2
    chord = half[:, 0] + np.cos(here[0]) * np.cos(there[:, 0]) * half[:, 1]
    km[rows] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return km


def _scored(session: Session, index: SearchIndex, text: str, words: str) -> tuple[Floats, Bools, bool]:
    """Return a score for every row, a mask of the matching rows, and whether the search is by meaning.

    Rows match that have every word as typed; if there are none, with typing errors; if there are none, the best rows.
    """
    scores = search_texts([part.texts for part in index.parts], words)
    score = scores.score.astype(np.float64)
    matched = next((rows for level in (STARTS, SURE) if (rows := index.shown & (scores.sure >= level)).any()), None)
    is_typed = matched is not None and bool((scores.sure[matched] >= STARTS).all())
    is_good = matched is not None and float(score[matched].max()) >= GOOD
    is_meant = not (is_typed or is_good or asks_for_wishes(words)) and count_informative(text[:LONGEST]) > 0
    if is_meant and (likeness := _likeness(session, index, text)).any():
        score, matched = score + MEANT * likeness, None
    best = float(score[index.shown].max(initial=0.0))
    for row in np.flatnonzero(score >= best - NAMED / 2) if best else ():
        if words in index.names[row].split("\t"):
            score[row] += NAMED
    return score, index.shown & (score >= HALF * best) & (score > 0) if matched is None else matched, is_meant


def _read_lexicon(session: Session, before: TaxonomyIndex | None) -> TaxonomyIndex:
    taxonomy = read_taxonomy(session)
    is_same = before is not None and same_name_groups(before.taxonomy, taxonomy)
    return before if before is not None and is_same else TaxonomyIndex(taxonomy)


_lexicon = VersionedCache(_read_lexicon).current  # of the taxonomy's words, made anew only when they changed


def _likeness(session: Session, index: SearchIndex, text: str) -> Floats:
    """Return the likeness of each firm's best capability to ``text``; 0 where none is alike."""
    lexicon, model = _lexicon(session), load_model()
    cleaned = clean_text(text)
    of_node = bm25_bonus(lexicon.scores(cleaned)[0])
    if model is not None and lexicon.embedded.any():
        of_node = of_node + lexicon.likeness(model.encode([cleaned]))[0]
    of_node = np.where(lexicon.guessable, of_node, 0.0)
    likeness = np.zeros(len(index.ids))
    for node in np.argsort(-of_node, kind="stable")[:NODES]:
        if of_node[node] >= LIKE:
            rows = index.holders("capability", int(lexicon.taxonomy.ids[node]))
            likeness[rows] = np.maximum(likeness[rows], of_node[node])
    return likeness
