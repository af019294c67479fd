"""The probability that a text asks for a capability: logistic models of a node in its clause and among its rivals.

Candidates come from words (names, synonyms, BM25), and from a reader that hears each clause within the whole text or,
for firms' own texts, from the meaning of each clause alone. The evidence for a node in a clause is a weighted sum of
words and meaning, read beside that of its sentence. The second model weighs what the first says against what it says of
the other candidates of the clause, the sentence and the text. ``need_model_weights`` holds the weights, which
``benchmarks.need_model`` fits on written examples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.clauses import CUES, Clause
from matching.inputs import Bools, Floats, Vectors
from matching.need_model_weights import AMONG_OTHERS, BY_READING, BY_WORDS
from matching.taxonomy_words import NodeMention, TaxonomyIndex
from matching.text_normalization import informative

Encode = Callable[[list[str]], Vectors]
# Of parts (start, end) of a text: the log-probabilities (parts, columns of ``Taxonomy.heard`` + 1), the last for none.
Hear = Callable[[str, Sequence[tuple[int, int]]], Floats]

CLAUSES, ENCODED = 96, 600  # the most clauses that are read, and the most characters that are read for their meaning
PER_SPAN = 3  # nodes that words, meaning and both together propose for each clause and sentence
# Evidence for a node: of log(1 + BM25), of the phrase it covers best, of the cosine, and of the discriminant cosine; of
# the first two where no model is. Fitted as a conditional logit over all nodes on the clauses that ask for one.
EVIDENCE, EVIDENCE_OF_WORDS = (2.6, 0.36, 6.2, 9.8), (5.5, 0.5)
# The least log(1 + BM25) and least coverage of a node that the text names: a typing error hides its words from both.
NAMED, NAMED_WHOLE = 2.0, 5.0
# How far the evidence of its sentence adds to that of a clause, and to that of a clause that is the whole sentence.
BESIDE, ALONE = 0.8, 0.3
LABEL = 3  # informative words up to which a sentence beside a want is a label, as "Bakery in Douglas." is
# Named features; * marks one that counts only where the sentence has several clauses.
FEATURES = (
    *("always", "phrase", "odds", "odds of relatives", "evidence", "evidence*", "sentence's evidence"),
    *("sentence's evidence*", "coverage", "cosine", "discriminant", "words matched", "is a leaf", "opening", "label"),
    *(*CUES, "refused+", "want+", "subject", "named beside firm", "placed label"),
    *("named", "its own name", "named and refused", "named and covered", "set aside", "short statement"),
)
HEARD = ("heard", "heard in the text", "heard of relatives", "heard nothing", "heard first")  # with a reader alone
AUDIBLE = 0.1  # the least probability of what the reader hears at which it says in which clause
LEAST_HEARD = 1e-4  # probabilities below and above 1 less it are cut off
STATED = 2  # informative words up to which a clause of what the asker is or does names a trade, as "we do roofs" does
LOGITS = (-6.0, 5.0)  # what lies beyond is cut off before it is compared
# Features of a candidate among the others; those of its node's ancestors and descendants are no rivals of it.
AMONG = (
    *("always", "logit", "lead in its clause", "surest beside it in the sentence", "surest beside it in the text"),
    *("clauses", "one clause", "category beside it", "refused or covered"),
    *("share of its clause", "lead of its relatives", "place", "last sentence", "wants beside it"),
)


@dataclass(frozen=True)
class Candidate:
    """A node that clause number ``clause`` may ask for; ``words`` of the clause are those that BM25 matched."""

    node: int
    clause: int
    mention: NodeMention | None
    cosine: float
    words: tuple[tuple[int, int], ...]  # (start, end) in the text
    features: Floats  # (FEATURES + HEARD,)


def candidates(
    text: str,
    clauses: Sequence[Clause],
    mentions: Sequence[NodeMention],
    lexicon: TaxonomyIndex,
    *,
    encode: Encode | None = None,
    hear: Hear | None = None,
) -> list[Candidate]:
    """Return the nodes that a clean text may ask for, each once with its best clause, in no particular order."""
    clauses = clauses[:CLAUSES]
    if not clauses or not len(lexicon.guessed):
        return []
    sentence_of = [clause.sentence for clause in clauses]
    whole = {
        number: (clauses[sentence_of.index(number)].start, clauses[-1 - sentence_of[::-1].index(number)].end)
        for number in dict.fromkeys(sentence_of)
    }
    spans = list(dict.fromkeys([*((clause.start, clause.end) for clause in clauses), *whole.values()]))
    row_of = {span: row for row, span in enumerate(spans)}
    texts = [text[start:end] for start, end in spans]
    scored = [lexicon.scores(part) for part in texts]
    lexical = np.log1p(np.array([scores[lexicon.guessed] for scores, _words in scored]))
    covered = lexicon.coverage.scores([words for _scores, words in scored])
    named = _named(mentions, lexicon)
    for column, phrase in named.items():
        for row, (start, end) in enumerate(spans):
            if start <= phrase.start < end:
                lexical[row, column] = max(lexical[row, column], NAMED * phrase.score)
                covered[row, column] = max(covered[row, column], NAMED_WHOLE * phrase.score)
    cosines, discriminants = _likenesses(texts, lexicon, encode)
    heard, nothing = _heard(text, clauses, lexicon, hear)
    anywhere, kin = 1 - np.prod(1 - heard, axis=0), lexicon.with_relatives(heard)
    evidence = weighed_evidence(lexical, covered, *(() if encode is None else (cosines, discriminants)))
    rows = np.array([row_of[clause.start, clause.end] for clause in clauses])
    wide = np.array([row_of[whole[clause.sentence]] for clause in clauses])
    odds = evidence[rows] + np.where(rows == wide, ALONE, BESIDE)[:, None] * evidence[wide]
    odds = np.exp(odds - odds.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    relatives = np.log(np.clip(lexicon.with_relatives(odds), 1e-4, 1.0))
    proposed = dict.fromkeys(named)
    for table in (evidence, lexical, cosines + discriminants, heard):
        best = np.argsort(-table, axis=1, kind="stable")[:, :PER_SPAN]
        proposed |= dict.fromkeys(int(c) for row, some in enumerate(best) for c in some if table[row, c] > LEAST_HEARD)
    wanted = any("want" in clause.cues for clause in clauses)
    counts = [len(informative(words)) for _scores, words in scored]
    result = []
    for column in proposed:
        node, mention = int(lexicon.guessed[column]), named.get(column)
        inside = [i for i, clause in enumerate(clauses) if mention and clause.start <= mention.start < clause.end]
        surest = heard if anywhere[column] >= AUDIBLE else evidence[rows]
        at = inside[0] if inside else int(surest[:, column].argmax())
        clause, row, sentence = clauses[at], rows[at], wide[at]
        is_many = float(row != sentence)
        words = lexicon.matched_words(node, scored[row][1])
        is_label = wanted and len(whole) > 1 and counts[sentence] <= LABEL and not clause.cues & {"want", "want+"}
        values = {
            "always": 1.0,
            "phrase": mention is not None and mention.words > 1,
            "odds": odds[at, column],
            "odds of relatives": relatives[at, column],
            "evidence": evidence[row, column] / 10,
            "evidence*": is_many * evidence[row, column] / 10,
            "sentence's evidence": evidence[sentence, column] / 10,
            "sentence's evidence*": is_many * evidence[sentence, column] / 10,
            "coverage": covered[row, column] / 10,
            "cosine": cosines[row, column],
            "discriminant": discriminants[row, column],
            "words matched": min(len(words), 3) / 3,
            "is a leaf": lexicon.is_leaf[node],
            "opening": len(whole) > 1 and clause.sentence == sentence_of[0],
            "label": is_label,
            "named beside firm": mention is not None and "firm" in clause.cues,
            "named": mention is not None,
            "its own name": mention is not None
            and text[mention.start : mention.end].casefold() == lexicon.taxonomy.names[node].casefold(),
            "named and refused": mention is not None and bool(clause.cues & {"refused", "refused+", "left"}),
            "named and covered": mention is not None and "covered" in clause.cues,
            "set aside": wanted
            and bool(clause.cues & {"refused", "refused+", "covered"})
            and "want" not in clause.cues,
            "short statement": len(clauses) > 1
            and bool(clause.cues & {"does", "asker"})
            and not clause.cues & {"want", "want+"}
            and counts[row] <= STATED,
            "placed label": "placed" in clause.cues and counts[row] < LABEL and "want" not in clause.cues,
            "heard": _log_odds(heard[at, column]),
            "heard in the text": _log_odds(anywhere[column]),
            "heard of relatives": _log_odds(kin[at, column]),
            "heard nothing": _log_odds(nothing[at]),
            "heard first": heard[at, column] == heard[at].max(),
        }
        features = [float(values.get(name, name in clause.cues)) for name in (*FEATURES, *HEARD)]
        places = tuple((clause.start + word.start, clause.start + word.end) for word in words)
        likeness = float(cosines[row, column])
        result.append(Candidate(node, at, mention, likeness, places, np.array(features)))
    return result


def weighed_evidence(*kinds: Floats) -> Floats:
    """Return the sum of the kinds of evidence of EVIDENCE, all four or the two of words, each (texts, guessed)."""
    weights = EVIDENCE if len(kinds) == len(EVIDENCE) else EVIDENCE_OF_WORDS
    return np.asarray(sum(weight * kind for weight, kind in zip(weights, kinds, strict=True)), dtype=np.float64)


def logits(found: Sequence[Candidate], weights: Mapping[str, float]) -> Floats:
    """Return for each candidate the log-odds that the text asks for it, each judged alone by one of the tables.

    These are BY_WORDS, BY_MEANING where the text was encoded, and BY_READING where it was heard.
    """
    each = np.array([weights.get(name, 0.0) for name in (*FEATURES, *HEARD)])
    features = np.array([candidate.features for candidate in found]).reshape(-1, len(each))
    return np.asarray(features @ each, dtype=np.float64)


def probabilities(
    found: Sequence[Candidate], clauses: Sequence[Clause], lexicon: TaxonomyIndex, *, is_heard: bool
) -> Floats:
    """Return for each candidate the probability, 0-1, that the text asks for it; if heard, judged among the others.

    Words alone are too few to compare: there the second model lost named needs beside others.
    """
    odds = logits(found, BY_READING if is_heard else BY_WORDS)
    if is_heard:
        odds = among(found, odds, clauses, lexicon) @ np.array([AMONG_OTHERS[name] for name in AMONG])
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


def among(found: Sequence[Candidate], logits: Floats, clauses: Sequence[Clause], lexicon: TaxonomyIndex) -> Floats:
    """Return the features (candidates, AMONG) of each candidate among the others, from the ``logits`` of all."""
    logits = np.clip(logits, *LOGITS)
    at = np.array([candidate.clause for candidate in found], dtype=np.int64)
    sentence = np.array([clauses[clause].sentence for clause in at], dtype=np.int64)
    nodes = [candidate.node for candidate in found]
    category = lexicon.categories[nodes]
    is_rival, is_inside = ~lexicon.are_relatives(nodes), at[:, None] == at

    def surest(others: Bools) -> Floats:
        best = np.where(is_rival & others, logits, LOGITS[0]).max(axis=1, initial=LOGITS[0])
        return np.asarray(best, dtype=np.float64)

    def chance(values: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float64)

    share = np.exp(logits) / np.maximum((is_inside * np.exp(logits)).sum(axis=1), 1e-9)
    is_kin = ~is_rival & ~np.eye(len(found), dtype=np.bool_)
    nearest = np.where(is_kin, logits, LOGITS[0]).max(axis=1, initial=LOGITS[0])
    surest_of = np.full(len(clauses), LOGITS[0])
    np.maximum.at(surest_of, at, logits)
    aside = [bool(clauses[i].cues & {"refused", "refused+", "covered"} and "want" not in clauses[i].cues) for i in at]
    values = {
        "always": np.ones(len(found)),
        "logit": logits,
        "lead in its clause": np.clip(logits - surest(is_inside), -3, 3),
        "surest beside it in the sentence": chance(surest(~is_inside & (sentence[:, None] == sentence))),
        "surest beside it in the text": chance(surest(~is_inside)),
        "clauses": np.full(len(found), np.log(max(len(clauses), 1))),
        "one clause": np.full(len(found), float(len(clauses) == 1)),
        "category beside it": chance(surest(~is_inside & (category[:, None] == category))),
        "refused or covered": np.array(aside, dtype=np.float64),
        "share of its clause": share,
        "lead of its relatives": np.clip(logits - nearest, -3, 3),
        "place": at / max(len(clauses), 1),
        "last sentence": (sentence == max((clause.sentence for clause in clauses), default=0)).astype(np.float64),
        "wants beside it": np.log1p((surest_of > 0).sum() - (surest_of[at] > 0)),
    }
    return np.column_stack([values[name] for name in AMONG])


def _likenesses(texts: list[str], lexicon: TaxonomyIndex, encode: Encode | None) -> tuple[Floats, Floats]:
    """Return the cosines and the discriminant cosines (texts, guessed), 0 for texts beyond ENCODED characters."""
    shape = (len(texts), len(lexicon.guessed))
    cosines, discriminants = np.zeros(shape), np.zeros(shape)
    read = int(np.searchsorted(np.cumsum([len(part) for part in texts]), ENCODED, side="right"))
    if encode is not None and read:
        vectors = encode(texts[:read])
        cosines[:read] = lexicon.likeness(vectors)[:, lexicon.guessed]
        discriminants[:read] = lexicon.discriminant_likeness(vectors)
    return cosines, discriminants


def _heard(text: str, clauses: Sequence[Clause], lexicon: TaxonomyIndex, hear: Hear | None) -> tuple[Floats, Floats]:
    """Return the probabilities (clauses, guessed) of what is heard in each clause, and (clauses,) that nothing is."""
    if hear is None:
        return np.zeros((len(clauses), len(lexicon.guessed))), np.ones(len(clauses))
    chances = np.exp(hear(text, [(clause.start, clause.end) for clause in clauses]))
    columns = lexicon.taxonomy.heard[lexicon.guessed]
    return np.where(columns >= 0, chances[:, columns], 0.0), chances[:, -1]


def _log_odds(chance: float) -> float:
    chance = min(max(chance, LEAST_HEARD), 1 - LEAST_HEARD)
    return float(np.log(chance / (1 - chance)))


def _named(mentions: Sequence[NodeMention], lexicon: TaxonomyIndex) -> dict[int, NodeMention]:
    """Return the longest mention of each guessable node, the first of equally long ones, by its column."""
    named: dict[int, NodeMention] = {}
    is_guessed: Bools = lexicon.guessable
    for mention in mentions:
        if is_guessed[mention.node]:
            column = int(np.searchsorted(lexicon.guessed, mention.node))
            if column not in named or mention.words > named[column].words:
                named[column] = mention
    return named
