"""From a client's text to capabilities, and how near one capability is to another.

Words win: a name or synonym of the taxonomy. What a text says in other words may be guessed; a guess that does not
stand out is no guess, and "nothing here matches" is an answer.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching import constraint_extraction
from matching.inputs import Bools, Floats, Need, Taxonomy, Vectors
from matching.need_inference import PHRASE, Guess, bm25_bonus, guess_by_meaning, guess_by_words
from matching.taxonomy_index import TaxonomyIndex
from matching.text_normalization import clean_text, count_informative, informative, sentences, tokens

__all__ = ["Guess", "Reading", "TaxonomyIndex", "extract_needs", "nearness", "runners_up"]

Encode = Callable[[list[str]], Vectors]

NEEDS = 6  # most that a text is taken to ask for
MUST_WEIGHT, NICE_WEIGHT = 2.0, 1.0
STRANGE, WEAK = 0.15, 0.38  # cosines: one word less like its sentence than this means something else, or gives way
SILENT = 24  # sentences that are guessed at, the first of a text: each costs milliseconds
LIKELY = 0.3  # the likeness from which a person may be asked whether it is meant
BELOW, ABOVE, FARTHER = 0.9, 0.4, 0.85
LIKE, FOREIGN = (0.6, 0.8), 0.8  # cosines between schemes that count first and in full, and the most they count


@dataclass(frozen=True)
class Reading:
    """What a text asks for, what it says it does not want, and what it says of money and place."""

    needs: tuple[Guess, ...] = ()
    negated: tuple[Guess, ...] = ()
    budget: tuple[int, str] | None = None  # minor units, currency
    place: str | None = None


@dataclass(frozen=True)
class _Sentence:
    text: str
    wanted: list[Guess]
    negated: list[Guess]
    rest: str  # without what is refused and who asks


def extract_needs(
    text: str, lexicon: TaxonomyIndex, *, encode: Encode | None = None, places: Sequence[str] = ()
) -> Reading:
    """The needs in the first 4,000 characters of ``text``, at most six, in the order of the text.

    ``encode`` gives unit vectors as those of the taxonomy; without it words alone are read. Nothing that the text
    negates is among the needs, nor anything below it; but who wants "no lawyers, a mediator" gets a mediator, because
    a whole category was refused and one node of it named. Any text is read without an error.
    """
    whole = clean_text(text)
    parts = [_sentence(whole, start, end, lexicon) for start, end in sentences(whole)]
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
        needs=_shared(_specific([*named, *([] if guessed else weak), *guessed], lexicon)),
        negated=tuple(replace(guess, must=False) for guess in negated.values()),
        budget=constraint_extraction.budget(whole),
        place=constraint_extraction.place(whole, places),
    )


def runners_up(
    text: str, lexicon: TaxonomyIndex, *, encode: Encode | None = None, taken: Collection[int] = (), most: int = 4
) -> tuple[int, ...]:
    """What else ``text`` may be about, best first, for a person to pick from: neither negated nor ``taken`` nor above.

    Not good enough to be needs, but nearer than nothing: a cosine of LIKELY at least, or some BM25 without a model.
    """
    whole = clean_text(text)
    parts = [_sentence(whole, start, end, lexicon) for start, end in sentences(whole)]
    rests = [part.rest for part in parts if count_informative(part.rest)][:SILENT]
    negated = [guess.capability for part in parts for guess in part.negated]
    barred = _below(lexicon, negated) | _akin(lexicon, negated)
    barred[[node for one in taken for node in (one, *lexicon.lineage(one))]] = True
    together = " ".join(rests)
    worth, _ = lexicon.scores(together)
    least = 0.0
    if rests and encode is not None and lexicon.embedded.any():
        worth = lexicon.likeness(encode([together, *rests])).max(axis=0) + bm25_bonus(worth)
        least = LIKELY
    worth = np.where(lexicon.guessable & ~barred, worth, 0.0)
    return tuple(int(node) for node in np.argsort(-worth, kind="stable")[:most] if worth[node] > least)


def _sentence(whole: str, start: int, end: int, lexicon: TaxonomyIndex) -> _Sentence:
    mentions = lexicon.mentions(whole, start, end)
    skeleton, at = "", start
    for mention in mentions:
        skeleton += whole[at : mention.start].lower() + constraint_extraction.MARK
        at = mention.end
    skeleton = (skeleton + whole[at:end].lower()).replace("’", "'")
    without, later, themselves = (
        constraint_extraction.negated(skeleton),
        constraint_extraction.optional_marks(skeleton),
        constraint_extraction.self_descriptions(skeleton),
    )
    guesses = [
        Guess(mention.node, "synonym", whole[mention.start : mention.end][:PHRASE], mention.score, i not in later)
        for i, mention in enumerate(mentions)
    ]
    said_again = iter("" if i in without | themselves else guess.phrase for i, guess in enumerate(guesses))
    kept = "".join(next(said_again) if char == constraint_extraction.MARK else char for char in skeleton)
    return _Sentence(
        text=whole[start:end],
        wanted=[guess for i, guess in enumerate(guesses) if i not in without | themselves],
        negated=[guess for i, guess in enumerate(guesses) if i in without],
        rest=constraint_extraction.without_negated(kept).strip(),
    )


def _likeness(guess: Guess, part: _Sentence, lexicon: TaxonomyIndex, encode: Encode | None) -> float:
    """How like a single word's node is to the sentence it stands in; 1 for a longer phrase, and without a model."""
    vector = lexicon.taxonomy.vectors[guess.capability]
    if encode is None or count_informative(guess.phrase) > 1 or not vector.any():
        return 1.0
    return float(encode([part.text])[0] @ vector)


