"""The columns that a person named for fields, as with --map FIELD=COLUMN, found in a header."""

from collections.abc import Collection, Mapping, Sequence

from directory.errors import Invalid
from directory.translation import gettext as _


def mapped_places(header: Sequence[str], mapping: Mapping[str, str], known: Collection[str]) -> dict[str, int]:
    """Return the place of each mapped field's column, whatever its case. Raises Invalid for an unknown one of either.

    >>> mapped_places(["Id", "Firm"], {"name": "firm"}, ["name", "key"])
    {'name': 1}
    """
    for name in mapping:
        if name not in known:
            fields = ", ".join(sorted(known))
            message = _("There is no field “%(field)s”; fields are: %(fields)s.", field=name, fields=fields)
            raise Invalid(message, field=name)
    names = [column.strip().casefold() for column in header]
    for name, column in mapping.items():
        if column.casefold() not in names:
            raise missing_column(column, header, field=name)
    return {name: names.index(column.casefold()) for name, column in mapping.items()}


def missing_column(column: str, header: Sequence[str], *, field: str) -> Invalid:
    """Return the error of a header without the column of a field."""
    named = {"column": column, "field": field, "columns": ", ".join(header)}
    return Invalid(_("The header has no column “%(column)s” for %(field)s; it has: %(columns)s.", **named), field=field)
