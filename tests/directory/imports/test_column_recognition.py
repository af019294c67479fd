"""Columns of exports are recognised by their headers and cells; what is not sure is left open, never guessed."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.imports.column_recognition import Grade, Kind, recognise

EXPORTS = tomllib.loads(Path(__file__).with_name("exports.toml").read_text(encoding="utf-8"))["exports"]
SHORT = st.text("ab1@. +-yesnoAB&,", max_size=12)
TABLES = st.integers(1, 6).flatmap(lambda width: st.lists(st.lists(SHORT, min_size=width, max_size=width), max_size=12))


def columns(header: str, *rows: str, kind: Kind = "people") -> dict[str, str]:
    names = header.split("|")
    found = recognise(names, [row.split("|") for row in rows], kind)
    return {column.field: name for name, column in zip(names, found, strict=True) if column.field}


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export["label"])
def test_the_columns_of_exports_are_recognised(export: dict[str, Any]) -> None:
    header = export["header"].split("|") if export["header"] else None
    found = recognise(header, [row.split("|") for row in export["rows"]], export["kind"])
    names = header or range(len(found))
    assert {column.field: name for name, column in zip(names, found, strict=True) if column.field} == export["columns"]


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        ("Member", ("yes", "no"), "name"),
        ("Contact", ("b@x.example", "c@x.example"), "name"),
        ("Name", ("17", "18"), "name"),
        ("Company", ("True", "False"), "firm"),
        ("Email", ("yes", "no"), "email"),
        ("Phone", ("b@x.example", "none"), "phone"),
        ("Website", ("https://www.linkedin.com/in/bea", "https://linkedin.com/in/cy"), "website"),
        ("Title", ("Mr.", "Ms."), "role"),
        ("City", ("85701", "85702"), "city"),
        ("Name", ("Thorn Law Group", "Brook Roofing LLC"), "name"),
        *(
            (name, ("Ann Lee", "Bo Ek"), "name")
            for name in ("Contact owner", "Manager's Name", "Sponsor", "Name Suffix")
        ),
        *((name, ("b@x.example", ""), "phone") for name in ("E-mail Type", "Assistant's Phone", "Business Fax")),
    ],
)
def test_a_header_is_not_believed_against_its_cells(header: str, cells: tuple[str, str], field: str) -> None:
    assert field not in columns(f"{header}|Note", *(f"{cell}|x" for cell in cells))


@pytest.mark.parametrize("header", ["Who I’d like to meet", "Good referrals for me", "Whom shall you meet"])
def test_a_question_for_whom_they_want_to_meet_is_their_wish(header: str) -> None:
    assert columns(f"Name|{header}", "Ann Lee|realtors; CPAs", "Bo Ek|hotels")["wants"] == header


@pytest.mark.parametrize("header", ["Profession", "Classification", "Line of work", "Type of business"])
def test_a_trade_is_a_capability_and_what_stands_beside_it_adds_to_it(header: str) -> None:
    names = ["Name", header, "Services"]
    found = recognise(names, [["Ann Lee", "Roofer", "Tile roofs"], ["Bo Ek", "Baker", "Cakes, bread"]])
    assert [column.field or column.spare for column in found] == ["name", "capabilities", "capabilities"]


def test_the_better_of_two_columns_is_taken_and_the_other_left_open() -> None:
    header, row = "E-mail 2 Address|E-mail Address|Business Phone|Mobile Phone", "b@y.example|b@x.example||520-555-0141"
    assert columns(header, row) == {"email": "E-mail Address", "phone": "Mobile Phone"}
    found = recognise(header.split("|"), [row.split("|")])
    assert (found[0].field, found[0].grade) == ("", Grade.OPEN)


def test_a_firm_and_its_contact_are_told_apart_wherever_they_stand() -> None:
    for header, rows in (
        ("Name|Contact", ("Brook Roofing|Ansel Brook", "Thorn Law|Rika Thorn")),
        ("Contact|Name", ("Ansel Brook|Sweet Basil", "Rika Thorn|Little Bird")),
        ("Member name|Representative", ("Brook & M Supply|Ansel Brook", "Patch Electric|Tom Patch")),
    ):
        found = columns(header, *rows)
        assert {found["name"], found["firm"]} == set(header.split("|"))
        assert found["name"] in ("Contact", "Representative")


def test_a_column_of_several_things_a_cell_is_no_name_whatever_its_header() -> None:
    rows = ["Painted Air|Set building; scenic painting", "Low Light, LLC|Stage rigging; flying effects"]
    for header in ("Who|Good at", "Trading name|Famous around town for"):
        cells = [row.split("|") for row in rows]
        firm, other = recognise(header.split("|"), cells, "firms")
        assert (firm.field, other.field) in (("name", "capabilities"), ("name", ""))
    assert [column.field for column in recognise(["Us", "Famous for"], cells, "firms")][1] == ""


def test_columns_named_the_wrong_way_round_are_put_right() -> None:
    found = columns("Name|Company|Email", "Thorn Law Group|Rika Thorn|r@x.example", "Brook Roofing|Jo Ek|j@x.example")
    assert (found["name"], found["firm"]) == ("Company", "Name")


@given(
    header=st.none() | st.lists(SHORT | st.sampled_from(["Name", "Email", "Phone", "City"]), max_size=6), rows=TABLES
)
def test_no_field_is_recognised_twice_and_nothing_without_a_column(
    header: list[str] | None, rows: list[list[str]]
) -> None:
    kinds: tuple[Kind, ...] = ("people", "firms")
    for kind in kinds:
        found = recognise(header, rows, kind)
        assert len(found) == max(len(header or ()), max(map(len, rows), default=0))
        fields = [column.field for column in found if column.field]
        assert len(fields) == len(set(fields))
        assert all(column.grade is not Grade.OPEN for column in found if column.field)
