"""Finding: texts by their words, however these are typed, each field of a text with its weight.

A text is lines; the line a word stands in says how much finding it there is worth. The score of a text, 0-1, is the
mean over the query's words of (how like the word found is) x (what its line is worth), each word weighing as much as
it is rare. Words are candidates by shared trigrams and are then compared letter by letter. Who asks for somebody who
"wants" or "needs" something asks for the last line, and then that is worth most.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.text_normalization import STOP, stem

WORTH = (1.0, 0.8, 0.6, 0.45)  # of a word in the first line (names), the second (capabilities), texts, wishes
WISHING, WISHES = (1.0, 0.3, 0.3, 1.0), frozenset({"wants", "needs", "seeks", "wishes"})
EXACT, STEM, STARTS, WITHIN, SLIP = 1.0, 0.95, 0.9, 0.7, 0.12  # likeness; SLIP is lost with each typing error
SURE = 0.75  # the likeness from which a word counts as said
QUIET = 0.1  # what a word that says little weighs, against one that tells
MOST_WORDS, MOST_LETTERS, COMPARED = 12, 24, 400  # of a query; of a word; words compared letter by letter
NAME_WORDS = 4  # of a query that may be a name; words of longer ones are not read as one
LONGEST = 32  # letters of a word that is kept
_LAST = chr(0x10FFFF)

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """For each text how well it was found, and how surely its least sure telling word, both 0-1."""

    score: Singles
    sure: Singles


class TextIndex:
    """An index of ``texts``. Never changed; make a new one, or one more for what is new."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        known: dict[str, int] = {}
        words, rows, lines = array("i"), array("i"), array("b")
        for row, text in enumerate(texts):
            seen: set[str] = set()
            for line, said in enumerate(text.split("\n")[: len(WORTH)]):
                here = [word[:LONGEST] for word in said.split()]
                if line == 0:  # "Sonoran Lens" is found as "sonoranlens" too
                    here += [f"{a}{b}"[:LONGEST] for name in said.split("\t") for a, b in pairwise(name.split())]
                for word in here:
                    if word not in seen:
                        seen.add(word)
                        words.append(known.setdefault(word, len(known)))
                        rows.append(row)
                        lines.append(line)
        self._words = sorted(known)
        at = np.empty(len(known), dtype=np.int64)
        at[[known[word] for word in self._words]] = np.arange(len(known))
        order = np.argsort(at[np.array(words, dtype=np.int32)], kind="stable")
        self._starts = np.searchsorted(at[np.array(words, dtype=np.int32)][order], np.arange(len(known) + 1))
        self._rows = np.array(rows, dtype=np.int32)[order]
        self._lines = np.array(lines, dtype=np.int8)[order]
        held: dict[str, array[int]] = {}
        for position, word in enumerate(self._words):
            for part in _parts(word):
                held.setdefault(part, array("i")).append(position)
        self._trigrams = {part: np.array(where, dtype=np.int32) for part, where in held.items()}

    def read(self, term: str, worth: Singles) -> tuple[Singles, Singles]:
        """For each text the likeness of its word nearest to ``term``, with and without the worth of its line."""
        score, sure = np.zeros(self.size, dtype=np.float32), np.zeros(self.size, dtype=np.float32)
        for likeness, first, after in sorted(self._meant(term)):
            span = slice(self._starts[first], self._starts[after])
            rows = self._rows[span]
            np.maximum.at(score, rows, np.float32(likeness) * worth[self._lines[span]])
            sure[rows] = likeness  # the likest come last
        return score, sure

    def _meant(self, term: str) -> list[tuple[float, int, int]]:
        """The spans of words that ``term`` may mean, and how like it they are."""
        first, after = bisect_left(self._words, term), bisect_left(self._words, term + _LAST)
        found = [(STARTS, first, after)] if after > first else []
        if after > first and self._words[first] == term:
            found.append((EXACT, first, first + 1))
        if len(term) < 3:
            return found
        near = [at for at in self._near(term) if not first <= at < after]
        slips = 0 if len(term) < 4 or not term.isalpha() else 1 if len(term) < 6 else 2 if len(term) < 10 else 3
        distances = process.cdist([term], [self._words[at] for at in near], scorer=OSA.distance, score_cutoff=slips)
        root, starts = stem(term), term[:3]
        for at, distance in zip(near, distances[0].tolist() if near else [], strict=True):
            word = self._words[at]
            if word.startswith(starts) and stem(word) == root:
                found.append((STEM, at, at + 1))
            elif distance <= slips and slips:
                found.append((STARTS - SLIP * distance, at, at + 1))
            elif len(term) > 3 and term in word:
                found.append((WITHIN, at, at + 1))
        return found

    def _near(self, term: str) -> list[int]:
        """The words that share most trigrams with ``term``."""
        shared = [self._trigrams[part] for part in _parts(term) if part in self._trigrams]
        if not shared:
            return []
        counts = np.bincount(np.concatenate(shared), minlength=len(self._words))
        having = np.bincount(counts)[::-1].cumsum()  # the words that share so many or more, from the most downwards
        least = max(1, len(having) - 1 - int(np.searchsorted(having, COMPARED)))
        near: list[int] = np.flatnonzero(counts >= least)[: 4 * COMPARED].tolist()
        return near


def search_texts(shelves: Sequence[TextIndex], text: str) -> Scores:
    """How well the texts of all ``shelves``, one after the other, are found by the folded words of ``text``."""
    terms = list(dict.fromkeys(word[:MOST_LETTERS] for word in text.split()))[:MOST_WORDS]
    size = sum(shelf.size for shelf in shelves)
    if not terms:
        return Scores(np.ones(size, dtype=np.float32), np.ones(size, dtype=np.float32))
    wishing = WISHES & set(terms)
    worth = np.array(WISHING if wishing else WORTH, dtype=np.float32)
    terms = [term for term in terms if term not in wishing] or terms
    if len(terms) > NAME_WORDS:  # a sentence, in which the little words say nothing
        terms = [term for term in terms if term not in STOP] or terms
    read = [_all(shelves, term, worth) for term in terms]
    for place, (a, b) in enumerate(pairwise(terms)):  # "north light" may be one word
        if len(a + b) > 4 and len(terms) <= NAME_WORDS:
            together = _all(shelves, (a + b)[:MOST_LETTERS], worth)
            read[place : place + 2] = [
                (np.maximum(one[0], together[0]), np.maximum(one[1], together[1])) for one in read[place : place + 2]
            ]
    tells = [term not in STOP and any(char.isalnum() for char in term) for term in terms]
    score, least, weights = np.zeros(size, dtype=np.float32), np.ones(size, dtype=np.float32), 0.0
    for (found, sure), tell in zip(read, tells, strict=True):
        rare = float(np.log1p(size / (1.0 + np.count_nonzero(sure >= SURE))))
        weight = rare * (1.0 if tell else QUIET)
        score += np.float32(weight) * found
        weights += weight
        if tell or not any(tells):
            least = np.minimum(least, sure)
    return Scores(score / np.float32(weights), least)


def asks_for_wishes(text: str) -> bool:
    """Whether a folded text asks for those who want something."""
    return not WISHES.isdisjoint(text.split())


def _all(shelves: Sequence[TextIndex], term: str, worth: Singles) -> tuple[Singles, Singles]:
    parts = [shelf.read(term, worth) for shelf in shelves]
    return np.concatenate([score for score, _ in parts]), np.concatenate([sure for _, sure in parts])


def _parts(word: str) -> set[str]:
    """
    >>> sorted(_parts("web"))
    ['^we', 'eb$', 'web']
    """
    padded = f"^{word}$"
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
