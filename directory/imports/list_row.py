"""Read a row of a list by its columns: values, what is wrong, and what was left out of its cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from directory.imports.cell_checks import RowError
from directory.imports.cell_values import Cell, peel
from directory.imports.place_block import is_region, split_place
from directory.imports.sheet import Sheet
from directory.imports.table_reader import Row
from directory.translation import gettext as _


class ListField(NamedTuple):
    """A field of a list: its label for the catalogues, the most characters it keeps, and how its cell is read."""

    name: str
    msgid: str
    limit: int
    read: Callable[[str, str], Cell]

    @property
    def label(self) -> str:
        """The translated label."""
        return _(self.msgid)


@dataclass
class Line:
    """One row of a list: the values by field name, "" for none, errors that leave it out, and notes that do not."""

    number: int
    values: dict[str, str]
    errors: list[RowError] = field(default_factory=list)
    notes: list[RowError] = field(default_factory=list)
    is_furniture: bool = False  # a heading, a total, the header once more: nobody's row
    excluded: str = ""  # the reason, if they are here already, occur twice, or asked to be forgotten

    def note(self, label: str, sentences: Sequence[str]) -> None:
        """Add notes on a field."""
        self.notes += [RowError(self.number, label, sentence) for sentence in sentences]


def read_line(row: Row, sheet: Sheet, fields: Mapping[str, ListField], *, country: str) -> Line:
    """Read a row. A cell that cannot be read is "" with a note, whatever it holds."""
    line, columns = Line(row.number, dict.fromkeys(fields, "")), sheet.columns
    if why := sheet.furniture.get(row.number):
        line.errors.append(RowError(row.number, "", why))
        line.is_furniture = True
        return line
    if any(cell.strip() for cell in row.cells[len(columns) :]):
        counts = {"cells": len(row.cells), "columns": len(columns)}
        message = _("It has %(cells)s cells where the others have %(columns)s; check its commas and quotes.", **counts)
        line.errors.append(RowError(row.number, "", message))
        return line
    cells = [(name, cell, "") for name, cell in zip(columns, row.cells, strict=False)]
    cells += [
        (name, cell, sheet.header(place))
        for place, (name, cell) in enumerate(zip(sheet.spares, row.cells, strict=False))
    ]
    for name, cell, spare in cells:
        if not name or not cell.strip() or (spare and line.values[name] and name != "capabilities"):
            continue
        value, notes = peel(fields[name].read, cell, country=country, limit=fields[name].limit)
        line.values[name] = "\n".join(filter(None, (line.values[name], value))) if spare else value
        line.note(fields[name].label, [_("from the column “%(column)s”", column=spare)] if spare and value else [])
        line.note(fields[name].label, notes)
    _split_town(line, fields)
    return line


def require(line: Line, name: str, label: str, sentence: str) -> None:
    """Leave the row out where a field has no value, saying what its cell holds instead, or else ``sentence``."""
    if line.values[name] or any(not error.field for error in line.errors):
        return
    told = [note for note in line.notes if note.field == label]
    line.errors += told or [RowError(line.number, label, sentence)]
    line.notes = [note for note in line.notes if note not in told]


def _split_town(line: Line, fields: Mapping[str, ListField]) -> None:
    """Take town and region out of a whole place; a region in its own cell holds, except against a whole address."""
    if not (written := line.values["city"]):
        return
    place = split_place(written)
    limits = fields["city"].limit, fields["region"].limit
    line.values["city"], block = place.city[: limits[0]], place.region[: limits[1]]
    if block and (is_region(block) or not line.values["region"]):
        line.values["region"] = block
    line.note(fields["city"].label, place.notes)
