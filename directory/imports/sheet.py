"""Read a list of people or of firms as a sheet: its rows, its header if there is one, and the field of each column."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from directory.errors import Invalid
from directory.imports.cell_look import look
from directory.imports.column_mapping import mapped_places
from directory.imports.column_recognition import Column, Grade, Kind, recognise
from directory.imports.column_words import header_scores
from directory.imports.table_reader import LIST, LIST_ROWS, Limits, Row, read_table
from directory.translation import gettext as _

_SAMPLE_ROWS = 200  # to recognise what a column holds
_TOTAL = re.compile(r"(?:grand )?(?:total|sum|count|summe|gesamt|somme|suma|totale|totaal)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sheet:
    """A table of people or firms. ``rows`` include the header if there is one.

    ``columns`` has the name of each column's field, "" for a column that is left out, and ``grades`` how sure that is;
    ``spares`` has the fields that columns left out fill in where they are empty, and ``notes`` sentences on how the
    table was read. ``is_mapped`` says that a person set the columns.
    """

    rows: list[Row]
    columns: list[str]
    has_header: bool
    grades: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    spares: list[str] = field(default_factory=list)
    is_mapped: bool = False

    @property
    def body(self) -> list[Row]:
        """The rows below the header."""
        return self.rows[1:] if self.has_header else self.rows

    @cached_property
    def furniture(self) -> dict[int, str]:
        """Row number -> why it is no entry of the list: headings between the rows, totals, the header once more.

        Rows of one cell are headings where most rows have three or more, unless a third of all are such.
        """
        filled = {number: [cell.strip() for cell in cells if cell.strip()] for number, cells in self.body}
        lone = [number for number, cells in filled.items() if len(cells) == 1]
        is_wide = bool(filled) and median(map(len, filled.values())) >= 3
        found = dict.fromkeys(
            lone if is_wide and 3 * len(lone) < len(filled) else [],
            _("It has one cell only, so we took it as a heading."),
        )
        header = [cell.strip() for cell in self.rows[0].cells if cell.strip()] if self.has_header else []
        for number, cells in filled.items():
            if cells == header:
                found[number] = _("It repeats the column names.")
            elif is_wide and len(cells) == 2 and _TOTAL.match(cells[0]):
                found[number] = _("It is a total.")
        return found

    @property
    def left_out(self) -> list[str]:
        """The headers, or numbers, of the columns that hold something and are not read."""
        spares = [*self.spares, *[""] * len(self.columns)]
        unread = [place for place, name in enumerate(self.columns) if not (name or spares[place])]
        return [
            self.header(place)
            for place in unread
            if any(place < len(cells) and cells[place].strip() for _number, cells in self.body)
        ]

    def column_name(self, name: str) -> str | None:
        """The header of a field's column, or its number where it has none; None for a field without a column."""
        if name not in self.columns:
            return None
        return self.header(self.columns.index(name))

    def header(self, place: int) -> str:
        """The header of a column, or its number where it has none."""
        cells = self.rows[0].cells if self.has_header else []
        return (cells[place].strip() if place < len(cells) else "") or str(place + 1)

    def text(self) -> str:
        """Return the list as a spreadsheet copies it, which can be pasted again."""
        lines = io.StringIO()
        csv.writer(lines, dialect="excel-tab", lineterminator="\n").writerows(cells for _number, cells in self.rows)
        return lines.getvalue()

    def mapped(self, mapping: Mapping[str, str], known: Sequence[str]) -> "Sheet":
        """Return the sheet with the columns of some fields set: field -> header. Raises Invalid for unknown ones."""
        columns, grades = list(self.columns), list(self.grades)
        header = self.rows[0].cells if self.has_header else []
        for name, place in mapped_places(header, mapping, known).items():
            columns = ["" if taken == name else taken for taken in columns]
            columns[place], grades[place] = name, Grade.SURE
        return replace(self, columns=columns, grades=grades)

    def mapped_as(self, before: "Sheet") -> "Sheet":
        """Return the sheet with the columns as a person set them ``before`` it was corrected.

        A column is the same by its header, or by its place where there is none; others stay as recognised, unless
        another column has their field.
        """
        has_header = before.has_header if self.rows[0].cells == before.rows[0].cells else self.has_header
        sheet = replace(self, has_header=has_header, is_mapped=True)
        kept = dict(zip(before.column_keys, before.columns, strict=True))
        taken = {*kept.values()}
        recognised = ["" if name in taken else name for name in self.columns]
        columns = [kept.get(key, name) for key, name in zip(sheet.column_keys, recognised, strict=True)]
        grades = [
            Grade.SURE if key in kept else grade for key, grade in zip(sheet.column_keys, self.grades, strict=True)
        ]
        return replace(sheet, columns=columns, grades=grades, spares=[])

    @property
    def column_keys(self) -> list[tuple[str, int]]:
        """What tells each column from the others: its header, or its place, and which of that name it is."""
        names = [self.header(place).casefold() for place in range(len(self.columns))]
        return [(name, names[:place].count(name)) for place, name in enumerate(names)]


