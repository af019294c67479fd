"""Tables are read as people have them; what is not a table is refused, whatever its bytes, in linear time."""

import csv
import gzip
import io
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.errors import Invalid
from directory.imports.table_reader import FILE, LIST, Table, read_table

CELLS = st.text("aé'\" ,;\t|\n#+-=", max_size=4).map(str.lstrip)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=5))
MEMBERS = 'Name{0}Mail{0}Firm\r\nZoë Lind{0}zoe@x.example{0}Lind – Söhne\r\nBo{0}bo@x.example{0}"“Best, of; all|”"\r\n'
MEMBER_CELLS = [
    ["Name", "Mail", "Firm"],
    ["Zoë Lind", "zoe@x.example", "Lind – Söhne"],
    ["Bo", "bo@x.example", "“Best, of; all|”"],
]


def read(content: str | bytes) -> Table:
    return read_table(content if isinstance(content, bytes) else content.encode(), LIST)


def cells(content: str | bytes) -> list[list[str]]:
    return [row.cells for row in read(content).rows]


@pytest.mark.parametrize("separator", ",;\t|")
@given(table=TABLES)
def test_written_csv_is_read_back_unchanged(separator: str, table: list[list[str]]) -> None:
    header = ["name"] * max(map(len, table), default=2)
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows([header, *table])
    filled = [(number, cells) for number, cells in enumerate(table, start=2) if any(map(str.strip, cells))]
    assert read(written.getvalue()).rows == [(1, header), *filled]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("above", ["", "Members of the Chamber, Lawrence, KS\r\n\r\nExported on 2026-01-02\r\n"])
def test_excel_saves_it_in_many_ways(separator: str, encoding: str, above: str) -> None:
    table = read((above + MEMBERS.format(separator)).encode(encoding))
    assert [row.cells for row in table.rows] == MEMBER_CELLS
    assert table.rows[0].number == (4 if above else 1)
    assert any("above the column names" in note for note in table.notes) is bool(above)
    assert any("Windows-1252" in note for note in table.notes) is (encoding == "cp1252")


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nName;Town\r\nA, x;Y\r\n",
        '\ufeff"sep=|"\nName|Town\nA, x|Y',
        "sep=\t\nName\tTown\nA, x\tY\n",
        'Name,Town\r"A, x",Y\r',
        'Name,Town,,\n"A, x",Y,,\n,,,\n',
        'Name,,Town\n"A, x",,Y,,\n',
        'List of firms,,\n,,\nName,Town,\n"A, x",Y,',
        'Exported by ann@x.example on 2026-01-02\nName,Town\n"A, x",Y',
        "Name;Town\nA, x;Y",
    ],
)
def test_a_table_has_its_own_separator_and_lines(text: str) -> None:
    assert [row[:2] for row in cells(text)] == [["Name", "Town"], ["A, x", "Y"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name;Where\nA;1,5,2\nB;2,5,3\nC;1,2,3\n", ["A", "1,5,2"]),
        ("Firm,Services\nA,web; design; print\nB,law; tax; audit\n", ["A", "web; design; print"]),
        ('"Lind, Bea",a@x.example,"Bramble, Inc.",A; B; C', ["Lind, Bea", "a@x.example", "Bramble, Inc.", "A; B; C"]),
        ("Zoë; AG\ta@x.example\tA; B; C", ["Zoë; AG", "a@x.example", "A; B; C"]),
    ],
)
def test_signs_within_cells_do_not_separate_them(text: str, expected: list[str]) -> None:
    assert expected in cells(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bea Lind <b@x.example>\nCarl Ruiz,c@x.example,Copper\nDan,d@x.example,Dan AG\n",
        "Bea Lind,,,\nCarl Ruiz,,Copper,Copper\nDan,d@x.example,Dan AG,Dan\n",
    ],
)
def test_nobody_is_taken_for_a_title(text: str) -> None:
    assert len(cells(text)) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Bea" <b@x.example>\tBramble', [["Bea <b@x.example>", "Bramble"]]),
        (
            '"Lind, Bea" <b@x.example>, "Ruiz, C" <c@x.example>',
            [["Lind, Bea <b@x.example>"], ["Ruiz, C <c@x.example>"]],
        ),
        ('"Bea","<b@x.example>"\n"Carl","<c@x.example>"', [["Bea", "<b@x.example>"], ["Carl", "<c@x.example>"]]),
        (
            'Name,To\nBea,"A <a@x.example>, B <b@x.example>"',
            [["Name", "To"], ["Bea", "A <a@x.example>, B <b@x.example>"]],
        ),
        ('Name,Firm\n"Bea","The "best" Co"\n"C","D"', [["Name", "Firm"], ["Bea", 'The "best" Co'], ["C", "D"]]),
    ],
)
def test_quotes_and_addresses_are_read_as_they_are_meant(text: str, expected: list[list[str]]) -> None:
    assert cells(text) == expected


