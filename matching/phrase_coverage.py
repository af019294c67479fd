"""How fully a text says one of the phrases of a node: BM25 adds up words of different phrases, this does not."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

from matching.inputs import Floats
from matching.text_normalization import Token, stems


class PhraseCoverage:
    """An immutable index of the phrases of ``len(phrases)`` nodes. A comma parts two phrases."""

    def __init__(self, phrases: Sequence[Iterable[str]]) -> None:
        said = {
            (node, frozenset(words))
            for node, some in enumerate(phrases)
            for text in some
            for phrase in text.split(",")
            if (words := stems(phrase))
        }
        each = sorted(((node, sorted(words)) for node, words in said), key=lambda pair: pair[0])
        holders = Counter(stem for _node, stem in {(node, stem) for node, words in each for stem in words})
        self._size = len(phrases)
        self._row = {stem: row for row, stem in enumerate(sorted(holders))}
        self._rarity = np.array([np.log((self._size + 1) / (holders[stem] + 0.5)) for stem in self._row])
        rows = [(phrase, self._row[stem]) for phrase, (_node, words) in enumerate(each) for stem in words]
        places = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        self._stems = sparse.csr_array((np.ones(len(rows)), tuple(places)), shape=(len(each), len(self._row)))
        self._whole = self._stems @ self._rarity
        self._nodes, self._first = np.unique([node for node, _words in each], return_index=True)

    def scores(self, texts: Sequence[Iterable[Token]]) -> Floats:
        """Return how fully the words of each text say one phrase of each node, (texts, nodes): 0 if no word of it.

        The rarity of the words that both share, times their part of the rarity of the phrase. Up to about 15.
        """
        scores = np.zeros((len(texts), self._size))
        if not len(self._whole):
            return scores
        said = np.zeros((len(self._row), len(texts)))
        for text, words in enumerate(texts):
            rows = [self._row[word.stem] for word in words if word.stem in self._row]
            said[rows, text] = self._rarity[rows]
        shared = np.asarray(self._stems @ said)
        shared *= shared / self._whole[:, None]
        scores[:, self._nodes] = np.maximum.reduceat(shared, self._first, axis=0).T
        return scores
