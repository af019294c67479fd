"""Measure how whole leads are heard: the needs that are read, beside BM25 and the nearest meaning of each clause.

A lead's ``needs`` are groups of codes joined by `` && ``, each of acceptable codes joined by ``|``; ``-`` where nobody
in these categories can serve it. ``not`` are codes that must not be needs. A lead is whole if every group is met and
nothing else is read. Chips are the needs and what is offered beside them. ``budget`` and ``due`` are measured where
the file has these columns.

    python -m benchmarks.need_reading [LEADS.tsv] [--words] [--show]

With ``--firms`` the texts are firms' own, the needs are what they can do, and what is read are the chips they are
offered; ``refused`` is the share of texts without a chip of the column ``not``.

    python -m benchmarks.need_reading benchmarks/firm_capabilities.tsv --firms
"""

import argparse
import csv
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from benchmarks.leads import NOW
from directory.db import Base, connect, write_session
from directory.engine.capability_embeddings import embed_missing
from directory.engine.claim_suggestions import OFFERED
from directory.engine.need_reader import load_need_reader
from directory.engine.sentence_encoder import load_model
from directory.engine.world_reader import read_taxonomy
from directory.imports.taxonomy_scheme import CURATED_FILE, import_scheme
from directory.interpretation.lead_budget import read_budget
from directory.interpretation.lead_due_date import read_due_date
from directory.interpretation.written_amount import parse_amount
from directory.taxonomy.capability import CURATED, Capability
from matching.capability_extraction import extract_capabilities
from matching.clauses import clauses
from matching.need_extraction import extract_needs
from matching.need_probability import Encode, Hear
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text

TEST = Path(__file__).with_name("needs_test.tsv")
Read = Callable[[str], tuple[set[str], set[str]]]  # the codes of the needs, and of what is offered beside them


@dataclass(frozen=True)
class LabeledLead:
    text: str
    needs: tuple[frozenset[str], ...]  # the acceptable codes of each need
    refused: frozenset[str]
    kind: str
    budget: str = ""  # such as "15000 USD"; "-" for none, "" where it is not labeled, as ``due``
    due: str = ""

    @property
    def acceptable(self) -> frozenset[str]:
        return frozenset().union(*self.needs)


