"""Measure the busiest minute: occurrences of many chapters due at once, planned, frozen and delivered by workers.

Chapters are generated, each with a member to mention and some accounts of the kind ``file``, all due at the same
minute. ``plan`` creates the occurrences. ``freeze`` composes the posts and writes the deliveries. ``drain`` is the time
until worker processes have delivered everything, with the longest wait of a chapter for its first post (without
starvation not far from the mean). One kind may answer late (--slow seconds), like a network in trouble; ``others`` is
the time until all posts of the other kind were delivered.

The baseline ``naive`` works like a simple job: each chapter is planned in its own transaction, one after the other, and
the longest waiting delivery is claimed first.

    python -m benchmarks.week [--chapters 1000] [--channels 4] [--workers 4] [--slow 0] [--naive]

Results are recorded in benchmarks/week.tsv.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import logging

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from directory.clock import utc_now
from directory.db import Base, bump_world, connect, write_session
from directory.outbox import channel_kind as kinds
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel
from directory.outbox.channel_kind import ChannelKind
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.settings import load_settings
from directory.week.occurrence_planning import plan_occurrences
from jobs import channels as transports
from jobs.channels.file import FileTransport
from jobs.channels.transport import Message
from jobs.deliver import drain
from jobs.weekly_posts import run_occurrence

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def slow_file(seconds: float) -> type[FileTransport]:
    """Return a file transport that waits for ``seconds`` before each send."""

    class Slow(FileTransport):
        def send(self, message: Message) -> str:
            time.sleep(seconds)
            return super().send(message)

    return Slow


def write(url: str, chapters: int, channels: int, at: datetime) -> None:
    """Write a network whose chapters are all due at the same minute; one of each chapter's accounts is slow."""
    kinds.CHANNEL_KINDS += (ChannelKind("slow", "A network in trouble"),)
    engine = connect(url)
    Base.metadata.create_all(engine)
    with write_session(engine) as session:
        for number in range(chapters):
            chapter = Chapter(key=f"c{number}", name="C", zone="UTC", weekday=at.weekday(), post_time=at.time())
            business = Business(name="B", chapter=chapter, created_at=at)
            session.add(Member(name=f"Ann {number}", business=business, joined_at=at, spotlight_at=at))
            accounts = ["slow", *["file"] * (channels - 1)]
            session.add_all(Channel(chapter=chapter, kind=kind, name="F") for kind in accounts)
        bump_world(session)
    engine.dispose()


def work(home: Path, url: str, slow: float, is_naive: bool, begin: Barrier) -> None:
    """Run a worker that delivers until nothing is due."""
    transports.TRANSPORTS["slow"] = slow_file(slow).of_account
    engine, settings = connect(url), load_settings({"GOODWORD_HOME": str(home), "GOODWORD_DATABASE_URL": url})
    if is_naive:
        deliveries.next_fair_batch = oldest
    begin.wait()
    is_left = True
    while is_left:
        drain(engine, settings=settings, utc_now=utc_now)
        with Session(engine) as session:
            is_left = bool(deliveries.next_fair_batch(session, now=utc_now(), limit=1))
    engine.dispose()


def oldest(session: Session, *, now: datetime, limit: int) -> list[str]:
    """Return the ids of the deliveries that have waited longest, as a simple queue does."""
    waiting = select(Delivery.public_id).where(Delivery.state == "pending", Delivery.due_at <= now)
    return list(session.scalars(waiting.order_by(Delivery.due_at, Delivery.id).limit(limit)))


def measured(chapters: int, channels: int, workers: int, slow: float, is_naive: bool) -> dict[str, float]:
    """Return the seconds of each step, and of the mean and longest wait."""
    with tempfile.TemporaryDirectory() as folder:
        home, url = Path(folder), f"sqlite:///{folder}/week.db"
        at = (utc_now() + timedelta(hours=1)).replace(second=0, microsecond=0)
        write(url, chapters, channels, at)
        engine = connect(url)
        start = time.perf_counter()
        if is_naive:
            for _ in range(chapters):
                with write_session(engine) as session:
                    plan_occurrences(session, now=at - timedelta(minutes=1))
        else:
            with write_session(engine) as session:
                plan_occurrences(session, now=at - timedelta(minutes=1))
        planned = time.perf_counter()
        run_occurrence(engine, now=at)
        frozen = time.perf_counter()
        with write_session(engine) as session:
            session.execute(update(Delivery).values(due_at=utc_now()))
        context = multiprocessing.get_context("spawn")
        begin = context.Barrier(workers + 1)
        processes = [context.Process(target=work, args=(home, url, slow, is_naive, begin)) for _ in range(workers)]
        for process in processes:
            process.start()
        begin.wait()
        began = utc_now()
        for process in processes:
            process.join()
        with Session(engine) as session:
            settled = select(Delivery.settled_at, Channel.kind, Delivery.occurrence_id).join(Delivery.channel)
            out = [
                ((at - began).total_seconds(), kind, occurrence_id or 0)
                for at, kind, occurrence_id in session.execute(settled)
                if at
            ]
            occurrences = session.scalars(select(func.count()).select_from(Occurrence)).one()
        engine.dispose()
    waits: dict[int, float] = {}
    for wait, _kind, occurrence_id in out:
        waits[occurrence_id] = min(wait, waits.get(occurrence_id, wait))
    return {
        "turns": occurrences,
        "delivered": len(out),
        "plan": planned - start,
        "freeze": frozen - planned,
        "drain": max(wait for wait, _kind, _turn in out),
        "others": max(wait for wait, kind, _turn in out if kind == "file"),
        "mean wait": sum(waits.values()) / len(waits),
        "longest wait": max(waits.values()),
    }


def main() -> None:
    """Measure once and print a line for the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("chapters", 1000), ("channels", 4), ("workers", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--naive", action="store_true")
    options = parser.parse_args()
    results = measured(options.chapters, options.channels, options.workers, options.slow, options.naive)
    print("\t".join(["chapters", "channels", "workers", "slow", "naive", *results]))
    print("\t".join(map(str, [*vars(options).values(), *(round(value, 2) for value in results.values())])))


if __name__ == "__main__":
    main()
