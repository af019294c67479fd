"""Lists as people have them: pasted lines or a CSV file become rows of cells, with a guess at what a column holds."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from directory.errors import Invalid
from directory.imports.csv_file import UPLOAD_BYTES, UPLOAD_COLUMNS, UPLOAD_ROWS, Field, decoded
from directory.text import fold
from directory.translation import gettext as _

_LOOKED_AT = 50  # rows, to guess what a column holds
# "A <a@x>, B <b@x>" in one line. Nothing is tried twice: a long blank must not cost the square of its length.
_NEXT_ADDRESS = re.compile(r">[ \t]*+[,;][ \t]*+(?=[^<>\n]*+<[^<>\s@]++@)")
_QUOTED_NAME = re.compile(r'"([^"\n]{1,200})"[ \t]*<([^<>"\n]{3,254})>')  # as mail programs write names


@dataclass(frozen=True)
class Sheet:
    """``rows`` are (number as a spreadsheet shows it, cells), the header among them where there is one.

    ``columns`` says which field each column holds, "" for one that is left out.
    """

    rows: list[tuple[int, list[str]]]
    columns: list[str]
    has_header: bool

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {"rows": self.rows, "columns": self.columns, "has_header": self.has_header}

    @property
    def people(self) -> list[tuple[int, list[str]]]:
        """The rows below the header."""
        return self.rows[1:] if self.has_header else self.rows

    def text(self) -> str:
        """The list as it can be pasted again."""
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows(cells for _number, cells in self.rows)
        return lines.getvalue()


def read_sheet(content: bytes, fields: Sequence[Field]) -> Sheet:
    """The rows of a list: separated by commas, semicolons or tabs, with a header or without, or "Name <mail>" lines.

    Raises Invalid where it cannot be read at all, or is larger than an upload may be.
    """
    if len(content) > UPLOAD_BYTES:
        raise Invalid(_("The list is larger than %(most)s MB; send it in parts.", most=UPLOAD_BYTES // 2**20))
    text = decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    text = _QUOTED_NAME.sub(r'"\1 <\2>"', _NEXT_ADDRESS.sub(">\n", text))
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), skipinitialspace=True, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(reader, start=1):
            if len(cells) > UPLOAD_COLUMNS:
                message = _("Row %(row)s has more than %(most)s columns; remove some.", row=number, most=UPLOAD_COLUMNS)
                raise Invalid(message)
            if any(cell.strip() for cell in cells):
                rows.append((number, cells))
            if len(rows) > UPLOAD_ROWS + 1:
                raise Invalid(_("The list has more than %(most)s rows; send it in parts.", most=UPLOAD_ROWS))
    except csv.Error:
        message = _(
            "The list cannot be read near line %(line)s; check that every quote there has its other one.",
            line=reader.line_num,
        )
        raise Invalid(message) from None
    if not rows:
        raise Invalid(_("There is nobody in the list; write one person a line."))
    columns = [_named(cell, fields) for cell in rows[0][1]]
    if any(columns) and not any("@" in cell for cell in rows[0][1]):
        if len(rows) == 1:
            raise Invalid(_("The list has a header and no rows."))
        once = [name if name not in columns[:place] else "" for place, name in enumerate(columns)]
        return Sheet(rows, once, has_header=True)
    rows = [(number, _addressed(cells)) for number, cells in rows]
    if len(rows) > UPLOAD_ROWS:
        raise Invalid(_("The list has more than %(most)s rows; send it in parts.", most=UPLOAD_ROWS))
    return Sheet(rows, _guessed(rows), has_header=False)


def _delimiter(text: str) -> str:
    first = text.lstrip()[:20_000].partition("\n")[0]
    if "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def _named(cell: str, fields: Sequence[Field]) -> str:
    """The field whose name a header's cell is, "" for none."""
    name = fold(cell[:80]).replace("-", " ").replace("_", " ")
    return next((field.name for field in fields if name in field.columns), "")


def _addressed(cells: list[str]) -> list[str]:
    """The cells, "Bea Lindqvist <bea@bramble.example>" as two."""
    found: list[str] = []
    for cell in cells:
        name, opens, mail = cell.strip().removesuffix(">").rpartition("<")
        is_both = opens and "@" in mail and cell.strip().endswith(">")
        found += [name.strip().strip('"'), mail] if is_both else [cell]
    return found


def _guessed(rows: Sequence[tuple[int, list[str]]]) -> list[str]:
    """What the columns of a list without a header hold: mail and telephone by their look, the rest in usual order."""
    widths = Counter(len(cells) for _number, cells in rows)
    width = max(widths, key=lambda width: (widths[width], width))
    looked = [cells for _number, cells in rows[:_LOOKED_AT]]
    columns = [[cells[place].strip() for cells in looked if place < len(cells)] for place in range(width)]
    left = iter(("name", "firm", "summary", "wants"))
    guessed: list[str] = []
    for column in columns:
        looks = (("email", r"\S+@\S+"), ("phone", r"\+?[0-9()./ -]{7,}"), ("website", r"(https?://|www\.)\S+"))
        look = next((name for name, pattern in looks if name not in guessed and _most(column, pattern)), None)
        guessed.append(look or next(left, ""))
    return guessed


def _most(column: Sequence[str], pattern: str) -> bool:
    filled = [cell for cell in column if cell]
    return bool(filled) and 2 * sum(bool(re.fullmatch(pattern, cell[:254])) for cell in filled) > len(filled)
