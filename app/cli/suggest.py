"""``goodword suggest``: a client's words in, a team and its reasons out."""

import json
import sys
import time
from typing import Any

import click

from app.cli.connection import open_engine


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
    from directory.engine.suggestion_serializer import suggestion_as_dict

    began = time.perf_counter()
    words = sys.stdin.buffer.read(200_000).decode("utf-8", errors="replace") if text == "-" else text
    with open_engine() as engine, Session(engine) as session:
        answer = suggestion_as_dict(session, text=words, bringer=bringer, teams_wanted=top, now=utc_now())
    took = round((time.perf_counter() - began) * 1000)
    if as_json:
        click.echo(json.dumps({**answer, "ms": took}, ensure_ascii=False, indent=2))
    else:
        click.echo(_worded(answer))


def _worded(answer: dict[str, Any]) -> str:
    """The answer as a person reads it in a terminal: the best team in full, the others in a line each."""
    needs = ", ".join(f"{need['capability']} ({'must' if need['must'] else 'nice'})" for need in answer["needs"])
    lines = [f"It needs   {needs or 'nothing that anybody here knows of'}"]
    if answer["not_needed"]:
        lines.append(f"Not        {', '.join(answer['not_needed'])}")
    if not answer["teams"]:
        return "\n".join([*lines, "", "Nobody here does this." if answer["needs"] else "Nothing here matches."])
    best, *others = answer["teams"]
    lines += ["", click.style(f"{best['headline']}  ({best['shown']} of 100)", bold=True)]
    lines += [f"  {seat:<22} {_who(who)}" for seat, who in best["seats"].items()]
    lines += [f"  {seat:<22} nobody here" for seat in best["missing"]]
    lines += ["", "Why", *(f"  {text}" for text in best["why"])]
    for seat, alternates in best["alternates"].items():
        lines.append(f"Else for {seat}: " + ", ".join(f"{_who(other)} ({other['shown']})" for other in alternates))
    return "\n".join([*lines, *(f"Or  {other['headline']} ({other['shown']})" for other in others)])


def _who(who: dict[str, Any]) -> str:
    return f"{who['business']} · {who['member']}" if who["member"] else who["business"]
