"""The words of a taxonomy, indexed once: whole phrases, words with typing errors, and BM25 (Robertson & Zaragoza 2009).

Nodes of the preferred scheme come first; those of other schemes speak only where it has no word.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import bm25s
import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.inputs import Bools, Floats, Taxonomy, Vectors
from matching.text_normalization import SKIPPED, STOP, Token, clean_text, fold, informative, singular, stem, tokens

PREFERRED = "goodword"
PHRASE_LONGEST, PHRASE_LETTERS = 8, 80  # words and letters; longer names are searched by BM25 only
TYPED_SHORTEST, MEANT_SHORTEST = 5, 6  # letters of a word that may hold a typing error, and of the word meant
BREAK = re.compile(r'[,:"]|\s\(|\)\s')  # no phrase goes on across these

Key = tuple[str, ...]


@dataclass(frozen=True)
class NodeMention:
    """``text[start:end]`` says node ``node``; ``words`` counts its telling words, ``score`` is 0-1."""

    node: int
    start: int
    end: int
    words: int
    score: float


class TaxonomyIndex:
    """An index of ``taxonomy``. Its arrays are never changed; make a new one for a new taxonomy."""

    def __init__(self, taxonomy: Taxonomy, preferred: str = PREFERRED, *, heard: Collection[str] | None = None) -> None:
        """``heard`` are the other schemes whose words count at all; None: every one."""
        self.taxonomy = taxonomy
        size = len(taxonomy.names)
        own = np.fromiter((scheme == preferred for scheme in taxonomy.schemes), dtype=np.bool_, count=size)
        self.own: Bools = own if own.any() else np.ones(size, dtype=np.bool_)
        others = np.fromiter((heard is None or scheme in heard for scheme in taxonomy.schemes), np.bool_, count=size)
        self._is_heard: Bools = self.own | others
        is_parent = np.zeros(size, dtype=np.bool_)
        is_parent[taxonomy.parents[taxonomy.parents >= 0]] = True
        self.is_leaf: Bools = ~is_parent
        # A whole category is too wide a guess; it counts only where the text names it.
        self.guessable: Bools = self.own & ((taxonomy.parents >= 0) | self.is_leaf)
        self.embedded: Bools = self.guessable & taxonomy.vectors.any(axis=1)
        self._phrases: tuple[dict[Key, int], dict[Key, int]] = ({}, {})
        self._singles: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._roots: dict[str, int] = {}
        for node in sorted(range(size), key=self._depth, reverse=True):
            self._index(node, taxonomy.names[node])
        for node in range(size):
            for synonym in taxonomy.synonyms[node]:
                self._index(node, synonym)
        self._known = {word for keys in self._phrases for key in keys for word in key} | STOP
        self._known |= {form for forms in self._singles for form in forms}
        meant = {word for key in self._phrases[0] for word in key} | self._singles[0].keys()
        self._meant = sorted(word for word in meant if len(word) >= MEANT_SHORTEST and word.isalpha())
        self._documents = [self._document(node) if self.own[node] else [] for node in range(size)]
        self._bm25 = bm25s.BM25() if any(self._documents) else None
        if self._bm25 is not None:
            self._bm25.index(self._documents, show_progress=False)

    def mentions(self, text: str, start: int, end: int) -> list[NodeMention]:
        """What ``text[start:end]``, of a clean text, names: longest phrases first, of equals the later one.

        English puts the head last: "office space planning" is planning, not office space.
        """
        words = [word for word in tokens(text[start:end]) if word.form not in SKIPPED]
        for own in (0, 1):
            found = self._found(own, text[start:end], words)
            if found:
                return [NodeMention(m.node, m.start + start, m.end + start, m.words, m.score) for m in found]
        return []

    def scores(self, text: str) -> tuple[Floats, list[Token]]:
        """BM25 of every node for a clean text, zeros where nothing matches, and the telling words of the text."""
        words = [word for word in tokens(text) if informative([word])]
        stems = list(dict.fromkeys(word.stem for word in words))
        if self._bm25 is None or not stems:
            return np.zeros(len(self.taxonomy.names)), words
        return np.asarray(self._bm25.get_scores(stems), dtype=np.float64), words

    def spoken(self, node: int, words: Iterable[Token]) -> list[Token]:
        """Those of ``words`` that the node's own text has, each stem once."""
        has = set(self._documents[node])
        return list({word.stem: word for word in words if word.stem in has}.values())

    def likeness(self, vectors: Vectors) -> Floats:
        """Cosines (rows, nodes) of texts to each node: to what it means, or to how people ask for it."""
        taxonomy = self.taxonomy
        cosines = vectors @ taxonomy.vectors.T
        if len(taxonomy.ask_nodes):
            asked, first = np.unique(taxonomy.ask_nodes, return_index=True)
            nearest = np.maximum.reduceat(vectors @ taxonomy.ask_vectors.T, first, axis=1)
            cosines[:, asked] = np.maximum(cosines[:, asked], nearest)
        return np.asarray(cosines, dtype=np.float64)

    def root(self, node: int) -> int:
        """The category that a node is in; its own where it is one."""
        return [node, *self.lineage(node)][-1]

    def lineage(self, node: int) -> list[int]:
        """The ancestors of a node, nearest first."""
        found: list[int] = []
        parent = int(self.taxonomy.parents[node])
        while parent >= 0 and parent not in found:
            found.append(parent)
            parent = int(self.taxonomy.parents[parent])
        return found

    def _depth(self, node: int) -> int:
        return len(self.lineage(node))

    def _index(self, node: int, phrase: str) -> None:
        """Keep a phrase for ``node``, unless a name or an earlier synonym took it."""
        if len(phrase) > PHRASE_LETTERS or not self._is_heard[node]:
            return
        words = [word for word in tokens(clean_text(phrase)) if word.form not in SKIPPED]
        own = 0 if self.own[node] else 1
        if not informative(words) or len(words) > PHRASE_LONGEST:
            return
        if len(words) > 1:
            self._phrases[own].setdefault(tuple(word.stem for word in words), node)
        elif own == 0 or len(words[0].form) >= TYPED_SHORTEST:
            self._singles[own].setdefault(words[0].form, node)
            if own == 0 and not words[0].form.endswith("ing"):
                self._roots.setdefault(words[0].stem, node)

    def _document(self, node: int) -> list[str]:
        parent = self.taxonomy.parents[node]
        above = [] if parent < 0 else [self.taxonomy.names[parent]]
        asks = self.taxonomy.asks[node] if self.taxonomy.asks else ()
        told = [self.taxonomy.names[node], *self.taxonomy.synonyms[node], *above, *asks]
        return informative(tokens(clean_text("\n".join(told))))

    def _found(self, own: int, text: str, words: Sequence[Token]) -> list[NodeMention]:
        spelled = [
            self._spelled(word, fold(text[word.start : word.end])) if own == 0 else (word, 1.0) for word in words
        ]
        apart = [bool(BREAK.search(text, a.end, b.start)) for a, b in pairwise(words)]
        found: list[tuple[int, int, int]] = []
        for first in range(len(words)):
            for after in range(first + 1, min(first + PHRASE_LONGEST, len(words)) + 1):
                if after - first > 1 and apart[after - 2]:
                    break
                node = self._node(own, [word for word, _ in spelled[first:after]])
                if node is not None:
                    found.append((first, after, node))
        taken: set[int] = set()
        kept = []
        for first, after, node in sorted(found, key=lambda span: (span[0] - span[1], -span[1])):
            if taken.isdisjoint(range(first, after)):
                taken.update(range(first, after))
                sure = min(score for _, score in spelled[first:after])
                kept.append(NodeMention(node, words[first].start, words[after - 1].end, after - first, sure))
        return sorted(kept, key=lambda mention: mention.start)

    def _node(self, own: int, words: Sequence[Token]) -> int | None:
        if len(words) > 1:
            return self._phrases[own].get(tuple(word.stem for word in words))
        word = words[0]
        node = self._singles[own].get(word.form)
        if node is None and own == 0 and word.form.endswith("ing"):  # "rebranding" is to rebrand; "floor" no flooring
            node = self._roots.get(word.stem)
        return node

    def _spelled(self, word: Token, typed: str) -> tuple[Token, float]:
        """The word as it was meant, and how sure that is, 0-1."""
        if len(typed) < TYPED_SHORTEST or not typed.isalpha() or self._known & {typed, word.form, word.stem}:
            return word, 1.0
        like = [meant for meant in self._meant if meant[0] == typed[0]]
        for meant, _errors, _at in process.extract(typed, like, scorer=OSA.distance, score_cutoff=1, limit=None):
            # A letter missing, doubled or swapped is a slip; another letter in its place makes "reactor" a realtor.
            if len(meant) != len(typed) or sorted(meant) == sorted(typed):
                return Token(word.start, word.end, singular(meant), stem(meant)), 1 - 1 / len(typed)
        return word, 1.0
