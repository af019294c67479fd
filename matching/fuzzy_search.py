"""Fuzzy full-text search: an index of texts that tolerates typing errors and weighs each line of a text.

A text consists of lines, and each line has a weight. The score of a text, 0-1, is the mean over the query's words of
(similarity of the best matching word) x (weight of its line), in which rare words weigh more. Candidate words share
trigrams with the query's word and are then compared by edit distance. A query with a word such as "wants" or "needs"
searches for wishes: then the last line weighs most.
"""

import re
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

WORTH = (1.0, 0.8, 0.6, 0.45)  # weights of the lines: names, capabilities, texts, wishes
WISHING, WISHES = (1.0, 0.3, 0.3, 1.0), frozenset({"wants", "needs", "seeks", "wishes"})
EXACT, STEM, STARTS, WITHIN, SLIP = 1.0, 0.95, 0.9, 0.7, 0.12  # similarity; each typing error costs SLIP
SURE = 0.75  # the similarity from which a word counts as matched
QUIET = 0.1  # the weight of a stop word, relative to an informative one
MAX_WORDS, MAX_LETTERS, COMPARED = 12, 24, 400  # of a query; of a word; words compared by edit distance
NAME_WORDS = 4  # most words of a query that may be a name; only there are neighbouring words joined
LONGEST = 32  # letters of an indexed word
_LAST = chr(0x10FFFF)
_UMLAUT = re.compile(r"([aou])e")  # "oez" may be typed for "öz", which is indexed as "oz"

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """For each text its score, and the similarity of its worst matching informative word, both 0-1."""

    score: Singles
    sure: Singles


class TextIndex:
    """An immutable index of ``texts``; create another one for new texts and search both."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        known: dict[str, int] = {}
        words, rows, lines = array("i"), array("i"), array("b")
        for row, text in enumerate(texts):
            seen: set[str] = set()
            for line, content in enumerate(text.split("\n")[: len(WORTH)]):
                line_words = [word[:LONGEST] for word in content.split()]
                if line == 0:  # "sonoranlens" matches "Sonoran Lens" too
                    names = content.split("\t")
                    line_words += [f"{a}{b}"[:LONGEST] for name in names for a, b in pairwise(name.split())]
                for word in line_words:
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
        positions: dict[str, array[int]] = {}
        for position, word in enumerate(self._words):
            for trigram in _trigrams_of(word):
                positions.setdefault(trigram, array("i")).append(position)
        self._trigrams = {trigram: np.array(where, dtype=np.int32) for trigram, where in positions.items()}

    def read(self, term: str, worth: Singles) -> tuple[Singles, Singles]:
        """Return for each text the best similarity of a word to ``term``: weighted by its line, and unweighted."""
        score, sure = np.zeros(self.size, dtype=np.float32), np.zeros(self.size, dtype=np.float32)
        for likeness, first, after in sorted(self._matches(term)):
            span = slice(self._starts[first], self._starts[after])
            rows = self._rows[span]
            np.maximum.at(score, rows, np.float32(likeness) * worth[self._lines[span]])
            sure[rows] = likeness  # the most similar come last
        return score, sure

    def _matches(self, term: str) -> list[tuple[float, int, int]]:
        """Return the spans of indexed words that ``term`` may mean: (similarity, first, after)."""
        first, after = bisect_left(self._words, term), bisect_left(self._words, term + _LAST)
        matches = [(STARTS, first, after)] if after > first else []
        if after > first and self._words[first] == term:
            matches.append((EXACT, first, first + 1))
        if len(term) < 3:
            return matches
        near = [at for at in self._near(term) if not first <= at < after]
        slips = 0 if len(term) < 4 or not term.isalpha() else 1 if len(term) < 6 else 2 if len(term) < 10 else 3
        distances = process.cdist([term], [self._words[at] for at in near], scorer=OSA.distance, score_cutoff=slips)
        root, starts = stem(term), term[:3]
        for at, distance in zip(near, distances[0].tolist() if near else [], strict=True):
            word = self._words[at]
            if word.startswith(starts) and stem(word) == root:
                matches.append((STEM, at, at + 1))
            elif distance <= slips and slips:
                matches.append((STARTS - SLIP * distance, at, at + 1))
            elif len(term) > 3 and term in word:
                matches.append((WITHIN, at, at + 1))
        return matches

    def _near(self, term: str) -> list[int]:
        """Return the positions of the words that share most trigrams with ``term``."""
        shared = [self._trigrams[trigram] for trigram in _trigrams_of(term) if trigram in self._trigrams]
        if not shared:
            return []
        counts = np.bincount(np.concatenate(shared), minlength=len(self._words))
        at_least = np.bincount(counts)[::-1].cumsum()  # how many words share that many trigrams or more, descending
        least = max(1, len(at_least) - 1 - int(np.searchsorted(at_least, COMPARED)))
        near: list[int] = np.flatnonzero(counts >= least)[: 4 * COMPARED].tolist()
        return near


def search_texts(indexes: Sequence[TextIndex], text: str) -> Scores:
    """Return the scores of the texts of all ``indexes``, one after the other, for the folded words of ``text``."""
    terms = list(dict.fromkeys(word[:MAX_LETTERS] for word in text.split()))[:MAX_WORDS]
    size = sum(index.size for index in indexes)
    if not terms:
        return Scores(np.ones(size, dtype=np.float32), np.ones(size, dtype=np.float32))
    wishing = WISHES & set(terms)
    worth = np.array(WISHING if wishing else WORTH, dtype=np.float32)
    terms = [term for term in terms if term not in wishing] or terms
    if len(terms) > NAME_WORDS:  # a sentence: ignore its stop words
        terms = [term for term in terms if term not in STOP] or terms
    results = [_read_all(indexes, term, worth) for term in terms]
    for place, (a, b) in enumerate(pairwise(terms)):  # "north light" may be one word
        if len(a + b) > 4 and len(terms) <= NAME_WORDS:
            joined = _read_all(indexes, (a + b)[:MAX_LETTERS], worth)
            results[place : place + 2] = [
                (np.maximum(one[0], joined[0]), np.maximum(one[1], joined[1])) for one in results[place : place + 2]
            ]
    are_informative = [term not in STOP and any(char.isalnum() for char in term) for term in terms]
    score, least, weights = np.zeros(size, dtype=np.float32), np.ones(size, dtype=np.float32), 0.0
    for (term_score, sure), is_informative in zip(results, are_informative, strict=True):
        rarity = float(np.log1p(size / (1.0 + np.count_nonzero(sure >= SURE))))
        weight = rarity * (1.0 if is_informative else QUIET)
        score += np.float32(weight) * term_score
        weights += weight
        if is_informative or not any(are_informative):
            least = np.minimum(least, sure)
    return Scores(score / np.float32(weights), least)


def asks_for_wishes(text: str) -> bool:
    """Return whether a folded query searches for wishes, not for what firms do."""
    return not WISHES.isdisjoint(text.split())


def _read_all(indexes: Sequence[TextIndex], term: str, worth: Singles) -> tuple[Singles, Singles]:
    parts = [index.read(term, worth) for index in indexes]
    score, sure = np.concatenate([score for score, _ in parts]), np.concatenate([sure for _, sure in parts])
    if (plain := _UMLAUT.sub(r"\1", term)) != term:
        other_score, other_sure = _read_all(indexes, plain, worth)
        return np.maximum(score, other_score), np.maximum(sure, other_sure)
    return score, sure


def _trigrams_of(word: str) -> set[str]:
    """
    >>> sorted(_trigrams_of("web"))
    ['^we', 'eb$', 'web']
    """
    padded = f"^{word}$"
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
