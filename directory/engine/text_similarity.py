"""Similarity of short texts by the sentence model and by shared words."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from directory.engine.sentence_encoder import CACHE_SIZE, DIMENSIONS
from matching.inputs import Floats, Vectors
from matching.text_normalization import clean_text, informative, tokens

ROOT = 6  # letters of a stem that are compared: bookkeeping and bookkeepers
LIFT, MAX_LIFT = 0.06, 0.12  # what each shared word adds to the cosine, and at most
FIRST, FURTHER = 0.45, 0.1  # without a model: the similarity for one shared word, and for each further one


def text_similarity(ones: Sequence[str], others: Sequence[str], vectors: Mapping[str, Vectors]) -> Floats:
    """Return the similarity of each of ``ones`` to each of ``others``, (ones, others), from about 0 to a bit above 1.

    ``vectors`` are those of the texts, as far as they are known. Texts without one are compared by words only.
    """
    columns: dict[str, int] = {}
    for text in ones:
        for root in _roots(text):
            columns.setdefault(root, len(columns))
    one_roots, other_roots = (_has_roots(texts, columns) for texts in (ones, others))
    shared = one_roots @ other_roots.T
    by_words = np.where(shared > 0, FIRST + FURTHER * (shared - 1), 0.0)
    missing = np.zeros(DIMENSIONS, dtype=np.float32)
    a, b = (
        np.array([vectors.get(text, missing) for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)
        for texts in (ones, others)
    )
    are_embedded = np.outer(a.any(axis=1), b.any(axis=1))
    similarity: Floats = np.where(are_embedded, a @ b.T + np.minimum(LIFT * shared, MAX_LIFT), by_words)
    return similarity


def _has_roots(texts: Sequence[str], columns: Mapping[str, int]) -> Floats:
    """Return whether each text has each root, (texts, roots), as 0 or 1."""
    has: Floats = np.zeros((len(texts), len(columns)))
    for row, text in enumerate(texts):
        has[row, [columns[root] for root in _roots(text) if root in columns]] = 1
    return has


@lru_cache(CACHE_SIZE)
def _roots(text: str) -> frozenset[str]:
    return frozenset(stem[:ROOT] for stem in informative(tokens(clean_text(text))))
