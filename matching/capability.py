"""From a client's text to capabilities, and how near one capability is to another.

Words win: a name or synonym of the taxonomy. Where a sentence names none, BM25 and the meaning of the sentence may
guess; a guess that does not stand out is no guess, and "nothing here matches" is an answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching import said
from matching.inputs import Bools, Floats, Need, Taxonomy, Vectors
from matching.lexicon import Lexicon, Mention
from matching.words import Token, clean, informative, sentences, tokens

__all__ = ["Guess", "Lexicon", "Reading", "nearness", "read"]

Encode = Callable[[list[str]], Vectors]

NEEDS = 6  # most that a text is taken to ask for
PHRASE = 200  # characters
MUST_WEIGHT, NICE_WEIGHT = 2.0, 1.0
# A cosine plus how many standard deviations it stands above all nodes' makes a guess. On 68 asks that share no word
# with their node and 33 that the taxonomy cannot answer, the bar keeps out nine in ten of the latter.
DEVIATION, BAR, BAR_BESIDE_WORDS = 0.03, 0.54, 0.66
WORDS_LIFT = 0.06  # what agreement of BM25 adds to a cosine, at most
FEW = 3  # telling words that a sentence needs to be read by itself
CONTEXT = 0.5  # how much the other sentences colour one
STRANGE = 0.15  # a single word whose node is less like its sentence than this means something else here
BELOW, ABOVE, FARTHER = 0.9, 0.4, 0.85
LIKE, FOREIGN = (0.6, 0.8), 0.8  # cosines between schemes that count first and in full, and the most they count


@dataclass(frozen=True)
class Guess:
    """The text asks for ``capability``: ``matched_by`` synonym, bm25 or meaning, through the words ``phrase``."""

    capability: int
    matched_by: str
    phrase: str
    score: float  # 0-1
    must: bool
    share: float  # of the work; the needs' shares sum to 1, that of what is negated is 0


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
    mentions: list[Mention]
    wanted: list[Mention]
    negated: list[Mention]
    nice: set[Mention]
    rest: str  # what it says besides, in lower case, for the guesses


def read(text: str, lexicon: Lexicon, *, encode: Encode | None = None, places: Sequence[str] = ()) -> Reading:
    """The needs in the first 4,000 characters of ``text``, at most six, in the order of the text.

    ``encode`` gives unit vectors as those of the taxonomy; without it words alone are read. Nothing that the text
    negates is among the needs, nor anything below it. Any text is read without an error.
    """
    whole = clean(text)
    parts = [_sentence(whole, start, end, lexicon) for start, end in sentences(whole)]
    negated = {mention.node: mention for part in reversed(parts) for mention in reversed(part.negated)}
    banned = _banned(lexicon, negated)
    named = [_named(whole, mention, part) for part in parts for mention in part.wanted if not banned[mention.node]]
    if encode is not None and lexicon.embedded.any():
        named = [guess for guess in named if not _is_strange(guess, parts, lexicon, encode)]
    needs = [*named, *_guessed(parts, lexicon, encode, banned | _akin(lexicon, negated), named)]
    return Reading(
        needs=_shared(_specific(needs, lexicon)),
        negated=tuple(
            Guess(node, "synonym", whole[m.start : m.end][:PHRASE], m.score, must=False, share=0.0)
            for node, m in negated.items()
        ),
        budget=said.budget(whole),
        place=said.place(whole, places),
    )


def _sentence(whole: str, start: int, end: int, lexicon: Lexicon) -> _Sentence:
    mentions = lexicon.mentions(whole, start, end)
    skeleton, at = "", start
    for mention in mentions:
        skeleton += whole[at : mention.start].lower() + said.MARK
        at = mention.end
    skeleton = (skeleton + whole[at:end].lower()).replace("’", "'")
    without, later, themselves = said.negated(skeleton), said.nice(skeleton), said.themselves(skeleton)
    return _Sentence(
        text=whole[start:end],
        mentions=mentions,
        wanted=[mention for i, mention in enumerate(mentions) if i not in without | themselves],
        negated=[mention for i, mention in enumerate(mentions) if i in without],
        nice={mention for i, mention in enumerate(mentions) if i in later},
        rest=said.refused(skeleton).replace(said.MARK, " ").strip(),
    )


def _named(whole: str, mention: Mention, part: _Sentence) -> Guess:
    phrase = whole[mention.start : mention.end][:PHRASE]
    return Guess(mention.node, "synonym", phrase, mention.score, must=mention not in part.nice, share=0.0)


def _is_strange(guess: Guess, parts: Iterable[_Sentence], lexicon: Lexicon, encode: Encode) -> bool:
    """Is the guess one word that means something else in its sentence?"""
    if len(informative(tokens(guess.phrase))) > 1 or not lexicon.taxonomy.vectors[guess.capability].any():
        return False
    around = next(part.text for part in parts if guess.phrase in part.text)
    return float(encode([around])[0] @ lexicon.taxonomy.vectors[guess.capability]) < STRANGE


def _guessed(
    parts: list[_Sentence], lexicon: Lexicon, encode: Encode | None, banned: Bools, named: list[Guess]
) -> list[Guess]:
    """A guess for each sentence that names nothing, or for all of them together where none stands out."""
    silent = [part for part in parts if not part.wanted and informative(tokens(part.rest))]
    whole = " ".join(part.rest for part in silent)
    alone = [part for part in silent if len(silent) == 1 or len(informative(tokens(part.rest))) >= FEW]
    tried = [(part.text, part.rest) for part in alone]
    if len(silent) > 1:
        tried.append((" ".join(part.text for part in silent), whole))
    found: list[Guess] = []
    for text, rest in tried:
        if text == tried[-1][0] and found:
            break
        if encode is None or not lexicon.embedded.any():
            guess = _by_words(rest, lexicon, banned, bool(named))
        else:
            vector = encode([rest])[0] + CONTEXT * encode([whole])[0]
            vector /= np.linalg.norm(vector)
            guess = _by_meaning(text, rest, vector, lexicon, banned, bool(named))
        if guess is not None:
            found.append(guess)
    known = {lexicon.root(guess.capability) for guess in named}
    return [guess for guess in found if lexicon.root(guess.capability) not in known]


def _by_words(rest: str, lexicon: Lexicon, banned: Bools, beside_words: bool) -> Guess | None:
    """The node with the most telling words of the sentence: two at least, and clearly ahead of the next."""
    scores, words = lexicon.scores(rest)
    scores = np.where(lexicon.guessable & ~banned, scores, 0.0)
    if scores.size == 0 or scores.max() <= 0:
        return None
    node = int(scores.argmax())
    spoken = lexicon.spoken(node, words)
    second = np.partition(scores, -2)[-2] if scores.size > 1 else 0.0
    if len(spoken) < 2 + beside_words or second > 0.85 * scores[node]:
        return None
    score = float(scores[node] / (scores[node] + 5))
    return Guess(node, "bm25", _phrase(rest, spoken), score, must=not said.can_wait(rest), share=0.0)


def _by_meaning(
    text: str, rest: str, vector: Vectors, lexicon: Lexicon, banned: Bools, beside_words: bool
) -> Guess | None:
    """The node nearest in meaning, where it stands out from all the others."""
    cosines = (lexicon.taxonomy.vectors @ vector).astype(np.float64)
    among = cosines[lexicon.embedded]
    scores, words = lexicon.scores(rest)
    lifted = cosines + WORDS_LIFT * scores / max(scores.max(initial=0.0), 10.0)
    lifted = np.where(lexicon.embedded & ~banned, lifted, -1.0)
    node = int(lifted.argmax())
    stands_out = lifted[node] + DEVIATION * (cosines[node] - among.mean()) / max(among.std(), 1e-6)
    if lifted[node] <= 0 or stands_out < (BAR_BESIDE_WORDS if beside_words else BAR):
        return None
    spoken = lexicon.spoken(node, words)
    by_words = len(spoken) > 1 and node == int(np.where(lexicon.guessable & ~banned, scores, -1.0).argmax())
    return Guess(
        node,
        matched_by="bm25" if by_words else "meaning",
        phrase=_phrase(rest, spoken) if by_words else text[:PHRASE],
        score=float(np.clip(cosines[node], 0, 1)),
        must=not said.can_wait(rest),
        share=0.0,
    )


def _phrase(text: str, words: Sequence[Token]) -> str:
    return ", ".join(text[word.start : word.end] for word in words)[:PHRASE]


def _banned(lexicon: Lexicon, negated: Iterable[int]) -> Bools:
    """What is negated, and all below it."""
    parents = lexicon.taxonomy.parents
    banned = np.zeros(len(parents), dtype=np.bool_)
    banned[list(negated)] = True
    for _ in range(16):
        banned |= banned[parents] & (parents >= 0)
    return banned


def _akin(lexicon: Lexicon, negated: Iterable[int]) -> Bools:
    """What bears the name of something negated, as "WordPress care" bears WordPress's: never guessed."""
    names = [set(informative(tokens(lexicon.taxonomy.names[node]))) for node in negated if lexicon.is_leaf[node]]
    akin = np.zeros(len(lexicon.taxonomy.names), dtype=np.bool_)
    for node in np.flatnonzero(lexicon.guessable) if names else ():
        has = set(informative(tokens(lexicon.taxonomy.names[node])))
        akin[node] = any(name and name <= has for name in names)
    return akin


def _specific(needs: list[Guess], lexicon: Lexicon) -> list[Guess]:
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
    wanted = set(names)
    alike = [(i, folded) for i, folded in enumerate(map(str.casefold, taxonomy.names)) if folded in wanted]
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
