"""Measure the answer to a lead in networks whose firms each write a page, and what reading such a network takes.

    python -m benchmarks.answers [--members 1000 10000] [--queries 200] [--seed 0]

Members, firms and claims are those of ``benchmarks.directory``; each firm has 1,000 characters of text about what it
claims, and random vectors for their sentences, which take as long to compare as real ones. A lead has about 30 words.
The baseline is BM25 over the same texts. Prints JSON for each size: milliseconds of an answer in a running process,
seconds and megabytes that the World takes, and those of the sentences' index, from an empty process and after a change.
"""

import argparse
import gc
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import bm25s
import numpy as np
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from benchmarks.directory import NOW, fill, timed
from directory.db import Base, bump_world, connect, write_session
from directory.engine.firm_sentences import known_sentences
from directory.engine.sentence_encoder import DIMENSIONS
from directory.engine.suggestion_as_data import suggestion_as_dict
from directory.engine.text_embedding import TextEmbedding, text_digest
from directory.engine.world_cache import known_world
from directory.people.claim import Claim
from directory.people.tables import Business
from directory.taxonomy.capability import Capability

PAGE, WORDS = 1_000, 30  # characters a firm writes, and words of a lead
SENTENCES = (
    "We do {what} for {whom}, and we answer within a day.",
    "{whom} come to us when {what} cannot wait.",
    "Ask us about {what}: we have done it in {town} since {year}.",
    "Our people learned {what} on the job, with {whom} looking over their shoulders.",
    "We leave nothing half done, and {what} least of all.",
    "We do not take on {what} outside of {town}.",
)
CUSTOMERS = ("clinics", "museums", "law firms", "bakeries", "schools", "builders", "wineries", "hotels", "farms")
TOWNS = ("Tucson", "Mesa", "Bisbee", "Flagstaff", "Yuma", "Globe")
Result = TypeVar("Result")


def write_pages(session: Session, chance: random.Random) -> None:
    """Give every firm a page about its claims, and every sentence a vector."""
    able: dict[int, list[str]] = {}
    named = select(Claim.business_id, Capability.name, Capability.synonyms).join(Capability)
    for firm, name, synonyms in session.execute(named):
        able.setdefault(firm, []).extend((name.lower(), *synonyms))
    pages = []
    for firm, words in able.items():
        page = ""
        while len(page) < PAGE:
            values = {"what": chance.choice(words), "whom": chance.choice(CUSTOMERS), "town": chance.choice(TOWNS)}
            page += chance.choice(SENTENCES).format(**values, year=chance.randrange(1960, 2026)) + " "
        pages.append({"id": firm, "summary": page[:PAGE]})
    session.execute(update(Business), pages)
    bump_world(session)
    texts = known_sentences(session).missing()
    noise = np.random.default_rng(0)
    for at in range(0, len(texts), 10_000):
        vectors = noise.normal(size=(len(texts[at : at + 10_000]), DIMENSIONS))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        rows = zip(texts[at : at + 10_000], vectors.astype(np.float16), strict=True)
        session.execute(
            insert(TextEmbedding), [{"digest": text_digest(text), "vector": row.tobytes()} for text, row in rows]
        )
    bump_world(session)


def leads(session: Session, count: int, chance: random.Random) -> list[str]:
    """Return leads that ask for one to three capabilities in lay words."""
    asks = [ask for asks in session.scalars(select(Capability.asks)) for ask in asks]
    texts = []
    for _ in range(count):
        who = f"{chance.choice(CUSTOMERS).removesuffix('s')} in {chance.choice(TOWNS)}"
        wants = " and also ".join(chance.sample(asks, chance.choice((1, 1, 2, 3))))
        texts.append(" ".join(f"A {who} that opened last year wrote to me yesterday: {wants}".split()[:WORDS]))
    return texts


def resident() -> float:
    """Return the megabytes of memory that this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def cost(act: Callable[[], Result]) -> tuple[Result, dict[str, float]]:
    """Return the result of a call, with its seconds and the megabytes it added."""
    gc.collect()
    before, began = resident(), time.perf_counter()
    result = act()
    took = time.perf_counter() - began
    return result, {"seconds": round(took, 2), "megabytes": round(resident() - before)}


def measure(members: int, queries: int, seed: int, folder: str) -> dict[str, Any]:
    """Fill a database and return what its answers cost."""
    chance, engine = random.Random(seed), connect(f"sqlite:///{folder}/{members}.db")
    Base.metadata.create_all(engine)
    with write_session(engine) as session:
        fill(session, members)
    with write_session(engine) as session:
        write_pages(session, chance)
    with Session(engine) as session:
        texts = leads(session, queries, chance)
        pages: Sequence[str] = session.scalars(select(Business.summary).order_by(Business.id)).all()
        firms = session.scalar(select(func.count()).select_from(Business))
        _known_world, world = cost(lambda: known_world(session))
        sentences, index = cost(lambda: known_sentences(session))

        def ask(text: str) -> object:
            return suggestion_as_dict(session, text=text, bringer=None, teams_wanted=3, now=NOW)

        ask(texts[0])
        ours = timed(ask, texts[1:])
    search = bm25s.BM25()
    search.index(bm25s.tokenize(pages, show_progress=False), show_progress=False)
    theirs = timed(
        lambda text: search.retrieve(bm25s.tokenize(text, show_progress=False), show_progress=False), texts[1:]
    )
    with write_session(engine) as session:
        bump_world(session)
    with Session(engine) as session:
        _world_again, changed = cost(lambda: (known_world(session), known_sentences(session)))
    engine.dispose()
    return {
        "members": members,
        "firms": firms,
        "sentences": len(sentences.sentences),
        "answer_ms": ours,
        "text_search_ms": theirs,
        "world": world,
        "sentences_index": index,
        "both_after_a_change": changed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for members in arguments.members:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(members, arguments.queries, arguments.seed, folder)), flush=True)


if __name__ == "__main__":
    main()
