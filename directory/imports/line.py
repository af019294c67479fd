"""One line of a list: which fields a person has, what was read of them, and what is wrong with it."""

from dataclasses import dataclass

from directory.errors import Invalid
from directory.imports.csv_file import CELL_BYTES, Field, RowError, unquoted
from directory.people.business import clean_email, clean_phone, clean_website
from directory.text import clean_line
from directory.translation import gettext as _

FIELDS = (
    Field("name", ("name", "full name", "contact", "contact name", "contact person", "person", "member"), 120),
    Field("first", ("first name", "firstname", "first", "given name", "forename"), 60),
    Field("last", ("last name", "lastname", "last", "surname", "family name"), 60),
    Field("email", ("email", "e mail", "mail", "email address", "e mail address"), 254, check=clean_email),
    Field("firm", ("firm", "company", "business", "organization", "organisation", "company name", "firm name"), 200),
    Field("role", ("role", "title", "job title", "position"), 120),
    Field("summary", ("what the firm does", "what they do", "description", "about", "summary", "services"), 500),
    Field("wants", ("wants", "wants to meet", "whom they want to meet", "looking for", "good referral", "ask"), 300),
    Field("phone", ("phone", "telephone", "tel", "mobile", "cell", "phone number"), 40, check=clean_phone),
    Field("website", ("website", "web", "url", "site", "homepage"), 200, check=clean_website),
    Field("city", ("town", "city", "place", "location"), 120),
    Field("region", ("state", "region", "province", "county"), 60),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class Line:
    """One person of a list: what was read, what is wrong, and why they are not brought in, if they are not."""

    number: int
    values: dict[str, str]
    wrong: list[RowError]
    here: str = ""  # a sentence where they are here already, or asked not to be


def labels() -> dict[str, str]:
    """What people call the fields."""
    return {
        "name": _("Name"),
        "first": _("First name"),
        "last": _("Last name"),
        "email": _("Mail"),
        "firm": _("Firm"),
        "role": _("Their role"),
        "summary": _("What the firm does"),
        "wants": _("Wants to meet"),
        "phone": _("Telephone"),
        "website": _("Website"),
        "city": _("Town"),
        "region": _("State or region"),
    }


def read_person(
    number: int, cells: list[str], columns: list[str], label: dict[str, str]
) -> tuple[dict[str, str], list[RowError]]:
    """A row as its columns say: the values by field, "" where there is none, and every complaint about them.

    ``label`` is ``labels()``, asked once for all rows.
    """
    values = dict.fromkeys(BY_NAME, "")
    wrong: list[RowError] = []
    if any(cell.strip() for cell in cells[len(columns) :]):
        counts = {"cells": len(cells), "columns": len(columns)}
        message = _("It has %(cells)s cells where the others have %(columns)s; check its commas and quotes.", **counts)
        return values, [RowError(number, "", message)]
    for name, cell in zip(columns, cells, strict=False):
        if not name:
            continue
        field = BY_NAME[name]
        try:
            if len(cell.encode()) > CELL_BYTES:
                raise Invalid(_("A cell holds at most %(most)s bytes; shorten it.", most=CELL_BYTES))
            clean = clean_line(
                unquoted(cell.strip(" ")), field=name, what=label[name], limit=field.longest, required=False
            )
            values[name] = field.check(clean)
        except Invalid as error:
            wrong.append(RowError(number, label[name], error.message))
    values["email"] = values["email"].casefold()
    values["name"] = values["name"] or f"{values['first']} {values['last']}".strip()
    told = {error.field for error in wrong}
    for name in ("name", "email"):
        if not values[name] and label[name] not in told:
            sentence = _("Write their name.") if name == "name" else _("Write where the invitation goes.")
            wrong.append(RowError(number, label[name], sentence))
    values["firm"] = values["firm"] or values["name"]
    return values, wrong
