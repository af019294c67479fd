"""Ranking of firms by their own sentences: words (BM25 over all that a firm says) together with meaning (cosines).

A firm's likeness to a text is the mean of two cosines, of its nearest sentence and of all it says, plus the part of the
text's words that it has, where rare words count most. A sentence of what it does not do speaks against it.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import bm25s
import numpy as np

from matching.clauses import clauses
from matching.inputs import Bools, Floats, Ints, Vectors
from matching.text_normalization import clean_text, informative, sentences, tokens

WORDS = 0.4  # what having all words of the text adds to the cosines
# The least likeness that is worth showing. Measured on 15 firms' pages: 11 of 12 leads pass, 4 of 8 that nobody serves.
FLOOR = 0.30
SHARED = 2  # without vectors: the least words of the text that a firm has
FRESH, MOST = 128, 20_000  # sentences that are encoded per call, and sentences that are kept encoded
PARTS = 8  # sentences of the text that are compared by meaning
_REFUSES = re.compile(
    r"\b(?:we|i) (?:also )?(?:(?:do|can|will|would) ?(?:not|n't)|cannot|can't|won't|never|no longer)\b"
    r"(?! (?:just|only|stop))",
    re.IGNORECASE,
)

Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Sentence:
    """A sentence that ``owner`` (an index from 0) wrote; ``is_against``: it says what they do not do."""

    owner: int
    text: str
    is_against: bool = False


@dataclass(frozen=True)
class Likeness:
    """How like a text an owner's sentences are, from 0 to about 1.4, and the position of the nearest of them."""

    owner: int
    sentence: int
    score: float


def split_sentences(text: str) -> list[tuple[str, bool]]:
    """Return the sentences of a text that have an informative word, and whether each says what its writer does not do.

    >>> split_sentences("We bend neon. We don't print cards! Really.")
    [('We bend neon.', False), ("We don't print cards!", True)]
    """
    clean = clean_text(text)
    parts = [clean[start:end].strip() for start, end in sentences(clean)]
    return [(part, bool(_REFUSES.search(part.replace("’", "'")))) for part in parts if _stems(part)]


def _without_refusals(text: str) -> list[str]:
    """Return the sentences of a lead in lower case, each without the clauses that refuse something."""
    clean = clean_text(text).lower().replace("’", "'")
    kept: dict[int, list[str]] = {}
    refused = -1  # the sentence whose last clause was refused
    for clause in clauses(clean):
        part = clean[clause.start : clause.end].strip()
        is_continued = refused == clause.sentence and clause.cues & {"refused+", "whose"}
        if _REFUSES.search(part) or is_continued:
            refused = clause.sentence
        else:
            refused = -1
            kept.setdefault(clause.sentence, []).append(part)
    return [" ".join(parts) for parts in kept.values()]


