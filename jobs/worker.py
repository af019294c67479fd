"""The Celery worker: settings, tasks, heartbeat, watchdog. A task carries at most an id; the database is the queue."""

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

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from directory import clock
from directory.db import connect, write_session
from directory.log import configure_logging
from directory.outbox.heartbeat import record_heartbeat
from directory.settings import Settings, load_settings
from jobs.broker import celery_app, enqueue, task_name
from jobs.schedule import JOBS, SCHEDULE, Job

TIME_LIMIT = 50  # seconds, after which a task's process is killed; shorter than a delivery's lease
HEARTBEAT_INTERVAL = 15  # seconds
STUCK_AFTER = 120  # seconds without a task message, of which there is one every five
SCHEDULER = "jobs.schedule:Beat"
heartbeat_at = received_at = 0.0  # by monotonic()

log = structlog.get_logger()


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return load_settings()


@cache
def engine() -> Engine:
    """Return the engine of this process. Call it in tasks only, so that it is created after the fork."""
    return connect(settings().database_url)


def configuration() -> dict[str, Any]:
    """Return Celery's settings. Celery calls this when it first needs them."""
    common = {
        "broker_url": settings().broker_url,
        "broker_connection_retry_on_startup": True,
        "beat_schedule": {
            # A message that no worker takes before the next one is dropped, so that a busy hour leaves no queue.
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
        "broker_url": "filesystem://localhost",  # kombu needs a host name
        "broker_transport_options": {**folders, "control_folder": str(folder / "control"), "polling_interval": 0.2},
    }


def _task(job: Job) -> Callable[[], None]:
    def run() -> None:
        job(engine(), settings=settings(), now=clock.utc_now())

    return run


celery_app.add_defaults(configuration)
for job in JOBS:
    celery_app.task(_task(job), name=task_name(job))


def _configure_logging(**_: Any) -> None:
    configure_logging()


def _enqueue_all(**_: Any) -> None:
    """Enqueue every job now, for what fell due while no worker ran; beat sends the first message after an interval."""
    for job, seconds in SCHEDULE:
        enqueue(job, expires=seconds)


def exec_worker(concurrency: int) -> None:
    """Replace this process by a new worker with the same process id; tasks that were running are killed."""
    for child in active_children():
        os.kill(child.pid, SIGKILL)
    os.execv(sys.executable, [sys.executable, "-m", "jobs", "worker", "--concurrency", str(concurrency)])  # noqa: S606


def _record_message(**_: Any) -> None:
    global received_at
    received_at = monotonic()


def _start_watchdog(sender: Any, **_: Any) -> None:
    """Start a thread that restarts a scheduler that died, and the worker when no task message comes through."""

    def watch() -> None:
        scheduler = sender.controller.beat
        while (state.should_stop, state.should_terminate) == (None, None):
            sleep(1)
            if monotonic() - received_at > STUCK_AFTER:
                log.error("no_messages_received")
                exec_worker(sender.controller.concurrency)
            if not scheduler.is_alive():
                log.warning("scheduler_died")
                scheduler = EmbeddedService(sender.app, scheduler_cls=SCHEDULER)
                scheduler.daemon = True  # it ends with the worker, which does not know of it
                scheduler.start()

    worker_ready.disconnect(_start_watchdog)  # the signal is sent again after each reconnection to the broker
    _record_message()
    Thread(target=watch, daemon=True).start()


def _send_heartbeat(**_: Any) -> None:
    """Record a heartbeat after a finished task, at most every HEARTBEAT_INTERVAL seconds in a process.

    A worker that is alive but finishes no task sends none.
    """
    global heartbeat_at
    if monotonic() - heartbeat_at >= HEARTBEAT_INTERVAL:
        heartbeat_at = monotonic()
        with write_session(engine()) as session:
            record_heartbeat(session, worker=f"{gethostname()} {os.getppid()}", now=clock.utc_now())


setup_logging.connect(_configure_logging)
task_postrun.connect(_send_heartbeat)
worker_ready.connect(_enqueue_all)
worker_ready.connect(_start_watchdog)
task_received.connect(_record_message)


def work(*, concurrency: int) -> None:
    """Run a worker with its scheduler until it is stopped. Several workers may run; each thing is still done once."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    celery_app.worker_main(["worker", "--beat", "--scheduler", SCHEDULER, "--concurrency", str(concurrency), *quiet])
