"""The schedule: what is rung for, and how often. What is due is in the database; a lost minute costs a minute."""

import os
from typing import Any

from celery.beat import Scheduler

SCHEDULE = (
    ("jobs.weekly_posts.tick", 60),
    ("jobs.preflight.look_ahead", 300),
    ("jobs.deliver.sweep", 5),  # somebody sits and waits for the link that signs them in
    ("jobs.on_demand_checks.run_requested_checks", 5),  # somebody waits to see whether an account is connected
    ("jobs.social_listening.listen", 60),
    ("jobs.weekly_pairings.pair", 300),
    ("jobs.weekly_prompts.compose", 30),
    ("jobs.weekly_prompts.tell_mentioned", 300),
    ("jobs.housekeeping.embed", 60),
    ("jobs.housekeeping.forget", 3600),
    ("jobs.housekeeping.freeze_bands", 3600),  # does something in the first hour of a week only
)


class Beat(Scheduler):  # type: ignore[misc]
    """Celery's scheduler in memory: no file that could be lost or go wrong. It leaves when its worker has died."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker = os.getppid()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One turn; SystemExit where the worker was killed, which would leave this process behind it."""
        if os.getppid() != self.worker:
            raise SystemExit
        wait: float = super().tick(*args, **kwargs)
        return wait