def labeled_leads(path: Path) -> list[LabeledLead]:
    """Read leads of the columns text, needs, not and kind."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        LabeledLead(
            row["text"],
            tuple(frozenset(code.strip() for code in group.split("|")) for group in row["needs"].split("&&"))
            if row["needs"].strip() != "-"
            else (),
            frozenset(code.strip() for code in row["not"].split("|")) - {"-", ""},
            row["kind"],
            row.get("budget", ""),
            row.get("due", ""),
        )
        for row in rows
    ]


def curated_index() -> tuple[TaxonomyIndex, tuple[str, ...]]:
    """Return an index of the curated taxonomy with its vectors, and the code of each node."""
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/needs.db")
        Base.metadata.create_all(engine)
        with write_session(engine) as session:
            import_scheme(session, path=CURATED_FILE, scheme=CURATED, now=NOW)
            model = load_model()
            if model is not None:
                embed_missing(session, model, limit=10_000, now=NOW)
        with Session(engine) as session:
            index = TaxonomyIndex(read_taxonomy(session))
            codes = tuple(session.scalars(select(Capability.code).order_by(Capability.id)))
        engine.dispose()
    return index, codes


def reader(
    index: TaxonomyIndex, codes: tuple[str, ...], encode: Encode | None = None, hear: Hear | None = None
) -> Read:
    def read(text: str) -> tuple[set[str], set[str]]:
        reading = extract_needs(text, index, encode=encode, hear=hear)
        needs, likely = ({codes[guess.capability] for guess in some} for some in (reading.needs, reading.likely))
        return needs, likely

    return read


def firm_reader(index: TaxonomyIndex, codes: tuple[str, ...], encode: Encode | None) -> Read:
    def read(text: str) -> tuple[set[str], set[str]]:
        said = extract_capabilities(text, index, encode=encode)[:OFFERED]
        return {codes[one.capability] for one in said}, set()

    return read


def nearest_of_clauses(index: TaxonomyIndex, codes: tuple[str, ...], encode: Encode | None) -> Read:
    """Return a reader that takes for each clause the best node by meaning, or without ``encode`` by BM25."""

    def read(text: str) -> tuple[set[str], set[str]]:
        text = clean_text(text)
        parts = [text[clause.start : clause.end] for clause in clauses(text)]
        if not parts:
            return set(), set()
        if encode is None:
            scores = np.array([index.scores(part)[0] for part in parts])
        else:
            scores = index.likeness(encode(parts))
        scores = np.where(index.guessable, scores, 0.0)
        return {codes[row.argmax()] for row in scores if row.max() > 0}, set()

    return read


def measure(leads: list[LabeledLead], read: Read) -> dict[str, Any]:
    """Return the shares of needs and leads that are read right; ``n`` counts leads."""
    readings, seconds = [], []
    for lead in leads:
        started = perf_counter()
        readings.append(read(lead.text))
        seconds.append(perf_counter() - started)
    both = list(zip(leads, readings, strict=True))
    whole = [needs <= lead.acceptable and all(group & needs for group in lead.needs) for lead, (needs, _) in both]
    several = [is_whole for lead, is_whole in zip(leads, whole, strict=True) if len(lead.needs) > 1]
    groups = [(group, needs, likely) for lead, (needs, likely) in both for group in lead.needs]
    refused = [not needs & lead.refused for lead, (needs, _) in both if lead.kind == "negated"]
    apart = [not needs & lead.refused for lead, (needs, _) in both if lead.refused]
    nobody = [not needs for lead, (needs, _) in both if not lead.needs]
    return {
        "precision": _share([code in lead.acceptable for lead, (needs, _) in both for code in needs]),
        "recall": _share([bool(group & needs) for group, needs, _ in groups]),
        "recall_with_chips": _share([bool(group & (needs | likely)) for group, needs, likely in groups]),
        "whole": _share(whole),
        "whole_of_several": _share(several),
        "negated": _share(refused),
        "refused": _share(apart),
        "nobody": _share(nobody),
        "chips": round(sum(len(likely) for _, (_, likely) in both) / max(len(leads), 1), 1),
        "ms_p95": round(1000 * float(np.quantile(seconds, 0.95)), 1) if seconds else None,
        "n": {"leads": len(leads), "several": len(several), "negated": len(refused), "nobody": len(nobody)},
    }


def measure_terms(leads: list[LabeledLead]) -> dict[str, Any]:
    """Return the shares of budgets and days that are read right or asked about, and how many are silently wrong.

    A day is right if there is one, or a question, exactly where the lead has one: its label has words alone.
    """
    amounts, dates = [], []
    for lead in leads:
        if lead.budget:
            figure, _blank, currency = lead.budget.partition(" ")
            wanted = parse_amount(figure, country="", currency=currency) if currency else None
            amount = read_budget(lead.text, country="", currency=currency or "USD")
            amounts.append((amount.value == wanted or bool(amount.question), amount.value not in (None, wanted)))
        if lead.due:
            day = read_due_date(lead.text, today=NOW.date(), country="US")
            is_said = day.value is not None or bool(day.question)
            dates.append((is_said == (lead.due != "-"), day.value is not None and lead.due == "-"))
    return {
        name: {"right_or_asked": _share([right for right, _ in found]), "wrong": sum(wrong for _, wrong in found)}
        for name, found in (("amounts", amounts), ("dates", dates))
        if found
    }


def _share(hits: list[bool]) -> float | None:
    return round(sum(hits) / len(hits), 3) if hits else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("leads", type=Path, nargs="?", default=TEST)
    parser.add_argument("--words", action="store_true", help="read without the sentence model")
    parser.add_argument("--firms", action="store_true", help="read what firms say they can do")
    parser.add_argument("--show", action="store_true", help="print the leads that are not read whole")
    arguments = parser.parse_args()
    leads, (index, codes) = labeled_leads(arguments.leads), curated_index()
    model = None if arguments.words else load_model()
    encode = model.encode if model else None
    reading = load_need_reader() if encode else None
    read = (
        firm_reader(index, codes, encode)
        if arguments.firms
        else reader(index, codes, encode, reading.hear if reading else None)
    )
    if arguments.show:
        for lead in leads:
            needs, likely = read(lead.text)
            if not (needs <= lead.acceptable and all(group & needs for group in lead.needs)):
                print(json.dumps({"text": lead.text, "needs": sorted(needs), "likely": sorted(likely)}))
    peers = {"bm25": nearest_of_clauses(index, codes, None)}
    if encode is not None:
        peers["meaning"] = nearest_of_clauses(index, codes, encode)
    found = {
        **measure(leads, read),
        **measure_terms(leads),
        "baseline": {name: measure(leads, peer) for name, peer in peers.items()},
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
