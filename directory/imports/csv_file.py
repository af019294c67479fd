"""A CSV file is read strictly: what is wrong is said by row and field, and half a file is never taken.

Rows are counted as a spreadsheet shows them: the header is row 1, and a cell may hold several lines. Only the
columns that are asked for are judged and kept.
"""

import csv
import gzip
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from directory.errors import Invalid
from directory.text import FORMULA_STARTS, clean_line
from directory.translation import gettext, ngettext

UPLOAD_BYTES, UPLOAD_ROWS, UPLOAD_COLUMNS = 5 * 2**20, 10_000, 64
SHELL_BYTES = 512 * 2**20  # unpacked: what fits in memory, and what a small .gz may not exceed
CELL_BYTES = 4096
ERRORS_NAMED = 20

REFUSED_START = "=@\t\r\x00"  # unescaped; a number may begin with + or -


@dataclass(frozen=True)
class Field:
    """What a row has. ``columns`` are the header's names for it, the first that is there counts."""

    name: str
    columns: tuple[str, ...]
    longest: int  # characters
    required: bool = False
    check: Callable[[str], str] = str  # the noun's own cleaner, which raises Invalid
    is_published: bool = False  # no importer can mend it: invisible characters are dropped instead of refused


@dataclass(frozen=True)
class CsvRow:
    """A row as it was read: ``values`` by field name, "" where a cell is empty; a field without a column is absent."""

    number: int
    values: Mapping[str, str]
    digest: str  # sha256 of every cell with its column, in hex: equal rows have equal ones


@dataclass(frozen=True)
class RowError:
    """One complaint; ``field`` is "" where it is about the whole row."""

    row: int
    field: str
    message: str

    def __str__(self) -> str:
        place = gettext("row %(row)s", row=self.row)
        return f"{place}, {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class ImportErrors(Invalid):
    """Everything that is wrong with a file; the first 20 complaints are in the message, all of them counted."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        self.errors = tuple(errors)
        lines = [
            ngettext(
                "Nothing was imported: %(count)s cell needs a change.",
                "Nothing was imported: %(count)s cells need a change.",
                len(errors),
            ),
            *(str(error) for error in errors[:ERRORS_NAMED]),
        ]
        if len(errors) > ERRORS_NAMED:
            lines.append(gettext("… and %(count)s more.", count=len(errors) - ERRORS_NAMED))
        super().__init__("\n".join(lines), field=errors[0].field or None)


def read_rows(
    source: Path | BinaryIO, *, fields: Sequence[Field], mapping: Mapping[str, str] | None = None, upload: bool
) -> list[CsvRow]:
    """The rows of a UTF-8 CSV file with a header, from a path (``.gz`` too, unless uploaded) or a binary stream.

    ``mapping`` says field -> column where the file has its own names. Raises Invalid for a file that cannot be read
    at all and ImportErrors for its cells.
    """
    text = decoded(_content(source, upload=upload))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [unicodedata.normalize("NFC", cell).strip() for cell in next(reader, [])]
        columns = _columns(header, fields, mapping or {}, upload=upload)
        rows: list[CsvRow] = []
        errors: list[RowError] = []
        for number, cells in enumerate(reader, start=2):
            if upload and number > UPLOAD_ROWS + 1:
                raise Invalid(gettext("The file has more than %(most)s rows; send it in parts.", most=UPLOAD_ROWS))
            if not any(cells):
                continue
            if len(cells) != len(header):
                message = gettext(
                    "It has %(cells)s cells where the header has %(columns)s; check its commas and quotes.",
                    cells=len(cells),
                    columns=len(header),
                )
                errors.append(RowError(number, "", message))
                continue
            values = dict(_values(number, cells, columns, errors.append))
            together = "\x1e".join(f"{name}\x1f{cell}" for name, cell in sorted(zip(header, cells, strict=True)))
            rows.append(CsvRow(number, values, sha256(together.encode()).hexdigest()))
    except csv.Error as error:
        message = gettext(
            "Line %(line)s is not CSV (%(error)s); save the file as CSV again.", line=reader.line_num, error=error
        )
        raise Invalid(message) from None
    if errors:
        raise ImportErrors(errors)
    if not rows:
        raise Invalid(gettext("The file has a header and no rows."))
    return rows


def unquoted(cell: str) -> str:
    """A cell without the one quote that protects spreadsheets from it. Raises Invalid for a formula.

    >>> unquoted("'=1+1"), unquoted("-5"), unquoted("'tis fine")
    ('=1+1', '-5', "'tis fine")
    """
    if cell[:1] == "'" and cell[1:2] and cell[1] in FORMULA_STARTS:
        return cell[1:]
    if cell[:1] and cell[0] in REFUSED_START:
        raise Invalid(gettext("It begins like a formula; write it as plain text, or put one ' in front."))
    return cell


def _content(source: Path | BinaryIO, *, upload: bool) -> bytes:
    most = UPLOAD_BYTES if upload else SHELL_BYTES
    try:
        if not isinstance(source, Path):
            content = source.read(most + 1)
        elif source.suffix == ".gz" and not upload:
            with gzip.open(source) as file:
                content = file.read(most + 1)
        else:
            with source.open("rb") as file:
                content = file.read(most + 1)
    except (OSError, EOFError) as error:
        raise Invalid(gettext("The file cannot be read: %(error)s.", error=error)) from None
    if len(content) > most:
        raise Invalid(gettext("The file is larger than %(most)s MB; send it in parts.", most=most // 2**20))
    return content


def decoded(content: bytes) -> str:
    """The text of a UTF-8 file, with its byte order mark or without. Raises Invalid for any other coding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Invalid(gettext("Line %(line)s is not UTF-8; save the file as “CSV UTF-8”.", line=line)) from None


