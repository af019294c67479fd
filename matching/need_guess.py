"""Guesses of what a text is about where it names no capability: by words (BM25) or by meaning, or no guess at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching import constraint_extraction
from matching.inputs import Bools, Floats, Vectors
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import Token

PHRASE = 200  # characters
# A cosine, plus its BM25 bonus, plus DEVIATION per standard deviation above the mean of all nodes, must reach BAR.
# Measured on 98 asks in other words than the taxonomy's and 33 without a node: BAR rejects nine in ten of the 33.
DEVIATION, BAR, BAR_BESIDE_WORDS, BAR_ALONE = 0.03, 0.74, 0.78, 0.74
WORDS_LIFT, WORDS_FULL = 0.35, 12.0  # the most that BM25 adds to a cosine, and the BM25 score from which it does
AHEAD = 0.85  # without a model, the second node may have at most this part of the best node's BM25 score


@dataclass(frozen=True)
class Guess:
    """A capability that a text asks for: ``matched_by`` synonym, bm25 or meaning, from the words ``phrase``."""

    capability: int
    matched_by: str
    phrase: str
    score: float  # 0-1
    must: bool


def bm25_bonus(scores: Floats) -> Floats:
    """Return what BM25 scores add to the cosines of the same nodes."""
    return WORDS_LIFT * np.minimum(scores / WORDS_FULL, 1.0)


def guess_by_words(text: str, lexicon: TaxonomyIndex, banned: Bools, *, beside_words: bool) -> Guess | None:
    """Return the node with the best BM25 score, if it matches at least two words and is clearly ahead; else None.

    ``beside_words``: the text names other capabilities; then three words must match.
    """
    scores, words = lexicon.scores(text)
    scores = np.where(lexicon.guessable & ~banned, scores, 0.0)
    if scores.max(initial=0.0) <= 0:
        return None
    node = int(scores.argmax())
    matched = lexicon.matched_words(node, words)
    second = np.partition(scores, -2)[-2] if scores.size > 1 else 0.0
    if len(matched) < 2 + beside_words or second > AHEAD * scores[node]:
        return None
    score = float(scores[node] / (scores[node] + WORDS_FULL))
    return Guess(node, "bm25", _phrase(text, matched), score, must=not constraint_extraction.can_wait(text))


def guess_by_meaning(
    sentences: Sequence[str], vectors: Vectors, lexicon: TaxonomyIndex, banned: Bools, *, beside_words: bool
) -> list[Guess]:
    """Return the node nearest to all ``sentences`` or to one of them, and the nodes that single sentences are about.

    ``vectors`` holds the vector of the whole text in row 0, then one row per sentence. A guess must stand out from all
    nodes.
    """
    full_text = " ".join(sentences)
    cosines = lexicon.likeness(vectors)
    cosines[:, ~lexicon.embedded] = np.nan
    spread = np.maximum(np.nanstd(cosines, axis=1), 1e-6)
    above = (cosines - np.nanmean(cosines, axis=1)[:, None]) / spread[:, None]
    scores, words = lexicon.scores(full_text)
    standing = np.where(np.isnan(cosines) | banned, -np.inf, cosines + bm25_bonus(scores) + DEVIATION * above)
    best = cosines.max(axis=0, initial=-1.0, where=~np.isnan(cosines)) + bm25_bonus(scores)
    first = int(np.where(np.isfinite(standing[0]), best, -np.inf).argmax())
    guesses: dict[int, Guess] = {}
    row = int(standing[:, first].argmax())
    if standing[row, first] >= (BAR_BESIDE_WORDS if beside_words else BAR):
        text = full_text if row == 0 else sentences[row - 1]
        matched = lexicon.matched_words(first, words)
        agreed = len(matched) > 1 and first == int(np.where(lexicon.guessable & ~banned, scores, -1.0).argmax())
        guesses[first] = _guess(
            first,
            "bm25" if agreed else "meaning",
            _phrase(full_text, matched) if agreed else text,
            cosines[row, first],
            text,
        )
    for row, text in enumerate(sentences, start=1):
        node = int(standing[row].argmax())
        taken = {lexicon.root(other) for other in guesses}
        if standing[row, node] >= BAR_ALONE and lexicon.root(node) not in taken:
            guesses[node] = _guess(node, "meaning", text, cosines[row, node], text)
    return list(guesses.values())


def _guess(node: int, matched_by: str, phrase: str, cosine: float, text: str) -> Guess:
    must = not constraint_extraction.can_wait(text)
    return Guess(node, matched_by, phrase.strip()[:PHRASE], float(np.clip(cosine, 0, 1)), must)


def _phrase(text: str, words: Sequence[Token]) -> str:
    return ", ".join(text[word.start : word.end] for word in words)[:PHRASE]
