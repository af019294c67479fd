"""Real workers of a home, forked from one process that has loaded everything: ``python -m`` this file, with how many,
how often the broker hands out each message, and by how many seconds their clock is wrong. None: this process is one.

Each is a session of its own, so that it can be ended whole; each scheduler says in the home whose it is.
"""

import os
import signal
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from billiard.process import active_children
from kombu import Producer
from sqlalchemy.orm import configure_mappers

from directory import clock
from directory.outbox import channel_kind
from directory.outbox.channel_kind import ChannelKind
from jobs import channels as transports
from jobs import deliver, schedule, weekly_pairings, weekly_posts, weekly_prompts, worker
from jobs.channels.transport import Account, Message

MANY, TIMES, WRONG = (int(word) for word in sys.argv[1:4])
HOME = Path(os.environ["GOODWORD_HOME"])
RING = 0.7
WARM = (
    *("celery.apps.worker", "celery.beat", "celery.bin.celery", "celery.bin.worker", "celery.concurrency.prefork"),
    *("celery.worker.consumer", "celery.worker.strategy", "celery.fixups.django", "redis"),
)
RINGING = (weekly_posts.tick, deliver.sweep, weekly_prompts.compose, weekly_pairings.propose)


class Tape:
    """A platform that knows no keys: whatever is sent stands there, as often as it is sent."""

    def __init__(self, account: Account) -> None:
        self.path = HOME / "tape"

    def send(self, message: Message) -> str:
        with self.path.open("ab", buffering=0) as tape:
            tape.write(f"{message.key}\n".encode())
        return message.key

    def find(self, message: Message) -> str | None:
        return message.key if message.key in self.path.read_text().splitlines() else None


def arm() -> None:
    """Ring often and for little, set the clock wrong, add the tape, and let every message go out TIMES times."""
    right = clock.utc_now
    clock.utc_now = lambda: right() + timedelta(seconds=WRONG)
    channel_kind.CHANNEL_KINDS += (ChannelKind("tape", "Tape"),)
    transports.TRANSPORTS["tape"] = Tape
    worker.SCHEDULE = tuple((job, RING * max(1, MANY)) for job in RINGING)
    worker.STUCK_AFTER = 5
    worker.exec_worker = begin_anew
    publish, tick = Producer.publish, schedule.Beat.tick

    def again(self: Producer, *args: Any, **kwargs: Any) -> Any:
        for _ in range(TIMES - 1):
            publish(self, *args, **kwargs)
        return publish(self, *args, **kwargs)

    def told(self: schedule.Beat, *args: Any, **kwargs: Any) -> float:
        (HOME / f"beat {self.worker}").write_text(str(os.getpid()))
        return tick(self, *args, **kwargs)

    Producer.publish, schedule.Beat.tick = again, told


def begin_anew(concurrency: int) -> None:
    """As for real, but armed."""
    for child in active_children():
        os.kill(child.pid, signal.SIGKILL)
    os.execv(sys.executable, [sys.executable, "-m", "tests.jobs.hands", "0", *sys.argv[2:]])


def start() -> None:
    """Fork them, and end them all when told to."""
    children = []
    for _ in range(MANY):
        child = os.fork()
        if child == 0:
            os.setsid()
            worker.work(concurrency=1)
            os._exit(1)
        children.append(child)

    def stop(*_: object) -> None:
        for child in children:
            os.killpg(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        signal.pause()


if __name__ == "__main__":
    arm()
    for module in WARM:
        import_module(module)
    configure_mappers()
    start() if MANY else worker.work(concurrency=1)
