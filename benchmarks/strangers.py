"""Import files of strangers as they are, and ask leads of the firms that came in.

    python -m benchmarks.strangers DATA [FIRMS LEADS]

DATA holds ``cases/`` (lists of people), ``federal/businesses.csv`` and ``taxonomy/naics_2022.csv``; beside them FIRMS
is imported, by default 24 fictional agencies that share their tags and differ by what they write; LEADS (text, firm)
are asked of it. Then a chapter's list of 28 people in ordinary trades is imported as its lead would, and 18 plain leads
are asked of that. Prints JSON. For each file: rows that come in whole, with a gap that is told,
left out with a reason, or lost with a file that is refused; capabilities in its cells that are known, kept as own
words, or dropped; and seconds. For the leads: how often the right firm is first and among the first three, for the
engine, BM25 over the firms' texts, and the nearest meaning of a sentence; in the chapter for the engine and the search
of the directory. The chapter was written before it was tried, and so were its leads.
"""

import csv
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bm25s
import click
import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from benchmarks.leads import NOW
from directory.db import Base, connect, write_session
from directory.engine.capability_embeddings import embed_missing
from directory.engine.capability_names import cut_cell
from directory.engine.firm_sentences import known_sentences
from directory.engine.own_vocabulary import Vocabulary
from directory.engine.search import search
from directory.engine.sentence_encoder import load_model
from directory.engine.suggestion_as_data import suggestion_as_dict
from directory.engine.text_embedding import embed_texts
from directory.errors import Invalid
from directory.imports import firm_rows, people_upload
from directory.imports.businesses import import_businesses
from directory.imports.import_batch import ImportBatch
from directory.imports.list_row import Line
from directory.imports.sheet import read_sheet
from directory.imports.taxonomy_scheme import CURATED_FILE, import_scheme
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.taxonomy.capability import CURATED
from jobs.housekeeping import embed_sentences, embed_some
from matching.text_normalization import clean_text, informative, tokens

FIRMS = Path(__file__).with_name("agencies.csv")
LEADS = Path(__file__).with_name("agencies.tsv")
CHAPTER, CHAPTER_LEADS = Path(__file__).with_name("chapter.csv"), Path(__file__).with_name("chapter.tsv")
Ranked = Callable[[str], Sequence[str]]  # the names of firms for a lead, best first


def people_file(session: Session, path: Path) -> dict[str, Any]:
    """Preview a list of people, and count what becomes of its rows."""
    chapter = Chapter(key="strangers", name="Strangers", country="US")
    batch = ImportBatch(chapter=chapter, chapter_id=0, rows=asdict(read_sheet(path)))
    seen, vocabulary = people_upload.preview(session, batch=batch), Vocabulary(session)
    own = {line.number: vocabulary.unknown(line.values["capabilities"]) for line in seen.lines}
    return counts(seen.lines, {line.number for line in seen.lines if line.errors or line.excluded}, own, dropped=0)


def firms_file(session: Session, path: Path, scheme: str = CURATED, **mapping: str) -> dict[str, Any]:
    """Import a list of firms, and count what becomes of its rows."""
    lines = firm_rows.read_firms(path, mapping=mapping).lines
    report = import_businesses(session, lines=lines, scheme=scheme, source=path.name, now=NOW)
    dropped = sum(len(places) for why, places in report.skipped.items() if why.startswith("not in the taxonomy"))
    return counts(lines, {*report.left_out}, report.own, dropped=dropped)


def counts(
    lines: Sequence[Line], left_out: set[int], own: Mapping[int, Sequence[str]], *, dropped: int
) -> dict[str, Any]:
    """Return the counts of a file's rows and capabilities. ``own`` are the words that a row made the network's own."""
    kept = [line for line in lines if line.number not in left_out]
    new = [len(own.get(line.number, ())) for line in kept]
    gaps = sum(len(line.notes) > words for line, words in zip(kept, new, strict=True))
    pieces = sum(len(cut_cell(line.values.get("capabilities", ""))) for line in kept)
    return {
        "rows": {"whole": len(kept) - gaps, "gap": gaps, "left_out": len(left_out), "lost": 0},
        "capabilities": {"known": pieces - sum(new) - dropped, "own": sum(new), "dropped": dropped},
    }


def imported(act: Callable[..., dict[str, Any]], session: Session, path: Path, *arguments: Any, **named: Any) -> Any:
    """Return the counts of an import and its seconds; a file that is refused loses its rows, with a sentence."""
    began = time.perf_counter()
    try:
        result = act(session, path, *arguments, **named)
    except Invalid as error:
        result = {"rows": {"lost": len(path.read_bytes().splitlines()) - 1}, "refused": error.message}
    return {**result, "seconds": round(time.perf_counter() - began, 2)}


def engine_of(session: Session) -> Ranked:
    """Return the firms of the engine's teams, the alternates of the first, and those that write about the like."""

    def ask(text: str) -> Sequence[str]:
        answer = suggestion_as_dict(session, text=text, bringer=None, teams_wanted=3, now=NOW)
        teams = [party["business"] for team in answer["teams"] for party in (team["prime"], *team["subs"])]
        seats = answer["teams"][0]["alternates"].values() if answer["teams"] else ()
        others = [other["business"] for seat in seats for other in seat]
        return list(dict.fromkeys([*teams, *others, *(like["business"] for like in answer["similar"])]))

    return ask


