"""Extraction of needs from a client's text, and the nearness of capabilities to needs.

Names and synonyms of the taxonomy take precedence. What a text says in other words is guessed only if the guess stands
out; no need at all is a valid result.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching import constraint_extraction
from matching.inputs import Bools, Floats, Need, Taxonomy, Vectors
from matching.need_guess import PHRASE, Guess, bm25_bonus, guess_by_meaning, guess_by_words
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text, count_informative, informative, sentences, tokens

Encode = Callable[[list[str]], Vectors]

NEEDS = 6  # the most needs of a text
# Cosines of a single word's node to its sentence: below STRANGE the word means something else, below WEAK it counts
# only where nothing was guessed.
STRANGE, WEAK = 0.15, 0.38
SILENT = 24  # the most sentences that are guessed at, the first of a text: each costs milliseconds
LIKELY = 0.3  # the least cosine of a capability that is offered to a person to choose
BELOW, ABOVE, FARTHER = 0.9, 0.4, 0.85
LIKE, FOREIGN = (0.6, 0.8), 0.8  # cosines between schemes at which nearness begins and is full, and that full nearness


@dataclass(frozen=True)
class Reading:
    """What a text asks for, what it does not want, and its place."""

    needs: tuple[Guess, ...] = ()
    negated: tuple[Guess, ...] = ()
    place: str | None = None


@dataclass(frozen=True)
class _Sentence:
    text: str
    wanted: list[Guess]
    negated: list[Guess]
    rest: str  # the text without refusals and self-descriptions


def extract_needs(
    text: str, lexicon: TaxonomyIndex, *, encode: Encode | None = None, places: Sequence[str] = ()
) -> Reading:
    """Return the needs in the first 4,000 characters of ``text``, at most six, in the order of the text.

    ``encode`` returns unit vectors of the same model as the taxonomy's; without it only words are used. The needs
    contain nothing that the text negates, nor any descendant of it. One exception: "no lawyers, a mediator" needs a
    mediator, because it negates a whole category and names one node of it. Never raises, whatever the text.
    """
    text = clean_text(text)
    parts = [_sentence(text, start, end, lexicon) for start, end in sentences(text)]
    negated: dict[int, Guess] = {}
    for guess in (guess for part in parts for guess in part.negated):
        negated.setdefault(guess.capability, guess)
    banned = _below(lexicon, negated)
    barred = _below(lexicon, [node for node in negated if lexicon.root(node) != node])
    barred[list(negated)] = True
    if encode is not None and not lexicon.embedded.any():
        encode = None
    named: list[Guess] = []
    weak: list[Guess] = []
    silent: list[_Sentence] = []
    for part in parts:
        allowed = [guess for guess in part.wanted if not barred[guess.capability]]
        likeness = [_likeness(guess, part, lexicon, encode) for guess in allowed]
        named += [guess for guess, like in zip(allowed, likeness, strict=True) if like >= WEAK]
        weak += [guess for guess, like in zip(allowed, likeness, strict=True) if STRANGE <= like < WEAK]
        if all(like < WEAK for like in likeness) and count_informative(part.rest):
            silent.append(part)
    guessed = _guessed([part.rest for part in silent], lexicon, encode, banned | _akin(lexicon, negated), named)
    return Reading(
        needs=tuple(_specific([*named, *([] if guessed else weak), *guessed], lexicon)),
        negated=tuple(replace(guess, must=False) for guess in negated.values()),
        place=constraint_extraction.place(text, places),
    )


def runners_up(
    text: str, lexicon: TaxonomyIndex, *, encode: Encode | None = None, taken: Collection[int] = (), limit: int = 4
) -> tuple[int, ...]:
    """Return other nodes that ``text`` may be about, best first, for a person to choose from.

    Leaves out negated nodes, and those ``taken`` with their ancestors. The result is too uncertain for needs: a
    likeness above LIKELY, or without a model any BM25 score above 0.
    """
    text = clean_text(text)
    parts = [_sentence(text, start, end, lexicon) for start, end in sentences(text)]
    rests = [part.rest for part in parts if count_informative(part.rest)][:SILENT]
    negated = [guess.capability for part in parts for guess in part.negated]
    barred = _below(lexicon, negated) | _akin(lexicon, negated)
    barred[[node for one in taken for node in (one, *lexicon.lineage(one))]] = True
    joined = " ".join(rests)
    score, _ = lexicon.scores(joined)
    threshold = 0.0
    if rests and encode is not None and lexicon.embedded.any():
        score = lexicon.likeness(encode([joined, *rests])).max(axis=0) + bm25_bonus(score)
        threshold = LIKELY
    score = np.where(lexicon.guessable & ~barred, score, 0.0)
    return tuple(int(node) for node in np.argsort(-score, kind="stable")[:limit] if score[node] > threshold)


def _sentence(text: str, start: int, end: int, lexicon: TaxonomyIndex) -> _Sentence:
    mentions = lexicon.mentions(text, start, end)
    skeleton, at = "", start
    for mention in mentions:
        skeleton += text[at : mention.start].lower() + constraint_extraction.MARK
        at = mention.end
    skeleton = (skeleton + text[at:end].lower()).replace("’", "'")
    negated, optional, self_described = (
        constraint_extraction.negated(skeleton),
        constraint_extraction.optional_marks(skeleton),
        constraint_extraction.self_descriptions(skeleton),
    )
    guesses = [
        Guess(mention.node, "synonym", text[mention.start : mention.end][:PHRASE], mention.score, i not in optional)
        for i, mention in enumerate(mentions)
    ]
    phrases = iter("" if i in negated | self_described else guess.phrase for i, guess in enumerate(guesses))
    rest = "".join(next(phrases) if char == constraint_extraction.MARK else char for char in skeleton)
    return _Sentence(
        text=text[start:end],
        wanted=[guess for i, guess in enumerate(guesses) if i not in negated | self_described],
        negated=[guess for i, guess in enumerate(guesses) if i in negated],
        rest=constraint_extraction.without_negated(rest).strip(),
    )


def _likeness(guess: Guess, part: _Sentence, lexicon: TaxonomyIndex, encode: Encode | None) -> float:
    """Return the cosine of a single word's node to its sentence; 1 for a longer phrase, and without a model."""
    vector = lexicon.taxonomy.vectors[guess.capability]
    if encode is None or count_informative(guess.phrase) > 1 or not vector.any():
        return 1.0
    return float(encode([part.text])[0] @ vector)


