"""Leads from a file: each with its client, what is there already left out, and nothing where a cell is wrong."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.errors import Invalid
from directory.imports.cell_checks import ImportErrors
from directory.imports.checked_table import read_checked_file
from directory.imports.leads import FIELDS, LIMIT, LeadReport, read_leads, store_leads
from directory.leads.client import Client, ClientContact, contact_of
from directory.leads.lead import Lead
from directory.secrets import SecretBox
from tests.cast import Cast

BOX = SecretBox(["key"])
HEADER = "Request,Where,Budget,Contact,Company,Email,Phone\n"


def bring(session: Session, cast: Cast, rows: str, now: datetime) -> LeadReport:
    checked = read_checked_file((HEADER + rows).encode(), fields=FIELDS)
    found = read_leads(session, rows=checked, member=cast.nia, now=now)
    assert not session.new
    return store_leads(session, found=found, member=cast.nia, secrets=BOX, now=now)


def test_leads_come_with_their_clients_and_what_is_here_is_left_out(
    cast: Cast, session: Session, now: datetime
) -> None:
    rows = (
        'A new WordPress site,Tucson,"$15,000",Prudence Hale,Saguaro Dental,prudence@saguaro.example,\n'
        "Two thousand printed menus,,,,,,\n"
        "Wordpress: a new site,,,,,,\n"
    )
    assert bring(session, cast, rows, now) == LeadReport(2, [4])
    assert bring(session, cast, rows, now) == LeadReport(0, [2, 3, 4])
    first, second = session.scalars(select(Lead).order_by(Lead.id))
    assert (first.place, first.budget_minor, second.budget) == ("Tucson", 1_500_000, None)
    client = session.scalars(select(Client)).one()
    contact = ClientContact("Prudence Hale", "Saguaro Dental", "prudence@saguaro.example")
    assert contact_of(session, client=client, reader=cast.nia, secrets=BOX, now=now) == contact


@pytest.mark.parametrize(
    "row",
    [
        "A site,,maybe,,,,",
        "A site,,,Ann,,,",
        "A site,,,,,not an address,",
        f"{'x' * 4001},,,,,,",
        ",,,Ann,,a@b.example,",
    ],
)
def test_a_wrong_cell_is_named(cast: Cast, session: Session, now: datetime, row: str) -> None:
    with pytest.raises(ImportErrors, match="row 2"):
        bring(session, cast, f"{row}\n", now)


def test_too_many_are_refused_before_any_is_read(cast: Cast, session: Session, now: datetime) -> None:
    with pytest.raises(Invalid, match="at a time"):
        bring(session, cast, "A site,,,,,,\n" * (LIMIT + 1), now)
    assert session.scalar(select(func.count()).select_from(Lead)) == 0


def test_what_came_while_a_file_was_read_is_left_out(cast: Cast, session: Session, now: datetime) -> None:
    checked = read_checked_file((HEADER + "Two thousand printed menus,,,,,,\n").encode(), fields=FIELDS)
    both = [read_leads(session, rows=checked, member=cast.nia, now=now) for _time in range(2)]
    reports = [store_leads(session, found=found, member=cast.nia, secrets=BOX, now=now) for found in both]
    assert reports == [LeadReport(1, []), LeadReport(0, [2])]
