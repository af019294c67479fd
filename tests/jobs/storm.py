"""A supervised worker, killed with SIGKILL once at each named boundary and restarted: ``python -m`` this file.

With ``--wild KILLS`` it is killed that often at random instants, with the real transports. Production code has no
hooks: its functions are wrapped here. The supervisor loads everything once and forks each worker into its own session,
which is killed as a whole, pool and beat included.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, configure_mappers

from directory import safe_http
from directory.outbox import channel_kind
from directory.outbox import delivery as deliveries
from directory.outbox.channel_kind import ChannelKind
from directory.outbox.delivery import Delivery
from jobs import channels as transports
from jobs import deliver, weekly_posts, worker
from jobs.channels import mastodon
from jobs.channels.transport import Account, Message
from jobs.channels.x import XTransport

FOLDER = Path(sys.argv[1])
KILLS = int(sys.argv[sys.argv.index("--wild") + 1]) if "--wild" in sys.argv else 0
IS_BLIND = "--blind" in sys.argv  # the control run: it never looks up whether a post arrived, and just retries

DELIVERING = (
    *("before the claim", "claimed, not committed", "before the transport", "mid-transport"),
    *("sent, not recorded", "recorded, not committed", "recorded, not acknowledged"),
)
PLACING = ("draft written", "file placed")
TURNING = ("frozen, not committed", "frozen, not announced", "looked up, not recorded")
LEASE, SETTLE, INTERVAL = timedelta(seconds=1), timedelta(seconds=1.5), 0.7
LIFETIME = (0.9, 2.6)  # seconds of a wild worker
WARM = (
    *("celery.apps.worker", "celery.beat", "celery.bin.celery", "celery.bin.worker", "celery.concurrency.prefork"),
    *("celery.worker.consumer", "celery.worker.strategy", "celery.fixups.django", "jobs.broker", "psycopg", "redis"),
)

now_at = ""  # the point of the current delivery: its channel's name


def die(point: str) -> None:
    """Kill this process's session when this point is reached for the first time; later workers go on."""
    try:
        os.close(os.open(FOLDER / point, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.killpg(0, signal.SIGKILL)


def dying(function: Callable[..., Any], *, before: str = "", after: str = "") -> Callable[..., Any]:
    """Wrap ``function`` to die before or after it. A point of a delivery counts only in the delivery named after it."""

    def strike(point: str) -> None:
        if point and (point in TURNING or point == now_at):
            die(point)

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        strike(before)
        answer = function(*args, **kwargs)
        strike(after)
        return answer

    return wrapped


class Tape:
    """A platform without idempotency keys: it records every message as often as it is sent."""

    def __init__(self, account: Account) -> None:
        self.path = FOLDER / "tape"

    def send(self, message: Message) -> str:
        tape = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(tape, f"{message.key}\n".encode())
        os.fsync(tape)
        os.close(tape)
        if now_at == "mid-transport":
            die(now_at)
        return message.key

    def find(self, message: Message) -> str | None:
        there = self.path.exists() and message.key in self.path.read_text().splitlines()
        return message.key if there and not IS_BLIND else None


def hurry(lease: timedelta, settle: timedelta) -> None:
    """Shorten the lease, the message expiry and the reconciliation times of every kind."""
    kinds = tuple(replace(kind, settle=settle) for kind in channel_kind.CHANNEL_KINDS)
    channel_kind.CHANNEL_KINDS = deliveries.CHANNEL_KINDS = kinds
    deliver.LEASE, deliver.MESSAGE_EXPIRY, deliveries.SETTLE = lease, INTERVAL, settle


def arm() -> None:
    """Shorten the times, add the tape, and wrap the function at every boundary."""
    channel_kind.CHANNEL_KINDS += (ChannelKind("tape", "Tape"),)
    transports.TRANSPORTS["tape"] = Tape
    hurry(LEASE, SETTLE)
    worker.SCHEDULE = ((weekly_posts.tick, INTERVAL), (deliver.sweep, INTERVAL))  # others would crowd the slow broker
    deliveries.claim_delivery = dying(deliveries.claim_delivery, before=DELIVERING[0], after=DELIVERING[1])
    Tape.send = dying(Tape.send, before=DELIVERING[2])
    deliveries.mark_delivered = dying(deliveries.mark_delivered, before=DELIVERING[4], after=DELIVERING[5])
    os.link = dying(os.link, before=PLACING[0], after=PLACING[1])
    weekly_posts.freeze = dying(weekly_posts.freeze, after=TURNING[0])
    weekly_posts.announce = dying(weekly_posts.announce, before=TURNING[1])
    Tape.find = dying(Tape.find, after=TURNING[2])
    deliver_one = dying(deliver.deliver_one, after=DELIVERING[6])

    def named(engine: Any, public_id: str, **kwargs: Any) -> bool:
        global now_at
        with Session(engine) as session:
            row = session.scalars(select(Delivery).where(Delivery.public_id == public_id)).one()
            now_at = row.channel.name
        answer: bool = deliver_one(engine, public_id, **kwargs)
        now_at = ""
        return answer

    deliver.deliver_one = named


def go_wild() -> None:
    """Shorten the times, but keep leases longer than the proxies' delays, and allow 100 attempts."""
    safe_http.LOOPBACK_IS_ALLOWED = True
    hurry(timedelta(seconds=4), timedelta(seconds=2))
    deliver.MAX_RETRY_WAIT, deliveries.MAX_ATTEMPTS = timedelta(seconds=1), 100
    worker.SCHEDULE = ((weekly_posts.tick, 3 * INTERVAL), (deliver.sweep, INTERVAL))
    weekly_posts.TIME_BUDGET = timedelta(seconds=2 * INTERVAL)  # two thirds of the interval, as in production
    mastodon.PAGES = 100  # one account gets a post a second here, not three a day
    if IS_BLIND:
        XTransport.find = lambda self, message: None


def supervise() -> None:
    """Start a worker, and a new one whenever it was killed, until SIGTERM."""
    child, kills = 0, 0

    def stop(*_: object) -> None:
        os.killpg(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setsid()
            worker.work(concurrency=2 if KILLS else 1)  # one: each kill hits one delivery
            os._exit(1)
        if kills < KILLS:
            time.sleep(random.uniform(*LIFETIME))
            os.killpg(child, signal.SIGKILL)
            kills += 1
            (FOLDER / "kills").write_text(str(kills))
        os.waitpid(child, 0)


if __name__ == "__main__":
    go_wild() if KILLS else arm()
    for module in WARM:
        import_module(module)
    configure_mappers()
    supervise()
