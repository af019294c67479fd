"""Check cells: the fields of a row are declared once, and every wrong cell is reported by its row and field."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from directory.errors import Invalid
from directory.text import clean_line, strip_hidden, unescape_formula
from directory.translation import gettext, ngettext

CELL_BYTES = 4096
ERRORS_NAMED = 20


@dataclass(frozen=True)
class Field:
    """A field of a row. ``columns`` are the column names for it that a header may have."""

    name: str
    columns: tuple[str, ...]
    max_length: int  # characters
    required: bool = False
    check: Callable[[str], str] = str  # returns the cleaned value or raises Invalid
    is_published: bool = False  # the importer cannot correct it: invisible characters are dropped instead of refused
    msgid: str = ""  # its label, for the catalogues

    @property
    def label(self) -> str:
        """The translated label, or ``name`` if the field has none."""
        return gettext(self.msgid) if self.msgid else self.name

    def clean(self, cell: str) -> str:
        """Return the cleaned value of a cell, "" if it is empty. Raises Invalid."""
        if len(cell.encode()) > CELL_BYTES:
            raise Invalid(gettext("A cell holds at most %(most)s bytes; shorten it.", most=CELL_BYTES))
        text = unescape_formula(cell.strip(" "))
        if self.is_published:
            text = strip_hidden(text, CELL_BYTES)
        line = clean_line(text, field=self.name, what=self.label, limit=self.max_length, required=self.required)
        return self.check(line)


@dataclass(frozen=True)
class RowError:
    """One error in a file; ``field`` is "" if it is about the whole row."""

    row: int
    field: str
    message: str

    def __str__(self) -> str:
        place = gettext("row %(row)s", row=self.row)
        return f"{place}, {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class ImportErrors(Invalid):
    """All errors of a file. The message has the first 20 of them and the number of the rest."""

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


def check_cells(row: int, cells: Iterable[tuple[Field, str]]) -> tuple[dict[str, str], list[RowError]]:
    """Return the cleaned values of a row by field name, without the wrong ones, and the errors of those."""
    values: dict[str, str] = {}
    errors: list[RowError] = []
    for field, cell in cells:
        try:
            values[field.name] = field.clean(cell)
        except Invalid as error:
            errors.append(RowError(row, field.label, error.message))
    return values, errors