def text_search(texts: dict[str, str]) -> Ranked:
    """Return the firms by BM25 over their texts."""
    index = bm25s.BM25()
    index.index([informative(tokens(clean_text(text))) for text in texts.values()], show_progress=False)

    def ask(text: str) -> Sequence[str]:
        scores = index.get_scores(informative(tokens(clean_text(text))))
        return [name for _score, name in sorted(zip(-scores, texts, strict=True))]

    return ask


def nearest_meaning(texts: dict[str, str]) -> Ranked | None:
    """Return the firms by the sentence that is nearest to the lead, None without a sentence model."""
    if (model := load_model()) is None:
        return None
    sentences = [(name, part) for name, text in texts.items() for part in re.split(r"(?<=[.!?])\s+", text)]
    vectors = model.encode([part for _name, part in sentences])

    def ask(text: str) -> Sequence[str]:
        order = np.argsort(-(vectors @ model.encode([text])[0]), kind="stable")
        return list(dict.fromkeys(sentences[place][0] for place in order))

    return ask


def ranks(leads: Sequence[dict[str, str]], ask: Ranked) -> dict[str, Any]:
    """Return how often the right firm is first and among the first three, and its rank for each lead, 0 for none."""
    places = [(names.index(lead["firm"]) + 1 if lead["firm"] in (names := ask(lead["text"])) else 0) for lead in leads]
    return {"first": places.count(1), "first_three": sum(0 < place <= 3 for place in places), "ranks": places}


def chapter_ranks(folder: str) -> dict[str, Any]:
    """Import the chapter's list into a network of its own, and return the ranks of its leads."""
    with engine_with_taxonomy(f"{folder}/chapter.db") as engine:
        with write_session(engine) as session:
            chapter = Chapter(key="morning", name="Morning", country="US")
            lead = Member(name="Lena Ortiz", business=Business(name="Ortiz Law", chapter=chapter, created_at=NOW))
            lead.joined_at = NOW
            session.add(lead)
            session.flush()
            batch = people_upload.upload(session, chapter=chapter, by=lead, sheet=read_sheet(CHAPTER), now=NOW)
            people_upload.commit(session, batch=batch, by=lead, share=False, now=NOW)
        while embed_some(engine, now=NOW) or embed_sentences(engine):
            pass
        with Session(engine) as session:

            def find(text: str) -> Sequence[str]:
                return [firm.name for firm in search(session, text=text, today=NOW.date()).businesses]

            asked = rows_of(CHAPTER_LEADS, delimiter="\t", quoting=csv.QUOTE_NONE)
            ranked = {"engine": ranks(asked, engine_of(session)), "search": ranks(asked, find)}
    return {"n": len(asked), **ranked}


@contextmanager
def engine_with_taxonomy(path: str) -> Iterator[Engine]:
    """Yield a new database that has the curated taxonomy, with its vectors."""
    engine = connect(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with write_session(engine) as session:
        import_scheme(session, path=CURATED_FILE, scheme=CURATED, now=NOW)
        if (model := load_model()) is not None:
            embed_missing(session, model, limit=10_000, now=NOW)
    yield engine
    engine.dispose()


def rows_of(path: Path, **dialect: Any) -> list[dict[str, str]]:
    """Return the rows of a table as dictionaries."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, **dialect))


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("firms", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=FIRMS)
@click.argument("leads", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=LEADS)
def main(data: Path, firms: Path, leads: Path) -> None:
    """Measure and print the results as JSON."""
    asked = rows_of(leads, delimiter="\t", quoting=csv.QUOTE_NONE)
    texts = {row["Name"]: f"{row['Name']}. {row['Tags']}. {row['Description']}" for row in rows_of(firms)}
    model = load_model()
    with tempfile.TemporaryDirectory() as folder, engine_with_taxonomy(f"{folder}/strangers.db") as engine:
        files = {}
        with Session(engine) as session:  # which is never committed
            for path in sorted((data / "cases").glob("*.csv")):
                files[path.name] = imported(people_file, session, path)
            import_scheme(session, path=data / "taxonomy/naics_2022.csv", scheme="naics", now=NOW)
            federal = data / "federal/businesses.csv"
            files[federal.name] = imported(firms_file, session, federal, "naics", capabilities="naics")
        with write_session(engine) as session:
            files[firms.name] = imported(firms_file, session, firms)
        with Session(engine) as session:
            sentences = known_sentences(session).missing()
        for _count in embed_texts(engine, model, sentences) if model else ():
            pass
        peers = {"text_search": text_search(texts), "nearest_meaning": nearest_meaning(texts)}
        with Session(engine) as session:
            found = {name: ranks(asked, ask) for name, ask in (("engine", engine_of(session)), *peers.items()) if ask}
        result = {"files": files, "leads": {"n": len(asked), **found}, "chapter": chapter_ranks(folder)}
    click.echo(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
