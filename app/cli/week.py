"""``goodword week``: previews the coming posts, or posts what is due."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.cli import CliError
from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.db import claim_write, write_session
from directory.local_format import day_text, time_text
from directory.outbox.delivery import Delivery, lift_stop
from directory.outbox.kill_switch import stops_of
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.week.mention_choice import mentions_of
from directory.week.occurrence_planning import plan_occurrences, upcoming_occurrence
from directory.week.post import compose, posts_of

OccurrenceData = dict[str, Any]  # the JSON object that is printed


def _parse_instant(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    """Parse an ISO datetime with a time zone, such as 2026-11-04T16:00Z; return it in UTC."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter("write an instant such as 2026-11-04T16:00Z") from None
    if at is not None and at.tzinfo is None:
        raise click.BadParameter("say the zone too, such as 2026-11-04T16:00Z or 2026-11-04T09:00-07:00")
    return at and at.astimezone(UTC)


@click.command()
@click.option("--preview/--run", "is_preview", default=True, help="Show what would be posted, or post what is due.")
@click.option("--at", callback=_parse_instant, metavar="INSTANT", help="As if it were 2026-11-04T16:00Z.")
@click.option("--chapter", "key", metavar="KEY", help="This chapter only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--let-go",
    type=click.Choice(["all", "new"]),
    help="End a stop of the network's posts: all that waits goes out, or only what is due from now on, "
    "where the database was put back from an older copy.",
)
def week(is_preview: bool, at: datetime | None, key: str | None, as_json: bool, let_go: str | None) -> None:
    """Preview the coming posts, or post what is due: once, however often it is run, and while a worker runs too.

    A preview writes nothing. After --run the command ends with 1 if a delivery has not arrived.
    """
    now = at or utc_now()
    with open_engine() as engine:
        if let_go:
            with write_session(engine) as session:
                lift_stop(session, chapter=None, member=None, is_copy=let_go == "new", now=now)
        _print_stops(engine)
        occurrences = _preview(engine, key, now) if is_preview else _run_due(engine, key, now)
    if as_json:
        click.echo(json.dumps(occurrences, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join(map(_as_text, occurrences)) or "No post has been due yet.")
    posts = [post for occurrence in occurrences for post in occurrence["posts"]]
    if not is_preview and any(post["state"] != "delivered" for post in posts):
        sys.exit(1)


def _print_stops(engine: Engine) -> None:
    """Print on standard error why nothing is posted while a stop of the whole network is in force."""
    with Session(engine) as session:
        for stop in stops_of(session, chapter=None):
            reason = stop.reason or "An admin stopped the posts of the whole network."
            click.echo(f"{reason} Nothing is posted until `goodword week --let-go` or an admin says so.", err=True)


def _preview(engine: Engine, key: str | None, now: datetime) -> list[OccurrenceData]:
    """Plan and compose the next occurrence of each chapter, and roll back."""
    with Session(engine) as session:
        claim_write(session)
        plan_occurrences(session, now=now)
        upcoming = [upcoming_occurrence(session, chapter=chapter, now=now) for chapter in _chapters(session, key)]
        occurrences = [occurrence for occurrence in upcoming if occurrence is not None]
        for occurrence in occurrences:
            if occurrence.is_open:
                compose(session, occurrence=occurrence, now=now)
        data = [_as_data(session, occurrence) for occurrence in occurrences]
        session.rollback()
    return data


def _run_due(engine: Engine, key: str | None, now: datetime) -> list[OccurrenceData]:
    """Post what is due, in a process of ``jobs``, and return the latest occurrence of each chapter."""
    with Session(engine) as session:
        _chapters(session, key)
    options = ("--chapter", key) if key else ()
    command = [sys.executable, "-m", "jobs", "week", "--at", now.isoformat(), *options]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        raise CliError("The week's post broke off; the lines above say where. Run it again: nothing is posted twice.")
    with Session(engine) as session:
        due = select(Occurrence).where(Occurrence.due_at <= now).order_by(Occurrence.local_date.desc()).limit(1)
        chapters = _chapters(session, key)
        latest = [session.scalars(due.where(Occurrence.chapter_id == chapter.id)).first() for chapter in chapters]
        return [_as_data(session, occurrence) for occurrence in latest if occurrence is not None]


def _chapters(session: Session, key: str | None) -> list[Chapter]:
    chapters = list(session.scalars(select(Chapter).order_by(Chapter.id)))
    chosen = [chapter for chapter in chapters if key in (None, chapter.key)]
    if key and not chosen:
        raise CliError(f"No chapter is called {key!r}; there are {', '.join(chapter.key for chapter in chapters)}.")
    return chosen


def _as_data(session: Session, occurrence: Occurrence) -> OccurrenceData:
    rows = session.scalars(select(Delivery).where(Delivery.occurrence_id == occurrence.id))
    deliveries = {row.channel_id: row for row in rows}
    return {
        "occurrence": occurrence.public_id,
        "chapter": occurrence.chapter.key,
        "name": occurrence.chapter.name,
        "local_date": occurrence.local_date.isoformat(),
        "due_at": occurrence.due_at.isoformat(),
        "when": _when(occurrence),
        "local_time": occurrence.due_at.astimezone(ZoneInfo(occurrence.chapter.zone)).strftime("%H:%M"),
        "held": occurrence.held_at is not None,
        "held_reason": occurrence.held_reason,
        "posted": occurrence.posted_at is not None,
        "skipped": occurrence.skipped,
        "posts": [
            {
                "channel": post.channel.name,
                "kind": post.channel.kind,
                "text": post.text,
                "edited": post.edited_at is not None,
                "state": deliveries[post.channel_id].state.value if post.channel_id in deliveries else None,
            }
            for post in posts_of(session, occurrence=occurrence)
        ],
        "mentions": [
            {"member": row.member.name, "reason": row.reason} for row in mentions_of(session, occurrence=occurrence)
        ],
    }


def _when(occurrence: Occurrence) -> str:
    writes = occurrence.chapter.local_format
    at = time_text(occurrence.due_at.astimezone(writes.zone), writes)
    return f"{day_text(occurrence.local_date, writes=writes)}, {at}"


def _as_text(data: OccurrenceData) -> str:
    lines = [click.style(f"{data['name']}, {data['when']}", bold=True)]
    if data["skipped"]:
        return "\n".join([*lines, f"  No post: {data['skipped']}"])
    if data["held"]:
        lines.append(f"  Held. {data['held_reason']}".rstrip())
    if not data["posts"]:
        lines.append("  Nothing new to say yet.")
    for post in data["posts"]:
        lines.append(f"  {post['channel']}: {post['state'] or 'not sent yet'}")
        lines += [f"    {line}".rstrip() for line in post["text"].splitlines()]
    if data["mentions"]:
        lines.append("  Why they are named")
    return "\n".join([*lines, *(f"    {row['member']} {row['reason']}" for row in data["mentions"])])