def read_sheet(source: Path | bytes, kind: Kind = "people", *, limits: Limits = LIST) -> Sheet:
    """Return the sheet of a list, with or without a header. Raises Invalid if it cannot be read or is too large."""
    table = read_table(source, limits)
    rows = table.rows
    if not rows:
        nobody, nothing = (
            _("There is nobody on the list. Write one person per line."),
            _("There is no firm on the list."),
        )
        raise Invalid(nobody if kind == "people" else nothing)
    has_header = _is_header(rows)
    if has_header and len(rows) == 1:
        raise Invalid(_("The list has column names and no rows."))
    if limits is LIST and len(rows) - has_header > LIST_ROWS:
        raise Invalid(_("The list has more than %(most)s rows. Send it in parts.", most=LIST_ROWS))
    if not has_header:
        rows = [Row(number, _split_addresses(cells)) for number, cells in rows]
    columns = recognise_columns(rows, has_header=has_header, kind=kind)
    fields, grades = [column.field for column in columns], [str(column.grade) for column in columns]
    return Sheet(rows, fields, has_header, grades, table.notes, [column.spare for column in columns])


def recognise_columns(rows: Sequence[Row], *, has_header: bool, kind: Kind) -> list[Column]:
    """Return what each column of the rows holds, the first of which may be a header."""
    sample = [cells for _number, cells in rows[has_header : _SAMPLE_ROWS + has_header]]
    return recognise(rows[0].cells if has_header else None, sample, kind)


def _is_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names columns: by known words, or by having no address where the others have theirs."""
    first = rows[0].cells
    if any(look(cell) in ("email", "phone", "profile") for cell in first):
        return False
    if any(max(header_scores(cell).values(), default=0) >= 0.9 for cell in first):
        return True
    sample = [cells for _number, cells in rows[1:_SAMPLE_ROWS]]
    return any(
        2 * sum(place < len(cells) and "@" in cells[place] for cells in sample) > len(sample)
        for place in range(len(first))
    )


def _split_addresses(cells: list[str]) -> list[str]:
    """Return the cells, with "Bea Lindqvist <bea@bramble.example>" split in two."""
    split: list[str] = []
    for cell in cells:
        name, opens, mail = cell.strip().removesuffix(">").rpartition("<")
        is_both = opens and name.strip() and "@" in mail and cell.strip().endswith(">")
        split += [name.strip().strip('"'), mail] if is_both else [cell]
    return split


def stored_sheet(data: Mapping[str, Any]) -> Sheet:
    """Return the sheet of which ``data`` is the JSON."""
    rows = [Row(number, cells) for number, cells in data.get("rows", ())]
    columns = data.get("columns", [])
    grades = data.get("grades") or [Grade.SURE] * len(columns)
    read = data.get("notes", []), data.get("spares", []), data.get("is_mapped", False)
    return Sheet(rows, columns, data.get("has_header", False), grades, *read)
