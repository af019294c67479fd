"""Ranking of firms by their own sentences: words (BM25 over all that a firm says) together with meaning (cosines).

A firm's likeness to a text is the mean of two cosines, of its nearest sentence and of all it says, plus the part of the
text's words that it has, where rare words count most. A sentence of what it does not do speaks against it. One of whom
it serves is no evidence that it does their work: there only words outside of its customers' names count.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matching.half_precision import as_single
from matching.inputs import Bools, Floats, HalfVectors, Ints, Vectors
from matching.lead_passages import Passages
from matching.served_customers import without_customers
from matching.text_normalization import clean_text, sentences, stems

WORDS = 0.4  # what having all words of the text adds to the cosines
# The least likeness that is worth showing. Measured on 15 firms' pages: 11 of 12 leads pass, 4 of 8 that nobody serves.
FLOOR = 0.30
SHARED = 2  # without vectors: the least words of the text that a firm has
FIRST = 200  # firms whose sentences are compared one by one: those with most of the words, and most alike as a whole
SERVES = 0.42  # the least likeness of a firm that a sentence alone puts forward for a need,
DEED, MEANT = 0.10, 0.30  # the least part of the need's words in that sentence, and the least cosine
AGAINST = 0.40  # the least cosine of a sentence that speaks against a firm
LONGEST = 10_000  # characters of a text that are read
K1, B = 1.5, 0.75  # of BM25
PARTS = 8  # sentences of the text that are compared by meaning
# A line break within a sentence, as in mails and cells whose lines were cut at a width; lines of a list are shorter.
_WRAPPED = re.compile(r"(?<=[^\n]{40})(?<![.!?:;])[^\S\n]*\n(?=[^\W\d_A-Z])")
REFUSES = re.compile(
    r"\b(?:we|i) (?:also )?(?:(?:do|can|will|would) ?(?:not|n't)|cannot|can't|won't|never|no longer)\b"
    r"(?! (?:just|only|stop))"
    r"|\bdo(?: not|n't) (?:ask|call|send|bring) us\b|\b(?:not|isn't|aren't) (?:our|for us|what we|something we)\b"
    r"|\b(?:we|i) (?:stay|keep|steer) (?:away|clear|out) |\b(?:we|i) (?:leave|refer) .{0,60}\bto others\b"
    r"|\bbetter served elsewhere\b|\b(?:are|is) the wrong (?:partner|firm|people|place)\b",
    re.IGNORECASE,
)
# The customers of "We make sites for law firms" and of "Plumbers come to us because the phone is quiet".
_SERVED = re.compile(
    r"^.*\b(?:come|came|turn|go|trust|call|hire|use|ask|choose|rely on|need) (?:to )?us\b"
    r"|^.*\b(?:are|is) (?:our|my) favou?rites?\b"
    r"|(?<!\bus )(?<!known )(?<!\bcare )(?<!\bcaring )(?<!look )(?<!looking )\bfor\b.*$"
    r"|\b(?:work|works|working|worked)(?: \w+)? (?:with|in|among)\b.*$"
    r"|\b(?:our|my|the) (?:best |usual |typical |main )?(?:clients?|customers?|guests|patients|readers)\b.*$"
    r"|\b(?:we|i) (?:also |mostly |mainly )?serve\b.*$",
    re.IGNORECASE | re.DOTALL,
)
# What "Law firms that want a new website" need.
_WANTED = re.compile(
    r"\b(?:who|that|which|whose|wants?|wanting|needs?|needing|looking for|about to|in need of)\b(.*)$",
    re.IGNORECASE | re.DOTALL,
)

_OURSELVES = re.compile(r"\b(?:we|i|our|my|us)\b", re.IGNORECASE)
_UNASKED = frozenset(  # who asks, and how many
    re.findall(
        r"\w+",
        "client customer two three four five six seven eight nine ten twenty thirty forty fifty hundred thousand",
    )
)

Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Sentence:
    """A sentence that ``owner`` (an index from 0) wrote; ``is_against``: it says what they do not do.

    ``about`` says whom it describes: the owner, customers and what they want, or only whom the owner serves.
    """

    owner: int
    text: str
    is_against: bool = False
    about: Literal["owner", "wish", "served"] = "owner"

    @property
    def deed(self) -> str:
        """The part of the text that says what its writer does, or what their customers want done; it may be empty.

        >>> Sentence(0, "We make websites for law firms").deed
        'We make websites '
        >>> Sentence(0, "Law firms that want a website", about="wish").deed
        ' want a website'
        """
        if self.about == "owner":
            return self.own_words
        wanted = _WANTED.search(self.text) if self.about == "wish" else None
        return wanted[1] if wanted else ""

    @property
    def own_words(self) -> str:
        """The text without whom it names as customers; what is not about its writer begins with them."""
        return without_customers(("" if self.about == "owner" else "for ") + _SERVED.sub("", self.text))


@dataclass(frozen=True)
class Likeness:
    """How like a text an owner's sentences are, from 0 to about 1.4, and the position of the nearest of them.

    ``is_about_owner``: the nearest is not like it by whom the owner serves, or looks for.
    """

    owner: int
    sentence: int
    score: float
    is_about_owner: bool


class Matches(NamedTuple):
    """What the owners' sentences say about one need; o owners. Sentences are positions, -1 for none."""

    likeness: Floats  # (o,) from 0 to about 1.4
    nearest: Ints  # (o,) the sentence nearest to the lead; -1 where likeness is below FLOOR
    deed: Ints  # (o,) the nearest sentence that says they do it
    against: Ints  # (o,) the sentence that says they do not do it


