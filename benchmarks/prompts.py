"""Measure the prompts of a busy morning, composed in batches of members, against one member after the other.

The generated network has chapters of 100. Each member has their own firm with a summary, a claim and a shared ask; all
summaries and asks differ, so that no embedding is reused. ``circles`` is what the worker does, with letters and rows
written, with one or two processes; ``naive`` queries the directory for each member anew and writes nothing. Results are
recorded in benchmarks/prompts.tsv.

    python -m benchmarks.prompts [--members 100000] [--workers 2] [--naive 20] [--url postgresql://…]
"""

import argparse
import multiprocessing
import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from directory.db import Base, connect, write_session
from directory.engine.pair_reason import reason_sentence
from directory.engine.wanteds_for_offer import match_wanteds
from directory.engine.weekly_pairings import person_to_meet
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.reports.open_items import open_items
from directory.taxonomy.capability import Capability, CapabilityKind
from directory.week.occurrence_planning import plan_occurrences
from jobs.weekly_prompts import compose

AT = datetime(2026, 11, 4, 14, 0, tzinfo=UTC)  # 7:00 in Arizona
TRADES = ("web design", "bookkeeping", "roofing", "catering", "printing", "law", "insurance", "photography", "welding")
PEOPLE = ("owners of clinics", "architects", "hotel managers", "school boards", "dentists", "builders", "brewers")


def write(url: str, members: int) -> None:
    """Write the network, with occurrences due at nine that morning."""
    engine, draw, service = connect(url), random.Random(1), CapabilityKind.SERVICE
    Base.metadata.create_all(engine)
    with write_session(engine) as session:
        session.execute(
            insert(Capability),
            [{"id": at, "scheme": "b", "code": str(at), "name": f"{TRADES[at % 9].title()} {at}", "kind": service}
             for at in range(1, 901)],
        )  # fmt: skip
        chapters = range(1, members // 100 + 1)
        session.execute(
            insert(Chapter),
            [{"id": at, "key": f"c{at}", "name": f"Chapter {at}", "zone": "America/Phoenix", "weekday": 2,
              "post_time": clock_time(9), "hashtags": ["referralwednesday"]} for at in chapters],
        )  # fmt: skip
        for first in range(1, members + 1, 10_000):
            ids = range(first, min(first + 10_000, members + 1))
            firms = [
                {"id": at, "name": f"Firm {at}", "chapter_id": 1 + (at - 1) // 100, "created_at": AT,
                 "summary": f"We do {draw.choice(TRADES)} for {draw.choice(PEOPLE)} near street {at}"} for at in ids
            ]  # fmt: skip
            people = [
                {"id": at, "business_id": at, "name": f"Ann Number{at}", "email": f"a{at}@b.example", "joined_at": AT,
                 "arrived_at": AT} for at in ids
            ]  # fmt: skip
            claims = [{"business_id": at, "capability_id": draw.randint(1, 900), "claimed_at": AT} for at in ids]
            wants = [
                {"member_id": at, "kind": WantedKind.PARTNER, "wanted_at": AT, "shared_at": AT,
                 "capability_id": draw.randint(1, 900), "text": f"{draw.choice(PEOPLE)} on road {at}"} for at in ids
            ]  # fmt: skip
            for table, rows in ((Business, firms), (Member, people), (Claim, claims), (Wanted, wants)):
                session.execute(insert(table), rows)
        plan_occurrences(session, now=AT - timedelta(days=1))
        session.query(Occurrence).update({"paired_at": AT})  # the week's pairings were proposed before
    engine.dispose()


def work(url: str) -> None:
    """Run the prompt job again and again until no occurrence is left."""
    engine = connect(url)
    while True:
        with Session(engine) as session:
            left = session.scalar(select(func.count()).where(Occurrence.prompted_at.is_(None))) or 0
        if not left:
            break
        compose(engine, now=AT)
    engine.dispose()


def naive(url: str, members: int) -> float:
    """Return the seconds for ``members`` members, each queried anew."""
    engine = connect(url)
    with Session(engine) as session:
        people = session.scalars(select(Member).order_by(Member.id).limit(members)).all()
        start = time.perf_counter()
        for member in people:
            if (pair := person_to_meet(session, member=member, now=AT)) is not None:
                reason_sentence(pair.reasons[0], member)
            match_wanteds(session, text=member.business.summary, member=member)
            open_items(session, member=member, now=AT)
        seconds = time.perf_counter() - start
    engine.dispose()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--naive", type=int, default=20)
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite:///{Path(folder, 'b.db')}"
        write(url, options.members)
        start = time.perf_counter()
        workers = [multiprocessing.Process(target=work, args=(url,)) for _ in range(options.workers)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        seconds = time.perf_counter() - start
        engine = connect(url)
        with Session(engine) as session:
            letters = session.scalar(select(func.count()).select_from(Delivery)) or 0
        engine.dispose()
        print("way\tdatabase\tmembers\tworkers\tletters\tseconds\tmembers / s")
        kind = url.partition(":")[0]
        rate = options.members / seconds
        print(f"circles\t{kind}\t{options.members}\t{options.workers}\t{letters}\t{seconds:.1f}\t{rate:.0f}")
        if options.naive:
            seconds = naive(url, options.naive)
            rate = options.naive / seconds
            print(f"naive\t{kind}\t{options.naive} of {options.members}\t1\t–\t{seconds:.1f}\t{rate:.2f}")


if __name__ == "__main__":
    main()
