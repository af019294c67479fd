"""Importing businesses and collaborations: a gap is told, a repeated file adds nothing, and real files fit."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.engine.search import search
from directory.errors import Invalid
from directory.facts.collaboration import Collaboration
from directory.imports import businesses as firms
from directory.imports import collaborations as work
from directory.imports.cell_checks import Field, ImportErrors
from directory.imports.checked_table import read_checked_file
from directory.imports.firm_rows import read_firms
from directory.imports.report import Report, Unknown
from directory.people.claim import Claim
from directory.people.tables import Business
from directory.taxonomy.capability import OWN, Capability, CapabilityKind
from tests.cast import Cast


@pytest.fixture(autouse=True)
def taxonomy(session: Session) -> None:
    names = {"541511": "Custom Computer Programming", "323111": "Commercial Printing"}
    session.add_all(
        Capability(scheme="naics", code=code, name=name, kind=CapabilityKind.SERVICE) for code, name in names.items()
    )


def import_firms(session: Session, now: datetime, text: str, *, unknown: Unknown = "skip") -> Report:
    lines = read_firms(text.encode()).lines
    return firms.import_businesses(session, lines=lines, scheme="naics", unknown=unknown, now=now)


def import_work(session: Session, now: datetime, text: str, *, unknown: Unknown = "skip") -> Report:
    rows = read_checked_file(text.encode(), fields=work.FIELDS)
    return work.import_collaborations(session, rows=rows, scheme="naics", unknown=unknown, now=now)


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


FIRMS = """key,name,city,state,phone,capabilities
a,Ada Software,Tucson,AZ,+1 520 555 0134,541511;commercial printing
b,Bell Print,Phoenix,AZ,,999999
"""
WORK = """prime,sub,date,amount,capabilities,title
a,b,2024-10-02,"1,500.50",323111,Brochures
a,b,2024-10-02,"1,500.50",323111,Brochures
b,a,2024-10-01,-20,541511,Correction
a,a,2024-10-01,20,541511,Itself
a,x,2024-10-01,20,541511,Stranger
b,a,2024-11-01,,541511;7,
"""


def test_businesses_are_added_found_and_updated_by_their_key(session: Session, now: datetime) -> None:
    before = world_version(session)
    assert import_firms(session, now, FIRMS).lines() == [
        "2 rows read: 2 added, 0 updated, 0 already there; 2 new claims.",
        "1 × not in the taxonomy naics: row 3 (999999)",
    ]
    assert world_version(session) != before
    assert [firm.name for firm in search(session, text="programming tucson").businesses] == ["Ada Software"]
    again = import_firms(session, now, FIRMS.replace("Tucson", "Mesa").replace("+1 520 555 0134", ""))
    assert (again.added, again.updated, again.same, again.claims) == (0, 1, 1, 0)
    firm = session.scalars(select(Business).where(Business.key == "a")).one()
    assert (firm.city, firm.phone) == ("Mesa", "+1 520 555 0134")
    assert [firm.name for firm in search(session, text="programming mesa").businesses] == ["Ada Software"]


@pytest.mark.parametrize(
    ("text", "unknown", "complaint"),
    [
        (FIRMS, "fail", "row 3, capabilities: 999999 not in the taxonomy naics"),
        ("key,name,capabilities\na,Ada,\n", "fail", "row 2, capabilities: without a capability"),
    ],
)
def test_an_unknown_capability_refuses_the_whole_file_if_asked(
    session: Session, now: datetime, text: str, unknown: Unknown, complaint: str
) -> None:
    with pytest.raises(ImportErrors) as refused:
        import_firms(session, now, text, unknown=unknown)
    assert str(refused.value.errors[0]).startswith(complaint)
    assert count(session, Business) == 0


def test_a_row_that_cannot_be_read_costs_no_other_row(session: Session, now: datetime) -> None:
    rows = "a,Ada,javascript:alert(1)\nb,=1+1,\na,Ada again,\nc,Cy,cy.example\n"
    report = import_firms(session, now, f"key,name,website\n{rows}")
    assert (report.added, sorted(report.left_out)) == (2, [3, 4])
    assert [(note.row, note.field) for note in report.notes] == [(2, "website")]
    assert dict(session.execute(select(Business.name, Business.website)).all()) == {
        "Ada": "",
        "Cy": "https://cy.example",
    }


def test_firms_without_a_key_are_known_by_name_and_place(session: Session, now: datetime) -> None:
    text = "Agency;Location;Tags;Description\nBirch & Pine;Tallinn, Estonia;commercial printing;{}\n"
    text += "Birch and Pine LLC;Mesa, AZ;;We print\n"
    long = "We build shops for outdoor brands. " * 100
    first = import_firms(session, now, text.format(long))
    assert (first.added, first.claims, first.notes) == (2, 1, [])
    firm = session.scalars(select(Business).where(Business.city == "Tallinn")).one()
    assert (firm.region, firm.summary) == ("Estonia", long.strip())
    again = import_firms(session, now, text.format("Shops"))
    assert (again.added, again.updated, again.same) == (0, 1, 1)


def test_a_firm_that_is_here_stays_apart_unless_it_is_joined(session: Session, now: datetime) -> None:
    session.add_all(
        Business(name="Lind AG", city=city, summary="Ours", created_at=now) for city in ("Tucson", "Mesa", "Yuma")
    )
    session.flush()
    text = b"Company,City,State,Website,About\nLind,Tucson,,lind.example,Theirs\nLind,Bisbee,,b.example,Other\n"
    lines = read_firms(text).lines
    assert set(firms.import_businesses(session, lines=lines, scheme="naics", now=now).alike) == {2, 3}
    session.execute(delete(Business).where(Business.key.is_not(None)))
    joined = firms.import_businesses(session, lines=lines, scheme="naics", join=True, now=now)
    assert (joined.added, joined.updated, set(joined.alike)) == (1, 1, {3})
    lind = session.scalars(select(Business).where(Business.city == "Tucson")).one()
    session.refresh(lind)
    assert (lind.summary, lind.website) == ("Ours", "https://lind.example")


def test_a_taxonomy_that_was_not_imported_is_reported(session: Session, now: datetime) -> None:
    lines = read_firms(FIRMS.encode()).lines
    with pytest.raises(Invalid, match="There is no taxonomy “esco”"):
        firms.import_businesses(session, lines=lines, scheme="esco", now=now)


def test_a_finished_collaboration_is_evidence_for_the_sub_once(session: Session, now: datetime) -> None:
    import_firms(session, now, FIRMS)
    assert import_work(session, now, WORK).lines() == [
        "6 rows read: 2 added, 0 updated, 0 already there; 1 new claim.",
        "1 × the same as a row before: row 3",
        "1 × an amendment: its amount is not above zero: row 4",
        "1 × prime and sub are the same firm: row 5",
        "1 × an unknown firm, as sub: row 6 (x)",
        "1 × not in the taxonomy naics: row 7 (7)",
    ]
    printed = session.scalars(select(Collaboration).where(Collaboration.title == "Brochures")).one()
    assert (printed.amount_minor, printed.prime.key, printed.sub.key) == (150050, "a", "b")
    assert [node.code for node in printed.capabilities] == ["323111"]
    claim = session.scalars(select(Claim).where(Claim.business_id == printed.sub_id)).one()
    assert claim.claimed_at == printed.finished_at
    again = import_work(session, now, WORK)
    assert (again.added, again.same, again.claims, count(session, Collaboration)) == (0, 3, 0, 2)


def test_what_the_curated_taxonomy_lacks_becomes_a_word_of_the_networks_own(
    session: Session, cast: Cast, now: datetime
) -> None:
    text = "key,name,capabilities\na,Ada,word press;Beekeeping\nb,Bell,bee-keeping; web.design\n"
    lines = read_firms(text.encode()).lines
    report = firms.import_businesses(session, lines=lines, source="firms.csv", now=now)
    word = session.scalars(select(Capability).where(Capability.scheme == OWN)).one()
    assert (word.name, word.origin, report.claims, report.skipped) == ("Beekeeping", "firms.csv", 4, {})
    assert "kept as a word of your own" in report.lines()[1]
    assert [firm.name for firm in search(session, capability=word).businesses] == ["Ada", "Bell"]
    again = firms.import_businesses(session, lines=lines, source="firms.csv", now=now)
    assert (again.claims, again.own) == (0, {})


def test_a_file_that_must_be_known_is_refused_for_an_own_word(session: Session, cast: Cast, now: datetime) -> None:
    lines = read_firms(b"key,name,capabilities\na,Ada,Beekeeping\n").lines
    with pytest.raises(ImportErrors):
        firms.import_businesses(session, lines=lines, unknown="fail", now=now)
    assert session.scalar(select(Capability).where(Capability.scheme == OWN)) is None


def test_one_invalid_collaboration_rejects_the_whole_file(session: Session, now: datetime) -> None:
    import_firms(session, now, FIRMS)
    text = WORK + "a,b,10/2/2024,1,,\na,b,2031-01-01,1,,\na,b,2024-10-02,lots,,\n"
    with pytest.raises(ImportErrors) as refused:
        import_work(session, now, text, unknown="fail")
    assert [(error.row, error.field) for error in refused.value.errors] == [
        *((6, "sub"), (7, "capabilities"), (8, "date"), (9, "date"), (10, "amount"))
    ]
    assert count(session, Collaboration) == 0


@pytest.mark.slow
def test_the_federal_files_are_imported_once(session: Session, now: datetime, real_data: Path) -> None:
    naics = real_data / "taxonomy" / "naics_2022.csv"
    for row in read_checked_file(naics, fields=[Field("code", ("code",), 9), Field("title", ("title",), 300)]):
        code, title = row.values["code"], row.values["title"]
        if code not in ("541511", "323111"):
            session.add(Capability(scheme="naics", code=code, name=title, kind=CapabilityKind.SERVICE))
    for firms_added, work_added in ((3025, 5276), (0, 0)):
        found = read_firms(real_data / "federal" / "businesses.csv", mapping={"capabilities": "naics"})
        assert firms.import_businesses(session, lines=found.lines, scheme="naics", now=now).added == firms_added
        rows = read_checked_file(
            real_data / "federal" / "subcontracts.csv.gz",
            fields=work.FIELDS,
            mapping={"capabilities": "naics", "title": "award_description", "amount": "amount_usd"},
        )
        assert work.import_collaborations(session, rows=rows, scheme="naics", now=now).added == work_added
