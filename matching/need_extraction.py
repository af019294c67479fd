"""Extraction of needs from a client's text, and the nearness of capabilities to needs.

One probability decides: sure nodes are needs, likely ones are offered to a person, others are left out; no need at all
is a valid result.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.clauses import Clause, clauses
from matching.inputs import Bools, Floats, Need, Taxonomy
from matching.need_examples import NeedExamples, taught_nodes
from matching.need_probability import CLAUSES, FEATURES, HEARD, Candidate, Encode, Hear, candidates, probabilities
from matching.place_extraction import place
from matching.taxonomy_words import NodeMention, TaxonomyIndex
from matching.text_normalization import clean_text, sentences

NEEDS, OFFERED = 6, 6  # the most needs of a text, and the most other nodes that are offered
SURE, LIKELY = 0.33, 0.01  # the least probabilities of a need, and of a node that is offered
SURE_BY_WORDS = 0.36  # that of a need where words alone are read
SPECIFIC = 0.2  # the least probability of a named node that replaces a need above it: "a website, in WordPress"
PHRASE = 200  # characters
BELOW, ABOVE, FARTHER = 0.9, 0.4, 0.85
LIKE, FOREIGN = (0.6, 0.8), 0.8  # cosines between schemes at which nearness begins and is full, and that full nearness
_BESIDE_THE_POINT = frozenset({"refused", "refused+", "left", "covered", "asker", "subject", "whose", "firm"})


@dataclass(frozen=True)
class Guess:
    """A capability that a text asks for: ``matched_by`` synonym, bm25 or meaning, from the words ``phrase``."""

    capability: int
    matched_by: str
    phrase: str
    score: float  # the probability, 0-1
    must: bool


@dataclass(frozen=True)
class Reading:
    """What a text asks for, what else it may ask for, what it does not want, and its place."""

    needs: tuple[Guess, ...] = ()
    likely: tuple[Guess, ...] = ()  # best first
    negated: tuple[Guess, ...] = ()
    place: str | None = None


def extract_needs(
    text: str,
    lexicon: TaxonomyIndex,
    *,
    encode: Encode | None = None,
    hear: Hear | None = None,
    places: Sequence[str] = (),
    examples: NeedExamples | None = None,
) -> Reading:
    """Return the needs in the first 4,000 characters of ``text``, at most six, in the order of the text.

    Without ``hear`` only words are used. ``examples`` decide in the clauses that are like theirs, by the unit vectors
    that ``encode`` returns or by words. Neither the
    needs nor the likely ones contain what the text negates, nor any descendant of it. One exception: "no lawyers, a
    mediator" needs a mediator, because it negates a whole category and names one node of it. Never raises, whatever
    the text.
    """
    text = clean_text(text)
    if not lexicon.taxonomy.heard.size:
        hear = None
    least = SURE_BY_WORDS if hear is None else SURE
    parts = clauses(text)
    mentions = [mention for start, end in sentences(text) for mention in lexicon.mentions(text, start, end)]
    found = candidates(text, parts, mentions, lexicon, hear=hear)
    chances = probabilities(found, parts[:CLAUSES], lexicon, is_heard=hear is not None)
    said = [text[part.start : part.end] for part in parts[:CLAUSES]]
    votes = examples.votes(said, lexicon, encode) if examples else {}
    taught = taught_nodes(votes, parts)
    denied = {key for key, vote in votes.items() if vote < 0}
    ranked = sorted(_corrected(found, chances, taught, denied, least), key=lambda pair: -pair[1])
    sure = {candidate.node for candidate, chance in ranked if chance >= least}
    named = [_named(mention, parts, text) for mention in mentions]
    negated = {
        guess.capability: guess
        for guess, cues in reversed(named)
        if cues & {"refused", "refused+", "left"} and guess.capability not in sure
    }
    barred = _below(lexicon, [node for node in negated if lexicon.root(node) != node])
    barred[list(negated)] = True
    ranked = [(candidate, chance) for candidate, chance in ranked if not barred[candidate.node]]
    chosen = _chosen([candidate for candidate, chance in ranked if chance >= least], lexicon)
    named_below = [candidate for candidate, chance in ranked if candidate.mention and chance >= SPECIFIC]
    chosen = [_most_specific(candidate, named_below, lexicon) for candidate in chosen]
    is_judged = lexicon.guessable & lexicon.is_asked & (hear is None or lexicon.taxonomy.heard >= 0)
    by_name = [  # of whole categories, other schemes and a network's own words, names alone decide
        (mention.start, guess)
        for mention, (guess, cues) in zip(mentions, named, strict=True)
        if not is_judged[guess.capability]
        and not barred[guess.capability]
        and not cues & _BESIDE_THE_POINT
        and not any(
            parts[clause].start <= mention.start < parts[clause].end and node == guess.capability
            for clause, node in denied
        )
    ]
    own = {
        number
        for number, part in enumerate(parts)
        for start, guess in by_name
        if lexicon.guessable[guess.capability] and part.start <= start < part.end
    }
    chosen = [candidate for candidate in chosen if candidate.mention or candidate.clause not in own]
    guesses = {candidate.node: _guess(candidate, chance, parts, text) for candidate, chance in ranked}
    needs = [(parts[candidate.clause].start, guesses[candidate.node]) for candidate in chosen]
    above = {node for _at, guess in needs for node in (guess.capability, *lexicon.lineage(guess.capability))}
    is_read = bool(needs)
    for start, guess in by_name:
        is_category = lexicon.own[guess.capability] and not lexicon.guessable[guess.capability]
        if guess.capability not in above and not (is_read and is_category):  # 33 of 35 named beside a need are no needs
            needs.append((start, guess))
            above |= {guess.capability, *lexicon.lineage(guess.capability)}
    taken = {guess.capability for _at, guess in needs[:NEEDS]}
    likely = [guess for node, guess in guesses.items() if node not in taken and guess.score >= LIKELY]
    return Reading(
        needs=tuple(guess for _at, guess in sorted(needs[:NEEDS], key=lambda need: need[0])),
        likely=tuple(likely[:OFFERED]),
        negated=tuple(reversed(negated.values())),
        place=place(text, places),
    )


def runners_up(
    text: str,
    lexicon: TaxonomyIndex,
    *,
    encode: Encode | None = None,
    hear: Hear | None = None,
    taken: Collection[int] = (),
    examples: NeedExamples | None = None,
) -> tuple[int, ...]:
    """Return other nodes that ``text`` may be about, best first, for a person to choose from.

    Leaves out negated nodes, and those ``taken`` with their ancestors.
    """
    reading = extract_needs(text, lexicon, encode=encode, hear=hear, examples=examples)
    known = {node for one in taken for node in (one, *lexicon.lineage(one))}
    nodes = [guess.capability for guess in (*reading.needs, *reading.likely)]
    return tuple(node for node in nodes if node not in known)[:OFFERED]


def _corrected(
    found: Sequence[Candidate],
    chances: Floats,
    taught: Mapping[int, int],
    denied: Collection[tuple[int, int]],
    least: float,
) -> list[tuple[Candidate, float]]:
    """Return the candidates with their chances, without the ``denied``, and with the ``taught`` in their clauses."""
    kept = {
        candidate.node: (candidate, float(chance))
        for candidate, chance in zip(found, chances, strict=True)
        if (candidate.clause, candidate.node) not in denied
    }
    for node, clause in taught.items():  # just sure: what the clause more surely asks for comes first
        candidate, chance = kept.get(
            node, (Candidate(node, clause, None, 0.0, (), np.zeros(len(FEATURES + HEARD))), 0.0)
        )
        kept[node] = replace(candidate, clause=clause), max(chance, least)
    return list(kept.values())


def _chosen(sure: Sequence[Candidate], lexicon: TaxonomyIndex) -> list[Candidate]:
    """Return of the candidates, surest first, those that neither repeat a relative nor share a clause with a surer one.

    Two nodes of one clause are two needs only if the text names both.
    """
    chosen: list[Candidate] = []
    for candidate in sure:
        lineage = lexicon.lineage(candidate.node)
        if not any(
            other.node in lineage
            or candidate.node in lexicon.lineage(other.node)
            or (other.clause == candidate.clause and not (other.mention and candidate.mention))
            for other in chosen
        ):
            chosen.append(candidate)
    return chosen


def _most_specific(candidate: Candidate, named: Sequence[Candidate], lexicon: TaxonomyIndex) -> Candidate:
    """Return the surest of the ``named`` candidates below the candidate's node, else the candidate."""
    below = (other for other in named if candidate.node in lexicon.lineage(other.node))
    return next(below, candidate)


