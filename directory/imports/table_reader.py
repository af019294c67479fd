"""Read CSV files and pasted lists as rows of cells, under one of two policies.

Rows are numbered as a spreadsheet shows them: the first is row 1, and a cell may hold several lines. Empty rows are
left out. The reader does not interpret the cells.
"""

import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from directory.errors import Invalid
from directory.translation import N_, gettext

LIST_ROWS = 10_000  # below the header, if there is one
# "A <a@x>, B <b@x>" in one line. Possessive, without backtracking: long blanks must not take quadratic time.
_NEXT_ADDRESS = re.compile(r">[ \t]*+[,;][ \t]*+(?=[^<>\n]*+<[^<>\s@]++@)")
_QUOTED_NAME = re.compile(r'"([^"\n]{1,200})"[ \t]*<([^<>"\n]{3,254})>')  # as mail programs write names


@dataclass(frozen=True)
class Policy:
    """Limits and syntax of a table.

    A lenient policy accepts commas, semicolons or tabs as separators, with blanks after them, and lines of
    "Name <mail>"; a strict one accepts only commas.
    """

    bytes: int
    columns: int
    is_lenient: bool
    too_large: str
    not_csv: str


FILE = Policy(
    bytes=512 * 2**20,  # unpacked: what fits in memory, and what a small .gz may not exceed
    columns=sys.maxsize,
    is_lenient=False,
    too_large=N_("The file is larger than %(most)s MB; send it in parts."),
    not_csv=N_("Line %(line)s is not CSV (%(error)s); save the file as CSV again."),
)
LIST = Policy(
    bytes=5 * 2**20,
    columns=64,
    is_lenient=True,
    too_large=N_("The list is larger than %(most)s MB; send it in parts."),
    not_csv=N_("The list cannot be read near line %(line)s; check that every quote there has its other one."),
)


class Row(NamedTuple):
    """The cells of a row, unchanged."""

    number: int
    cells: list[str]


def read_table(source: Path | bytes, policy: Policy) -> Iterator[Row]:
    """Yield the rows of UTF-8 content or of the file at a path, ``.gz`` too. Raises Invalid if it cannot be read."""
    text = _decoded(_content(source, policy))
    if policy.is_lenient:
        text = _QUOTED_NAME.sub(r'"\1 <\2>"', _NEXT_ADDRESS.sub(">\n", re.sub(r"\r\n?", "\n", text)))
    separator = _separator(text) if policy.is_lenient else ","
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=policy.is_lenient, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if len(cells) > policy.columns:
                counts = {"row": number, "most": policy.columns}
                raise Invalid(gettext("Row %(row)s has more than %(most)s columns; remove some.", **counts))
            if any(cell.strip() for cell in cells):
                yield Row(number, cells)
    except csv.Error as error:
        raise Invalid(gettext(policy.not_csv, line=reader.line_num, error=error)) from None


def _content(source: Path | bytes, policy: Policy) -> bytes:
    try:
        if isinstance(source, bytes):
            content = source
        else:
            with gzip.open(source) if source.suffix == ".gz" else source.open("rb") as file:
                content = file.read(policy.bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(gettext("The file cannot be read: %(error)s.", error=error)) from None
    if len(content) > policy.bytes:
        raise Invalid(gettext(policy.too_large, most=policy.bytes // 2**20))
    return content


def _decoded(content: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark. Raises Invalid for any other encoding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Invalid(gettext("Line %(line)s is not UTF-8; save the file as “CSV UTF-8”.", line=line)) from None


def _separator(text: str) -> str:
    """Guess the separator from the first line: a tab, or the more frequent of comma and semicolon."""
    first = text.lstrip()[:20_000].partition("\n")[0]
    if "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","
