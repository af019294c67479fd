"""``goodword import``: imports members, firms and their finished collaborations from files as people have them."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.cli import CliError
from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.db import claim_write
from directory.engine.firm_sentences import known_sentences
from directory.engine.sentence_encoder import load_model
from directory.engine.text_embedding import embed_texts
from directory.imports import businesses as business_import
from directory.imports import collaborations as collaboration_import
from directory.imports import firm_rows, people_upload, person_rows
from directory.imports import leads as lead_import
from directory.imports.checked_table import check_table
from directory.imports.dry_run import outline
from directory.imports.import_batch import ImportBatch
from directory.imports.people_upload import Preview
from directory.imports.report import Report, Unknown
from directory.imports.sheet import Sheet, read_sheet
from directory.imports.similar_firms import SimilarFirm
from directory.imports.table_reader import FILE, read_table
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from directory.secrets import SecretBox
from directory.settings import load_settings
from directory.taxonomy.capability import CURATED
from directory.translation import ngettext

PATH = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print columns, rows, notes and questions as JSON.")
JOIN = click.option(
    "--join", is_flag=True, help="Firms of the same name and place become one; else they stay apart and are listed."
)
UNKNOWN = click.option(
    "--unknown",
    type=click.Choice(["skip", "fail"]),
    default="skip",
    show_default=True,
    help="Codes and firms that nobody knows: leave them out and say so, or refuse the file. With skip, words that the "
    "curated taxonomy lacks are kept as your own.",
)
MAX_EMBEDDED_HERE = 3000  # sentences, less than half a minute; the worker embeds more
SCHEME = click.option("--scheme", default=CURATED, show_default=True, help="The taxonomy of the capabilities.")


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
    help="Where a column is not recognised; may be given several times.",
)


@click.group()
def imports() -> None:
    """Import people, firms and their finished work from files, .gz too. Columns are recognised; see --dry-run."""


@imports.command(
    help="Add and update firms, by their key or else by name and place. "
    f"Fields: {', '.join(field.name for field in firm_rows.FIELDS)}."
)
@PATH
@MAP
@SCHEME
@UNKNOWN
@JOIN
@DRY_RUN
@JSON
def businesses(
    file: Path, mapping: dict[str, str], scheme: str, unknown: Unknown, join: bool, dry_run: bool, as_json: bool
) -> None:
    firms = firm_rows.read_firms(file, mapping=mapping)
    with open_engine() as engine, Session(engine) as session:
        claim_write(session)
        report = business_import.import_businesses(
            session,
            lines=firms.lines,
            scheme=scheme,
            unknown=unknown,
            join=join,
            source=file.name,
            now=utc_now(),
        )
        similar = {row: session.get_one(Business, id) for row, id in report.alike.items()}
        asks = {row: [f"Is it {_called(each.name, each.place)}, already here?"] for row, each in similar.items()}
        if not dry_run:
            session.commit()
    if as_json:
        _print(outline(firms.sheet, firm_rows.BY_NAME, firms.lines, left_out=report.left_out, asks=asks))
    else:
        _report(firms.sheet, firm_rows.BY_NAME, report.lines(), dry_run)
    if not dry_run:
        _embed_sentences()


@imports.command(
    help="Add the people of a list to a chapter and invite them by email. "
    f"Fields: {', '.join(field.name for field in person_rows.FIELDS)}."
)
@PATH
@click.option("--chapter", "chapter_name", required=True, help="Its name or key.")
@click.option("--agreed", is_flag=True, help="They agreed that members of their chapter see their phone and email.")
@MAP
@JOIN
@DRY_RUN
@JSON
def members(
    file: Path, chapter_name: str, agreed: bool, mapping: dict[str, str], join: bool, dry_run: bool, as_json: bool
) -> None:
    sheet, now = read_sheet(file).mapped(mapping, list(person_rows.BY_NAME)), utc_now()
    with open_engine() as engine, Session(engine) as session:
        claim_write(session)
        chapter = _chapter(session, chapter_name)
        batch = ImportBatch(chapter_id=chapter.id, chapter=chapter, rows=asdict(sheet), committed_at=None)
        seen = people_upload.preview(session, batch=batch)
        joins = {each.line.number: join and each.is_same for each in seen.similar.values()}
        if not dry_run:
            lead = _lead(session, chapter)
            batch = people_upload.upload(session, chapter=chapter, by=lead, sheet=sheet, now=now)
            says = {"share": False, "are_contacts_agreed": agreed}
            seen = people_upload.commit(session, batch=batch, by=lead, joins=joins, **says, now=now)
        asked = [each for each in seen.similar.values() if not joins.get(each.line.number)]
        asks = {each.line.number: [_question(each)] for each in asked}
        left_out = _left_out(seen)
        if not dry_run:
            session.commit()
    if as_json:
        _print(outline(sheet, person_rows.BY_NAME, seen.lines, left_out=left_out, asks=asks))
        return
    count = len(seen.new)
    if dry_run:
        lines = [ngettext("%(count)s person would be invited.", "%(count)s people would be invited.", count)]
    else:
        lines = [ngettext("%(count)s person is invited.", "%(count)s people are invited.", count)]
    lines += [f"row {row}: {why}" for row, why in sorted(left_out.items())]
    lines += [str(note) for note in seen.notes]
    lines += [f"row {row}: {question}" for row, questions in asks.items() for question in questions]
    _report(sheet, person_rows.BY_NAME, lines, dry_run)


@imports.command(
    help="Add finished work between firms as evidence of what the sub can do. "
    f"Fields: {', '.join(field.name for field in collaboration_import.FIELDS)}; prime and sub are keys of firms."
)
@PATH
@MAP
@SCHEME
@UNKNOWN
@DRY_RUN
def collaborations(file: Path, mapping: dict[str, str], scheme: str, unknown: Unknown, dry_run: bool) -> None:
    table = read_table(file, FILE, is_strict=True)
    rows = check_table(table, fields=collaboration_import.FIELDS, mapping=mapping)
    with open_engine() as engine, Session(engine) as session:
        claim_write(session)
        report: Report = collaboration_import.import_collaborations(
            session, rows=rows, scheme=scheme, unknown=unknown, source=file.name, now=utc_now()
        )
        if not dry_run:
            session.commit()
    _say((*table.notes, *report.lines()), dry_run)


@imports.command(
    help="Add the open leads of a member, with their clients. "
    f"Fields: {', '.join(field.name for field in lead_import.FIELDS)}."
)
@PATH
@click.option("--as", "email", required=True, help="The email of the member who brings them.")
@MAP
@DRY_RUN
def leads(file: Path, email: str, mapping: dict[str, str], dry_run: bool) -> None:
    table = read_table(file, FILE, is_strict=True)
    rows = check_table(table, fields=lead_import.FIELDS, mapping=mapping)
    box = SecretBox(load_settings().encryption_keys)
    with open_engine() as engine, Session(engine) as session:
        member = session.scalar(select(Member).where(Member.email == email.casefold(), Member.is_active))
        if member is None:
            raise CliError(f"No active member has the email {email}.")
        found = lead_import.read_leads(session, rows=rows, member=member, now=utc_now())
        session.rollback()  # all is read and answered outside a write transaction: other writers need not wait
        claim_write(session)
        report = lead_import.store_leads(session, found=found, member=member, secrets=box, now=utc_now())
        if not dry_run:
            session.commit()
    _say((*table.notes, *report.lines()), dry_run)


def _embed_sentences() -> None:
    """Embed what the firms write, MAX_EMBEDDED_HERE sentences at most, with a progress bar on standard error."""
    with open_engine() as engine:
        with Session(engine) as session:
            missing = known_sentences(session).missing()
        model = load_model() if missing else None
        if model is None:
            return
        texts = missing[:MAX_EMBEDDED_HERE]
        with click.progressbar(length=len(texts), label="Reading what firms write", file=sys.stderr) as bar:
            for count in embed_texts(engine, model, texts):
                bar.update(count)
    if len(missing) > len(texts):
        click.echo(f"goodword worker will read {len(missing) - len(texts)} more sentences.", err=True)


def _chapter(session: Session, name: str) -> Chapter:
    named = or_(func.lower(Chapter.name) == name.lower(), Chapter.key == name)
    chapter = session.scalar(select(Chapter).where(named).order_by(Chapter.id).limit(1))
    if chapter is None:
        raise CliError(f"There is no chapter “{name}”.")
    return chapter


def _lead(session: Session, chapter: Chapter) -> Member:
    """Return the member in whose name the chapter invites."""
    led = select(Member).join(ChapterRole, ChapterRole.member_id == Member.id)
    led = led.where(ChapterRole.chapter_id == chapter.id, ChapterRole.role == Role.LEAD, Member.is_active)
    lead = session.scalar(led.order_by(Member.id).limit(1))
    if lead is None:
        raise CliError(f"Nobody leads {chapter.name}, who could invite; see goodword invite --lead.")
    return lead


def _left_out(seen: Preview) -> dict[int, str]:
    wrong = {line.number: " ".join(error.message for error in line.errors) for line in seen.lines if line.errors}
    return wrong | {line.number: line.excluded for line in seen.excluded}


def _question(similar: SimilarFirm) -> str:
    values, firm = similar.line.values, similar.business
    listed = _called(values["firm"], values["city"], values["region"])
    here = _called(firm.name, firm.place)
    return f"{values['name']} is with {listed}: is that the same as {here}, which is already here?"


def _called(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _print(data: dict[str, Any]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False))


def _report(sheet: Sheet, fields: Iterable[str], lines: Iterable[str], dry_run: bool) -> None:
    columns = {name: sheet.column_name(name) for name in fields}
    click.echo("Columns: " + ", ".join(f"{name} = {column}" for name, column in columns.items() if column))
    _say((*sheet.notes, *lines), dry_run)


def _say(lines: Iterable[str], dry_run: bool) -> None:
    for line in lines:
        click.echo(line)
    if dry_run:
        click.echo("Nothing was changed: this was a dry run.")