@pytest.mark.parametrize("rest", ["Carl,Copper", 'Carl,"Copper"', 'Carl,"Copper"\n"Cy",Ek'])
def test_a_quote_that_does_not_close_costs_its_line_alone(rest: str) -> None:
    table = read(f'Name,Firm\nBea,"open\n{rest}\n')
    assert [row.cells for row in table.rows[1:3]] == [["Bea", "open"], ["Carl", "Copper"]]
    assert "Line 2 has a quote that does not close." in table.notes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('Name,About\nBea,"' + "x\n" * 100_000, "Line 2 has a quote"),
        ("Name,About\nBea," + "x" * 2**20, "row 2 has more than 131072 characters"),
        ('Name,About\nBea,"' + "x" * 2**20 + '"', "row 2 has more than 131072 characters"),
        (",".join(f"c{place}" for place in range(201)), "200 columns"),
        (b"x" * (20 * 2**20 + 1), "larger than 20 MB"),
        (gzip.compress(bytes(30 * 2**20), mtime=0), "larger than 20 MB"),
        (gzip.compress(b"name\nBea\n", mtime=0)[:-4], "cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "not a table"),
        (b"\0" * 300, "not a table"),
        (b"%PDF-1.7\n", "not a table"),
        ("<html><table><tr><td>Name</td></tr></table>", "not a table"),
        ("BEGIN:VCARD\nFN:Bea\nEND:VCARD", "not a table"),
        (b"\xff\xfea\x00b", "not a table"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(content: str | bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(content)


def test_a_hundred_named_columns_are_read_and_empty_ones_beyond_cost_nothing() -> None:
    header = [f"column {place}" for place in range(200)]
    assert cells(",".join(header) + "," * 16_000 + "\n" + "v," * 200 + "," * 16_000) == [header, ["v"] * 200]


def test_a_path_is_read_like_its_content(tmp_path: Path) -> None:
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(MEMBERS.format(";").encode("utf-16"), mtime=0))
    assert [row.cells for row in read_table(tmp_path / "list.csv.gz", FILE).rows] == MEMBER_CELLS


def test_a_row_with_stray_quotes_costs_no_other_row() -> None:
    rows = [f'"P{place}","x"' for place in range(50)]
    rows[20] = '"P20" Lind,"x" and "y"'
    assert [row[0] for row in cells("\n".join(["Name,Note", *rows]))[1:]][19:22] == ["P19", '"P20" Lind', "P21"]


HOSTILE = ['a","b\n', '"\n', '"a" b,\n', "a<b@c>,", "a <", '"a"<', '" ', "x<a@b> \t", "\n", ";,\t|\n", "a;,\n", "…é\n"]


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        began = time.process_time()
        with suppress(Invalid):
            read((piece * (size // len(piece))).encode("utf-8" if piece.isascii() else "cp1252"))
        return time.process_time() - began

    assert seconds(200_000) < 0.3 + 40 * seconds(20_000)  # quadratic time would be 100 times


@given(st.binary(max_size=400) | st.text("a@<>\"',;\t|\n\r \0=é–", max_size=200).map(str.encode))
def test_any_bytes_are_rows_or_refused(content: bytes) -> None:
    for limits in (FILE, LIST):
        with suppress(Invalid):
            table = read_table(content, limits)
            assert all(any(map(str.strip, row.cells)) for row in table.rows)
            assert table == read_table(content, limits)
