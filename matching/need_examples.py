"""Examples of needs: phrases of leads that people corrected, and how far they decide what other leads ask for.

A clause like the phrase of an example asks for what people said that phrase asks for, or does not ask for it. Each
person has one vote for a capability; where they disagree as often as they agree, nothing is decided.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from matching.clauses import Clause, clauses
from matching.inputs import Bools, Ints, Vectors
from matching.need_probability import ENCODED, Encode, weighed_evidence
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import STOP, clean_text, informative, tokens

PHRASE, PUNCTUATION = 120, " .,;:!?"  # characters of a phrase, and those that it neither starts nor ends with
# The least likeness, a cosine or the part of words shared, to one person's phrase that counts, and to several people's.
# Of the clauses of 108 leads about other things, the nearest to any of ten phrases has 0.59.
ALIKE, ALIKE_TO_MANY = 0.7, 0.62
PLAUSIBLE = 0.2  # the least cosine of a phrase and one of several needs, of which it has no word
_ASIDE = frozenset({"refused", "refused+", "covered", "subject", "asker", "does"})


@dataclass(frozen=True)
class NeedExamples:
    """``phrases[i]`` asks for the node ``nodes[i]``, or does not, as the person ``people[i]`` said."""

    phrases: tuple[str, ...]
    nodes: Ints
    asks: Bools
    people: Ints
    vectors: Vectors  # (examples, d), rows of 0 where they are not known

    def votes(self, texts: Sequence[str], lexicon: TaxonomyIndex, encode: Encode | None) -> dict[tuple[int, int], int]:
        """Return the people for less those against each (text, node) on which examples decide, never 0."""
        if not self.phrases or not texts:
            return {}
        words = [_stems(phrase) for phrase in self.phrases]
        likeness = np.array([[_shared(_stems(text), each, lexicon) for each in words] for text in texts])
        if encode is not None and self.vectors.size:
            read = int(np.searchsorted(np.cumsum([len(text) for text in texts]), ENCODED, side="right"))
            likeness[:read] = np.maximum(likeness[:read], encode(list(texts[:read])) @ self.vectors.T)
        said: defaultdict[tuple[int, int], dict[int, bool]] = defaultdict(dict)
        nearest: defaultdict[tuple[int, int], float] = defaultdict(float)
        for text, example in zip(*np.nonzero(likeness >= ALIKE_TO_MANY), strict=True):
            key = int(text), int(self.nodes[example])
            said[key].setdefault(int(self.people[example]), bool(self.asks[example]))  # the first is the latest
            nearest[key] = max(nearest[key], float(likeness[text, example]))
        votes = {key: sum(1 if asks else -1 for asks in people.values()) for key, people in said.items()}
        return {key: vote for key, vote in votes.items() if abs(vote) > 1 or (vote and nearest[key] >= ALIKE)}


def corrected_phrase(
    text: str, node: int, lexicon: TaxonomyIndex, *, encode: Encode | None, beside: Collection[int], is_need: bool
) -> str:
    """Return the words of ``text`` that ask for ``node``, or that seemed to; "" where no clause is plausible.

    ``beside`` are the other needs of the text: a clause that speaks more for one of them says nothing of ``node``.
    """
    text = clean_text(text)
    parts = [
        part
        for part in clauses(text)
        if _stems(text[part.start : part.end]) and (not is_need or "want" in part.cues or not part.cues & _ASIDE)
    ]
    texts, column = [text[part.start : part.end] for part in parts], np.flatnonzero(lexicon.guessed == node)
    if not parts or not len(column):  # a whole category, or a node of another scheme, is known by its names alone
        named = (part for part in texts if any(one.node == node for one in lexicon.mentions(part, 0, len(part))))
        return next(named, "")[:PHRASE].strip(PUNCTUATION)
    scored = [lexicon.scores(part) for part in texts]
    lexical = np.log1p(np.array([scores[lexicon.guessed] for scores, _words in scored]))
    kinds, cosines = [lexical, lexicon.coverage.scores([words for _, words in scored])], np.zeros_like(lexical)
    if encode is not None and lexicon.embedded.any():
        vectors = encode(texts)
        cosines = lexicon.likeness(vectors)[:, lexicon.guessed]
        kinds += [cosines, lexicon.discriminant_likeness(vectors)]
    evidence = weighed_evidence(*kinds)
    own, others = evidence[:, column[0]], evidence[:, np.isin(lexicon.guessed, list(beside))]
    is_plausible = np.ones(len(parts), dtype=np.bool_)
    if is_need and others.shape[1]:
        is_plausible = (lexical[:, column[0]] > 0) | (cosines[:, column[0]] >= PLAUSIBLE)
        is_plausible &= own >= others.max(axis=1)
    odds = np.where(is_plausible, own - np.log(np.exp(evidence - evidence.max()).sum(axis=1)), -np.inf)
    best = int(odds.argmax())
    return texts[best][:PHRASE].strip(PUNCTUATION) if is_plausible[best] else ""


def taught_nodes(votes: Mapping[tuple[int, int], int], parts: Sequence[Clause]) -> dict[int, int]:
    """Return the nodes that examples say a text asks for, each with its clause, unless it is refused or covered."""
    return {
        node: clause
        for (clause, node), vote in votes.items()
        if vote > 0 and not parts[clause].cues & {"refused", "refused+", "covered"}
    }


@lru_cache(4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem for stem in informative(tokens(clean_text(text))) if stem not in STOP)


def _shared(one: frozenset[str], phrase: frozenset[str], lexicon: TaxonomyIndex) -> float:
    """Return the part of the words of ``phrase`` that the other has, where words of few capabilities count most."""
    both = one & phrase
    if len(both) < min(len(phrase), 2):
        return 0.0
    return sum(map(lexicon.rarity, both)) / sum(map(lexicon.rarity, phrase))
