"""Read a table as people have it, a CSV file, a workbook or a pasted list, as rows of cells.

Rows are numbered as a spreadsheet shows them: the first is row 1, and a cell may hold several lines. Empty rows are
left out. The reader does not interpret the cells.
"""

import csv
import gzip
import io
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from directory.errors import Invalid
from directory.imports.text_encoding import decode
from directory.imports.workbook import is_workbook, read_workbook
from directory.translation import gettext, ngettext

LIST_ROWS = 10_000  # below the header, if there is one
COLUMNS = 200
CELL = 131_072  # characters; also what the csv module takes
_TITLE_ROWS = 20  # at most, above the header
_SAMPLE_ROWS = 100
_REREAD = 8  # times the text, at most, for quotes that do not close: never quadratic time
_SEPARATORS = ",;\t|"
_SPACED_DASH = re.compile(r"(?<![ \t])[ \t]++[-–—|•·][ \t]++")  # "Bea Lind <b@x.example> - Bramble & Co - web design"
_MARK = "\x1f"  # stands for it, and for the end of a line of a business card, as a separator
_RULE = re.compile(r"\s*+:?[-=]{3,}+:?\s*+")  # a cell of a line that is drawn under the column names
_CARD_LINES = range(2, 9)
_LABEL = re.compile(r"[^;|]{0,80}")  # of a column
_FOREIGN_QUOTE = re.compile(r'[,;\t|]"|"[,;\t|]')  # in a cell: it was another sign that separated
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?(?:\r\n?|\n|\Z)', re.IGNORECASE)  # as Excel reads it; it shows no such row
# "A <a@x>, B <b@x>" in one line. Possessive, without backtracking: long blanks must not take quadratic time.
_ADDRESS = r'(?:[ \t]*+"[^"\r\n]*+")?+[^"<>\r\n]*+<[^<>\s@"]++@[^<>\s"]++>[ \t]*+'
_ADDRESS_LINE = re.compile(rf"^{_ADDRESS}(?:[,;]{_ADDRESS})++[,;]?$", re.MULTILINE)
_NEXT_ADDRESS = re.compile(r">[ \t]*+[,;][ \t]*+(?=[^<>\n]*+<)")
_QUOTED_NAME = re.compile(r'"([^"\n]{1,200})"[ \t]*<([^<>"\n]{3,254})>')  # as mail programs write names


@dataclass(frozen=True)
class Limits:
    """How much of a table is read: ``bytes``, unpacked, and ``rows``, of which a few may be above the list."""

    bytes: int
    rows: int


FILE = Limits(bytes=512 * 2**20, rows=sys.maxsize)  # what fits in memory, and what a small .gz may not exceed
LIST = Limits(bytes=20 * 2**20, rows=_TITLE_ROWS + LIST_ROWS + 2)  # a header, and one row above the limit


