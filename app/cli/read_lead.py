"""``goodword read``: prints what the text of a lead is taken to say, without an answer to it."""

import json
import sys
from typing import Any

import click
from sqlalchemy.orm import Session

from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.engine.suggestion_as_data import reading_as_dict
from directory.errors import Invalid

LONGEST = 2_000_000  # bytes of standard input


@click.command()
@click.argument("text")
@click.option("--lines", is_flag=True, help="Each line is a lead of its own; print one JSON object a line.")
def read(text: str, lines: bool) -> None:
    """Print as JSON what TEXT (- reads it from standard input) is taken to say: needs, offers, refusals, budget, place.

    Nothing is stored.
    """
    content = sys.stdin.buffer.read(LONGEST).decode("utf-8", errors="replace") if text == "-" else text
    with open_engine() as engine, Session(engine) as session:
        if not lines:
            click.echo(json.dumps(reading_as_dict(session, text=content, now=utc_now()), ensure_ascii=False, indent=2))
            return
        for line in content.splitlines():
            click.echo(json.dumps(_one_line(session, line), ensure_ascii=False))


def _one_line(session: Session, line: str) -> dict[str, Any]:
    """Return the reading of a line, or why it cannot be read: a line never costs another one."""
    try:
        return reading_as_dict(session, text=line, now=utc_now())
    except Invalid as error:
        return {"error": str(error)}
