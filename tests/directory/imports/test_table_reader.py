"""Written CSV is read back unchanged, under both policies and with every separator they accept."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.imports.table_reader import FILE, LIST, Policy, read_table

CELLS = st.text("aé'\" ,;\t\n#+-=", max_size=8).map(str.lstrip)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=5))


@pytest.mark.parametrize(("policy", "separator"), [(FILE, ","), (LIST, ","), (LIST, ";"), (LIST, "\t")])
@given(table=TABLES)
def test_written_csv_is_read_back_unchanged(policy: Policy, separator: str, table: list[list[str]]) -> None:
    header = ["name"] * max(map(len, table), default=2)  # its separators outnumber any other sign
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows([header, *table])
    rows = list(read_table(("\ufeff" + written.getvalue()).encode(), policy))
    filled = [(number, cells) for number, cells in enumerate(table, start=2) if any(map(str.strip, cells))]
    assert rows == [(1, header), *filled]
    assert rows == list(read_table(written.getvalue().encode(), policy))
