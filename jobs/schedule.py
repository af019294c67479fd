"""The schedule: every job and how often it runs. The database holds what is due, so a missed run only delays it."""

import os
from datetime import datetime
from typing import Any, Protocol

from celery.beat import Scheduler
from sqlalchemy import Engine

from directory.settings import Settings
from jobs import (
    bounces,
    deliver,
    housekeeping,
    intake,
    offers,
    on_demand_checks,
    preflight,
    referrals,
    social_listening,
    weekly_pairings,
    weekly_posts,
    weekly_prompts,
)


class Job(Protocol):
    """A function that does what is due. It may run at any time, on several workers at once, and be killed."""

    __name__: str

    def __call__(self, engine: Engine, /, *, settings: Settings, now: datetime) -> object: ...


SCHEDULE: tuple[tuple[Job, int], ...] = (  # seconds between two runs
    (weekly_posts.tick, 60),
    (preflight.look_ahead, 300),
    (deliver.sweep, 5),  # somebody may be waiting for their sign-in link
    (bounces.read_bounces, 60),
    (intake.read_requests, 60),
    (on_demand_checks.run_requested_checks, 5),  # somebody may be waiting to see whether an account is connected
    (social_listening.listen, 60),
    (weekly_pairings.propose, 300),
    (offers.settle, 120),
    (referrals.chase_silent, 900),
    (weekly_prompts.compose, 30),
    (weekly_prompts.notify_mentioned, 300),
    (housekeeping.embed_some, 60),
    (housekeeping.embed_sentences, 60),
    (housekeeping.forget, 3600),
    (housekeeping.freeze_bands, 3600),  # publishes in the first hour of a week only
)
JOBS: tuple[Job, ...] = (*(job for job, _seconds in SCHEDULE), deliver.deliver)  # enqueued when something is due


class Beat(Scheduler):  # type: ignore[misc]
    """Celery's scheduler with its state in memory, not in a file. It exits when its worker has died."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker = os.getppid()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run one scheduler step. Raises SystemExit if the worker was killed, which would orphan this process."""
        if os.getppid() != self.worker:
            raise SystemExit
        wait: float = super().tick(*args, **kwargs)
        return wait
