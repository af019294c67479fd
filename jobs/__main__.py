"""The door for other processes, since ``app`` does not import ``jobs``: ``python -m jobs worker`` or ``week``."""

import json
from datetime import datetime

import click

from directory import clock
from jobs import weekly_posts
from jobs.worker import engine, settings, work


@click.group()
def main() -> None:
    """The weekly hands; `goodword worker` and `goodword week --run` call them."""


@main.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=2)
def worker(concurrency: int) -> None:
    """Run a worker with its scheduler until it is stopped."""
    work(concurrency=concurrency)


@main.command()
@click.option("--at", type=datetime.fromisoformat)
@click.option("--chapter")
def week(at: datetime | None, chapter: str | None) -> None:
    """Do the week's turn here and now; print the public ids of what was delivered, as JSON."""
    delivered = weekly_posts.run_due_occurrences(
        engine(), settings=settings(), now=at or clock.utc_now(), chapter=chapter
    )
    engine().dispose()
    click.echo(json.dumps(delivered))


if __name__ == "__main__":
    main()