def _columns(
    header: list[str], fields: Sequence[Field], mapping: Mapping[str, str], *, upload: bool
) -> list[tuple[Field, int]]:
    """Which column each field is in. Names are compared without regard to case."""
    if not any(header):
        raise Invalid(gettext("The file is empty; its first row must name the columns."))
    if upload and len(header) > UPLOAD_COLUMNS:
        raise Invalid(gettext("The file has more than %(most)s columns; remove some.", most=UPLOAD_COLUMNS))
    lowered = [name.casefold() for name in header]
    for name in header:
        if lowered.count(name.casefold()) > 1:
            raise Invalid(gettext("The header names “%(column)s” twice; rename one.", column=name), field=name)
    known = {field.name for field in fields}
    for name in mapping:
        if name not in known:
            message = gettext(
                "There is no field “%(field)s”; fields are: %(fields)s.", field=name, fields=", ".join(sorted(known))
            )
            raise Invalid(message, field=name)
    columns = []
    for field in fields:
        names = (mapping[field.name],) if field.name in mapping else field.columns
        found = next((lowered.index(name.casefold()) for name in names if name.casefold() in lowered), None)
        if found is not None:
            columns.append((field, found))
        elif field.required or field.name in mapping:
            message = gettext(
                "The header has no column “%(column)s” for %(field)s; it has: %(columns)s.",
                column=names[0],
                field=field.name,
                columns=", ".join(header),
            )
            raise Invalid(message, field=field.name)
    return columns


def _values(
    number: int, cells: list[str], columns: list[tuple[Field, int]], complain: Callable[[RowError], None]
) -> Iterator[tuple[str, str]]:
    for field, column in columns:
        try:
            if len(cells[column].encode()) > CELL_BYTES:
                raise Invalid(gettext("A cell holds at most %(most)s bytes; shorten it.", most=CELL_BYTES))
            cell = unquoted(cells[column])
            if field.is_published:
                cell = "".join(char for char in cell if unicodedata.category(char) != "Cf")
            value = clean_line(
                cell,
                field=field.name,
                what=field.name,
                limit=field.longest,
                required=field.required,
            )
            yield field.name, field.check(value)
        except Invalid as error:
            complain(RowError(number, field.name, error.message))
