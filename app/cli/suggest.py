"""``goodword suggest``: a client's words in, a team and its reasons out."""

import json
import sys
import time

import click

from app.cli.database import opened


@click.command()
@click.argument("text")
@click.option("--from", "bringer", metavar="BUSINESS", help="The firm that brings the lead: its key, id or name.")
@click.option("--top", default=3, show_default=True, type=click.IntRange(1, 20), help="How many teams.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every reason and alternate.")
def suggest(text: str, bringer: str | None, top: int, as_json: bool) -> None:
    """Suggest a partner or a team for what a client says in TEXT (- reads it from standard input).

    Nothing is stored. Private ratings do not count here: the answer rests on shareable facts and published bands.
    """
    from sqlalchemy.orm import Session

    from directory.clock import utc_now
    from directory.engine.answers import answered, worded

    began = time.perf_counter()
    words = sys.stdin.buffer.read(200_000).decode("utf-8", errors="replace") if text == "-" else text
    with opened() as engine, Session(engine) as session:
        answer = answered(session, text=words, bringer=bringer, teams_wanted=top, now=utc_now())
    took = round((time.perf_counter() - began) * 1000)
    if as_json:
        click.echo(json.dumps({**answer, "ms": took}, ensure_ascii=False, indent=2))
    else:
        click.echo(worded(answer))
