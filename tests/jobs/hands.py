"""Real workers of a home, forked from one process that has loaded everything.

``python -m`` this file takes the number of workers, how often each message is published, and the error of their clock
in seconds. With 0 workers this process is a worker itself. Each worker has its own session, so that it can be killed as
a whole. Each scheduler writes its process id into a file of the home named after its worker.
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

WORKERS, TIMES, CLOCK_ERROR = (int(argument) for argument in sys.argv[1:4])
HOME = Path(os.environ["GOODWORD_HOME"])
INTERVAL = 0.7
WARM = (
    *("celery.apps.worker", "celery.beat", "celery.bin.celery", "celery.bin.worker", "celery.concurrency.prefork"),
    *("celery.worker.consumer", "celery.worker.strategy", "celery.fixups.django", "redis"),
)
SCHEDULED = (weekly_posts.tick, deliver.sweep, weekly_prompts.compose, weekly_pairings.propose)


class Tape:
    """A platform without idempotency keys: it records every message as often as it is sent."""

    def __init__(self, account: Account) -> None:
        self.path = HOME / "tape"

    def send(self, message: Message) -> str:
        with self.path.open("ab", buffering=0) as tape:
            tape.write(f"{message.key}\n".encode())
        return message.key

    def find(self, message: Message) -> str | None:
        return message.key if message.key in self.path.read_text().splitlines() else None


def arm() -> None:
    """Run few jobs often, set the clock wrong, add the tape, and publish every message TIMES times."""
    utc_now = clock.utc_now
    clock.utc_now = lambda: utc_now() + timedelta(seconds=CLOCK_ERROR)
    channel_kind.CHANNEL_KINDS += (ChannelKind("tape", "Tape"),)
    transports.TRANSPORTS["tape"] = Tape
    worker.SCHEDULE = tuple((job, INTERVAL * max(1, WORKERS)) for job in SCHEDULED)
    worker.STUCK_AFTER = 5
    worker.exec_worker = exec_armed_worker
    publish, tick = Producer.publish, schedule.Beat.tick

    def publish_repeatedly(self: Producer, *args: Any, **kwargs: Any) -> Any:
        for _ in range(TIMES - 1):
            publish(self, *args, **kwargs)
        return publish(self, *args, **kwargs)

    def tick_and_record(self: schedule.Beat, *args: Any, **kwargs: Any) -> float:
        (HOME / f"beat {self.worker}").write_text(str(os.getpid()))
        return tick(self, *args, **kwargs)

    Producer.publish, schedule.Beat.tick = publish_repeatedly, tick_and_record


def exec_armed_worker(concurrency: int) -> None:
    """Do as ``exec_worker`` does, but start this module."""
    for child in active_children():
        os.kill(child.pid, signal.SIGKILL)
    os.execv(sys.executable, [sys.executable, "-m", "tests.jobs.hands", "0", *sys.argv[2:]])


def start() -> None:
    """Fork the workers, and kill them all on SIGTERM."""
    children = []
    for _ in range(WORKERS):
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
    start() if WORKERS else worker.work(concurrency=1)