def _guessed(
    rests: list[str], lexicon: TaxonomyIndex, encode: Encode | None, banned: Bools, named: Sequence[Guess]
) -> list[Guess]:
    """What the sentences that name nothing are about, in categories that the others do not name."""
    if not rests:
        return []
    rests = rests[:SILENT]
    whole = " ".join(rests)
    if encode is None:
        guess = guess_by_words(whole, lexicon, banned, beside_words=bool(named))
        found = [] if guess is None else [guess]
    else:
        vectors = encode(rests)
        together = vectors.sum(axis=0, keepdims=True)  # the whole text, nearly, without the cost of reading it again
        together /= np.linalg.norm(together)
        found = guess_by_meaning(rests, np.vstack([together, vectors]), lexicon, banned, beside_words=bool(named))
    known = {lexicon.root(guess.capability) for guess in named}
    return [guess for guess in found if lexicon.root(guess.capability) not in known]


def _below(lexicon: TaxonomyIndex, nodes: Iterable[int]) -> Bools:
    """The nodes, and all below them."""
    parents = lexicon.taxonomy.parents
    below = np.zeros(len(parents), dtype=np.bool_)
    below[list(nodes)] = True
    for _ in range(16):
        below |= below[parents] & (parents >= 0)
    return below


def _akin(lexicon: TaxonomyIndex, negated: Iterable[int]) -> Bools:
    """What bears the name of something negated, as "WordPress care" bears WordPress's: never guessed."""
    names = [set(informative(tokens(lexicon.taxonomy.names[node]))) for node in negated if lexicon.is_leaf[node]]
    akin = np.zeros(len(lexicon.taxonomy.names), dtype=np.bool_)
    for node in np.flatnonzero(lexicon.guessable) if names else ():
        has = set(informative(tokens(lexicon.taxonomy.names[node])))
        akin[node] = any(name and name <= has for name in names)
    return akin


def _specific(needs: list[Guess], lexicon: TaxonomyIndex) -> list[Guess]:
    """Each node once, no ancestor of another, and the surest six."""
    best: dict[int, Guess] = {}
    for guess in needs:
        before = best.get(guess.capability)
        if before is None:
            best[guess.capability] = guess
        elif guess.must and not before.must:
            best[guess.capability] = replace(before, must=True)
    above = {node for guess in best for node in lexicon.lineage(guess)}
    kept = [guess for guess in best.values() if guess.capability not in above]
    surest = sorted(kept, key=lambda guess: (not guess.must, guess.matched_by != "synonym", -guess.score))[:NEEDS]
    return [guess for guess in kept if guess in surest]


def _shared(needs: list[Guess]) -> tuple[Guess, ...]:
    weights = [MUST_WEIGHT if guess.must else NICE_WEIGHT for guess in needs]
    return tuple(replace(guess, share=weight / sum(weights)) for guess, weight in zip(needs, weights, strict=True))


def nearness(taxonomy: Taxonomy, needs: Sequence[Need]) -> Floats:
    """How well a claim on each node answers each need, (needs, nodes) in [0, 1].

    1 on the node itself; 0.9 on a child and less on what is farther below; 0.4 on the parent, less farther above;
    0 on siblings. Across schemes 0.8 for the same name, otherwise by the cosine of meanings: 0 at 0.6 and 0.8 from
    0.8 on.
    """
    parents, size = taxonomy.parents, len(taxonomy.names)
    near = np.zeros((len(needs), size))
    if not needs:
        return near
    nodes = np.array([need.capability for need in needs], dtype=np.int64)
    cosines = taxonomy.vectors[nodes] @ taxonomy.vectors.T
    names = [taxonomy.names[node].casefold() for node in nodes]
    lengths = {len(name) for name in names}  # of 16,000 names few are as long, and only those are folded
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
