"""``goodword worker``: replaces this process by ``python -m jobs worker``, because ``app`` never imports ``jobs``."""

import os
import sys

import click


@click.command()
@click.option(
    "--concurrency", default=2, show_default=True, type=click.IntRange(1, 64), help="How many tasks run at a time."
)
def worker(concurrency: int) -> None:
    """Run the weekly jobs and their scheduler until stopped. Any number of workers may run."""
    from directory.settings import load_settings

    load_settings()  # Reports invalid settings here, before the worker starts.
    command = [sys.executable, "-m", "jobs", "worker", "--concurrency", str(concurrency)]
    os.execv(sys.executable, command)  # noqa: S606