def _guess(candidate: Candidate, chance: float, parts: Sequence[Clause], text: str) -> Guess:
    clause = parts[candidate.clause]
    if candidate.mention is not None:
        matched_by, phrase = "synonym", text[candidate.mention.start : candidate.mention.end]
    elif len(candidate.words) > 1:
        matched_by, phrase = "bm25", ", ".join(text[start:end] for start, end in candidate.words)
    else:
        matched_by, phrase = "meaning", text[clause.start : clause.end]
    return Guess(candidate.node, matched_by, phrase.strip()[:PHRASE], float(chance), "later" not in clause.cues)


def _named(mention: NodeMention, parts: Sequence[Clause], text: str) -> tuple[Guess, frozenset[str]]:
    """Return a guess from a mention, and the cues of its clause."""
    cues = next((part.cues for part in parts if part.start <= mention.start < part.end), frozenset[str]())
    phrase = text[mention.start : mention.end][:PHRASE]
    return Guess(mention.node, "synonym", phrase, mention.score, "later" not in cues), cues


def _below(lexicon: TaxonomyIndex, nodes: Collection[int]) -> Bools:
    """Return a mask of the nodes and their descendants."""
    parents = lexicon.taxonomy.parents
    below = np.zeros(len(parents), dtype=np.bool_)
    below[list(nodes)] = True
    for _ in range(16):
        below |= below[parents] & (parents >= 0)
    return below


