"""Sums of worth between ordered pairs, looked up in bulk."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from matching.inputs import Floats, Ints


@dataclass(frozen=True)
class PairWeights:
    """What each of ``size`` holds for each other: pairs sorted by start, then end; what is absent is 0.

    >>> weights = PairWeights.of(np.array([0, 0, 1]), np.array([1, 1, 2]), np.array([0.5, 0.25, 1.0]), 3)
    >>> weights.between(np.array([0, 1, -1]), np.array([1, 0, 2])).tolist()
    [0.75, 0.0, 0.0]
    """

    start: Ints  # (t,)
    end: Ints
    worth: Floats
    keys: Ints  # start * size + end, rising
    size: int

    @classmethod
    def of(cls, start: Ints, end: Ints, worth: Floats, size: int) -> Self:
        """The ties of what may name a pair several times; a tie to oneself is dropped."""
        other = start != end
        keys, place = np.unique(start[other] * size + end[other], return_inverse=True)
        return cls(
            keys // size, keys % size, np.bincount(place, worth[other], len(keys)).astype(np.float64), keys, size
        )

    def between(self, start: Ints, end: Ints) -> Floats:
        """The worth of each pair (start, end); 0 for one without a tie or with a negative index."""
        if not len(self.worth):
            return np.zeros(len(start))
        asked = start * self.size + end
        place = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.where((self.keys[place] == asked) & (start >= 0) & (end >= 0), self.worth[place], 0.0)
