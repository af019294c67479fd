"""Time imports of real firms and answers about them, against the simplest way to do the same.

    python -m benchmarks.subawards DATA [--queries 200] [--seed 0]

DATA holds ``taxonomy/naics_2022.csv`` and ``federal/``. The baseline of the imports reads the same files with ``csv``
and writes them with ``sqlite3.executemany``, unchecked; the baseline of an answer is a BM25 text search over each
firm's record. Prints JSON: seconds of each import and of a cold start from the shell, and milliseconds of an answer in
a running process (30 words at most), with their ratios to the baseline.
"""

import csv
import gzip
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import bm25s
import click
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from directory.clock import utc_now
from directory.db import connect
from directory.engine.suggestion_as_data import suggestion_as_dict

WORDS = 30
BARE = "import numpy, scipy.sparse, sqlalchemy.orm"  # what any such program must import


def imports(data: Path) -> tuple[tuple[str, ...], ...]:
    """Return the import commands of the README, in order."""
    federal = data / "federal"
    names = ("--map", "key=award", "--map", "title=award_description", "--map", "amount=amount_usd")
    naics = ("--scheme", "naics", "--map", "capabilities=naics")
    return (
        ("taxonomy", "import", str(data / "taxonomy/naics_2022.csv"), "--scheme", "naics"),
        ("import", "businesses", str(federal / "businesses.csv"), *naics, "--map", "key=id", "--map", "region=state"),
        ("import", "collaborations", str(federal / "subcontracts.csv.gz"), *naics, *names),
    )


def seconds(act: Callable[..., object], *arguments: Any, **named: Any) -> float:
    """Return how long a call takes, in seconds."""
    began = time.perf_counter()
    act(*arguments, **named)
    return time.perf_counter() - began


def goodword(home: str, *arguments: str) -> None:
    """Run one goodword command in the installation ``home``."""
    subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**os.environ, "GOODWORD_HOME": home},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as dictionaries."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def plain_import(database: Path, path: Path) -> None:
    """The baseline: copy the file into one table, every cell unchanged."""
    records = rows(path)
    columns = ", ".join(f'"{name}"' for name in records[0])
    with sqlite3.connect(database) as connection:
        connection.execute(f'CREATE TABLE "{path.name}" ({columns})')
        marks = ", ".join("?" * len(records[0]))
        connection.executemany(f'INSERT INTO "{path.name}" VALUES ({marks})', [tuple(row.values()) for row in records])


def text_search(data: Path) -> Callable[[str], object]:
    """The baseline: firms ranked by BM25 over their names, states and codes' titles."""
    titles = {row["code"]: row["title"] for row in rows(data / "taxonomy/naics_2022.csv")}
    firms = rows(data / "federal/businesses.csv")
    texts = [
        " ".join([row["name"], row["state"], *(titles.get(code, "") for code in row["naics"].split(";"))])
        for row in firms
    ]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    return lambda text: index.retrieve(bm25s.tokenize(text, show_progress=False), k=10, show_progress=False)


def spread(times: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile in milliseconds, of times in seconds."""
    ordered = sorted(times)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 2),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 2),
    }


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--queries", default=200, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(data: Path, queries: int, seed: int) -> None:
    """Measure and print the results as JSON."""
    with tempfile.TemporaryDirectory() as home:
        goodword(home, "db", "upgrade")
        commands = imports(data)
        took = {" ".join(command[:2]): seconds(goodword, home, *command) for command in commands}
        plain = [seconds(plain_import, Path(home, "plain.db"), Path(command[2])) for command in commands]
        awards = sorted({row["award_description"] for row in rows(data / "federal/subcontracts.csv.gz")})
        texts = [" ".join(text.split()[:WORDS]) for text in random.Random(seed).sample(awards, queries)]
        cold = [seconds(goodword, home, "suggest", text) for text in texts[:5]]
        bare = [seconds(subprocess.run, [sys.executable, "-c", BARE], check=True) for _ in cold]
        search, engine = text_search(data), connect(f"sqlite:///{home}/goodword.db")
        with Session(engine) as session:
            ask = partial(suggestion_as_dict, session, bringer=None, teams_wanted=3, now=utc_now())
            ask(text=texts[0])
            pairs = [(seconds(ask, text=text), seconds(search, text)) for text in texts[1:]]
        engine.dispose()
    ours, theirs = zip(*pairs, strict=True)
    result = {
        "import_seconds": {name: round(value, 2) for name, value in took.items()},
        "import_ratio": round(sum(took.values()) / sum(plain), 1),
        "cold_seconds": round(statistics.median(cold), 2),
        "cold_ratio": round(statistics.median(cold) / statistics.median(bare), 1),
        "answer": spread(ours),
        "text_search": spread(theirs),
        "answer_ratio": round(statistics.median(ours) / statistics.median(theirs), 1),
        "queries": len(ours),
    }
    click.echo(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
