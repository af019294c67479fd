"""Measure the directory's speed with many members: the list, a profile and the search, by the website's test client.

Members are generated with a fixed seed: skewed names and towns, firms of one to six people, claims, wants and vouches.
The search is compared with baselines in the same database and run: every word by LIKE, and whole words by SQLite's FTS5
or PostgreSQL's tsvector. A query is a hit if the intended member's firm is among the first three.

    python -m benchmarks.directory [--members 10000] [--database URL] [--requests 200]

A PostgreSQL URL must name an empty database, which is filled. Times are of one warm process; ``cold`` is its first
answer, which reads the network. Results are recorded in benchmarks/directory.tsv.
"""

import argparse
import json
import logging
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import structlog
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from app import create_app
from app.accounts.account import create_account
from app.db import db
from directory.db import Base, bump_world, connect, new_public_id, write_session
from directory.engine.capability_embeddings import embed_missing
from directory.engine.search import search
from directory.engine.sentence_encoder import load_model
from directory.facts.vouch import Vouch
from directory.imports.taxonomy_scheme import CURATED_FILE, import_scheme
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.industry import INDUSTRIES
from directory.people.place import locate
from directory.people.tables import Business, Member, MemberState, Wanted, WantedKind
from directory.profiles import rows_seen
from directory.settings import load_settings
from directory.taxonomy.capability import CURATED, Capability
from directory.text import fold

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
PASSWORD = "a word between us"
TOWNS = re.findall(
    r"\w+",
    """Tucson Phoenix Mesa Flagstaff Tempe Scottsdale Glendale Chandler Gilbert Peoria Surprise Yuma Avondale
    Goodyear Buckeye Prescott Sedona Bisbee Nogales Kingman Payson Globe Douglas Tolleson Marana""",
)
SYLLABLES = re.findall(
    r"\w+",
    """an bel cor da el fa gri hal is jo ka lin mar no or pe qui ro sa ta ul ver wen xa yo za ber ton ski""",
)
TRADES = re.findall(
    r"\w+",
    """Studio Works Partners Group Brothers Supply Services Lab House Collective Company Consulting""",
)
SUMMARIES = (
    "We look after {what} for {whom} in {town}, and answer on the same day.",
    "Owner-run since 1998: {what} without surprises, for {whom}.",
    "{whom} call us when {what} has to be right the first time.",
)
CLIENTS = (
    "clinics",
    "museums",
    "law firms",
    "restaurants",
    "schools",
    "builders",
    "shops",
    "manufacturers",
    "charities",
)
Rows = list[dict[str, Any]]
Thing = TypeVar("Thing")


def skewed(chance: random.Random, things: Sequence[Thing], power: float = 1.0) -> Callable[[], Thing]:
    """Return a function that draws one of ``things``, the n-th with a weight of 1 / n ** power."""
    weights = list(accumulate(1 / (place + 1) ** power for place in range(len(things))))
    return lambda: chance.choices(things, cum_weights=weights)[0]


def made_up_name(chance: random.Random, syllables: int) -> str:
    return "".join(chance.choices(SYLLABLES, k=syllables)).capitalize()


