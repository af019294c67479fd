"""Parse lists of people: guess what each column holds, for a person to correct; a wrong row does not affect others."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from directory.errors import Invalid
from directory.imports.cell_checks import Field, RowError, check_cells
from directory.imports.table_reader import LIST, LIST_ROWS, Row, read_table
from directory.text import clean_email, clean_phone, clean_website, fold
from directory.translation import N_
from directory.translation import gettext as _

FIELDS = (
    Field("name", ("name", "full name", "contact", "contact name", "contact person", "person", "member"), 120,
          msgid=N_("Name")),
    Field("first", ("first name", "firstname", "first", "given name", "forename"), 60, msgid=N_("First name")),
    Field("last", ("last name", "lastname", "last", "surname", "family name"), 60, msgid=N_("Last name")),
    Field("email", ("email", "e mail", "mail", "email address", "e mail address"), 254, check=clean_email,
          msgid=N_("Mail")),
    Field("firm", ("firm", "company", "business", "organization", "organisation", "company name", "firm name"), 200,
          msgid=N_("Firm")),
    Field("role", ("role", "title", "job title", "position"), 120, msgid=N_("Their role")),
    Field("summary", ("what the firm does", "what they do", "description", "about", "summary", "services"), 500,
          msgid=N_("What the firm does")),
    Field("wants", ("wants", "wants to meet", "whom they want to meet", "looking for", "good referral", "ask"), 300,
          msgid=N_("Wants to meet")),
    Field("phone", ("phone", "telephone", "tel", "mobile", "cell", "phone number"), 40, check=clean_phone,
          msgid=N_("Telephone")),
    Field("website", ("website", "web", "url", "site", "homepage"), 200, check=clean_website, msgid=N_("Website")),
    Field("city", ("town", "city", "place", "location"), 120, msgid=N_("Town")),
    Field("region", ("state", "region", "province", "county"), 60, msgid=N_("State or region")),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
_SAMPLE_ROWS = 50  # to guess what a column holds
_PATTERNS = (("email", r"\S+@\S+"), ("phone", r"\+?[0-9()./ -]{7,}"), ("website", r"(https?://|www\.)\S+"))


@dataclass(frozen=True)
class Sheet:
    """A table of people. ``rows`` include the header if there is one.

    ``columns`` has the name of each column's field, "" for a column that is left out.
    """

    rows: list[Row]
    columns: list[str]
    has_header: bool
    notes: list[str] = field(default_factory=list)  # sentences on how the table was read

    @property
    def people(self) -> list[Row]:
        """The rows below the header."""
        return self.rows[1:] if self.has_header else self.rows

    def text(self) -> str:
        """Return the list as a spreadsheet copies it, which can be pasted again."""
        lines = io.StringIO()
        csv.writer(lines, dialect="excel-tab", lineterminator="\n").writerows(cells for _number, cells in self.rows)
        return lines.getvalue()


@dataclass
class Line:
    """One person of a list: the values by field name, the errors, and why the person is excluded, if so."""

    number: int
    values: dict[str, str]
    errors: list[RowError]
    excluded: str = ""  # the reason, if they are a member already, occur twice, or asked to be forgotten


def read_sheet(content: bytes) -> Sheet:
    """Return the sheet of a list, with or without a header. Raises Invalid if it cannot be read or is too large."""
    table = read_table(content, LIST)
    rows = table.rows
    if not rows:
        raise Invalid(_("There is nobody in the list; write one person a line."))
    columns = [_field_named(cell) for cell in rows[0].cells]
    has_header = any(columns) and not any("@" in cell for cell in rows[0].cells)
    if has_header and len(rows) == 1:
        raise Invalid(_("The list has a header and no rows."))
    if len(rows) - has_header > LIST_ROWS:
        raise Invalid(_("The list has more than %(most)s rows; send it in parts.", most=LIST_ROWS))
    if has_header:
        columns = [name if name not in columns[:place] else "" for place, name in enumerate(columns)]
        return Sheet(rows, columns, has_header=True, notes=table.notes)
    rows = [Row(number, _split_addresses(cells)) for number, cells in rows]
    return Sheet(rows, _guess_columns(rows), has_header=False, notes=table.notes)


def read_person(row: Row, columns: Sequence[str]) -> Line:
    """Read a row by its columns: the values by field name, "" if there is none, and their errors."""
    values = dict.fromkeys(BY_NAME, "")
    if any(cell.strip() for cell in row.cells[len(columns) :]):
        counts = {"cells": len(row.cells), "columns": len(columns)}
        message = _("It has %(cells)s cells where the others have %(columns)s; check its commas and quotes.", **counts)
        return Line(row.number, values, [RowError(row.number, "", message)])
    cells = [(BY_NAME[name], cell) for name, cell in zip(columns, row.cells, strict=False) if name]
    clean, errors = check_cells(row.number, cells)
    values |= clean
    values["email"] = values["email"].casefold()
    values["name"] = values["name"] or f"{values['first']} {values['last']}".strip()
    reported = {error.field for error in errors}
    for name, sentence in (("name", _("Write their name.")), ("email", _("Write where the invitation goes."))):
        if not values[name] and BY_NAME[name].label not in reported:
            errors.append(RowError(row.number, BY_NAME[name].label, sentence))
    values["firm"] = values["firm"] or values["name"]
    return Line(row.number, values, errors)


def _field_named(cell: str) -> str:
    """Return the name of the field that a header cell names, "" for none."""
    name = fold(cell[:80]).replace("-", " ").replace("_", " ")
    return next((field.name for field in FIELDS if name in field.columns), "")


def _split_addresses(cells: list[str]) -> list[str]:
    """Return the cells, with "Bea Lindqvist <bea@bramble.example>" split in two."""
    split: list[str] = []
    for cell in cells:
        name, opens, mail = cell.strip().removesuffix(">").rpartition("<")
        is_both = opens and "@" in mail and cell.strip().endswith(">")
        split += [name.strip().strip('"'), mail] if is_both else [cell]
    return split


def _guess_columns(rows: Sequence[Row]) -> list[str]:
    """Guess the fields of a list without a header: email, phone and website by pattern, the rest in the usual order."""
    widths = Counter(len(row.cells) for row in rows)
    width = max(widths, key=lambda width: (widths[width], width))
    sample = [row.cells for row in rows[:_SAMPLE_ROWS]]
    columns = [[cells[place].strip() for cells in sample if place < len(cells)] for place in range(width)]
    usual_order = iter(("name", "firm", "summary", "wants"))
    guessed: list[str] = []
    for column in columns:
        matched = next((n for n, pattern in _PATTERNS if n not in guessed and _mostly_matches(column, pattern)), None)
        guessed.append(matched or next(usual_order, ""))
    return guessed


def _mostly_matches(column: Sequence[str], pattern: str) -> bool:
    """Return whether more than half of the column's filled cells match."""
    filled = [cell for cell in column if cell]
    return bool(filled) and 2 * sum(bool(re.fullmatch(pattern, cell[:254])) for cell in filled) > len(filled)
