"""Extraction of the capabilities that a firm says it has from its own text.

The evidence is that of ``need_probability``, but a firm does what a lead asks for: each clause counts as a want, except
what the firm says of its customers and what it does not do.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from matching.clauses import Clause, clauses
from matching.need_model_weights import BY_MEANING, BY_WORDS
from matching.need_probability import Candidate, Encode, candidates, logits
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text, sentences

MOST = 12  # capabilities of a text
LIKELY = 0.15  # the least probability of a capability that is offered
# What is added to the log-odds of a need, and what the share of its category in all that the text may say adds: a
# firm's trades are of one or two categories. Fitted on 62 firms of the demo network and 16 firms' own pages.
BIAS, CATEGORY = -1.2, 3.3
_FIRMS = r"(?:[\w'-]+\s+){0,2}?(?:firms|practices|companies|agencies|businesses|clinics)"
_PEOPLE = rf"(?:{_FIRMS}|(?:[\w'-]+\s+)?[\w'-]*(?:ers|ors|ists|ians|ants))"
_SEVERAL = rf"{_PEOPLE}(?:(?:,|,?\s+(?:and|or))\s+{_PEOPLE})*"
_SERVES = (  # verbs whose object is a customer
    r"(?:help|coach|support|staff|recruit|teach|train|counsel|defend|equip|fund|represent|insur|advis|financ|serv)"
    r"(?:e?s|ing|e)?"
)
_OF_CUSTOMERS = re.compile(
    r"\b(?:(?:our|my|most|\w+\s+of\s+our)\s+)?"
    r"(?:(?:client|customer|guest|patient|reader)s(?:\s*:|\s+(?:are|include|in|range)\b)"
    r"|(?:we|i)\s+(?:serve|represent)\b)[^.!?\n]*"
    rf"|\b(?:for|serving)\s+{_SEVERAL}\s*(?=[.;!?\n]|$)"
    rf"|\b(?:of|by)\s+{_FIRMS}\b|(?<!-)\b(?:{_SERVES})\s+{_SEVERAL}\b"
    rf"|\b{_SEVERAL}(?=\s+(?:trust|love|choose|call|hire|rely\s+on|come\s+to)\b)"
    r"|(?<!known )(?<!care )(?<!caring )(?<!responsible )\b(?:for|serving)\b[^,;:.!?()\n]*",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:(?:do|does|can|will|would|are|is) ?(?:not|n't)|cannot|can't|won't|never|no longer)\b(?! (?:just|only|stop))"
    r"|\b(?:do|does|have|offer|take|sell) no\b"
    r"|^(?:(?:and|but|so) )*(?:no|not|nor)\b(?! (?:just|only)\b)|\bleave\b.*\bto\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:except|instead of|rather than|other than|without)\b", re.IGNORECASE)
_AGAIN = re.compile(r"^(?:but|just|only|instead|yet)\b|\b(?:we|i)\b", re.IGNORECASE)  # a list of refusals is over


@dataclass(frozen=True)
class SaidCapability:
    """A node that a text says its writer can do, with the probability of that, 0-1, and whether the text names it."""

    capability: int
    score: float
    is_named: bool


def extract_capabilities(
    text: str, lexicon: TaxonomyIndex, *, encode: Encode | None = None
) -> tuple[SaidCapability, ...]:
    """Return up to 12 capabilities that a firm's own ``text`` says it has, the surest first. Never raises.

    ``encode`` is as in ``need_extraction.extract_needs``. Of a network's own words names alone decide.
    """
    text = _OF_CUSTOMERS.sub(lambda match: " " * len(match[0]), clean_text(text).replace("’", "'"))
    if not lexicon.embedded.any():
        encode = None
    parts = _done(text)
    mentions = [mention for start, end in sentences(text) for mention in lexicon.mentions(text, start, end)]
    mentions = [mention for mention in mentions if any(part.start <= mention.start < part.end for part in parts)]
    found = candidates(text, parts, mentions, lexicon, encode=encode)
    if not found:
        return ()
    odds = logits(found, BY_WORDS if encode is None else BY_MEANING)
    chances = 1 / (1 + np.exp(-odds))
    of_category: defaultdict[int, float] = defaultdict(float)
    for candidate, chance in zip(found, chances, strict=True):
        of_category[lexicon.root(candidate.node)] += chance
    said = []
    for candidate, odd, chance in zip(found, odds, chances, strict=True):
        beside = (of_category[lexicon.root(candidate.node)] - chance) / max(chances.sum() - chance, 1e-9)
        score = 1 / (1 + np.exp(-(odd + BIAS + CATEGORY * beside)))
        if not lexicon.is_asked[candidate.node]:
            score = float(candidate.mention is not None)
        said.append((candidate, float(score)))
    return tuple(_chosen(sorted(said, key=lambda pair: -pair[1]), lexicon))


def _done(text: str) -> list[Clause]:
    """Return the clauses of what the writer does, as wants, without what it refuses and the list after that."""
    done, refused = [], -1  # the sentence whose last clause was refused
    for clause in clauses(text):
        said = text[clause.start : clause.end].strip()
        if _REFUSED.search(said) or (refused == clause.sentence and not _AGAIN.search(said)):
            refused = clause.sentence
        else:
            refused = -1
            if not _ASIDE.search(said):
                done.append(replace(clause, cues=frozenset({"want"})))
    return done


def _chosen(said: list[tuple[Candidate, float]], lexicon: TaxonomyIndex) -> list[SaidCapability]:
    """Return the likely ones, surest first; of relatives only the surest, unless the text names the other too."""
    chosen: list[SaidCapability] = []
    for candidate, score in said:
        node, lineage = candidate.node, lexicon.lineage(candidate.node)
        is_near = any(other.capability in lineage or node in lexicon.lineage(other.capability) for other in chosen)
        if score >= LIKELY and (candidate.mention or not is_near):
            chosen.append(SaidCapability(node, score, candidate.mention is not None))
    return chosen[:MOST]
