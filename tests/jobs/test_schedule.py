"""Every job in the schedule is a task, every job module is in the schedule, and every job has a test."""

import ast
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import jobs
from directory import clock
from directory.db import write_session
from directory.outbox.delivery import Delivery
from directory.settings import Settings
from directory.week.occurrence_planning import plan_occurrences
from jobs import deliver, weekly_posts, worker
from jobs.batch import run_batch
from jobs.broker import celery_app, task_name
from jobs.schedule import JOBS, SCHEDULE, Job

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("job", JOBS, ids=task_name)
def test_a_job_is_a_task_that_can_run_with_nothing_due(
    job: Job, engine: Engine, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "engine", lambda: engine)
    monkeypatch.setattr(worker, "settings", lambda: settings)
    monkeypatch.setattr(clock, "utc_now", lambda: now)
    for _ in range(2):
        celery_app.tasks[task_name(job)].run()


@pytest.mark.parametrize("job", JOBS, ids=task_name)
def test_a_job_that_runs_again_writes_no_letter_again(
    job: Job, demo: Engine, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (deliver, weekly_posts):
        monkeypatch.setattr(module, "announce", lambda engine, *, now: None)  # nobody listens
    wednesday = now + timedelta(days=2)
    with write_session(demo) as session:
        plan_occurrences(session, now=now)
    counts = []
    for _run in range(2):
        job(demo, settings=settings, now=wednesday)
        with Session(demo) as session:
            counts.append(session.scalar(select(func.count(Delivery.id))))
    assert counts[0] == counts[1]


def test_a_job_runs_as_often_as_the_schedule_says(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "settings", lambda: settings)
    rows = worker.configuration()["beat_schedule"].values()
    assert [(row["task"], row["schedule"]) for row in rows] == [(task_name(job), every) for job, every in SCHEDULE]


def test_every_job_module_is_in_the_schedule() -> None:
    modules = list(Path(*jobs.__path__).glob("*.py"))
    lines = [line for path in modules for line in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    imports = [line for line in lines if isinstance(line, ast.ImportFrom)]
    used = {line.module for line in imports} | {f"{line.module}.{each.name}" for line in imports for each in line.names}
    unused = {f"jobs.{path.stem}" for path in modules} - used
    assert unused == {"jobs.__init__", "jobs.__main__"}, "a job without its line in jobs/schedule.py"


@pytest.mark.parametrize("module", sorted({job.__module__ for job in JOBS}))
def test_a_job_has_a_test_of_its_own(module: str) -> None:
    room, _, name = module.rpartition(".")
    use = re.compile(rf"^from ({module} import|{room} import .*\b{name}\b)", re.MULTILINE)
    tests = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    assert any(use.search(path.read_text(encoding="utf-8")) for path in tests), f"tests/jobs/test_{name}.py is missing"


def test_a_failing_row_does_not_stop_others_and_a_deadline_stops_the_batch() -> None:
    done = []

    def do(row: int) -> int:
        done.append(row)
        return 10 // row

    assert run_batch([1, 0, 5], do, failed="failed") == 12
    assert run_batch([1], do, failed="failed", until=0) == 0
    assert done == [1, 0, 5]
