"""Checks of cells: what a row may hold is declared once, and every wrong cell is named by its row and field."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from directory.errors import Invalid
from directory.text import clean_line, strip_hidden, unescape_formula
from directory.translation import gettext, ngettext

CELL_BYTES = 4096
ERRORS_NAMED = 20


@dataclass(frozen=True)
class Field:
    """What a row may hold. ``columns`` are the header's names for it."""

    name: str
    columns: tuple[str, ...]
    longest: int  # characters
    required: bool = False
    check: Callable[[str], str] = str  # the noun's own cleaner, which raises Invalid
    is_published: bool = False  # no importer can mend it: invisible characters are dropped instead of refused
    msgid: str = ""  # what people call it, for the catalogues

    @property
    def label(self) -> str:
        """What the reader calls it; its name where people have no other."""
        return gettext(self.msgid) if self.msgid else self.name

    def clean(self, cell: str) -> str:
        """The value of a cell, "" where it is empty. Raises Invalid."""
        if len(cell.encode()) > CELL_BYTES:
            raise Invalid(gettext("A cell holds at most %(most)s bytes; shorten it.", most=CELL_BYTES))
        text = unescape_formula(cell.strip(" "))
        if self.is_published:
            text = strip_hidden(text, CELL_BYTES)
        line = clean_line(text, field=self.name, what=self.label, limit=self.longest, required=self.required)
        return self.check(line)


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


def check_cells(row: int, cells: Iterable[tuple[Field, str]]) -> tuple[dict[str, str], list[RowError]]:
    """The clean values of a row by field name, without the wrong ones, and every complaint about them."""
    values: dict[str, str] = {}
    errors: list[RowError] = []
    for field, cell in cells:
        try:
            values[field.name] = field.clean(cell)
        except Invalid as error:
            errors.append(RowError(row, field.label, error.message))
    return values, errors
