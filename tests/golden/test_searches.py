"""A hundred searches written by a person who had not seen the search: the member meant is among the first three."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import Base, connect, write_session
from directory.engine.search import search
from directory.seed import seed
from tests.conftest import NOW

with (Path(__file__).parent / "searches.tsv").open(encoding="utf-8") as file:
    SEARCHES = list(csv.DictReader(file, delimiter="\t"))


def hits(session: Session) -> set[str]:
    """Return the queries with an intended member among the first three."""
    right = set()
    for row in SEARCHES:
        found = search(session, text=row["query"])
        people = [member.key for firm in found.businesses for member in found.people[firm.id]]
        if set(people[:3]) & set(row["member"].split("|")):
            right.add(row["query"])
    return right


def test_at_least_95_of_the_golden_searches_hit(demo: Engine) -> None:
    with Session(demo) as session:
        found = hits(session)
    assert len(found) >= 95, sorted({row["query"] for row in SEARCHES} - found)


@pytest.mark.slow
def test_without_the_model_all_searches_but_paraphrases_hit(demo: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.engine.faceted_search.load_model", lambda: None)
    with Session(demo) as session:
        found = hits(session)
    assert {row["query"] for row in SEARCHES if row["how"] != "paraphrase"} <= found


def test_postgresql_finds_the_same_as_sqlite(postgres_url: str, demo: Engine) -> None:
    engine = connect(postgres_url)
    Base.metadata.create_all(engine)
    with write_session(engine) as session:
        seed(session, now=NOW)
    with Session(engine) as there, Session(demo) as here:
        assert len(hits(there) ^ hits(here)) <= 2
    engine.dispose()
