"""What a search finds: the firms that fit the words and every choice, in order, and what each further choice leaves.

Words win; what they do not find may be meant in other words, and is then looked for by the capabilities it is like.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy.orm import Session

from directory.engine.search_index import SearchIndex, current_index
from directory.engine.sentence_encoder import load_model
from directory.engine.world_reader import read_taxonomy, same_name_groups
from directory.text import fold
from matching.fuzzy_search import STARTS, SURE, asks_for_wishes, search_texts
from matching.inputs import Bools, Floats, Ints
from matching.need_inference import bm25_bonus
from matching.taxonomy_index import TaxonomyIndex
from matching.text_normalization import LONGEST, clean_text, count_informative

GOOD = 0.6  # the score from which words alone have found somebody
LIKE, NODES, MEANT = 0.35, 8, 0.8  # the least likeness of a capability, how many count, and what they count for
HALF = 0.5  # of the best score, which others must have to be found beside it
NAMED = 0.5  # what bearing the very name adds to a score
EARTH_KM, DEGREE_KM = 6371.0, 111.2
RADII = (10, 25, 50, 100)  # km


@dataclass(frozen=True)
class SearchFilters:
    """What narrows a search; values are database ids, keys, codes or bands. Every one given must hold."""

    capability: int | None = None
    chapter: int | None = None
    industry: str | None = None
    language: str | None = None
    price: int | None = None
    free: bool = False
    around: tuple[float, float] | None = None  # degrees
    km: int = RADII[1]


@dataclass(frozen=True)
class FacetedResult:
    """The firms found, best first, and how many each further choice would leave, of those above 0."""

    ids: Ints
    counts: Mapping[str, Mapping[Hashable, int]] = field(default_factory=dict)  # facet -> value -> firms
    is_meant: bool = False  # found by meaning, as the words alone found nobody
    towns: Sequence[str] = ()  # where most firms of the network are


def faceted_search(
    session: Session,
    *,
    text: str,
    choices: SearchFilters,
    nodes: Sequence[int],
    among: Collection[int] | None,
    today: int,
) -> FacetedResult:
    """Search. Counts of a facet are given the words and all choices but its own; of capabilities, ``nodes`` count.

    ``among`` narrows to firms by id. At most a few queries, none where nothing changed since the last call but
    that of the version.
    """
    known = current_index(session)
    words = fold(text)
    score, shown, is_meant = _scored(session, known, text, words) if words else (None, known.shown, False)
    if among is not None:
        shown = shown & np.isin(known.ids, list(among))
    masks = _masks(known, choices, today)
    rows = np.flatnonzero(_every(shown, masks))
    if score is None:
        rows = rows[np.argsort(known.rank[rows])]
    else:
        rows = rows[np.lexsort((known.rank[rows], -score[rows].round(4)))]
    counts: dict[str, dict[Hashable, int]] = {}
    for facet in ("capability", "chapter", "industry", "language", "price", "free", "km"):
        left = _every(shown, {name: mask for name, mask in masks.items() if name != facet})
        if facet == "free":
            found: dict[Hashable, int] = {True: int((left & _free(known, today)).sum())}
        elif facet == "km":
            away = None if choices.around is None else _away(known, choices.around, left)
            found = {} if away is None else {km: int((away <= km).sum()) for km in RADII}
        else:
            values = nodes if facet == "capability" else known.values(facet)
            found = {value: int(np.count_nonzero(left[known.holders(facet, value)])) for value in values}
        counts[facet] = {value: count for value, count in found.items() if count}
    return FacetedResult(known.ids[rows], counts, is_meant, known.towns)


def _every(shown: Bools, masks: Mapping[str, Bools]) -> Bools:
    left = shown.copy()
    for mask in masks.values():
        left &= mask
    return left


def _masks(known: SearchIndex, choices: SearchFilters, today: int) -> dict[str, Bools]:
    masks: dict[str, Bools] = {}
    for facet in ("capability", "chapter", "industry", "language", "price"):
        value = getattr(choices, facet)
        if value is not None:
            masks[facet] = np.zeros(len(known.ids), dtype=np.bool_)
            masks[facet][known.holders(facet, value)] = True
    if choices.free:
        masks["free"] = _free(known, today)
    if choices.around is not None:
        masks["km"] = _away(known, choices.around, known.shown) <= choices.km
    return masks


def _free(known: SearchIndex, today: int) -> Bools:
    """Who takes new work now, as ``directory.people.business.accepting`` has it."""
    said = (known.room == 1) | ((known.room == -1) & (known.free_on > 0))
    return np.asarray(said & (known.free_on <= today))


def _away(known: SearchIndex, around: tuple[float, float], among: Bools) -> Floats:
    """Kilometres to each row, infinite beyond the largest radius: a box first, then along the great circle."""
    km = np.full(len(known.ids), np.inf)
    north = np.abs(known.places[:, 0] - around[0])
    east = np.abs((known.places[:, 1] - around[1] + 180) % 360 - 180)
    wide = RADII[-1] / DEGREE_KM
    flat = max(np.cos(np.radians(min(abs(around[0]) + wide, 89.0))), 0.01)
    rows = np.flatnonzero(among & (north <= wide) & (east <= wide / flat))
    here, there = np.radians(around), np.radians(known.places[rows])
    half = np.sin((there - here) / 2) ** 2
    chord = half[:, 0] + np.cos(here[0]) * np.cos(there[:, 0]) * half[:, 1]
    km[rows] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return km


def _scored(session: Session, known: SearchIndex, text: str, words: str) -> tuple[Floats, Bools, bool]:
    """A score for every row, which rows are found by it, and whether by meaning.

    Found are those that have every word as it was typed, if there are any; or else with slips; or else the best.
    """
    read = search_texts([part.shelf for part in known.parts], words)
    score = read.score.astype(np.float64)
    said = next((rows for level in (STARTS, SURE) if (rows := known.shown & (read.sure >= level)).any()), None)
    is_typed = said is not None and bool((read.sure[said] >= STARTS).all())
    is_good = said is not None and float(score[said].max()) >= GOOD
    is_meant = not (is_typed or is_good or asks_for_wishes(words)) and count_informative(text[:LONGEST]) > 0
    if is_meant and (meant := _meant(session, known, text)).any():
        score, said = score + MEANT * meant, None
    best = float(score[known.shown].max(initial=0.0))
    for row in np.flatnonzero(score >= best - NAMED / 2) if best else ():
        if words in known.names[row].split("\t"):
            score[row] += NAMED
    return score, known.shown & (score >= HALF * best) & (score > 0) if said is None else said, is_meant


_lexicons: dict[str, tuple[int, TaxonomyIndex]] = {}


def _lexicon(session: Session, version: int) -> TaxonomyIndex:
    """The words of the taxonomy; indexed anew only when they changed."""
    place = session.get_bind().engine.url.render_as_string(hide_password=True)
    at, lexicon = _lexicons.get(place, (None, None))
    if lexicon is None or at != version:
        taxonomy = read_taxonomy(session)
        if lexicon is None or not same_name_groups(lexicon.taxonomy, taxonomy):
            lexicon = TaxonomyIndex(taxonomy)
        _lexicons[place] = (version, lexicon)
    return lexicon


def _meant(session: Session, known: SearchIndex, text: str) -> Floats:
    """How like what each firm can do is to what ``text`` asks for, zeros where nothing is."""
    lexicon, model = _lexicon(session, known.version), load_model()
    asked = clean_text(text)
    like = bm25_bonus(lexicon.scores(asked)[0])
    if model is not None and lexicon.embedded.any():
        like = like + lexicon.likeness(model.encode([asked]))[0]
    like = np.where(lexicon.guessable, like, 0.0)
    meant = np.zeros(len(known.ids))
    for node in np.argsort(-like, kind="stable")[:NODES]:
        if like[node] >= LIKE:
            rows = known.holders("capability", int(lexicon.taxonomy.ids[node]))
            meant[rows] = np.maximum(meant[rows], like[node])
    return meant
