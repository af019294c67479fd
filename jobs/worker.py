"""The worker: Celery as a doorbell. Tasks carry an id at most; what there is to do stands in the database."""

import os
import sys
from collections.abc import Callable
from functools import cache
from signal import SIGKILL
from socket import gethostname
from threading import Thread
from time import monotonic, sleep
from typing import Any

import structlog
from billiard.process import active_children  # type: ignore[import-untyped]
from celery.beat import EmbeddedService
from celery.signals import setup_logging, task_postrun, task_received, worker_ready
from celery.worker import state
from sqlalchemy import Engine

from directory import clock
from directory.db import connect, write_session
from directory.log import configure_logging
from directory.outbox.heartbeat import record_heartbeat
from directory.settings import Settings, load_settings
from directory.tables import TABLES
from jobs.broker import celery_app, enqueue, task_name
from jobs.schedule import JOBS, SCHEDULE, Job

TIME_LIMIT = 50  # seconds, then the task's process is ended; shorter than a delivery's lease
BEAT = 15  # seconds between two heartbeats
DEAF = 120  # seconds without a ring, of which there is one every five: then something here is stuck
SCHEDULER = "jobs.schedule:Beat"
beaten_at = heard_at = 0.0  # by monotonic()

assert TABLES

log = structlog.get_logger()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return load_settings()


@cache
def engine() -> Engine:
    """The engine of this process; asked for in tasks only, so after the fork."""
    return connect(settings().database_url)


def configuration() -> dict[str, Any]:
    """Celery's settings, read when it first asks for them."""
    common = {
        "broker_url": settings().broker_url,
        "broker_connection_retry_on_startup": True,
        "beat_schedule": {
            # A ring that nobody heard in time is dropped, so that a busy hour leaves no queue behind.
            task_name(job): {"task": task_name(job), "schedule": seconds, "options": {"expires": seconds}}
            for job, seconds in SCHEDULE
        },
        "beat_max_loop_interval": 5,
        "task_acks_late": True,
        "task_ignore_result": True,
        "task_time_limit": TIME_LIMIT,
        "worker_enable_remote_control": False,  # its messages would pile up in the embedded broker's folder
        "worker_prefetch_multiplier": 1,
    }
    if settings().broker_url != "filesystem://":
        return common
    folder = settings().home / "broker"
    (folder / "control").mkdir(mode=0o700, parents=True, exist_ok=True)
    folders = {name: str(folder) for name in ("data_folder_in", "data_folder_out")}
    return {
        **common,
        "broker_url": "filesystem://localhost",  # a name, which kombu would ask for otherwise
        "broker_transport_options": {**folders, "control_folder": str(folder / "control"), "polling_interval": 0.2},
    }


def _task(job: Job) -> Callable[[], None]:
    def run() -> None:
        job(engine(), settings=settings(), now=clock.utc_now())

    return run


celery_app.add_defaults(configuration)
for each in JOBS:
    celery_app.task(_task(each), name=task_name(each))


def _log_our_way(**_: Any) -> None:
    configure_logging()


def _begin_at_once(**_: Any) -> None:
    """Do now what fell due while nothing ran; beat rings for the first time only after its interval."""
    for job, seconds in SCHEDULE:
        enqueue(job, expires=seconds)


def exec_worker(concurrency: int) -> None:
    """Be a fresh worker in this process's place, for whoever started it; what was under way is as if it were killed."""
    for child in active_children():
        os.kill(child.pid, SIGKILL)
    os.execv(sys.executable, [sys.executable, "-m", "jobs", "worker", "--concurrency", str(concurrency)])  # noqa: S606


def _hear(**_: Any) -> None:
    global heard_at
    heard_at = monotonic()


def _keep_hearing(sender: Any, **_: Any) -> None:
    """Look after what nobody else does: a scheduler that died, and a broker or pool that rings come through no more."""

    def watch() -> None:
        scheduler = sender.controller.beat
        while (state.should_stop, state.should_terminate) == (None, None):
            sleep(1)
            if monotonic() - heard_at > DEAF:
                log.error("heard_nothing")
                exec_worker(sender.controller.concurrency)
            if not scheduler.is_alive():
                log.warning("scheduler_died")
                scheduler = EmbeddedService(sender.app, scheduler_cls=SCHEDULER)
                scheduler.daemon = True  # it ends with the worker, which does not know it
                scheduler.start()

    worker_ready.disconnect(_keep_hearing)  # it is ready again whenever it found its broker again
    _hear()
    Thread(target=watch, daemon=True).start()


def _beat(**_: Any) -> None:
    """Say that a task was finished, at most each BEAT seconds in a process: progress counts, not being alive."""
    global beaten_at
    if monotonic() - beaten_at >= BEAT:
        beaten_at = monotonic()
        with write_session(engine()) as session:
            record_heartbeat(session, worker=f"{gethostname()} {os.getppid()}", now=clock.utc_now())


setup_logging.connect(_log_our_way)
task_postrun.connect(_beat)
worker_ready.connect(_begin_at_once)
worker_ready.connect(_keep_hearing)
task_received.connect(_hear)


def work(*, concurrency: int) -> None:
    """Run a worker with its scheduler until it is stopped. Any number may run; each thing is done once all the same."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    celery_app.worker_main(["worker", "--beat", "--scheduler", SCHEDULER, "--concurrency", str(concurrency), *quiet])
