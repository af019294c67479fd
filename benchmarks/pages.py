"""Measure what one member waits for the main pages: warm, and as the first one after somebody changed something.

Members are those of ``benchmarks.directory``, in one process with the website's test client. The reader leads a chapter
and has a lead with its answer, so that pages are as full as they get. Before a first hit another member changes what
every page is made of: a headline, a capability, a meeting that is confirmed, or a firm that joins; the pages are read
in turn, each as the first one after its change, without a pause for what is built in the background.

    python -m benchmarks.pages [--members 1000 5000] [--database URL] [--requests 40]

Prints a line of JSON for each number of members: for each page the median and the 95th percentile in milliseconds, and
that of the processor time of the request's own thread; the longest of its first hits, its processor time, and after
which change it was; and its size in kilobytes as it is sent, compressed. A PostgreSQL URL must name an empty database,
which is filled, and takes one number of members.
"""

import argparse
import json
import logging
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import structlog
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from app import create_app
from app.accounts.account import create_account
from app.db import db
from benchmarks.directory import PASSWORD, fill
from directory.clock import utc_now
from directory.db import Base, bump_world, connect, write_session
from directory.engine.warm_up import keep_warm
from directory.facts.interaction import Interaction, InteractionKind
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.tables import Business, ChapterRole, Member, Role
from directory.profiles import rows_seen
from directory.settings import load_settings
from directory.taxonomy.capability import Capability
from directory.week.occurrence_planning import plan_occurrences

LEAD = "A clinic needs a new website and somebody who keeps its books."
EMAIL = "reader@firm.example"
Change = Callable[[Session], None]


def prepared(engine: Engine, members: int) -> Sequence[str]:
    """Fill the empty database, with a reader who can sign in; return the public ids of members."""
    now = utc_now()
    with write_session(engine) as session:
        fill(session, members)
    with write_session(engine) as session:
        plan_occurrences(session, now=now)
        reader = session.get_one(Member, 1)
        reader.arrived_at = reader.joined_at
        create_account(session, member=reader, email=EMAIL, password=PASSWORD, now=now)
        role = {"member_id": reader.id, "chapter_id": reader.business.chapter_id, "role": Role.LEAD}
        session.add(ChapterRole(**role))
        return session.scalars(select(Member.public_id).where(Member.is_active).order_by(Member.id)).all()


def changes(chance: random.Random) -> dict[str, Change]:
    """Return changes by other members, as their verbs leave the rows."""
    numbers = count(1)

    def somebody(session: Session) -> Member:
        active = select(Member.id).where(Member.is_active, Member.id > 1)
        return session.get_one(Member, chance.choice(session.scalars(active).all()))

    def headline(session: Session) -> None:
        member = somebody(session)
        member.headline = f"I do what number {next(numbers)} asks for."
        index_businesses(session, [member.business_id])

    def capability(session: Session) -> None:
        member = somebody(session)
        held = select(Claim.capability_id).where(Claim.business_id == member.business_id)
        node = chance.choice(session.scalars(select(Capability.id).where(Capability.id.not_in(held))).all())
        session.add(Claim(business_id=member.business_id, capability_id=node, claimed_at=utc_now()))
        index_businesses(session, [member.business_id])

    def meeting(session: Session) -> None:
        now, (one, other) = utc_now(), (somebody(session), somebody(session))
        times = {"happened_on": now.date(), "said_at": now, "confirmed_at": now}
        session.add(Interaction(said_by=one, other=other, kind=InteractionKind.MET, note="", **times))
        bump_world(session)

    def firm(session: Session) -> None:
        business = Business(name=f"Newcomer {next(numbers)}", chapter=somebody(session).business.chapter)
        business.created_at = now = utc_now()
        session.add(Member(name="New Comer", business=business, joined_at=now, arrived_at=now))
        session.flush()
        index_businesses(session, [business.id])

    return {"headline": headline, "capability": capability, "meeting": meeting, "firm": firm}


def pages(client: FlaskClient, people: Sequence[str]) -> dict[str, str]:
    """Bring a lead; return the path of each page."""
    lead = client.post("/leads/new", data={"text": LEAD}).headers["Location"]
    return {
        "today": "/",
        "list": "/members",
        "search": "/members?q=bookkeeping+for+clinics",
        "profile": f"/members/{people[len(people) // 2]}",
        "week": "/week",
        "leads": "/leads",
        "lead": lead,
        "introductions": "/introductions",
        "introduction": f"/members/{people[len(people) // 2]}/introductions/new",
        "chapter": "/chapter",
        "own page": "/profile",
    }


def measured(client: FlaskClient, engine: Engine, paths: dict[str, str], requests: int) -> dict[str, Any]:
    """Return what the docstring of this module says of each page."""

    def get(path: str) -> tuple[float, float, int]:
        began, cpu_began = time.perf_counter(), time.thread_time()
        answer = client.get(path, headers={"Accept-Encoding": "br, gzip"})
        took = 1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - cpu_began)
        assert answer.status_code == 200, (path, answer.status)
        return *took, len(answer.data)

    chance, first = random.Random(3), defaultdict[str, list[tuple[float, float, str]]](list)
    for path in paths.values():
        get(path)
    warm = {page: [get(path) for _ in range(requests)] for page, path in paths.items()}
    for name, change in changes(chance).items():
        for _ in range(max(1, requests // 10)):
            for page, path in paths.items():
                with write_session(engine) as session:
                    change(session)
                first[page].append((*get(path)[:2], name))
    return {
        page: {
            "median": round(statistics.median(wall for wall, _, _ in took), 1),
            "p95": round(ninety_fifth([wall for wall, _, _ in took]), 1),
            "cpu p95": round(ninety_fifth([cpu for _, cpu, _ in took]), 1),
            "first hit": round(max(first[page])[0]),
            "first hit's cpu": round(max(first[page])[1]),
            "after": max(first[page])[2],
            "kB": round(took[-1][2] / 1000, 1),
        }
        for page, took in warm.items()
    }


def ninety_fifth(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def run(members: int, database: str, requests: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"GOODWORD_HOME": folder, "GOODWORD_BASE_URL": "http://localhost"})
        settings = replace(settings, database_url=database or f"sqlite:///{folder}/pages.db", secret_key="k" * 32)
        started = time.perf_counter(), utc_now()
        # Time runs tenfold, so that the reader is held up by no limit of an hour.
        clock = lambda: started[1] + timedelta(seconds=10 * (time.perf_counter() - started[0]))  # noqa: E731
        app = create_app(settings, overrides={"TESTING": True, "CLOCK": clock, "WTF_CSRF_ENABLED": False})
        with app.app_context():
            Base.metadata.create_all(db.engine)
            people = prepared(db.engine, members)
            states = {"is_ready": (is_ready := Event()), "is_over": (is_over := Event())}
            warming = Thread(target=keep_warm, args=(db.engine,), kwargs=states)
            warming.start()
            is_ready.wait()
            engine = connect(settings.database_url)
        client = app.test_client()
        client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        found = measured(client, engine, pages(client, people), requests)
        is_over.set()
        warming.join()
        engine.dispose()
        with app.app_context():
            db.engine.dispose()
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--database", default="")
    parser.add_argument("--requests", type=int, default=40)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows_seen.ROWS_AN_HOUR = rows_seen.ROWS_A_DAY = sys.maxsize  # one member asks for more than anybody may see
    for members in arguments.members:
        found = run(members, arguments.database, arguments.requests)
        kind = Path(arguments.database.partition(":")[0] or "sqlite").name
        line = {"members": members, "database": kind, "load average": round(os.getloadavg()[0], 1), "pages": found}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
