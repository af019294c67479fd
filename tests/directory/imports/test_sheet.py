"""A sheet tells the entries of a list from what stands between them."""

from directory.imports import firm_list
from directory.imports.people_list import read_person
from directory.imports.sheet import read_sheet

FIRMS = (
    "Firm,Town,Mail\nBuilders,,\nBrook Roofing,Tucson,a@brook.example\nEk Timber,Mesa,e@ek.example\nFirm,Town,Mail\n"
)
FIRMS += "Thorn Law,Mesa,r@thorn.example\nLee Tax,Yuma,t@lee.example\nTotal,4 firms,\nLone Firm,,l@lone.example\n"


def test_headings_totals_and_repeated_headers_are_no_entries() -> None:
    lines = firm_list.read_firms(FIRMS.encode()).lines
    assert [line.values["name"] for line in lines if not line.errors] == [
        *("Brook Roofing", "Ek Timber", "Thorn Law", "Lee Tax", "Lone Firm")
    ]
    assert [(line.number, line.errors[0].message) for line in lines if line.errors] == [
        (2, "One cell alone is a heading."),
        (5, "It is the header once more."),
        (8, "It is a total."),
    ]


def test_a_list_of_names_alone_has_no_headings() -> None:
    lines = firm_list.read_firms(b"Firm,Town,Mail\nBrook Roofing,,\nEk Timber,,\nThorn Law,Mesa,\n").lines
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
    lines = firm_list.read_firms(b"Company,Service 1,Service 2,Town\nEk,SEO,Branding,Mesa\nLee,Payroll,,Mesa\n").lines
    assert [line.values["capabilities"] for line in lines] == ["SEO\nBranding", "Payroll"]
