"""``goodword suggest``: suggests a partner or a team, with reasons, for the text of a lead."""

import json
import sys
import time
from typing import Any

import click
from sqlalchemy.orm import Session

from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.engine.suggestion_as_data import suggestion_as_dict


@click.command()
@click.argument("text")
@click.option("--from", "bringer", metavar="BUSINESS", help="The firm that brings the lead: its key, id or name.")
@click.option("--top", default=3, show_default=True, type=click.IntRange(1, 20), help="How many teams.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every reason and alternate.")
def suggest(text: str, bringer: str | None, top: int, as_json: bool) -> None:
    """Suggest a partner or a team for what a client says in TEXT (- reads it from standard input).

    Nothing is stored. Private ratings do not count here: the answer rests on shareable facts and published bands.
    """
    began = time.perf_counter()
    lead_text = sys.stdin.buffer.read(200_000).decode("utf-8", errors="replace") if text == "-" else text
    with open_engine() as engine, Session(engine) as session:
        suggestion = suggestion_as_dict(session, text=lead_text, bringer=bringer, teams_wanted=top, now=utc_now())
    ms = round((time.perf_counter() - began) * 1000)
    if as_json:
        click.echo(json.dumps({**suggestion, "ms": ms}, ensure_ascii=False, indent=2))
    else:
        click.echo(_as_text(suggestion))


def _as_text(suggestion: dict[str, Any]) -> str:
    """Return the suggestion as text for a terminal: the best team in full, the others in one line each."""
    needs = ", ".join(f"{need['capability']} ({'must' if need['must'] else 'nice'})" for need in suggestion["needs"])
    lines = [f"It needs   {needs or 'nothing that anybody here knows of'}"]
    if suggestion["not_needed"]:
        lines.append(f"Not        {', '.join(suggestion['not_needed'])}")
    if not suggestion["teams"]:
        lines += ["", "Nobody here does this." if suggestion["needs"] else "Nothing here matches."]
        return "\n".join([*lines, *_similar(suggestion)])
    best, *others = suggestion["teams"]
    lines += ["", click.style(f"{best['headline']}  ({best['match']})", bold=True)]
    lines += [f"  {seat:<22} {_seated(party)}" for seat, party in best["seats"].items()]
    lines += [f"  {seat:<22} nobody here" for seat in best["missing"]]
    lines += ["", "Why", *(f"  {text}" for text in best["why"])]
    for seat, alternates in best["alternates"].items():
        parties = (f"{_firm_and_member(other)} ({other['match']})" for other in alternates)
        lines.append(f"Else for {seat}: " + ", ".join(parties))
    lines += [f"Or  {other['headline']} ({other['match']})" for other in others]
    return "\n".join([*lines, *_similar(suggestion)])


def _similar(suggestion: dict[str, Any]) -> list[str]:
    firms = [f"  {like['business']}: “{like['sentence']}”" for like in suggestion["similar"]]
    return ["", "These firms write about something similar", *firms] if firms else []


def _seated(party: dict[str, Any]) -> str:
    return _firm_and_member(party) + ("  (by their own words alone)" if party.get("level") == "says" else "")


def _firm_and_member(party: dict[str, Any]) -> str:
    return f"{party['business']} · {party['member']}" if party["member"] else party["business"]
