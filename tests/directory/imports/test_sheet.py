"""A sheet tells the entries of a list from what stands between them."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from directory.imports import firm_rows
from directory.imports.person_rows import read_person
from directory.imports.sheet import read_sheet

FIRMS = (
    "Firm,Town,Mail\nBuilders,,\nBrook Roofing,Tucson,a@brook.example\nEk Timber,Mesa,e@ek.example\nFirm,Town,Mail\n"
)
FIRMS += "Thorn Law,Mesa,r@thorn.example\nLee Tax,Yuma,t@lee.example\nTotal,4 firms,\nLone Firm,,l@lone.example\n"


def test_headings_totals_and_repeated_headers_are_no_entries() -> None:
    lines = firm_rows.read_firms(FIRMS.encode()).lines
    assert [line.values["name"] for line in lines if not line.errors] == [
        *("Brook Roofing", "Ek Timber", "Thorn Law", "Lee Tax", "Lone Firm")
    ]
    assert [(line.number, line.errors[0].message) for line in lines if line.errors] == [
        (2, "It has one cell only, so we took it as a heading."),
        (5, "It repeats the column names."),
        (8, "It is a total."),
    ]


def test_a_list_of_names_alone_has_no_headings() -> None:
    lines = firm_rows.read_firms(b"Firm,Town,Mail\nBrook Roofing,,\nEk Timber,,\nThorn Law,Mesa,\n").lines
    assert not any(line.errors for line in lines)


def test_a_column_of_names_with_addresses_tells_both() -> None:
    sheet = read_sheet(b"Member,Organization\nBea Lind <b@x.example>,Lind AG\nCy Ek <c@x.example>,Ek\n")
    assert [
        (line.values["name"], line.values["email"]) for line in (read_person(row, sheet) for row in sheet.body)
    ] == [
        ("Bea Lind", "b@x.example"),
        ("Cy Ek", "c@x.example"),
    ]


def test_numbered_columns_of_services_are_all_read() -> None:
    lines = firm_rows.read_firms(b"Company,Service 1,Service 2,Town\nEk,SEO,Branding,Mesa\nLee,Payroll,,Mesa\n").lines
    assert [line.values["capabilities"] for line in lines] == ["SEO\nBranding", "Payroll"]


NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo")
PEOPLE = [[f"{name} Lind", f"{name.lower()}@x.example", f"{name} Works", "Mesa"] for name in NAMES]
ODD = st.text("ab \"',;|\t\n=@é\u202e<>&", max_size=12)
ODD |= st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def people(text: str) -> dict[str, str]:
    sheet = read_sheet(text.encode())
    lines = [read_person(row, sheet) for row in sheet.body]
    return {line.values["email"]: f"{line.values['name']}, {line.values['firm']}" for line in lines if not line.errors}


@settings(max_examples=30)  # the list of towns is read once
@given(st.lists(ODD, max_size=8), st.integers(0, 5))
def test_a_row_never_costs_another_row(odd: list[str], place: int) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["Name", "Mail", "Firm", "Town"], *PEOPLE[:place], odd, *PEOPLE[place:]])
    assert {row[1]: f"{row[0]}, {row[2]}" for row in PEOPLE}.items() <= people(file.getvalue()).items()


@given(st.text('ab,"@ .', max_size=30), st.integers(0, 5))
def test_a_line_with_stray_quotes_costs_no_other(odd: str, place: int) -> None:
    lines = [",".join(row) for row in PEOPLE]
    read = people("\n".join(["Name,Mail,Firm,Town", *lines[:place], odd, *lines[place:]]))
    assert {row[1]: f"{row[0]}, {row[2]}" for row in PEOPLE}.items() <= read.items()


def test_the_columns_that_hold_something_and_are_not_read_are_named() -> None:
    sheet = read_sheet(b"Name,Mail,Shoes,Fax,,E-mail 2\nIda Quist,i@q.example,41,,blue,j@q.example\n")
    assert sheet.left_out == ["Shoes", "5"]
