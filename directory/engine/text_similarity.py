"""Similarity of short texts by the sentence model and by shared words, with a cache of embedded texts."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from directory.engine.sentence_encoder import DIMENSIONS, load_model
from matching.inputs import Floats, Vectors
from matching.text_normalization import clean_text, informative, tokens

CACHE_SIZE, FRESH = 20_000, 600  # texts in the cache, about 40 MB; new texts per call, a few seconds of work
ROOT = 6  # letters of a stem that are compared: bookkeeping and bookkeepers
LIFT, MAX_LIFT = 0.06, 0.12  # what each shared word adds to the cosine, and at most
FIRST, FURTHER = 0.45, 0.1  # without a model: the similarity for one shared word, and for each further one

_cache: OrderedDict[str, tuple[Vectors | None, frozenset[str]]] = OrderedDict()
_lock = Lock()


def text_similarity(ones: Sequence[str], others: Sequence[str], fresh: int = FRESH) -> Floats:
    """Return the similarity of each of ``ones`` to each of ``others``, (ones, others), from about 0 to a bit above 1.

    At most ``fresh`` new texts are embedded per call. The other new texts, and all texts without a model, are compared
    by words only; later calls embed them.
    """
    known = _cached([*ones, *others], fresh)
    shared = np.array([[len(known[one][1] & known[other][1]) for other in others] for one in ones], dtype=np.float64)
    shared = shared.reshape(len(ones), len(others))
    by_words = np.where(shared > 0, FIRST + FURTHER * (shared - 1), 0.0)
    a, b = (_stacked([known[text][0] for text in texts]) for texts in (ones, others))
    are_embedded = np.outer(a.any(axis=1), b.any(axis=1))
    similarity: Floats = np.where(are_embedded, a @ b.T + np.minimum(LIFT * shared, MAX_LIFT), by_words)
    return similarity


def _stacked(vectors: list[Vectors | None]) -> Vectors:
    zeros = np.zeros(DIMENSIONS, dtype=np.float32)
    return np.array([zeros if vector is None else vector for vector in vectors], dtype=np.float32).reshape(
        -1, DIMENSIONS
    )


def _cached(texts: list[str], limit: int) -> dict[str, tuple[Vectors | None, frozenset[str]]]:
    model = load_model()
    with _lock:
        for text in dict.fromkeys(texts):
            if text not in _cache:
                roots = frozenset(stem[:ROOT] for stem in informative(tokens(clean_text(text))))
                _cache[text] = (None, roots)
            _cache.move_to_end(text)
        fresh = [text for text in dict.fromkeys(texts) if _cache[text][0] is None][:limit]
        if model is not None and fresh:
            for text, vector in zip(fresh, model.encode(fresh), strict=True):
                _cache[text] = (vector, _cache[text][1])
        result = {text: _cache[text] for text in texts}
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return result