def _guessed(
    rests: list[str], lexicon: TaxonomyIndex, encode: Encode | None, banned: Bools, named: Sequence[Guess]
) -> list[Guess]:
    """Return guesses for the sentences that name nothing, in categories that the other sentences do not name."""
    if not rests:
        return []
    rests = rests[:SILENT]
    if encode is None:
        guess = guess_by_words(" ".join(rests), lexicon, banned, beside_words=bool(named))
        guesses = [] if guess is None else [guess]
    else:
        vectors = encode(rests)
        total = vectors.sum(axis=0, keepdims=True)  # approximates the vector of the whole text without encoding it
        total /= np.linalg.norm(total)
        guesses = guess_by_meaning(rests, np.vstack([total, vectors]), lexicon, banned, beside_words=bool(named))
    known = {lexicon.root(guess.capability) for guess in named}
    return [guess for guess in guesses if lexicon.root(guess.capability) not in known]


def _below(lexicon: TaxonomyIndex, nodes: Iterable[int]) -> Bools:
    """Return a mask of the nodes and their descendants."""
    parents = lexicon.taxonomy.parents
    below = np.zeros(len(parents), dtype=np.bool_)
    below[list(nodes)] = True
    for _ in range(16):
        below |= below[parents] & (parents >= 0)
    return below


def _akin(lexicon: TaxonomyIndex, negated: Iterable[int]) -> Bools:
    """Return a mask of nodes whose name contains that of a negated leaf, as "WordPress care" does: never guessed."""
    names = [set(informative(tokens(lexicon.taxonomy.names[node]))) for node in negated if lexicon.is_leaf[node]]
    akin = np.zeros(len(lexicon.taxonomy.names), dtype=np.bool_)
    for node in np.flatnonzero(lexicon.guessable) if names else ():
        stems = set(informative(tokens(lexicon.taxonomy.names[node])))
        akin[node] = any(name and name <= stems for name in names)
    return akin


def _specific(needs: list[Guess], lexicon: TaxonomyIndex) -> list[Guess]:
    """Return each node once, without ancestors of other nodes, and of these the six surest, in their order."""
    best: dict[int, Guess] = {}
    for guess in needs:
        before = best.get(guess.capability)
        if before is None:
            best[guess.capability] = guess
        elif guess.must and not before.must:
            best[guess.capability] = replace(before, must=True)
    above = {node for guess in best for node in lexicon.lineage(guess)}
    specific = [guess for guess in best.values() if guess.capability not in above]
    surest = sorted(specific, key=lambda guess: (not guess.must, guess.matched_by != "synonym", -guess.score))[:NEEDS]
    return [guess for guess in specific if guess in surest]


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