@lru_cache(50_000)  # most texts stay as they are when a network changes
def split_sentences(text: str) -> tuple[tuple[str, bool], ...]:
    """Return the sentences of a text that have an informative word, and whether each says what its writer does not do.

    >>> split_sentences("We bend neon. We don't print cards! Really.")
    (('We bend neon.', False), ("We don't print cards!", True))
    """
    clean = _WRAPPED.sub(" ", clean_text(text, LONGEST))
    parts = [clean[start:end].strip() for start, end in sentences(clean)]
    return tuple((part, bool(REFUSES.search(part.replace("’", "'")))) for part in parts if stems(part))


class SentenceIndex:
    """The sentences of all owners, indexed by words and by meaning."""

    def __init__(self, said: Sequence[Sentence], vectors: HalfVectors) -> None:
        """Index ``said``, in the order of its owners, each of whom has a sentence.

        ``vectors`` (sentences, d) are of unit length; rows of zeros are not embedded yet. Owners with such a row are
        compared by words alone.
        """
        self.said, self._vectors = tuple(said), vectors
        self._last: tuple[tuple[Passages, bool], Matches] | None = None
        owner = np.array([each.owner for each in said], dtype=np.int64)
        owners = int(owner.max(initial=-1)) + 1
        self._sizes: Ints = np.bincount(owner, minlength=owners)
        self._starts: Ints = np.cumsum([0, *self._sizes])  # where each owner's sentences start, and the last one's end
        self._against: Bools = np.array([each.is_against for each in said], dtype=np.bool_)
        self._terms: dict[str, int] = {}
        words = [[self._terms.setdefault(stem, len(self._terms)) for stem in stems(each.text)] for each in said]
        starts = np.cumsum([0, *map(len, words)])
        terms = np.fromiter(chain.from_iterable(words), dtype=np.int64, count=starts[-1])
        by_sentence = csr_array((np.ones(len(terms)), terms, starts), shape=(len(said), len(self._terms)))
        by_sentence.sum_duplicates()
        speaks = csr_array((~self._against * 1.0, np.arange(len(said)), self._starts), shape=(owners, len(said)))
        by_owner = speaks @ by_sentence
        by_owner.eliminate_zeros()
        self._by_owner, self._by_sentence = _Bm25(by_owner), _Bm25(by_sentence)
        self._refusals = vectors[self._against].astype(np.float32)
        self._embedded: Bools = np.zeros(owners, dtype=np.bool_)
        self._sums = np.zeros((owners, vectors.shape[1]), dtype=np.float32)  # of each owner's sentences, unit length
        if owners and vectors.shape[1]:
            self._embedded = np.logical_and.reduceat(vectors.any(axis=1), self._starts[:-1])
            for start in range(0, owners, FIRST):
                rows = slice(*self._starts[[start, min(start + FIRST, owners)]])
                block = np.where(self._against[rows, None], 0, vectors[rows]).astype(np.float32)
                self._sums[start : start + FIRST] = np.add.reduceat(block, self._starts[start:-1][:FIRST] - rows.start)
            self._sums /= np.maximum(np.linalg.norm(self._sums, axis=1, keepdims=True), 1e-6)

    def rank(self, passages: Passages, encode: Encode | None) -> list[Likeness]:
        """Return the owners whose sentences are like the passages, the most alike first; empty where none is.
        ``encode`` embeds the passages, as the sentences are embedded. Without it, words alone decide.
        """
        like, asked = self.match(passages, encode), _asked(passages)
        order = np.argsort(-like.likeness, kind="stable")
        return [
            Likeness(owner, nearest, float(like.likeness[owner]), self._is_about_owner(nearest, asked))
            for owner, nearest in zip(order.tolist(), like.nearest[order].tolist(), strict=True)
            if nearest >= 0 and like.against[owner] < 0
        ]

    def match(self, passages: Passages, encode: Encode | None) -> Matches:
        """Return what each owner's sentences say about the need that the passages are about.

        The last answer is kept: the firms that write about a lead of one need are asked about it a second time.
        """
        asked, last = (passages, encode is None), self._last
        if last is None or last[0] != asked:
            last = self._last = asked, self._match(passages, encode)
        return last[1]

    def _match(self, passages: Passages, encode: Encode | None) -> Matches:
        owners, parts, asked = len(self._sizes), _parts(passages), _asked(passages)
        matches = Matches(np.zeros(owners), *(np.full(owners, -1) for _ in range(3)))
        terms = [self._terms[stem] for stem in asked if stem in self._terms]
        rarest = float(np.log1p((owners + 0.5) / 0.5))  # of a word that nobody has
        rarity = {
            stem: float(self._by_owner.rarity[self._terms[stem]]) if stem in self._terms else rarest for stem in asked
        }
        most = sum(rarity.values())
        if not owners or not asked:
            return matches
        by_owner, by_sentence = self._by_owner.scores(terms) / most, self._by_sentence.scores(terms) / most
        is_embedded = self._embedded if encode else np.zeros(owners, dtype=np.bool_)
        if not is_embedded.all():
            shared, share = np.zeros(owners, dtype=np.int64), np.zeros(owners)
            for term in terms:
                shared[self._by_owner.holders(term)] += 1
                share[self._by_owner.holders(term)] += self._by_owner.rarity[term] / most
            by_words = np.flatnonzero(~is_embedded & (shared >= SHARED))
            self._take(matches, rarity, by_words, share[by_words], by_sentence, None, None)
        if encode and is_embedded.any():
            vectors = encode(parts)
            total = vectors.sum(axis=0)  # its direction is about that of the whole text
            whole = self._sums @ (total / np.linalg.norm(total))
            close = np.flatnonzero(is_embedded)
            close = np.sort(close[np.argsort(-(whole + 2 * WORDS * by_owner)[close], kind="stable")[:FIRST]])
            near = np.flatnonzero(self._against)[(self._refusals @ vectors.T).max(axis=1) >= AGAINST]
            close = np.union1d(close, np.searchsorted(self._starts, near, side="right") - 1)
            close = close[is_embedded[close]]
            cosines = as_single(self._vectors[self._rows(close)]) @ vectors.T
            nearest = cosines.max(axis=1)
            said = np.maximum.reduceat(np.where(self._against[self._rows(close)], -1.0, nearest), self._offsets(close))
            likeness = (said + whole[close]) / 2 + WORDS * by_owner[close]
            own = [row for row, part in enumerate(parts) if part in passages.own]
            self._take(matches, rarity, close, likeness, by_sentence, nearest, cosines[:, own].max(axis=1, initial=0))
        return matches

    def _take(
        self,
        matches: Matches,
        rarity: Mapping[str, float],
        owners: Ints,
        likeness: Floats,
        by_sentence: Floats,
        cosines: Floats | None,
        own: Floats | None,
    ) -> None:
        """Write down what these owners say; ``cosines`` and ``own`` are of each of their sentences."""
        rows, starts = self._rows(owners), self._offsets(owners)
        words = by_sentence[rows]
        near = words if cosines is None else cosines + WORDS * words
        deeds = np.where(self._against[rows] | (0 if own is None else own < MEANT), -1.0, near)
        is_close = self._against[rows] & (near > 0 if cosines is None else cosines >= AGAINST)
        matches.likeness[owners] = np.maximum(likeness, 0.0)
        for at, owner in enumerate(owners.tolist()):
            its = slice(starts[at], starts[at] + self._sizes[owner])
            first = int(rows[starts[at]])
            best = int(near[its].argmax())
            if is_close[its][best]:
                matches.against[owner] = first + best
            elif self._against[first + best]:
                best = int(np.where(self._against[rows[its]], -1.0, near[its]).argmax())
            if likeness[at] >= FLOOR or cosines is None:
                matches.nearest[owner] = first + best
            if likeness[at] >= SERVES:
                nearest = (first + int(row) for row in np.argsort(-deeds[its], kind="stable") if deeds[its][row] > 0)
                matches.deed[owner] = next((row for row in nearest if self._does(row, rarity)), -1)

    def _does(self, row: int, rarity: Mapping[str, float]) -> bool:
        """Whether the sentence has enough of the asked words where it says what its owner does."""
        has = sum(rarity.get(stem, 0.0) for stem in {*stems(self.said[row].deed)})
        return has >= DEED * sum(rarity.values())

    def _is_about_owner(self, row: int, asked: Sequence[str]) -> bool:
        """Whether half of the sentence's asked words, or all of it where it has none, are not about whom it serves."""
        said, words = self.said[row], {*asked}
        own = said.own_words if said.about == "owner" or _OURSELVES.search(said.text) else said.deed
        shared = words & {*stems(said.text)}
        return 2 * len(shared & {*stems(own)}) >= len(shared) if shared else said.about == "owner"

    def _rows(self, owners: Ints) -> Ints:
        """Return the positions of the sentences of these owners."""
        return np.repeat(self._starts[owners] - self._offsets(owners), self._sizes[owners]) + np.arange(
            self._sizes[owners].sum()
        )

    def _offsets(self, owners: Ints) -> Ints:
        """Return where each of these owners' sentences start among ``_rows(owners)``."""
        return np.cumsum(self._sizes[owners]) - self._sizes[owners]


