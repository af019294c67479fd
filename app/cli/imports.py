"""``goodword import``: imports firms and their finished collaborations from files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.db import claim_write
from directory.imports import businesses as business_import
from directory.imports import collaborations as collaboration_import
from directory.imports import table_reader
from directory.imports.cell_checks import Field
from directory.imports.checked_csv_reader import check_table
from directory.imports.report import Report
from directory.taxonomy.capability import CURATED

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _mapping(_ctx: click.Context, _parameter: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        field, separator, column = pair.partition("=")
        if not (field and separator and column):
            raise click.BadParameter(f"{pair!r} is not FIELD=COLUMN, such as key=id.")
        mapping[field.strip()] = column.strip()
    return mapping


MAP = click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=COLUMN",
    callback=_mapping,
    help="Where the file has its own column names; may be given several times.",
)


@click.group()
def imports() -> None:
    """Import firms and their finished work from tables with a header (CSV, .xlsx, .gz): all of a file or nothing."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing."),
        click.option(
            "--unknown",
            type=click.Choice(["skip", "fail"]),
            default="skip",
            show_default=True,
            help="Codes and firms that nobody knows: leave them out and say so, or refuse the file.",
        ),
        click.option("--scheme", default=CURATED, show_default=True, help="The taxonomy of the capabilities."),
        MAP,
        FILE,
    ):
        command = option(command)
    return command


@imports.command(
    help=f"Add and update firms by their key. Fields: {', '.join(field.name for field in business_import.FIELDS)}."
)
@_options
def businesses(**options: Any) -> None:
    _import(business_import.FIELDS, business_import.import_businesses, **options)


@imports.command(
    help="Add finished work between firms as evidence of what the sub can do. "
    f"Fields: {', '.join(field.name for field in collaboration_import.FIELDS)}; prime and sub are keys of firms."
)
@_options
def collaborations(**options: Any) -> None:
    _import(collaboration_import.FIELDS, collaboration_import.import_collaborations, **options)


def _import(
    fields: tuple[Field, ...],
    import_rows: Callable[..., Report],
    *,
    file: Path,
    mapping: dict[str, str],
    scheme: str,
    unknown: str,
    dry_run: bool,
) -> None:
    table = table_reader.read_table(file, table_reader.FILE)
    rows = check_table(table, fields=fields, mapping=mapping)
    with open_engine() as engine, Session(engine) as session:
        claim_write(session)
        report = import_rows(session, rows=rows, scheme=scheme, unknown=unknown, now=utc_now())
        if not dry_run:
            session.commit()
    for line in (*table.notes, *report.lines()):
        click.echo(line)
    if dry_run:
        click.echo("Nothing was changed: this was a dry run.")
