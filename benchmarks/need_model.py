"""Fit the weights of ``matching.need_probability`` on written leads, and print how well they do on leads left out.

Each candidate of a lead is an example, labelled by whether the lead asks for it. The logistic loss has an L2 penalty on
standardised features. Plain leads of which only one capability was labelled weigh less, because they may ask for more.

    python -m benchmarks.need_model [--write]
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.need_reading import LabeledLead, curated_index, labeled_leads
from directory.engine.sentence_encoder import load_model
from matching.clauses import clauses
from matching.need_extraction import SURE, Encode
from matching.need_probability import FEATURES, candidates
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text, sentences

HERE = Path(__file__).parent
TRAIN, ONE_LABEL = HERE / "needs_train.tsv", HERE.parent / "tests" / "matching" / "texts.tsv"
WEIGHTS = HERE.parent / "matching" / "need_weights.py"
PENALTY, WEIGHT_OF_ONE_LABEL, FOLDS = 4.0, 0.35, 5
Floats = NDArray[np.float64]


def leads_of_one_label(path: Path, codes: tuple[str, ...], index: TaxonomyIndex) -> list[LabeledLead]:
    """Read leads of the columns text, kind, want and not_want, which name capabilities by their names."""
    code_of = dict(zip(index.taxonomy.names, codes, strict=True))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    wants = [[code_of[name] for name in (row["want"] or "").split("|") if name in code_of] for row in rows]
    return [
        LabeledLead(row["text"], (frozenset(want),) if want else (), frozenset(), row["kind"])
        for row, want in zip(rows, wants, strict=True)
    ]


def examples(
    leads: list[LabeledLead], index: TaxonomyIndex, codes: tuple[str, ...], encode: Encode | None
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the features, labels and lead numbers of all candidates."""
    features, labels, numbers = [], [], []
    for number, lead in enumerate(leads):
        text = clean_text(lead.text)
        mentions = [mention for start, end in sentences(text) for mention in index.mentions(text, start, end)]
        for candidate in candidates(text, clauses(text), mentions, index, encode):
            features.append(candidate.features)
            labels.append(float(codes[candidate.node] in lead.acceptable))
            numbers.append(number)
    return np.array(features), np.array(labels), np.array(numbers)


def fit(features: Floats, labels: Floats, weights: Floats) -> Floats:
    """Return one weight for each of FEATURES, the first of which is always 1."""
    middle, spread = features.mean(axis=0), features.std(axis=0)
    middle[0], spread[spread == 0] = 0.0, 1.0
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


def cross_validated(features: Floats, labels: Floats, weights: Floats, numbers: NDArray[np.int64]) -> dict[str, Any]:
    """Return the log loss, and how often a probability above SURE is right, of candidates of leads left out."""
    chances = np.zeros(len(labels))
    for fold in range(FOLDS):
        left_out = numbers % FOLDS == fold
        beta = fit(features[~left_out], labels[~left_out], weights[~left_out])
        chances[left_out] = 1 / (1 + np.exp(-features[left_out] @ beta))
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
    parser.add_argument("--write", action="store_true", help="write matching/need_weights.py")
    arguments = parser.parse_args()
    index, codes = curated_index()
    whole = labeled_leads(TRAIN)
    leads = whole + leads_of_one_label(ONE_LABEL, codes, index)
    model, tables = load_model(), {}
    for name, encode in (("BY_MEANING", model.encode if model else None), ("BY_WORDS", None)):
        features, labels, numbers = examples(leads, index, codes, encode)
        is_full = np.array([at < len(whole) or lead.kind == "negated" for at, lead in enumerate(leads)])
        weights = np.where(is_full[numbers], 1.0, WEIGHT_OF_ONE_LABEL)
        print(json.dumps({name: cross_validated(features, labels, weights, numbers)}, indent=2))
        tables[name] = dict(zip(FEATURES, fit(features, labels, weights), strict=True))
    if arguments.write and model is not None:
        lines = ['"""The weights of ``need_probability``, written by ``benchmarks.need_model``; do not edit."""', ""]
        for name, table in tables.items():
            lines += [f"{name} = {{", *(f'    "{feature}": {weight:.3f},' for feature, weight in table.items()), "}"]
        WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
