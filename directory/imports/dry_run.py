"""What an import takes a file for, as data that a program can read."""

from collections.abc import Iterable, Mapping
from typing import Any

from directory.engine.capability_names import cut_cell
from directory.imports.list_row import Line
from directory.imports.sheet import Sheet


def outline(
    sheet: Sheet,
    fields: Iterable[str],
    lines: Iterable[Line],
    *,
    left_out: Mapping[int, str],
    asks: Mapping[int, list[str]],
) -> dict[str, Any]:
    """Return the column of each field (null for none), the rows that come in, and those left out with the reason.

    ``left_out`` and ``asks``, questions that wait for a person, are by row.
    """
    return {
        "columns": {name: sheet.column_name(name) for name in fields},
        "rows": [_row(line, asks.get(line.number, [])) for line in lines if line.number not in left_out],
        "left_out": [{"row": row, "why": why} for row, why in sorted(left_out.items())],
    }


def _row(line: Line, asks: list[str]) -> dict[str, Any]:
    values = line.values
    return {
        "row": line.number,
        "name": values["name"],
        "mail": values["email"],
        "firm": values.get("firm", values["name"]),
        "telephone": values["phone"],
        "place": ", ".join(part for part in (values["city"], values["region"]) if part),
        "capabilities": cut_cell(values.get("capabilities", "")),
        "notes": [f"{note.field}: {note.message}" for note in line.notes],
        "asks": asks,
    }