class Row(NamedTuple):
    """The cells of a row, unchanged."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """The rows of a table, the first of which may be a header, and sentences on how it was read."""

    rows: list[Row]
    notes: list[str]


def read_table(source: Path | bytes, limits: Limits, *, is_strict: bool = False) -> Table:
    """Return the table in a file or in its content: text or a workbook, ``.gz`` too. Raises Invalid for others.

    A line whose quote does not close is a row by itself, and noted; with ``is_strict`` the file is refused.
    """
    content, notes = _content(source, limits), list[str]()
    if is_workbook(content):
        records, note = read_workbook(content, rows=limits.rows, size=limits.bytes)
        rows = list(_rows(records))
    else:
        text, note = decode(content)
        rows = list(islice(_rows(enumerate(_text_records(text, notes, is_strict), start=1)), limits.rows))
    titles = _title_count(rows)
    rows = _without_empty_columns(rows[titles:])
    notes += [note] if note else []
    if titles:
        left = ngettext(
            "%(count)s line above the column names was left out.",
            "%(count)s lines above the column names were left out.",
            titles,
        )
        notes.append(left)
    return Table(rows, notes)


def _content(source: Path | bytes, limits: Limits) -> bytes:
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            content = file.read(limits.bytes + 1)
        if content.startswith(b"\x1f\x8b"):
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(limits.bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(gettext("The file cannot be read: %(error)s.", error=error)) from None
    if len(content) > limits.bytes:
        raise Invalid(gettext("This is larger than %(most)s MB. Send it in parts.", most=limits.bytes // 2**20))
    return content


def _rows(records: Iterable[tuple[int, list[str]]]) -> Iterator[Row]:
    """Yield the numbered records that are neither empty nor a drawn line.

    Raises Invalid for too many columns, too long a cell.
    """
    for number, cells in records:
        if not cells:
            continue
        if len(cells) > COLUMNS and len(cells := _trimmed(cells, COLUMNS)) > COLUMNS:
            counts = {"row": number, "most": COLUMNS}
            raise Invalid(gettext("Row %(row)s has more than %(most)s columns; remove some.", **counts))
        if max(map(len, cells)) > CELL:
            counts = {"row": number, "most": CELL}
            raise Invalid(gettext("A cell of row %(row)s has more than %(most)s characters; shorten it.", **counts))
        if any(map(str.strip, cells)) and not all(map(_RULE.fullmatch, cells)):
            yield Row(number, cells)


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Return the cells without the empty ones at their end, down to ``width`` cells."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _without_empty_columns(rows: Sequence[Row]) -> list[Row]:
    """Return the rows without the columns that are empty in all, and without empty cells beyond those of the first."""
    used = sorted({place for _number, cells in rows for place, cell in enumerate(cells) if cell.strip()})
    kept = [Row(number, [cells[place] for place in used if place < len(cells)]) for number, cells in rows]
    return [Row(number, _trimmed(cells, len(kept[0].cells))) for number, cells in kept]


def _title_count(rows: Sequence[Row]) -> int:
    """Return how many rows stand above the header: a title, "exported on …". They have fewer cells than the others.

    A row with an address is somebody, unless it is a sentence: nobody is left out with the titles.
    """
    sample = [cells for _number, cells in rows[:_SAMPLE_ROWS]]
    filled = [[cell for cell in cells if cell.strip()] for cells in sample]
    width, length = max(map(len, filled), default=0), Counter(map(len, sample)).most_common(1)[0][0] if sample else 0
    is_title = [2 * len(cells) <= width or len(row) < length for cells, row in zip(filled, sample, strict=True)]
    first = is_title.index(False) if False in is_title else 0
    header = filled[first] if filled else []
    above = [cell for cells in filled[:first] for cell in cells if "<" in cell or len(cell.split()) < 4]
    has_person = any("@" in cell for cell in (*above, *header))
    is_header = len({*header}) == len(header) > max(1, 0.8 * width) and all(map(_LABEL.fullmatch, header))
    return first if first <= _TITLE_ROWS and is_header and not has_person else 0


def _text_records(text: str, notes: list[str], is_strict: bool) -> Iterator[list[str]]:
    """Yield the records of CSV text or of a pasted list; a line may be a row of mail addresses, one person each."""
    if line := _SEPARATOR_LINE.match(text):
        text, separator = text[line.end() :], line[1]
    else:
        text = _ADDRESS_LINE.sub(lambda line: _NEXT_ADDRESS.sub(">\n", line[0]), text)
        fit, separator = _separator(text)
        marked = _cards(text) or _SPACED_DASH.sub(_MARK, text)
        if not is_strict and _MARK not in text and _separator(marked, _MARK)[0] > fit:
            text, separator = marked, _MARK
    lines, start, reread = list(io.StringIO(text, newline="")), 0, 0
    while start < len(lines):
        rest = (lines[place] for place in range(start, len(lines)))
        reader, above = csv.reader(rest, delimiter=separator, skipinitialspace=True, strict=True), start
        try:
            for cells in reader:
                yield cells
                start = above + reader.line_num
        except csv.Error as error:
            reread += sum(map(len, lines[start : above + reader.line_num]))
            is_open = lines[start].count('"') % 2
            if (is_open and (is_strict or "limit" in str(error))) or reread > _REREAD * len(text):
                message = gettext(
                    "Line %(line)s has a quote that does not close, or a cell that is too long.", line=start + 1
                )
                raise Invalid(message) from None
            if is_open:
                notes.append(gettext("Line %(line)s has a quote that does not close.", line=start + 1))
            yield _badly_quoted(lines[start], separator)
            start += 1


def _cards(text: str) -> str:
    """Return business cards, of some lines and one address each, with empty lines between, as a line each; or ""."""
    cards = [card.split("\n") for card in re.split(r"\n(?:[ \t]*+\n)+", text.replace("\r\n", "\n").strip())]
    are_cards = len(cards) > 1 and all(len(card) in _CARD_LINES and "".join(card).count("@") == 1 for card in cards)
    return "\n".join(_MARK.join(card) for card in cards) if are_cards else ""


def _badly_quoted(line: str, separator: str) -> list[str]:
    """Return the cells of a line with quotes within its cells, such as ``"Bea" <b@x.example>``."""
    named = csv.reader([_QUOTED_NAME.sub(r'"\1 <\2>"', line)], delimiter=separator, skipinitialspace=True, strict=True)
    try:
        return next(named)
    except csv.Error:
        cells = [re.sub(r'^"(.*)"$', r"\1", cell.strip()) for cell in line.split(separator)]
        return [cell if cell.count('"') % 2 == 0 else cell.strip('"') for cell in cells]


def _separator(text: str, among: str = _SEPARATORS) -> tuple[float, str]:
    """Guess the separator from the first lines: with the right one, rows are equally wide and their cells are words.

    Return how well it fits, too.
    """
    lines = list(islice(io.StringIO(text[:200_000], newline=""), _SAMPLE_ROWS))
    fits = {separator: _fit(lines, separator) for separator in among}
    best = max(fits, key=fits.__getitem__)  # the first of equals
    return fits[best], best


def _fit(lines: Sequence[str], separator: str) -> float:
    """Return how well a separator fits the lines: 0 if it does not occur."""
    records = list[list[str]]()
    with suppress(csv.Error):  # too long a cell: what is before it has to do
        records.extend(cells for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True) if cells)
    widths = Counter(len(cells) for cells in records if len(cells) > 1)
    if not widths:
        return 0
    width = max(widths, key=lambda width: (widths[width], width))
    first = next(place for place, cells in enumerate(records) if len(cells) == width)
    words = sum(bool(re.fullmatch(r"[^\d@,;\t|][^@,;\t|]{0,60}", cell.strip())) for cell in records[first])
    foreign = sum(any(map(_FOREIGN_QUOTE.search, cells)) for cells in records)
    share = max(0, widths[width] - foreign) / len(records)
    weight = 100 if separator == "\t" and first == 0 else 1  # a tab hardly ever stands within a cell
    return weight * share**2 * (words + width / 10) / (1 + first)
