"""Measure how well a lead's text finds a partner: the engine against text search over what firms say they do.

A plain or negated lead is a hit if a firm of the top team (of the top three) can do what is wanted: the firm is named
in ``want``, or claims a capability named there, or one below it. An unanswerable lead that gets a team, and a negated
one whose ``not_want`` becomes a need, count as false recommendations. ``needs`` scores only the needs that were read.

    python -m benchmarks.leads LEADS.tsv [--network demo]
"""

import argparse
import csv
import json
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bm25s
from sqlalchemy import select
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from directory.db import Base, connect, write_session
from directory.engine.firm_sentences import known_sentences
from directory.engine.sentence_encoder import load_model
from directory.engine.suggestion_as_data import suggestion_as_dict
from directory.engine.text_embedding import embed_texts
from directory.engine.world_cache import known_world
from directory.people.claim import Claim
from directory.people.tables import Business
from directory.seed import seed
from directory.taxonomy.capability import Capability
from matching.text_normalization import clean_text, informative, tokens

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
KINDS = ("plain", "negated", "unanswerable")
Row = dict[str, str]
Found = tuple[list[set[str]], list[str]]  # the firms of each team, best first; the needs that were read


def engine_of(session: Session) -> Callable[[str], Found]:
    """Return a function that asks the engine, without a bringer."""

    def ask(text: str) -> Found:
        answer = suggestion_as_dict(session, text=text, bringer=None, teams_wanted=3, now=NOW)
        needs = [need["capability"] for need in answer["needs"]]
        teams = [{who["business"] for seat, who in team["seats"].items() if seat in needs} for team in answer["teams"]]
        return teams, needs

    return ask


def search_of(session: Session) -> Callable[[str], Found]:
    """Return a BM25 search over firms' summaries and their claims' names and synonyms; each firm is a team of one."""
    firms = session.scalars(select(Business).order_by(Business.id)).all()
    texts_by_firm = {firm.name: [firm.name, firm.summary] for firm in firms}
    for claim in session.scalars(select(Claim)):
        texts_by_firm[claim.business.name] += [claim.capability.name, *claim.capability.synonyms]
    index = bm25s.BM25()
    index.index(
        [informative(tokens(clean_text("\n".join(texts)))) for texts in texts_by_firm.values()], show_progress=False
    )

    def ask(text: str) -> Found:
        words = informative(tokens(clean_text(text)))
        scores = index.get_scores(words) if words else []
        ranked = sorted(zip(scores, texts_by_firm, strict=False), reverse=True)
        return [{name} for score, name in ranked if score > 0][:3], []

    return ask


def able_of(session: Session) -> Callable[[str], set[str]]:
    """Return a function: the firms that a ``want`` names, or that claim a capability it names or one below it."""
    claims = session.scalars(select(Claim)).all()

    def able(want: str) -> set[str]:
        wanted = {part.strip() for part in want.split("|") if part.strip()}
        firms = set(session.scalars(select(Business.name).where(Business.name.in_(wanted))))
        for claim in claims:
            node: Capability | None = claim.capability
            while node is not None and not {node.name, node.code} & wanted:
                node = node.parent
            firms |= {claim.business.name} if node is not None else set()
        return firms

    return able


def measure(rows: Sequence[Row], ask: Callable[[str], Found], able: Callable[[str], set[str]]) -> dict[str, Any]:
    """Return the shares of hits among the leads that a firm here can answer, and counts of false recommendations."""
    counts = {kind: {"n": 0, "hit_at_1": 0, "hit_at_3": 0, "false_recommendations": 0} for kind in KINDS}
    named, answerable, nobody_here = 0, 0, 0
    for row in rows:
        count, (teams, needs) = counts[row["kind"]], ask(row["text"])
        wanted, refused = ({*(row.get(column) or "").split("|")} - {""} for column in ("want", "not_want"))
        if not wanted:
            count["n"] += 1
            count["false_recommendations"] += bool(teams)
            continue
        named += bool(wanted & {*needs})
        firms = able(row["want"])
        if not firms:
            nobody_here += 1
            continue
        answerable += 1
        count["n"] += 1
        count["hit_at_1"] += any(team & firms for team in teams[:1])
        count["hit_at_3"] += any(team & firms for team in teams)
        count["false_recommendations"] += bool(refused & {*needs})
    hits = {at: sum(count[at] for count in counts.values()) / max(answerable, 1) for at in ("hit_at_1", "hit_at_3")}
    return {
        **{at: round(share, 3) for at, share in hits.items()},
        "false_recommendations": sum(count["false_recommendations"] for count in counts.values()),
        "n": sum(count["n"] for count in counts.values()),
        "nobody_here": nobody_here,
        "needs": {"hit": round(named / max(answerable + nobody_here, 1), 3), "n": answerable + nobody_here},
        "kinds": counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("leads", type=Path)
    parser.add_argument("--network", choices=["demo"], default="demo")
    arguments = parser.parse_args()
    with arguments.leads.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/leads.db")
        Base.metadata.create_all(engine)
        with write_session(engine) as session:
            seed(session, now=NOW)
        with Session(engine) as session:
            texts = known_sentences(session).missing()
        if (sentence_model := load_model()) is not None:
            deque(embed_texts(engine, sentence_model, texts), maxlen=0)
        with Session(engine) as session:
            able = able_of(session)
            found = measure(rows, engine_of(session), able)
            baseline = measure(rows, search_of(session), able)
            del baseline["needs"]
            model = "minilm" if known_world(session).lexicon.embedded.any() else "lexical"
        engine.dispose()
    print(json.dumps({**found, "model": model, "baseline": baseline}, indent=2))


if __name__ == "__main__":
    main()
