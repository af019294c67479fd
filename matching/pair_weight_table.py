"""A sparse table of summed weights between ordered pairs, with vectorised lookup."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from matching.inputs import Floats, Ints


@dataclass(frozen=True)
class PairWeights:
    """The weights between ordered pairs of ``size`` items, sorted by start, then end; an absent pair is 0.

    >>> weights = PairWeights.of(np.array([0, 0, 1]), np.array([1, 1, 2]), np.array([0.5, 0.25, 1.0]), 3)
    >>> weights.between(np.array([0, 1, -1]), np.array([1, 0, 2])).tolist()
    [0.75, 0.0, 0.0]
    """

    start: Ints  # (t,)
    end: Ints
    worth: Floats
    keys: Ints  # start * size + end, ascending
    size: int

    @classmethod
    def of(cls, start: Ints, end: Ints, worth: Floats, size: int) -> Self:
        """Sum the ``worth`` of repeated pairs; a pair of an item with itself is dropped."""
        distinct = start != end
        keys, place = np.unique(start[distinct] * size + end[distinct], return_inverse=True)
        return cls(
            keys // size, keys % size, np.bincount(place, worth[distinct], len(keys)).astype(np.float64), keys, size
        )

    def between(self, start: Ints, end: Ints) -> Floats:
        """Return the worth of each pair (start, end); 0 for an absent pair or a negative index."""
        if not len(self.worth):
            return np.zeros(len(start))
        asked = start * self.size + end
        place = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.where((self.keys[place] == asked) & (start >= 0) & (end >= 0), self.worth[place], 0.0)