def _parts(passages: Passages) -> list[str]:
    return [part for part in passages.all if stems(part)][:PARTS]


def _asked(passages: Passages) -> list[str]:
    """Return the stems of the passages, each once, without those of who asks and of how many."""
    words = dict.fromkeys(stem for part in _parts(passages) for stem in stems(part))
    return [stem for stem in words if stem not in _UNASKED and not stem.isdigit()]


class _Bm25:
    """BM25 as of Lucene over documents, given as their counts of terms; bm25s takes seven times longer to index."""

    def __init__(self, counts: csr_array) -> None:
        """``counts`` are (documents, terms) > 0; a document may have none."""
        length = counts.sum(axis=1)
        columns = counts.tocsc()
        self._size, self._starts, self._documents = counts.shape[0], columns.indptr, columns.indices
        norm = K1 * (1 - B + B * length / max(float(length.mean()), 1.0)) if self._size else length
        held = np.diff(self._starts)
        self.rarity: Floats = np.log1p((self._size - held + 0.5) / (held + 0.5))
        self._scores = np.repeat(self.rarity, held) * columns.data / (columns.data + norm[self._documents])

    def holders(self, term: int) -> Ints:
        """Return the documents that have the term."""
        return np.asarray(self._documents[slice(*self._starts[term : term + 2])], dtype=np.int64)

    def scores(self, terms: Sequence[int]) -> Floats:
        """Return a score for each document, 0 where it has none of the terms."""
        total = np.zeros(self._size)
        for term in terms:
            total[self.holders(term)] += self._scores[slice(*self._starts[term : term + 2])]
        return total
