"""Meanings: how alike short texts are, by the sentence model and by their words; texts once read are remembered."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from directory.engine.sentence_encoder import DIMENSIONS, load_model
from matching.inputs import Floats, Vectors
from matching.text_normalization import clean_text, informative, tokens

MOST, FRESH = 20_000, 600  # texts remembered, some 40 MB; and read anew at most at a time, some seconds' work
ROOT = 6  # letters by which a trade is known: bookkeeping and bookkeepers
LIFT, MOST_LIFT = 0.06, 0.12  # what a shared word adds to the likeness of meanings
FIRST, FURTHER = 0.45, 0.1  # without a model: the likeness by one shared word, and by each more

_remembered: OrderedDict[str, tuple[Vectors | None, frozenset[str]]] = OrderedDict()
_lock = Lock()


def text_similarity(ones: Sequence[str], others: Sequence[str], fresh: int = FRESH) -> Floats:
    """How alike each of ``ones`` is to each of ``others``, (ones, others), from about 0 to somewhat above 1.

    Without a model, and for what is beyond the first ``fresh`` new texts of a call, the words alone are compared; what
    was not read this time is read the next.
    """
    known = _read([*ones, *others], fresh)
    shared = np.array([[len(known[one][1] & known[other][1]) for other in others] for one in ones], dtype=np.float64)
    shared = shared.reshape(len(ones), len(others))
    by_words = np.where(shared > 0, FIRST + FURTHER * (shared - 1), 0.0)
    a, b = (_stacked([known[text][0] for text in texts]) for texts in (ones, others))
    is_read = np.outer(a.any(axis=1), b.any(axis=1))
    alike: Floats = np.where(is_read, a @ b.T + np.minimum(LIFT * shared, MOST_LIFT), by_words)
    return alike


def _stacked(vectors: list[Vectors | None]) -> Vectors:
    nothing = np.zeros(DIMENSIONS, dtype=np.float32)
    return np.array([nothing if vector is None else vector for vector in vectors], dtype=np.float32).reshape(
        -1, DIMENSIONS
    )


def _read(texts: list[str], most: int) -> dict[str, tuple[Vectors | None, frozenset[str]]]:
    model = load_model()
    with _lock:
        for text in dict.fromkeys(texts):
            if text not in _remembered:
                roots = frozenset(stem[:ROOT] for stem in informative(tokens(clean_text(text))))
                _remembered[text] = (None, roots)
            _remembered.move_to_end(text)
        fresh = [text for text in dict.fromkeys(texts) if _remembered[text][0] is None][:most]
        if model is not None and fresh:
            for text, vector in zip(fresh, model.encode(fresh), strict=True):
                _remembered[text] = (vector, _remembered[text][1])
        found = {text: _remembered[text] for text in texts}
        while len(_remembered) > MOST:
            _remembered.popitem(last=False)
    return found
