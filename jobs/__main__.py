"""The command line of the jobs, ``python -m jobs worker`` or ``week``, since ``app`` does not import ``jobs``."""

import json
from datetime import datetime

import click

from directory import clock
from jobs import weekly_posts
from jobs.worker import engine, settings, work


@click.group()
def main() -> None:
    """The background jobs; `goodword worker` and `goodword week --run` call them."""


@main.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=2)
def worker(concurrency: int) -> None:
    """Run a worker with its scheduler until it is stopped."""
    work(concurrency=concurrency)


@main.command()
@click.option("--at", type=datetime.fromisoformat)
@click.option("--chapter")
def week(at: datetime | None, chapter: str | None) -> None:
    """Run the due occurrences here and now; print the public ids of the deliveries made, as JSON."""
    delivered = weekly_posts.run_due_occurrences(
        engine(), settings=settings(), now=at or clock.utc_now(), chapter=chapter
    )
    engine().dispose()
    click.echo(json.dumps(delivered))


if __name__ == "__main__":
    main()
