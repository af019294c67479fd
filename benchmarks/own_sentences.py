"""Import firms that share their tags and differ by what they write, and ask leads that follow from those texts.

    python -m benchmarks.own_sentences [FILE LEADS]

FILE is anything that ``goodword import businesses`` reads; by default 24 fictional web agencies. LEADS has the columns
text and firm, which is the right one. A firm's rank is its place among the firms of the teams, the alternates of the
first, and those that write about something like it. The peer is BM25 over the rows of the file. Prints the rank of
each, and how many of the right firms are first and among the first three.
"""

import csv
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import bm25s
import click
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from benchmarks.subawards import goodword
from directory.clock import utc_now
from directory.db import connect
from directory.engine.suggestion_as_data import suggestion_as_dict
from directory.imports import firm_list
from directory.imports.taxonomy_scheme import CURATED_FILE
from directory.taxonomy.capability import CURATED

HERE = Path(__file__).parent


def named(answer: dict[str, Any]) -> Iterator[str]:
    """Yield the firms of an answer, best first."""
    for team in answer["teams"]:
        yield from (party["business"] for party in (team["prime"], *team["subs"]))
    for others in answer["teams"][0]["alternates"].values() if answer["teams"] else ():
        yield from (other["business"] for other in others)
    yield from (like["business"] for like in answer["similar"])


def rank(firms: Sequence[str], right: str) -> int | None:
    return firms.index(right) + 1 if right in firms else None


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=HERE / "agencies.csv")
@click.argument("leads", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=HERE / "agencies.tsv")
def main(file: Path, leads: Path) -> None:
    """Measure and print one JSON object a lead, and the totals."""
    with leads.open(encoding="utf-8", newline="") as text:
        asked = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
    values = [line.values for line in firm_list.read_firms(file, mapping={}).lines]
    search, names = bm25s.BM25(), [row["name"] for row in values]
    pages = [" ".join(str(value) for value in row.values()) for row in values]
    search.index(bm25s.tokenize(pages, show_progress=False), show_progress=False)
    ranks: list[tuple[int | None, int | None]] = []
    with tempfile.TemporaryDirectory() as home:
        goodword(home, "db", "upgrade")
        goodword(home, "taxonomy", "import", str(CURATED_FILE), "--scheme", CURATED)
        goodword(home, "import", "businesses", str(file))
        engine = connect(f"sqlite:///{home}/goodword.db")
        with Session(engine) as session:
            for lead in asked:
                answer = suggestion_as_dict(session, text=lead["text"], bringer=None, teams_wanted=3, now=utc_now())
                words = bm25s.tokenize(lead["text"], show_progress=False)
                found = search.retrieve(words, corpus=names, k=len(names), show_progress=False).documents[0].tolist()
                ours, theirs = rank(list(dict.fromkeys(named(answer))), lead["firm"]), rank(found, lead["firm"])
                ranks.append((ours, theirs))
                click.echo(json.dumps({**lead, "rank": ours, "text_search": theirs}, ensure_ascii=False))
        engine.dispose()
    for name, places in zip(("goodword", "text_search"), zip(*ranks, strict=True), strict=True):
        first, three = (sum(place is not None and place <= most for place in places) for most in (1, 3))
        click.echo(json.dumps({"of": name, "first": first, "in_three": three, "leads": len(ranks)}))


if __name__ == "__main__":
    main()