class SentenceIndex:
    """The sentences of all owners: indexed by words at once, and by meaning as ``rank`` needs them."""

    def __init__(self, said: Sequence[Sentence], before: "SentenceIndex | None" = None) -> None:
        """Index ``said``, in the order of its owners, each of whom has a sentence. ``before`` hands on its vectors."""
        self.said = tuple(said)
        texts: dict[int, list[str]] = {}
        for each in said:
            texts.setdefault(each.owner, []).append(each.text)
        self._texts = [tuple(texts[owner]) for owner in range(len(texts))]
        self._sizes: Ints = np.array([len(texts) for texts in self._texts], dtype=np.int64)
        self._starts: Ints = np.cumsum([0, *self._sizes])  # where each owner's sentences start, and the last one's end
        self._against: Bools = np.array([each.is_against for each in said], dtype=np.bool_)
        stems = [_stems(each.text) for each in said]
        documents: list[list[str]] = [[] for _ in texts]
        for each, words in zip(said, stems, strict=True):
            if not each.is_against:
                documents[each.owner].extend(words)
        self._words = [frozenset(document) for document in documents]
        self._holders = Counter(word for words in self._words for word in words)
        self._by_sentence, self._by_owner = _Bm25(stems), _Bm25(documents)
        known: dict[tuple[str, ...], Vectors] = before._vectors if before else {}
        self._vectors: dict[tuple[str, ...], Vectors] = {
            texts: known[texts] for texts in self._texts if texts in known
        }  # a row for each sentence
        self._stack = self._stacked()
        self._lock = Lock()

    def rank(self, text: str, encode: Encode | None = None) -> list[Likeness]:
        """Return the owners whose sentences are like ``text``, the most alike first; empty where none is.

        With ``encode``, a call encodes about FRESH new sentences, those of the owners with most of the text's words
        first, and compares the owners whose sentences are encoded. Without it, words alone decide.
        """
        parts = _without_refusals(text)
        stems = list(dict.fromkeys(stem for part in parts for stem in _stems(part)))
        if not self.said or not stems:
            return []
        most = sum(self._rarity(stem) for stem in stems)
        by_owner, by_sentence = self._by_owner.scores(stems) / most, self._by_sentence.scores(stems) / most
        if encode is None:
            shared = np.array([len(words.intersection(stems)) for words in self._words])
            owners = np.flatnonzero((shared >= SHARED) & (by_owner > 0))
            return self._best(owners, by_sentence[self._rows(owners)], by_owner[owners])
        stack = self._encoded(np.argsort(-by_owner, kind="stable"), encode)
        rows, starts = self._rows(stack.owners), self._offsets(stack.owners)
        asked = encode([part for part in parts if _stems(part)][:PARTS])
        nearest = (stack.vectors @ asked.T).max(axis=1)
        total = asked.sum(axis=0)  # its direction is about that of the whole text, which need not be encoded too
        whole = np.where(self._against[rows], 0.0, stack.vectors @ (total / np.linalg.norm(total)))
        said = np.maximum.reduceat(np.where(self._against[rows], -1.0, nearest), starts)
        # The cosine of all that an owner says is that of the sum of its vectors.
        likeness = (said + np.add.reduceat(whole, starts) / stack.lengths) / 2 + WORDS * by_owner[stack.owners]
        alike = likeness >= FLOOR
        near = (nearest + WORDS * by_sentence[rows])[np.repeat(alike, self._sizes[stack.owners])]
        return self._best(stack.owners[alike], near, likeness[alike])

    def _best(self, owners: Ints, near: Floats, likeness: Floats) -> list[Likeness]:
        """Return these owners, best first, without those whose nearest sentence speaks against them.

        ``near`` says how near each of their sentences is, one owner's after the other's.
        """
        found, starts = [], self._offsets(owners)
        for at in np.argsort(-likeness, kind="stable"):
            first = int(self._starts[owners[at]])
            own = near[starts[at] : starts[at] + self._sizes[owners[at]]]
            sentence = first + int(own.argmax())
            if not self._against[sentence]:
                found.append(Likeness(int(owners[at]), sentence, float(likeness[at])))
        return found

    def _rows(self, owners: Ints) -> Ints:
        """Return the positions of the sentences of these owners."""
        return np.repeat(self._starts[owners] - self._offsets(owners), self._sizes[owners]) + np.arange(
            self._sizes[owners].sum()
        )

    def _offsets(self, owners: Ints) -> Ints:
        """Return where each of these owners' sentences start among ``_rows(owners)``."""
        return np.cumsum(self._sizes[owners]) - self._sizes[owners]

    def _encoded(self, order: Ints, encode: Encode) -> "_Stack":
        """Encode sentences of the first owners of ``order`` that have no vectors yet; return all vectors."""
        with self._lock:
            if self._stack.vectors.shape[0] > MOST - FRESH:
                self._vectors.clear()
            missing = [self._texts[owner] for owner in order.tolist() if self._texts[owner] not in self._vectors]
            before = np.cumsum([0, *map(len, missing)])
            fresh = missing[: max(1, int(np.searchsorted(before, FRESH, side="right")) - 1)]
            if fresh:
                vectors = encode([text for texts in fresh for text in texts])
                self._vectors.update(zip(fresh, np.split(vectors, before[1 : len(fresh)]), strict=True))
                self._stack = self._stacked()
            return self._stack

    def _stacked(self) -> "_Stack":
        owners = [owner for owner, texts in enumerate(self._texts) if texts in self._vectors]
        vectors = [self._vectors[self._texts[owner]] for owner in owners]
        sums = [
            rows[~self._against[slice(*self._starts[owner : owner + 2])]].sum(axis=0)
            for owner, rows in zip(owners, vectors, strict=True)
        ]
        lengths = np.array([max(float(np.linalg.norm(each)), 1e-6) for each in sums])
        return _Stack(
            np.array(owners, dtype=np.int64),
            np.concatenate(vectors) if owners else np.zeros((0, 0), dtype=np.float32),
            lengths,
        )

    def _rarity(self, stem: str) -> float:
        held = self._holders[stem]
        return float(np.log1p((len(self._words) - held + 0.5) / (held + 0.5)))


class _Stack(NamedTuple):
    """The owners whose sentences are encoded, the vectors of these, and the length of the sum of each owner's."""

    owners: Ints
    vectors: Vectors
    lengths: Floats


class _Bm25:
    """BM25 over documents of stems, any of which may be empty, or all."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._size = len(documents)
        self._index = bm25s.BM25() if any(documents) else None
        if self._index is not None:
            self._index.index(documents, show_progress=False)

    def scores(self, stems: Sequence[str]) -> Floats:
        """Return a score for each document, 0 where it has none of the stems."""
        if self._index is None:
            return np.zeros(self._size)
        return np.asarray(self._index.get_scores(list(stems)), dtype=np.float64)


@lru_cache(MOST)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(informative(tokens(text)))
