"""Invalid files are refused by row and field; valid ones are read as text, in spite of spreadsheet escapes."""

import csv
import gzip
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.errors import Invalid
from directory.imports import checked_table
from directory.imports.cell_checks import Field, ImportErrors
from directory.imports.checked_table import CheckedRow, read_checked_file
from directory.imports.table_reader import FILE
from directory.text import escape_formula, unescape_formula

FIELDS = (Field("key", ("key", "id"), 120, required=True), Field("name", ("name",), 200), Field("city", ("city",), 20))


def read(content: str | bytes, **mapping: str) -> list[CheckedRow]:
    content = content if isinstance(content, bytes) else content.encode()
    return read_checked_file(content, fields=FIELDS, mapping=mapping)


def test_a_byte_order_mark_and_mapped_column_names_are_accepted(tmp_path: Path) -> None:
    content = '\ufeffid,Firm,unread\r\nn1,"Cafe\u0301\n Roma",\x02\r\n,,\r\n'.encode()
    (tmp_path / "firms.csv.gz").write_bytes(gzip.compress(content, mtime=0))
    from_shell = read_checked_file(tmp_path / "firms.csv.gz", fields=FIELDS, mapping={"name": "Firm"})
    assert from_shell == read(content, name="firm")
    assert [(row.number, row.values) for row in from_shell] == [(2, {"key": "n1", "name": "Café Roma"})]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "file is empty"),
        (b"key,name\n", "no rows"),
        ("name,city\nOne,Tucson\n", "no column “key” for key; it has: name, city"),
        ("key,name,Name\nn1,a,b\n", "“name” twice"),
        ('key,name\nn1,"open\n', "Line 2 has a quote"),
    ],
)
def test_an_invalid_file_is_refused_with_a_sentence(content: str | bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(content)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("firms.csv", b"key\n" + b"n" * 2**20, "larger than 1 MB"),
        ("firms.csv.gz", gzip.compress(b"key\n" + b"n" * 2**20, mtime=0), "larger than 1 MB"),
        ("firms.csv.gz", gzip.compress(b"key\nn1\n", mtime=0)[:-4], "cannot be read"),
        ("firms.csv.gz", gzip.compress(b"key\nn1\n", mtime=0)[:10] + b"\xff" * 20, "cannot be read"),
    ],
)
def test_a_too_large_or_damaged_file_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, words: str
) -> None:
    monkeypatch.setattr(checked_table, "FILE", replace(FILE, bytes=2**20))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Invalid, match=words):
        read_checked_file(tmp_path / name, fields=FIELDS)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("n1,One", "row 3: It has 2 cells where the header has 3"),
        (",One,Tucson", "row 3, key: "),
        ("n1,=1+1,Tucson", "row 3, name: It begins like a formula"),
        ("n1,@SUM(A1),Tucson", "row 3, name: It begins like a formula"),
        ("n1,\tOne,Tucson", "row 3, name: It begins like a formula"),
        ("n1,\x00One,Tucson", "row 3, name: It begins like a formula"),
        ("n1,O\x00ne,Tucson", "row 3, name: "),
        ("n1,O\u202ene,Tucson", "row 3, name: "),
        (f"n1,{'x' * 5000},Tucson", "row 3, name: A cell holds at most 4096 bytes"),
        (f"n1,One,{'x' * 21}", "row 3, city: "),
    ],
)
def test_an_invalid_cell_is_reported_by_row_and_field(row: str, complaint: str) -> None:
    with pytest.raises(ImportErrors) as refused:
        read(f"key,name,city\nn0,Fine,Tucson\n{row}\n")
    assert str(refused.value.errors[0]).startswith(complaint)
    assert len(refused.value.errors) == 1


def test_twenty_errors_are_listed_and_all_are_counted() -> None:
    with pytest.raises(ImportErrors) as refused:
        read("key,name\n" + "n,=1\n" * 30)
    lines = refused.value.message.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("Nothing was imported: 30 cells need a change.", "… and 10 more.", 22)


def test_a_missing_field_or_column_is_named() -> None:
    with pytest.raises(Invalid, match="no field “nmae”; fields are: city, key, name"):
        read("key\nn1\n", nmae="key")
    with pytest.raises(Invalid, match="no column “Stadt” for city"):
        read("key\nn1\n", city="Stadt")


def test_a_file_may_have_more_than_ten_thousand_rows() -> None:
    assert len(read("key\n" + "n\n" * 10_001)) == 10_001


@given(st.text(alphabet="=+-@\t\r\x00'ab5", max_size=6))
def test_an_escaped_cell_is_read_back_unchanged(cell: str) -> None:
    protected = f"'{cell}" if cell[:1] and cell[0] in "=+-@\t\r\x00" else cell
    assert escape_formula(cell) == protected
    if not (cell[:1] == "'" and cell[1:2] and cell[1] in "=+-@\t\r\x00"):  # looks protected already
        assert unescape_formula(protected) == cell


@given(st.lists(st.sampled_from(["-5", "+1 520 555 0134", "'=SUM(A1)", "plain", 'with "quotes", commas']), min_size=1))
def test_numbers_and_quotes_are_read_unchanged(names: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["key", "name"], *([str(place), name] for place, name in enumerate(names))])
    rows = read(written.getvalue())
    assert [row.values["name"] for row in rows] == [name.removeprefix("'") for name in names]
