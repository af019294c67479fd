"""Read a table with a header completely or not at all, and report every wrong cell.

Only the columns of the given fields are checked and returned.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from directory.errors import Invalid
from directory.imports.cell_checks import Field, ImportErrors, RowError, check_cells
from directory.imports.column_mapping import mapped_places, missing_column
from directory.imports.table_reader import FILE, Table, read_table
from directory.translation import gettext


@dataclass(frozen=True)
class CheckedRow:
    """A valid row: ``values`` by field name, "" for an empty cell; a field without a column is absent."""

    number: int
    values: Mapping[str, str]
    digest: str  # sha256 of all cells with their columns, in hex: equal rows have equal digests


def read_checked_file(
    source: Path | bytes, *, fields: Sequence[Field], mapping: Mapping[str, str] | None = None
) -> list[CheckedRow]:
    """Return the rows of a table with a header, from a path (``.gz`` too) or its content; see ``check_table``."""
    return check_table(read_table(source, FILE, is_strict=True), fields=fields, mapping=mapping)


def check_table(table: Table, *, fields: Sequence[Field], mapping: Mapping[str, str] | None = None) -> list[CheckedRow]:
    """Return the rows below the header of a table.

    ``mapping`` is field -> column, for columns with other names. Raises Invalid for a table that cannot be read at all
    and ImportErrors for its cells.
    """
    header = [unicodedata.normalize("NFC", cell).strip() for _number, cells in table.rows[:1] for cell in cells]
    columns = list(_columns(header, fields, mapping or {}))
    rows: list[CheckedRow] = []
    errors: list[RowError] = []
    for number, cells in table.rows[1:]:
        if len(cells) != len(header):
            counts = {"cells": len(cells), "columns": len(header)}
            message = gettext(
                "It has %(cells)s cells where the header has %(columns)s; check its commas and quotes.", **counts
            )
            errors.append(RowError(number, "", message))
            continue
        values, wrong = check_cells(number, ((field, cells[place]) for field, place in columns))
        errors += wrong
        joined = "\x1e".join(f"{name}\x1f{cell}" for name, cell in sorted(zip(header, cells, strict=True)))
        rows.append(CheckedRow(number, values, sha256(joined.encode()).hexdigest()))
    if errors:
        raise ImportErrors(errors)
    if not rows:
        raise Invalid(gettext("The file has a header and no rows."))
    return rows


def _columns(header: Sequence[str], fields: Sequence[Field], mapping: Mapping[str, str]) -> Iterator[tuple[Field, int]]:
    """Yield each field with the index of its column: the first of its names in the header, whatever the case."""
    if not header:
        raise Invalid(gettext("The file is empty; its first row must name the columns."))
    lowered = [name.casefold() for name in header]
    for name in header:
        if name and lowered.count(name.casefold()) > 1:
            raise Invalid(gettext("The header names “%(column)s” twice; rename one.", column=name), field=name)
    mapped = mapped_places(header, mapping, {field.name for field in fields})
    for field in fields:
        named = next((lowered.index(name) for name in map(str.casefold, field.columns) if name in lowered), None)
        place = mapped.get(field.name, named)
        if place is not None:
            yield field, place
        elif field.required:
            raise missing_column(field.columns[0], header, field=field.name)
