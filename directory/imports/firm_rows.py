"""The fields of a list of firms, and its rows; a wrong row does not affect the others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from directory.errors import Invalid
from directory.imports.cell_values import read_email, read_firm, read_phone, read_text, read_website
from directory.imports.cell_values import read_line as read_words
from directory.imports.column_recognition import Grade
from directory.imports.list_row import Line, ListField, read_line, require
from directory.imports.sheet import Sheet, read_sheet
from directory.imports.table_reader import FILE, Row
from directory.people.duplicates import normalized_name
from directory.people.field_declaration import ProfileField, fields_of
from directory.people.tables import Business
from directory.text import LONG_TEXT, fold
from directory.translation import gettext as _

_READERS = {"name": read_firm, "email": read_email, "phone": read_phone, "website": read_website, "city": read_text}
_DECLARED = {name: field for name, field in fields_of(Business).items() if field.imported}
_KEY = 120  # characters


def _list_field(name: str, field: ProfileField) -> ListField:
    read = _READERS.get(name, read_text if field.is_long else read_words)
    return ListField(name, name, 300 if name == "city" else field.limit or LONG_TEXT, read)


FIELDS = (
    ListField("key", "key", _KEY, read_words),
    *(_list_field(name, field) for name, field in _DECLARED.items()),
    ListField("capabilities", "capabilities", LONG_TEXT, read_text),
)
BY_NAME = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class FirmList:
    """A sheet of firms and its lines."""

    sheet: Sheet
    lines: list[Line]


def read_firms(source: Path | bytes, *, mapping: Mapping[str, str] | None = None, country: str = "") -> FirmList:
    """Return the firms of a file; ``mapping`` is field -> column, for columns that are not recognised.

    Raises Invalid for a file that cannot be read, and for one without a column of names.
    """
    sheet = read_sheet(source, "firms", limits=FILE)
    header = [cell.strip().casefold() for cell in sheet.rows[0].cells] if sheet.has_header else []
    columns, grades = list(sheet.columns), list(sheet.grades)
    for name in BY_NAME:  # a field that has no words of its own goes by its declared names
        names = _DECLARED[name].imported if name in _DECLARED else (name,)
        exact = next((header.index(column) for column in names if column in header), None)
        if exact is not None and not columns[exact] and name not in columns:
            columns[exact], grades[exact] = name, Grade.SURE
    sheet = replace(sheet, columns=columns, grades=grades).mapped(mapping or {}, list(BY_NAME))
    if "name" not in sheet.columns:
        known = ", ".join(sheet.rows[0].cells) if sheet.has_header else "1"
        message = _(
            "No column is clearly the name of the firm; say which with --map name=COLUMN, of: %(columns)s.",
            columns=known,
        )
        raise Invalid(message, field="name")
    return FirmList(sheet, [_read_firm(row, sheet, country) for row in sheet.body])


def _read_firm(row: Row, sheet: Sheet, country: str) -> Line:
    line = read_line(row, sheet, BY_NAME, country=country)
    require(line, "name", "name", _("Enter the name of the firm."))
    if "capabilities" not in sheet.columns:
        del line.values["capabilities"]  # what no column tells is not told to be missing
    line.values["key"] = line.values["key"] or place_key(line.values)
    return line


def place_key(values: Mapping[str, str]) -> str:
    """Return the key of a firm that has none of its own: its name and place, however they are written.

    >>> place_key({"name": "The Bramble & Co., LLC", "city": "Tucson", "region": "AZ"})
    'bramble, tucson, az'
    """
    name = normalized_name(values["name"]) or fold(values["name"])
    key = ", ".join(part for part in (name, fold(values["city"]), fold(values["region"])) if part)
    return key if len(key) <= _KEY else f"{key[:80]} {sha256(key.encode()).hexdigest()[:32]}"
