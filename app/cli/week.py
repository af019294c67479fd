"""``goodword week``: what the coming posts would be, or the week's turn done here and now."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from app.cli import Refusal
from app.cli.connection import open_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from directory.outbox.occurrence import Occurrence
    from directory.people.chapter import Chapter

Card = dict[str, Any]


def instant(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    """An ISO instant with its zone, such as 2026-11-04T16:00Z."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter("write an instant such as 2026-11-04T16:00Z") from None
    if at is not None and at.tzinfo is None:
        raise click.BadParameter("say the zone too, such as 2026-11-04T16:00Z or 2026-11-04T09:00-07:00")
    return at and at.astimezone(UTC)


@click.command()
@click.option("--preview/--run", "is_preview", default=True, help="Show what would be posted, or post what is due.")
@click.option("--at", callback=instant, metavar="INSTANT", help="As if it were 2026-11-04T16:00Z.")
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
    from directory.clock import utc_now

    now = at or utc_now()
    with open_engine() as engine:
        if let_go:
            _let_go(engine, let_go == "new", now)
        _say_stops(engine)
        cards = _coming(engine, key, now) if is_preview else _done(engine, key, now)
    if as_json:
        click.echo(json.dumps(cards, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join(_worded(card) for card in cards) or "No turn has come yet.")
    if not is_preview and any(post["state"] != "delivered" for card in cards for post in card["posts"]):
        sys.exit(1)


def _let_go(engine: "Engine", is_copy: bool, now: datetime) -> None:
    from directory.db import write_session
    from directory.outbox import delivery

    with write_session(engine) as session:
        delivery.lift_stop(session, chapter=None, member=None, is_copy=is_copy, now=now)


def _say_stops(engine: "Engine") -> None:
    """Why nothing is posted, on standard error, where a stop of the whole network is the reason."""
    from sqlalchemy.orm import Session

    from directory.outbox.kill_switch import stops_of

    with Session(engine) as session:
        for stop in stops_of(session, chapter=None):
            said = stop.reason or "An admin stopped the posts of the whole network."
            click.echo(f"{said} Nothing is posted until `goodword week --let-go` or an admin says so.", err=True)


def _coming(engine: "Engine", key: str | None, now: datetime) -> list[Card]:
    """Each chapter's next turn as it would be; planned and composed, then rolled back."""
    from sqlalchemy.orm import Session

    from directory.db import claim_write
    from directory.week.occurrence_schedule import plan_occurrences, upcoming_occurrence
    from directory.week.post import compose

    with Session(engine) as session:
        claim_write(session)
        plan_occurrences(session, now=now)
        turns = [upcoming_occurrence(session, chapter=chapter, now=now) for chapter in _chapters(session, key)]
        for turn in turns:
            if turn is not None and turn.is_open:
                compose(session, occurrence=turn, now=now)
        cards = [_card(session, turn) for turn in turns if turn is not None]
        session.rollback()
    return cards


def _done(engine: "Engine", key: str | None, now: datetime) -> list[Card]:
    """Each chapter's last turn, after doing what was due."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from directory.outbox.occurrence import Occurrence

    with Session(engine) as session:
        _chapters(session, key)
    chosen = ("--chapter", key) if key else ()
    command = [sys.executable, "-m", "jobs", "week", "--at", now.isoformat(), *chosen]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Refusal("The week's turn broke off; the lines above say where. Run it again: nothing is posted twice.")
    with Session(engine) as session:
        begun = select(Occurrence).where(Occurrence.due_at <= now).order_by(Occurrence.local_date.desc()).limit(1)
        chapters = _chapters(session, key)
        turns = [session.scalars(begun.where(Occurrence.chapter_id == chapter.id)).first() for chapter in chapters]
        return [_card(session, turn) for turn in turns if turn is not None]


def _chapters(session: "Session", key: str | None) -> "list[Chapter]":
    from sqlalchemy import select

    from directory.people.chapter import Chapter

    chapters = list(session.scalars(select(Chapter).order_by(Chapter.id)))
    chosen = [chapter for chapter in chapters if key in (None, chapter.key)]
    if key and not chosen:
        raise Refusal(f"No chapter is called {key!r}; there are {', '.join(chapter.key for chapter in chapters)}.")
    return chosen


def _card(session: "Session", turn: "Occurrence") -> Card:
    from sqlalchemy import select

    from directory.outbox.delivery import Delivery
    from directory.week.mention import mentions_of
    from directory.week.post import posts_of

    sent = {row.channel_id: row for row in session.scalars(select(Delivery).where(Delivery.occurrence_id == turn.id))}
    return {
        "occurrence": turn.public_id,
        "chapter": turn.chapter.key,
        "name": turn.chapter.name,
        "local_date": turn.local_date.isoformat(),
        "due_at": turn.due_at.isoformat(),
        "local_time": turn.due_at.astimezone(ZoneInfo(turn.chapter.zone)).strftime("%H:%M"),
        "held": turn.held_at is not None,
        "held_reason": turn.held_reason,
        "posted": turn.posted_at is not None,
        "skipped": turn.skipped,
        "posts": [
            {
                "channel": post.channel.name,
                "kind": post.channel.kind,
                "text": post.text,
                "edited": post.edited_at is not None,
                "state": sent[post.channel_id].state.value if post.channel_id in sent else None,
            }
            for post in posts_of(session, occurrence=turn)
        ],
        "mentions": [
            {"member": row.member.name, "reason": row.reason} for row in mentions_of(session, occurrence=turn)
        ],
    }


def _worded(card: Card) -> str:
    day = datetime.fromisoformat(card["local_date"])
    lines = [click.style(f"{card['name']}, {day:%A} {day.day} {day:%B}, {card['local_time']}", bold=True)]
    if card["skipped"]:
        return "\n".join([*lines, f"  No post: {card['skipped']}"])
    if card["held"]:
        lines.append(f"  Held. {card['held_reason']}".rstrip())
    if not card["posts"]:
        lines.append("  Nothing new to say yet.")
    for post in card["posts"]:
        lines.append(f"  {post['channel']}: {post['state'] or 'not sent yet'}")
        lines += [f"    {line}".rstrip() for line in post["text"].splitlines()]
    if card["mentions"]:
        lines.append("  Why they are named")
    return "\n".join([*lines, *(f"    {row['member']} {row['reason']}" for row in card["mentions"])])
