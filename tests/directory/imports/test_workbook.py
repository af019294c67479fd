"""Workbooks that another writer made are read as people see them; hostile ones are refused and end nothing of ours."""

import io
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.styles import PatternFill

from directory.errors import Invalid
from directory.imports import workbook
from directory.imports.sheet import read_sheet
from directory.imports.table_reader import FILE, LIST, Table, read_table

pytestmark = pytest.mark.slow  # each workbook is read in a process of its own

HEADER = ["Name", "Mail", "Firm"]


def saved(*sheets: list[list[object]], change: Callable[[Workbook], object] = lambda _book: None) -> bytes:
    book, file = Workbook(), io.BytesIO()
    book.remove(book.active)
    for place, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {place}")
        for row in rows:
            sheet.append(row)
    change(book)
    book.save(file)
    return file.getvalue()


def read(content: bytes) -> Table:
    return read_table(content, LIST)


def test_cells_are_read_as_people_see_them() -> None:
    rows: list[list[object]] = [
        ["Name", "Zip", "Telephone", "Since", "Met", "Fee", "Paid", "Note"],
        ["Zoë", 85701, 5205550134.0, date(2020, 5, 1), datetime.fromisoformat("2020-05-01 09:30"), 12.5, True, "=1+1"],
        ["Bo", "02139", 0.1 + 0.2, None, None, -3, False, "two\nlines"],
    ]
    assert [row.cells for row in read(saved(rows)).rows] == [
        rows[0],
        ["Zoë", "85701", "5205550134", "2020-05-01", "2020-05-01 09:30", "12.5", "TRUE", ""],
        ["Bo", "02139", "0.3", "", "", "-3", "FALSE", "two\nlines"],
    ]


def test_the_first_table_that_people_see_is_read_and_named() -> None:
    def hide(book: Workbook) -> None:
        book["Sheet 1"].sheet_state = "hidden"

    people: list[list[object]] = [["Members of the chamber"], [], HEADER, ["Ann", "a@x.example", "Lee"]]
    table = read(saved([["Our members"]], [["Old", "x"], ["a", "b"]], people, [HEADER], change=hide))
    assert table.rows == [(3, HEADER), (4, ["Ann", "a@x.example", "Lee"])]
    assert table.notes[0] == "We read the sheet “Sheet 2”, and not the others: Sheet 0, Sheet 3."


def test_formats_and_blanks_far_away_cost_nothing() -> None:
    def decorate(book: Workbook) -> None:
        book["Sheet 0"].cell(50_000, 300).fill = PatternFill("solid", fgColor="FF0000")
        book["Sheet 0"].cell(2, 250).value = " "

    assert len(read(saved([HEADER, ["A", "a@x", "F"]], change=decorate)).rows) == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [([], "nobody"), ([HEADER], "no rows"), ([HEADER, *([["A", "a@x.example", "F"]] * 10_001)], "10000 rows")],
)
def test_a_workbook_without_a_list_is_refused(rows: list[list[object]], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_sheet(saved(rows))


def with_part(name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook with another content of one of its parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved([HEADER]))) as old, zipfile.ZipFile(file, "w", compression) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename.endswith(name) else old.read(part))
    return file.getvalue()


def sparse() -> bytes:
    def spread(book: Workbook) -> None:
        book["Sheet 0"]["XFD1048576"] = "far away"

    return saved([HEADER], change=spread)


BOMB = 4 * 2**20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (with_part("sheet1.xml", bytes(BOMB)), "too large"),
        (with_part("sheet1.xml", bytes(BOMB)).replace(struct.pack("<I", BOMB), struct.pack("<I", 99)), "damaged"),
        (saved([HEADER])[:-40], "damaged"),
        (saved([HEADER]) + bytes(2**20), "too large"),
        (sparse(), "cannot be read, or is too large"),
        (with_part("workbook.xml", b"<workbook"), "cannot be read, or is too large"),
        (OLE + bytes(600), "cannot be read, or is too large"),
        (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
    ],
)
def test_a_hostile_workbook_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    monkeypatch.setattr(workbook, "PACKED", 2**20)
    monkeypatch.setattr(workbook, "UNPACKED", 2**20)
    with pytest.raises(Invalid, match=words):
        read_table(content, FILE)


VALID = saved([HEADER, ["Ann", "a@x.example", "Lee"]])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_workbook_with_changed_bytes_is_rows_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(VALID)
    for place, byte in changes:
        content[place] = byte
    with suppress(Invalid):
        assert all(len(row.cells) <= 3 for row in read(bytes(content)).rows)
