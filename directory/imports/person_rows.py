"""The fields of a list of people, and one person of it; a wrong row does not affect the others."""

from directory.imports.cell_look import look
from directory.imports.cell_values import Cell, peel, read_email, read_firm, read_phone, read_text, read_website
from directory.imports.cell_values import read_line as read_words
from directory.imports.list_row import Line, ListField, read_line, require
from directory.imports.person_name import read_name
from directory.imports.sheet import Sheet
from directory.imports.table_reader import Row
from directory.name_rules import MAX_PERSON_NAME, clean_person_name
from directory.text import LONG_TEXT
from directory.translation import N_
from directory.translation import gettext as _


def _read_name(cell: str, country: str) -> Cell:
    """Return a person's name. Raises Invalid for what no name may have."""
    value, notes = read_name(cell, country)
    return Cell(clean_person_name(value, field="name", what=_("the name"), limit=LONG_TEXT, required=False), notes)


FIELDS = (
    ListField("name", N_("Name"), MAX_PERSON_NAME, _read_name),
    ListField("first", N_("First name"), 60, read_words),
    ListField("last", N_("Last name"), 60, read_words),
    ListField("email", N_("Email"), 254, read_email),
    ListField("firm", N_("Firm"), 200, read_firm),
    ListField("role", N_("Their role"), 120, read_words),
    ListField("summary", N_("What the firm does"), LONG_TEXT, read_text),
    ListField("capabilities", N_("Capabilities"), LONG_TEXT, read_text),
    ListField("wants", N_("Wants to meet"), LONG_TEXT, read_words),
    ListField("phone", N_("Phone"), 40, read_phone),
    ListField("website", N_("Website"), 200, read_website),
    ListField("city", N_("City"), 300, read_text),  # or a whole address, of which the town is kept
    ListField("region", N_("State or region"), 60, read_words),
)
BY_NAME = {field.name: field for field in FIELDS}


def read_person(row: Row, sheet: Sheet, *, country: str = "") -> Line:
    """Read a row of the sheet; ``country`` is the ISO 3166-1 code of its telephones. Name and mail are required."""
    line = read_line(row, sheet, BY_NAME, country=country)
    values = line.values
    if not values["name"] and (whole := f"{values['first']} {values['last']}".strip()):
        values["name"], notes = peel(_read_name, whole, country=country, limit=BY_NAME["name"].limit)
        line.note(BY_NAME["name"].label, notes)
    if values["email"] and not {"name", "first", "last"} & {*sheet.columns}:
        beside = dict(zip(sheet.columns, row.cells, strict=False)).get("email", "")  # "Bea Lind <bea@x.example>"
        values["name"] = peel(_read_name, beside, country=country, limit=BY_NAME["name"].limit).value
    if look(values["name"]) == "firm":
        line.note(BY_NAME["name"].label, [_("“%(name)s” may be a firm, not a person.", name=values["name"])])
    require(line, "name", BY_NAME["name"].label, _("Enter their name."))
    require(line, "email", BY_NAME["email"].label, _("Enter where the invitation goes."))
    values["firm"] = values["firm"] or values["name"]
    return line