def fill(session: Session, members: int) -> None:
    """Write a network of about ``members`` members with bulk inserts."""
    chance = random.Random(20261102)
    import_scheme(session, path=CURATED_FILE, scheme=CURATED, now=NOW)
    if (model := load_model()) is not None:
        embed_missing(session, model, limit=10_000, now=NOW)
    session.add_all(
        Chapter(key=f"c{number}", name=f"{town} chapter", city=town, region="AZ", country="US", zone="America/Phoenix")
        for number, town in enumerate(TOWNS)
    )
    session.flush()
    chapters = dict(session.execute(select(Chapter.city, Chapter.id)).all())
    points = {town: locate(town, "AZ", "US") for town in TOWNS}
    nodes = session.execute(select(Capability.id, Capability.name, Capability.synonyms)).all()
    order = chance.sample(range(len(nodes)), len(nodes))
    node_of, town_of = skewed(chance, order, 0.7), skewed(chance, TOWNS)
    first_of = skewed(chance, sorted({made_up_name(chance, 2) for _ in range(1500)}, key=fold), 0.8)
    last_of = skewed(chance, sorted({made_up_name(chance, chance.choice((2, 3))) for _ in range(12_000)}), 0.6)
    tables: dict[type[Base], Rows] = {Business: [], Member: [], Claim: [], Wanted: [], Vouch: []}
    people = 0
    while people < members:
        firm, town, joined = len(tables[Business]) + 1, town_of(), NOW - timedelta(days=chance.randrange(1, 2000))
        able = [nodes[node_of()] for _ in range(chance.randrange(1, 8))]
        able = list({node.id: node for node in able}.values())
        name = f"{last_of()} {chance.choice(TRADES)}" if chance.random() < 0.6 else f"{last_of()} & {last_of()}"
        summary = chance.choice(SUMMARIES).format(what=able[0].name.lower(), whom=chance.choice(CLIENTS), town=town)
        here: Rows = []
        for _ in range(chance.choices((1, 2, 3, 6), (70, 20, 8, 2))[0]):
            people += 1
            here.append(
                {
                    "id": people,
                    "public_id": new_public_id(),
                    "business_id": firm,
                    "name": f"{first_of()} {last_of()}",
                    "headline": f"I do {chance.choice(able).name.lower()} for {chance.choice(CLIENTS)}.",
                    "state": MemberState.ACTIVE if people == 1 or chance.random() > 0.02 else MemberState.SUSPENDED,
                    "joined_at": joined,
                    "audiences": {},
                }
            )
        wants = [
            {
                "public_id": new_public_id(),
                "member_id": member["id"],
                "kind": WantedKind.CLIENT,
                "text": f"{chance.choice(CLIENTS)} that want {nodes[node_of()].name.lower()}",
                "why": "",
                "wanted_at": joined,
            }
            for member in here
            if chance.random() < 0.4
        ]
        tables[Claim] += [{"business_id": firm, "capability_id": node.id, "claimed_at": joined} for node in able]
        tables[Member] += here
        tables[Wanted] += wants
        low, point = chance.choice((None, 500, 2_000, 6_000, 15_000, 40_000)), points[town]
        active = [member for member in here if member["state"] is MemberState.ACTIVE]
        lines = (
            " ".join(word for node in able for word in (node.name, *node.synonyms)),
            " ".join([town, "AZ", summary, *(member["headline"] for member in active)]),
            " ".join(want["text"] for want in wants),
        )
        names = "\t".join(fold(each) for each in (name, *(member["name"] for member in active)))
        tables[Business].append(
            {
                "id": firm,
                "public_id": new_public_id(),
                "chapter_id": chapters[town],
                "name": name,
                "city": town,
                "region": "AZ",
                "summary": summary,
                "phone": "+1 520 555 0100",
                "price_low_minor": None if low is None else low * 100,
                "price_high_minor": None if low is None else low * 400,
                "capacity": chance.choice((None, 1, 3, 5)),
                "busy": chance.choice((0, 1, 3)),
                "free_on": NOW.date(),
                "industries": sorted({key for key, _label in chance.choices(INDUSTRIES, k=2)}),
                "languages": ["en", "es"] if chance.random() < 0.25 else ["en"],
                "latitude": point.latitude if point else None,
                "longitude": point.longitude if point else None,
                "audiences": {},
                "search_text": "\n".join([names, *(fold(line) for line in lines)]),
                "search_version": 1,
                "created_at": joined,
            }
        )
    tables[Vouch] = [
        {
            "public_id": new_public_id(),
            "giver_id": giver,
            "receiver_id": receiver,
            "text": "Came early, stayed late, and the bill was the one we had agreed.",
            "known_as": "We worked side by side.",
            "given_at": NOW,
            "accepted_at": NOW,
        }
        for giver, receiver in ((chance.randint(1, people), chance.randint(1, people)) for _ in range(people // 2))
        if giver != receiver
    ]
    for table, rows in tables.items():
        for start in range(0, len(rows), 5000):
            session.execute(insert(table), rows[start : start + 5000])
    bump_world(session)


def misspell(chance: random.Random, word: str) -> str:
    """Return ``word`` with one letter left out, doubled, or swapped with its neighbour."""
    at = chance.randrange(1, max(2, len(word) - 1))
    kinds = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
    )
    return chance.choice(kinds)


def queries(session: Session, count: int) -> dict[str, list[tuple[str, int | None]]]:
    """Return generated queries by kind, each with the id of the intended firm, None if there is none."""
    chance = random.Random(7)
    people = session.execute(select(Member.name, Member.business_id).where(Member.is_active).order_by(Member.id)).all()
    some = chance.sample(people, min(count, len(people)))
    asks = [ask for asks in session.scalars(select(Capability.asks).order_by(Capability.id)) for ask in asks]
    places = [f"{chance.choice(CLIENTS)} {chance.choice(TOWNS)}".lower() for _ in range(count)]
    return {
        "name": [(name.lower(), firm) for name, firm in some],
        "typing": [(name.lower()[: chance.randrange(1, len(name))], None) for name, _firm in some],
        "typo": [(" ".join(misspell(chance, word) for word in name.lower().split()), firm) for name, firm in some],
        "two words": [(place, None) for place in places],
        "paraphrase": [(ask, None) for ask in chance.sample(asks, min(count, len(asks)))],
        "nothing": [("".join(chance.choices("qxzjkvw", k=9)), None) for _ in range(count)],
    }


def baselines(engine: Engine) -> Iterator[tuple[str, Callable[[Session, str], list[int]]]]:
    """Yield other ways to search the same column, by name: functions that return ids of the first three firms."""

    def like(session: Session, words: str) -> list[int]:
        conditions = [Business.search_text.contains(word, autoescape=True) for word in fold(words).split()]
        order = (Business.search_text, Business.id)
        return list(session.scalars(select(Business.id).where(*conditions).order_by(*order).limit(3)))

    yield "LIKE", like
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE VIRTUAL TABLE peer USING fts5(search_text, tokenize='unicode61')")
            connection.exec_driver_sql("INSERT INTO peer(rowid, search_text) SELECT id, search_text FROM business")
        statement = "SELECT rowid FROM peer WHERE peer MATCH :words ORDER BY rank LIMIT 3"
        yield "FTS5", lambda session, words: list(session.scalars(text(statement), {"words": _quoted(words)}))
        return
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE peer AS SELECT id, to_tsvector('simple', search_text) AS words FROM business"
        )
        connection.exec_driver_sql("CREATE INDEX ON peer USING gin (words)")
        connection.exec_driver_sql("ANALYZE")
    statement = (
        "SELECT id FROM peer, plainto_tsquery('simple', :words) q "
        "WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 3"
    )
    yield "tsvector", lambda session, words: list(session.scalars(text(statement), {"words": fold(words)}))