def nearness(taxonomy: Taxonomy, needs: Sequence[Need]) -> Floats:
    """Return how well a claim on each node meets each need, (needs, nodes) in [0, 1].

    1 for the node itself; 0.9 for a child and less for deeper descendants; 0.4 for the parent and less for higher
    ancestors; 0 for siblings. Across schemes: 0.8 for the same name, otherwise by the cosine of the vectors, rising
    from 0 at 0.6 to 0.8 from 0.8 on.
    """
    parents, size = taxonomy.parents, len(taxonomy.names)
    near = np.zeros((len(needs), size))
    if not needs:
        return near
    nodes = np.array([need.capability for need in needs], dtype=np.int64)
    cosines = taxonomy.vectors[nodes] @ taxonomy.vectors.T
    names = [taxonomy.names[node].casefold() for node in nodes]
    lengths = {len(name) for name in names}  # casefold only names of these lengths, few of 16,000
    alike = [(i, name.casefold()) for i, name in enumerate(taxonomy.names) if len(name) in lengths]
    foreign = {
        scheme: np.fromiter((other != scheme for other in taxonomy.schemes), dtype=np.bool_, count=size)
        for scheme in {taxonomy.schemes[node] for node in nodes}
    }
    for row, node in enumerate(nodes):
        others = foreign[taxonomy.schemes[node]]
        if others.any():
            near[row] = np.where(others, FOREIGN * np.clip((cosines[row] - LIKE[0]) / (LIKE[1] - LIKE[0]), 0, 1), 0)
            near[row, [i for i, folded in alike if folded == names[row] and others[i]]] = FOREIGN
    ancestor = np.arange(size)
    for distance in range(16):
        below = (ancestor == nodes[:, None]) & (near == 0 if distance else True)
        near[below] = BELOW * FARTHER ** (distance - 1) if distance else 1.0
        ancestor = np.where(ancestor >= 0, parents[ancestor], -1)
        if (ancestor < 0).all():
            break
    for row, node in enumerate(nodes):
        value, above = ABOVE, int(parents[node])
        while above >= 0 and value > ABOVE**8:
            near[row, above] = max(near[row, above], value)
            value, above = value * ABOVE, int(parents[above])
    return near
