"""Write the rows of a workbook, from standard input, as JSON. Run apart from us, as ``python -I workbook_cells.py``.

The parser is native code, which a small crafted workbook makes allocate without bound and abort. So it runs in a
process of its own, within limits, and without anything of ours.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

from python_calamine import CalamineSheet, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

MEMORY = 2**30  # bytes of address space
PASSWORD, TOO_LARGE = 3, 4  # exit statuses


def write_rows(content: bytes, *, rows: int, size: int) -> int:
    """Write the names of the sheets, the read one first, then its rows: number and cells. Return the exit status.

    ``rows`` is how many are written at most, empty ones left out; ``size`` is after how many characters it gives up.
    An empty workbook has no sheet that is read; its line is ``[]``.
    """
    try:
        book = load_workbook(io.BytesIO(content))
    except PasswordError:
        return PASSWORD
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
    ]
    if (sheet := _first_table(book.get_sheet_by_name(name) for name in shown)) is None:
        sys.stdout.write("[]")
        return 0
    sys.stdout.write(json.dumps([sheet.name, *(name for name in shown if name != sheet.name)]))
    filled = ((number, row) for number, row in enumerate(sheet.iter_rows(), start=1) if row.count("") < len(row))
    for number, row in islice(filled, rows):
        line = "\n" + json.dumps([number, [_text(cell) for cell in row]])
        size -= len(line)
        if size < 0:
            return TOO_LARGE
        sys.stdout.write(line)
    return 0


def _first_table(sheets: Iterator[CalamineSheet]) -> CalamineSheet | None:
    """Return the first sheet with several rows and columns, else the first that is not empty."""
    filled = None
    for sheet in sheets:
        if sheet.height > 1 and sheet.width > 1:
            return sheet
        filled = filled or (sheet if sheet.height else None)
    return filled


def _text(cell: str | float | bool | date | time | timedelta) -> str:
    """Return a cell as people read it: 85701 without a decimal point, and dates as 2024-10-31."""
    match cell:
        case bool():
            return str(cell).upper()
        case int() | float():
            return f"{cell:.15g}" if abs(cell) < 1e15 else f"{cell:.0f}"
        case datetime():
            return str(cell.date()) if cell.time() == time() else cell.isoformat(" ", "minutes")
        case time():
            return cell.isoformat("minutes")
        case _:
            return str(cell)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(write_rows(sys.stdin.buffer.read(), rows=int(sys.argv[1]), size=int(sys.argv[2])))