def _quoted(words: str) -> str:
    return " ".join(f'"{word}"' for word in fold(words).split()) or '""'


def own_search(session: Session, words: str) -> list[int]:
    return [firm.id for firm in search(session, text=words).businesses[:3]]


def timed(ask: Callable[[Any], object], things: Sequence[Any]) -> dict[str, float]:
    """Return the median and 95th percentile in milliseconds, and the 95th percentile of this process's CPU time."""
    took, cpu_times = [], []
    for thing in things:
        start, cpu_start = time.perf_counter(), time.process_time()
        ask(thing)
        took.append(1000 * (time.perf_counter() - start))
        cpu_times.append(1000 * (time.process_time() - cpu_start))
    last = int(0.95 * (len(took) - 1))
    return {
        "median": round(statistics.median(took), 1),
        "p95": round(sorted(took)[last], 1),
        "cpu p95": round(sorted(cpu_times)[last], 1),
    }


def measured(engine: Engine, client: FlaskClient, requests: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each kind of page and each kind of search, with the baselines' results."""
    statements: list[str] = []
    with client.application.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    start = time.perf_counter()
    client.get("/members?q=" + PASSWORD)
    yield {"page": "cold", "median": round(1000 * (time.perf_counter() - start))}
    with Session(engine) as session:
        able = session.scalars(select(Capability.public_id).where(Capability.scheme == CURATED)).all()
        chapters = session.scalars(select(Chapter.public_id)).all()
        people = session.scalars(select(Member.public_id).where(Member.is_active).order_by(Member.id)).all()
        typed = queries(session, requests)
    chance = random.Random(3)
    pages: dict[str, list[str]] = {
        "list": ["/members"] * requests,
        "list, narrowed": [
            f"/members?capability={chance.choice(able)}&town=Phoenix&km={chance.choice((10, 50, 100))}&language=es"
            f"&price=middle&free=1&chapter={chance.choice(('', chance.choice(chapters)))}"
            for _ in range(requests)
        ],
        "list, deep page": [f"/members?page={chance.randrange(2, 400)}" for _ in range(requests)],
        "profile": [f"/members/{person}" for person in chance.sample(people, min(requests, len(people)))],
    }
    for page, paths in pages.items():
        for path in paths[:3]:
            client.get(path)
        statements.clear()
        took = timed(client.get, paths)
        yield {
            "page": page,
            **took,
            "queries": round(len([each for each in statements if each != "BEGIN"]) / len(paths), 1),
        }
    part = {"HX-Request": "true"}
    others = list(baselines(engine))
    for kind, several in typed.items():
        statements.clear()
        took = timed(
            lambda words: client.get("/members", query_string={"q": words}, headers=part), [w for w, _ in several]
        )
        line = {
            "page": f"search, {kind}",
            **took,
            "queries": round(len([e for e in statements if e != "BEGIN"]) / len(several), 1),
        }
        meant = [(words, firm) for words, firm in several if firm is not None]
        with Session(engine) as session:
            for name, way in others:
                line[f"{name} p95"] = timed(partial(way, session), [words for words, _ in several])["p95"]
            for name, way in (("", own_search), *others) if meant else ():
                hits = sum(firm in way(session, words) for words, firm in meant)
                line[f"{name} hits".strip()] = round(hits / len(meant), 3)
        yield line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--requests", type=int, default=200)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.database or f"sqlite:///{folder}/directory.db"
        engine = connect(url)
        Base.metadata.create_all(engine)
        start = time.perf_counter()
        with write_session(engine) as session:
            fill(session, arguments.members)
        print(f"filled in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        settings = load_settings({"GOODWORD_HOME": folder, "GOODWORD_BASE_URL": "http://localhost"})
        settings = replace(settings, database_url=engine.url.render_as_string(hide_password=False), secret_key="k" * 32)
        overrides = {
            "TESTING": True,
            "CLOCK": lambda: NOW + timedelta(seconds=time.perf_counter() - start),
            "WTF_CSRF_ENABLED": False,
        }
        app = create_app(settings, overrides=overrides)
        with app.app_context():
            Base.metadata.create_all(engine)
            with write_session(db.engine) as session:
                asker = session.get_one(Member, 1)
                create_account(session, member=asker, email="asker@firm.example", password=PASSWORD, now=NOW)
        rows_seen.ROWS_AN_HOUR = rows_seen.ROWS_A_DAY = sys.maxsize  # one member asks for more than anybody may see
        client = app.test_client()
        client.post("/sign-in", data={"email": "asker@firm.example", "password": PASSWORD})
        for line in measured(engine, client, arguments.requests):
            print(json.dumps({"members": arguments.members, "database": engine.dialect.name, **line}), flush=True)
        with app.app_context():
            db.engine.dispose()
        engine.dispose()


if __name__ == "__main__":
    main()
