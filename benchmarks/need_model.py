"""Fit the weights of ``matching.need_probability`` on written leads, and print how well they do on leads left out.

Each candidate of a lead is an example, labelled by whether the lead asks for it. The logistic loss has an L2 penalty on
standardised features. Plain leads of which only one capability was labelled weigh less, because they may ask for more.
The capabilities' ways to ask hold clauses of these leads: each fold is read without those of its own. What the reader
hears in these leads was written by ``benchmarks.need_reader``, each fold heard by a reader that did not learn from it.
The second model is fitted on what the first says of leads left out. What is refused, or asked of nobody, weighs more.

    python -m benchmarks.need_model HEARD.npz [--write]
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.need_reading import LabeledLead, curated_index, labeled_leads
from directory.engine.sentence_encoder import load_model
from matching.clauses import Clause, clauses
from matching.need_extraction import SURE
from matching.need_probability import AMONG, CLAUSES, FEATURES, HEARD, Candidate, Encode, Hear, among, candidates
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text, sentences

HERE = Path(__file__).parent
TRAIN, ONE_LABEL = HERE / "needs_train.tsv", HERE.parent / "tests" / "matching" / "texts.tsv"
WEIGHTS = HERE.parent / "matching" / "need_model_weights.py"
PENALTY = 4.0
FLAT = 1e-6  # the spread below which a feature is the same for all, as three of the vectors' numbers are
WEIGHT_OF_ONE_LABEL, WEIGHT_OF_REFUSED, WEIGHT_OF_NOBODY, FOLDS = 0.35, 7.0, 2.6, 5
Floats = NDArray[np.float64]
Read = tuple[list[Clause], list[Candidate]]


def leads_of_one_label(path: Path, codes: tuple[str, ...], index: TaxonomyIndex) -> list[LabeledLead]:
    """Read leads of the columns text, kind, want and not_want, which name capabilities by their names."""
    code_of = dict(zip(index.taxonomy.names, codes, strict=True))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    wants, refusals = (
        [frozenset(code_of[name] for name in (row[column] or "").split("|") if name in code_of) for row in rows]
        for column in ("want", "not_want")
    )
    return [
        LabeledLead(row["text"], (want,) if want else (), refused, row["kind"])
        for row, want, refused in zip(rows, wants, refusals, strict=True)
    ]


def without(index: TaxonomyIndex, leads: Sequence[LabeledLead]) -> TaxonomyIndex:
    """Return the index without the ways to ask that are words of these leads."""
    taxonomy, said = index.taxonomy, "\n".join(clean_text(lead.text) for lead in leads).casefold()
    kept = [[ask.casefold() not in said for ask in asks] for asks in taxonomy.asks]
    rows = np.array([is_kept for some in kept for is_kept in some], dtype=np.bool_)[: len(taxonomy.ask_nodes)]
    asks = tuple(tuple(np.array(asks)[some]) for asks, some in zip(taxonomy.asks, kept, strict=True))
    vectors, nodes = taxonomy.ask_vectors[rows], taxonomy.ask_nodes[rows]
    return TaxonomyIndex(replace(taxonomy, asks=asks, ask_vectors=vectors, ask_nodes=nodes))


def weight(lead: LabeledLead, code: str) -> float:
    """Return how much a candidate counts: a wrong need is worse than a missed one."""
    if not lead.needs:
        return WEIGHT_OF_NOBODY
    return WEIGHT_OF_REFUSED if lead.kind == "negated" and code in lead.refused else 1.0


def read(
    leads: list[LabeledLead], index: TaxonomyIndex, encode: Encode | None = None, hear: Hear | None = None
) -> list[Read]:
    """Return the clauses and candidates of each lead, each fold of them read without its own ways to ask."""
    indices = [without(index, leads[fold::FOLDS]) for fold in range(FOLDS)]
    found = []
    for number, lead in enumerate(leads):
        text, lexicon = clean_text(lead.text), indices[number % FOLDS]
        mentions = [mention for start, end in sentences(text) for mention in lexicon.mentions(text, start, end)]
        parts = clauses(text)
        found.append((parts[:CLAUSES], candidates(text, parts, mentions, lexicon, encode=encode, hear=hear)))
    return found


def fit(features: Floats, labels: Floats, weights: Floats) -> Floats:
    """Return one weight for each feature, the first of which is always 1."""
    middle, spread = features.mean(axis=0), features.std(axis=0)
    middle[0], spread[spread < FLAT] = 0.0, 1.0
    scaled = (features - middle) / spread

    def loss(beta: Floats) -> tuple[float, Floats]:
        logits = scaled @ beta
        error = weights * (1 / (1 + np.exp(-logits)) - labels)
        penalized = np.concatenate([[0.0], PENALTY * beta[1:]])
        total = (weights * (np.logaddexp(0, logits) - labels * logits)).sum() + penalized @ beta / 2
        return float(total), scaled.T @ error + penalized

    beta = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    beta = beta / spread
    beta[0] -= beta[1:] @ middle[1:]
    return np.asarray(beta, dtype=np.float64)


def left_out(features: Floats, labels: Floats, weights: Floats, numbers: NDArray[np.int64]) -> Floats:
    """Return the logits of the examples of each fold of leads, fitted on the others."""
    logits = np.zeros(len(labels))
    for fold in range(FOLDS):
        is_out = numbers % FOLDS == fold
        logits[is_out] = features[is_out] @ fit(features[~is_out], labels[~is_out], weights[~is_out])
    return logits


def stored_hearing(path: Path) -> Hear:
    """Return what readers heard in leads that they did not learn from, as ``benchmarks.need_reader`` stored it."""
    with np.load(path) as stored:
        rows, chances = stored["rows"], stored["heard"]
        heard = {text: chances[start:end] for text, (start, end) in zip(stored["texts"].tolist(), rows, strict=True)}
    return lambda text, _parts: np.asarray(heard[text], dtype=np.float64)


def quality(logits: Floats, labels: Floats, weights: Floats) -> dict[str, Any]:
    """Return the log loss, and how often a probability above SURE is right."""
    chances = 1 / (1 + np.exp(-logits))
    loss = -(labels * np.log(chances) + (1 - labels) * np.log1p(-chances))
    tenths = [(low / 10, (chances * 10).astype(int).clip(0, 9) == low) for low in range(10)]
    return {
        "log_loss": round(float(np.average(loss, weights=weights)), 4),
        "right_above_sure": round(float(labels[chances >= SURE].mean()), 3),
        "right_by_tenth": {low: round(float(labels[among].mean()), 2) for low, among in tenths if among.any()},
        "candidates": len(labels),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heard", type=Path, help="what benchmarks.need_reader wrote")
    parser.add_argument("--write", action="store_true", help="write matching/need_model_weights.py")
    arguments = parser.parse_args()
    index, codes = curated_index()
    whole = labeled_leads(TRAIN)
    leads = whole + leads_of_one_label(ONE_LABEL, codes, index)
    model, hear, tables = load_model(), stored_hearing(arguments.heard), dict[str, dict[str, float]]()
    encode = model.encode if model else None
    for name, names, found in (
        ("BY_WORDS", FEATURES, read(leads, index)),
        ("BY_MEANING", FEATURES, read(leads, index, encode)),
        ("BY_READING", (*FEATURES, *HEARD), read(leads, index, hear=hear)),
    ):
        numbers = np.repeat(np.arange(len(leads)), [len(some) for _parts, some in found])
        each = [(lead, one) for lead, (_parts, some) in zip(leads, found, strict=True) for one in some]
        labels = np.array([float(codes[one.node] in lead.acceptable) for lead, one in each])
        weights = np.array([weight(lead, codes[one.node]) for lead, one in each])
        is_partly = np.array([at >= len(whole) and lead.kind == "plain" for at, lead in enumerate(leads)])
        weights[is_partly[numbers]] *= WEIGHT_OF_ONE_LABEL
        alone = np.array([one.features[: len(names)] for _lead, one in each])
        logits = left_out(alone, labels, weights, numbers)
        tables[name] = dict(zip(names, fit(alone, labels, weights), strict=True))
        print(json.dumps({name: quality(logits, labels, weights)}, indent=2))
    beside = np.vstack([among(some, logits[numbers == at], parts, index) for at, (parts, some) in enumerate(found)])
    tables["AMONG_OTHERS"] = dict(zip(AMONG, fit(beside, labels, weights), strict=True))
    print(json.dumps({"AMONG_OTHERS": quality(left_out(beside, labels, weights, numbers), labels, weights)}, indent=2))
    if arguments.write:
        lines = ['"""The weights of ``need_probability``, written by ``benchmarks.need_model``; do not edit."""', ""]
        for name, table in tables.items():
            lines += [f"{name} = {{", *(f'    "{feature}": {weight:.3f},' for feature, weight in table.items()), "}"]
        WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
