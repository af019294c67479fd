"""What a text is about where it names nothing: a guess from its words (BM25) or its meaning, or honestly none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching import constraint_extraction
from matching.inputs import Bools, Floats, Vectors
from matching.taxonomy_index import TaxonomyIndex
from matching.text_normalization import Token

PHRASE = 200  # characters
# A cosine, what words add to it, and how many standard deviations it stands above all nodes' must come to BAR. Measured
# on 98 asks in other words than the taxonomy's and 33 that it has no node for: the bar keeps out nine in ten of these.
DEVIATION, BAR, BAR_BESIDE_WORDS, BAR_ALONE = 0.03, 0.74, 0.78, 0.74
WORDS_LIFT, WORDS_FULL = 0.35, 12.0  # the most that BM25 adds to a cosine, and the BM25 from which it does
AHEAD = 0.85  # without a model, the next best node may have at most this part of the best one's BM25


@dataclass(frozen=True)
class Guess:
    """The text asks for ``capability``: ``matched_by`` synonym, bm25 or meaning, through the words ``phrase``."""

    capability: int
    matched_by: str
    phrase: str
    score: float  # 0-1
    must: bool
    share: float = 0.0  # of the work; the needs' shares sum to 1, that of what is negated is 0


def bm25_bonus(scores: Floats) -> Floats:
    """What BM25 scores add to the cosines of the same nodes."""
    return WORDS_LIFT * np.minimum(scores / WORDS_FULL, 1.0)


def guess_by_words(text: str, lexicon: TaxonomyIndex, banned: Bools, *, beside_words: bool) -> Guess | None:
    """The node with the most telling words of ``text``: two at least, and clearly ahead of the next."""
    scores, words = lexicon.scores(text)
    scores = np.where(lexicon.guessable & ~banned, scores, 0.0)
    if scores.max(initial=0.0) <= 0:
        return None
    node = int(scores.argmax())
    spoken = lexicon.spoken(node, words)
    second = np.partition(scores, -2)[-2] if scores.size > 1 else 0.0
    if len(spoken) < 2 + beside_words or second > AHEAD * scores[node]:
        return None
    score = float(scores[node] / (scores[node] + WORDS_FULL))
    return Guess(node, "bm25", _phrase(text, spoken), score, must=not constraint_extraction.can_wait(text))


def guess_by_meaning(
    sentences: Sequence[str], vectors: Vectors, lexicon: TaxonomyIndex, banned: Bools, *, beside_words: bool
) -> list[Guess]:
    """The node nearest to all ``sentences`` together or to one of them, and those that a single one is clearly about.

    ``vectors`` has the whole text's in row 0 and then one row a sentence. A guess must stand out from all the nodes.
    """
    whole = " ".join(sentences)
    cosines = lexicon.likeness(vectors)
    cosines[:, ~lexicon.embedded] = np.nan
    spread = np.maximum(np.nanstd(cosines, axis=1), 1e-6)
    above = (cosines - np.nanmean(cosines, axis=1)[:, None]) / spread[:, None]
    scores, words = lexicon.scores(whole)
    standing = np.where(np.isnan(cosines) | banned, -np.inf, cosines + bm25_bonus(scores) + DEVIATION * above)
    best = cosines.max(axis=0, initial=-1.0, where=~np.isnan(cosines)) + bm25_bonus(scores)
    first = int(np.where(np.isfinite(standing[0]), best, -np.inf).argmax())
    found: dict[int, Guess] = {}
    row = int(standing[:, first].argmax())
    if standing[row, first] >= (BAR_BESIDE_WORDS if beside_words else BAR):
        text = whole if row == 0 else sentences[row - 1]
        spoken = lexicon.spoken(first, words)
        agreed = len(spoken) > 1 and first == int(np.where(lexicon.guessable & ~banned, scores, -1.0).argmax())
        found[first] = _guess(
            first,
            "bm25" if agreed else "meaning",
            _phrase(whole, spoken) if agreed else text,
            cosines[row, first],
            text,
        )
    for row, text in enumerate(sentences, start=1):
        node = int(standing[row].argmax())
        taken = {lexicon.root(other) for other in found}
        if standing[row, node] >= BAR_ALONE and lexicon.root(node) not in taken:
            found[node] = _guess(node, "meaning", text, cosines[row, node], text)
    return list(found.values())


def _guess(node: int, matched_by: str, phrase: str, cosine: float, text: str) -> Guess:
    must = not constraint_extraction.can_wait(text)
    return Guess(node, matched_by, phrase.strip()[:PHRASE], float(np.clip(cosine, 0, 1)), must)


def _phrase(text: str, words: Sequence[Token]) -> str:
    return ", ".join(text[word.start : word.end] for word in words)[:PHRASE]
