"""Joining: list import, invitations and applications, and what they must not reveal."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.imports.import_batch import ImportBatch
from directory.joining.application import Application
from directory.outbox.delivery import Delivery
from directory.outbox.mail_refusal import record_refusal
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, MemberState
from directory.settings import Settings
from tests.app.conftest import SignIn
from tests.app.delivered_mails import delivered
from tests.cast import let_lead

LIST = "Ida Quist,ida@quist.example,Quist Books\nTess Wu,tess@wu.example,Wu Law"
WHO = {"name": "Max Stone", "email": "max@stone.example", "firm": "Stone Roofs", "sentence": "We mend roofs."}
LinkTo = Callable[[str], str]


@pytest.fixture
def chapter(session: Session, bea: Member) -> Chapter:
    """Old Pueblo, led by Bea, with no people yet."""
    return let_lead(session, bea)


@pytest.fixture
def lead(chapter: Chapter, bea: Member, sign_in: SignIn) -> FlaskClient:
    return sign_in(bea)


@pytest.fixture
def link_to(engine: Engine, settings: Settings, now: datetime) -> LinkTo:
    """Return a function that sends pending mail and returns the path of the link in a mail to an address."""

    def send_and_read(to: str, at: datetime = now) -> str:
        delivered(engine, settings, at)
        letters = [message_from_bytes(path.read_bytes()) for path in (settings.home / "mail").glob("*")]
        text = next(each for each in letters if each["To"] == to).get_payload(decode=True).decode()
        found = re.search(r"http://localhost(/\S+)", text)
        return found[1] if found else text

    return send_and_read


def preview_list(lead: FlaskClient, chapter: Chapter, text: str = LIST) -> str:
    answer = lead.post(f"/chapters/{chapter.public_id}/import", data={"text": text})
    assert answer.status_code == 303
    return answer.location


def test_previewing_a_list_creates_no_members(lead: FlaskClient, chapter: Chapter, session: Session) -> None:
    page = lead.get(preview_list(lead, chapter)).text
    assert "Two people would be invited" in page
    assert session.scalars(select(Member.name)).all() == ["Bea Lindqvist"]


def test_an_imported_list_can_be_undone_completely(lead: FlaskClient, chapter: Chapter, session: Session) -> None:
    path = preview_list(lead, chapter)
    room = lead.post(f"{path}/commit", data={"share": "y"}, follow_redirects=True).text
    assert "Two people are invited" in room
    assert f'action="{path}/undo"' in room
    assert "Nothing of it is left" in lead.post(f"{path}/undo", follow_redirects=True).text
    session.rollback()
    assert session.scalars(select(Member.name)).all() == ["Bea Lindqvist"]
    assert session.scalars(select(Delivery)).all() == []
    assert lead.post(f"{path}/undo").status_code == 409


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"name,mail\n", b'"', b"\0" * 300, b"a\x85b," * 70, "‮Bea,b@x.example".encode()],
)
def test_malformed_files_cause_no_error_and_import_nobody(lead: FlaskClient, chapter: Chapter, content: bytes) -> None:
    path = f"/chapters/{chapter.public_id}/import"
    answer = lead.post(path, data={"file": (BytesIO(content), "list.csv"), "text": ""})
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert lead.get(answer.location).status_code == 200
        assert lead.post(f"{answer.location}/commit").status_code == 422


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name,mail\n", "The list has column names and no rows."),
        (b"name,mail\n" + b"Bea,b@x.example\n" * 10_001, "more than 10000 rows"),
        (b"name,mail,about\nBea,b@x.example," + b"word " * 200_000, "A cell of row 2 has more than 131072 characters"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "The workbook has a password"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, "The workbook is damaged"),
        (bytes(range(256)) * 9, "This is not a table"),
        (b"x" * (21 * 2**20), "That is too large."),
    ],
    ids=["header alone", "10001 rows", "1 MB description", "password", "no workbook", "no text", "21 MB"],
)
def test_a_hostile_file_is_refused_with_a_sentence_and_nothing_is_kept(
    lead: FlaskClient, chapter: Chapter, session: Session, content: bytes, says: str
) -> None:
    is_pasted = len(content) > 2**19  # the test client leaves large files open
    data = {"text": content} if is_pasted else {"file": (BytesIO(content), "list"), "text": ""}
    answer = lead.post(f"/chapters/{chapter.public_id}/import", data=data)
    assert answer.status_code in (413, 422)
    assert says in answer.text
    assert session.scalars(select(ImportBatch)).all() == []


def test_formulas_are_left_out_and_their_neighbours_come_in(lead: FlaskClient, chapter: Chapter) -> None:
    rows = 'name,mail,firm\n=1+1,b@x.example,B\n"=HYPERLINK(""x"")",c@x.example,C\nDee Fox,d@x.example,Fox\n'
    page = lead.get(preview_list(lead, chapter, rows)).text
    assert "One person would be invited" in page
    assert "It begins like a formula" in page


def test_a_workbook_is_read_as_it_is_and_the_sheet_told(lead: FlaskClient, chapter: Chapter) -> None:
    book, file = Workbook(), BytesIO()
    book.create_sheet("Members").append(["Members of the chamber"])
    for row in (["Name", "E-mail", "Company"], ["Ida Quist", "ida@quist.example", "Quist Books"]):
        book["Members"].append(row)
    book.save(file)
    data = {"file": (BytesIO(file.getvalue()), "members.xlsx"), "text": ""}
    page = lead.post(f"/chapters/{chapter.public_id}/import", data=data, follow_redirects=True).text
    assert "One person would be invited" in page
    assert "We read the sheet “Members”" in page
    assert "1 line above the column names was left out" in page


@pytest.mark.slow
def test_a_list_of_3000_people_can_be_pasted(lead: FlaskClient, chapter: Chapter) -> None:
    rows = "\n".join(f"P{n},p{n}@x.example,Firm {n},{'x' * 300}" for n in range(3000))
    assert "3000 people would be invited" in lead.get(preview_list(lead, chapter, rows)).text


def test_an_invitation_names_its_sender_and_works_once(
    lead: FlaskClient,
    chapter: Chapter,
    client: FlaskClient,
    link_to: LinkTo,
    session: Session,
    settings: Settings,
    bea: Member,
) -> None:
    data = {"name": "Ida Quist", "email": "Ida@quist.example", "firm": "Quist Books"}
    assert lead.post(f"/chapters/{chapter.public_id}/invite", data=data).status_code == 303
    assert lead.post(f"/chapters/{chapter.public_id}/invite", data=data).status_code == 409
    path = link_to("ida@quist.example")
    letter = message_from_bytes(next((settings.home / "mail").glob("*")).read_bytes())
    assert letter["Reply-To"] == bea.email
    assert f"{bea.name} of {bea.business.name} invites you" in " ".join(letter.get_payload().split())
    page = client.get(path).text
    assert "Bea Lindqvist invites you to join, Ida" in page
    session.rollback()
    ida = session.scalars(select(Member).where(Member.name == "Ida Quist")).one()
    assert lead.post(f"/invitations/{ida.public_id}/again").status_code == 409  # invited less than a day ago
    assert ida.arrived_at is None
    assert client.post(path).location == "/welcome"
    assert client.get("/members").status_code == 200
    assert client.get(path).status_code == client.post(path).status_code == 422


def test_who_has_not_joined_is_reminded_once(
    lead: FlaskClient, chapter: Chapter, session: Session, app: Site, now: datetime
) -> None:
    data = {"name": "Ida Quist", "email": "ida@quist.example", "firm": "Quist Books"}
    lead.post(f"/chapters/{chapter.public_id}/invite", data=data)
    session.rollback()
    again = f"/invitations/{session.scalars(select(Member.public_id).where(Member.name == 'Ida Quist')).one()}/again"
    statuses = []
    for days in range(5):
        app.config["CLOCK"] = lambda days=days: now + timedelta(days=days, minutes=1)
        statuses.append(lead.post(again).status_code)
    assert statuses == [409, 303, 409, 409, 409]
    assert again not in lead.get("/chapter").text
    session.rollback()
    assert len(session.scalars(select(Delivery)).all()) == 2


def test_an_invitation_that_was_refused_is_sent_to_the_corrected_address(
    lead: FlaskClient, chapter: Chapter, client: FlaskClient, session: Session, link_to: LinkTo, now: datetime
) -> None:
    data = {"name": "Ida Quist", "email": "ida@qiust.example", "firm": "Quist Books"}
    lead.post(f"/chapters/{chapter.public_id}/invite", data=data)
    old = link_to("ida@qiust.example")
    session.rollback()
    ida = session.scalars(select(Member).where(Member.name == "Ida Quist")).one()
    record_refusal(session, member=ida, address="ida@qiust.example", code="550 5.1.1", now=now)
    session.commit()
    for page in ("/", "/chapter", "/chapter/status", f"/members/{ida.public_id}"):
        assert "There is no such mailbox." in lead.get(page).text, page
    again = f"/invitations/{ida.public_id}/again"
    for wrong, status in (("no address", 422), ("bea@firm.example' or 1=1", 422)):
        assert lead.post(again, data={"email": wrong}).status_code == status
    assert lead.post(again, data={"email": "Ida@quist.example"}).status_code == 303
    assert "no such mailbox" not in lead.get("/").text + lead.get("/chapter").text
    assert client.post(old).status_code == 422
    assert client.post(link_to("ida@quist.example")).location == "/welcome"


def test_only_who_runs_the_chapter_sees_that_mail_is_refused(
    lead: FlaskClient, chapter: Chapter, session: Session, sign_in: SignIn, now: datetime
) -> None:
    people = {}
    for name in ("Ida", "Max"):
        firm = Business(name=f"{name} Works", chapter=chapter, created_at=now)
        people[name] = Member(name=f"{name} Works", business=firm, joined_at=now, arrived_at=now)
    session.add_all(people.values())
    session.commit()
    max_browser, ida_browser = sign_in(people["Max"]), sign_in(people["Ida"])
    ida = session.get_one(Member, people["Ida"].id)
    record_refusal(session, member=ida, address=ida.email or "", code="552 5.2.2", now=now)
    session.commit()
    path = f"/members/{ida.public_id}"
    assert "mailbox is full" not in max_browser.get("/").text + max_browser.get(path).text
    assert "mailbox is full" in lead.get(path).text
    assert "The mailbox is full." in ida_browser.get("/").text
    assert ida_browser.post("/account/address/retry").status_code == 303
    assert "mailbox is full" not in ida_browser.get("/").text + lead.get("/chapter").text


def test_an_applicant_confirms_gets_a_reference_and_is_admitted(
    lead: FlaskClient, chapter: Chapter, client: FlaskClient, link_to: LinkTo, session: Session
) -> None:
    address = f"/chapters/{chapter.public_id}/apply"  # the room shows this path to the lead
    session.rollback()
    assert address in lead.get("/chapter").text
    assert client.get("/chapters/23456789abcd/apply").status_code == 404
    assert client.post(address, data={**WHO, "knows": "bea lindqvist of Bramble"}).status_code == 200
    assert "Max Stone" not in lead.get("/chapter").text
    assert client.post(link_to("max@stone.example")).status_code == 303
    assert client.get("/members").status_code == 403
    room = lead.get("/chapter").text
    assert "One person applied to join" in room
    assert "Ask Bea Lindqvist" in room
    applied = session.scalars(select(Application)).one()
    bea = session.scalars(select(Member).where(Member.name == "Bea Lindqvist")).one()
    lead.post(f"/applications/{applied.public_id}/ask", data={"member": bea.public_id})
    assert lead.post(f"/applications/{applied.public_id}/yes").status_code == 303
    path = f"/applications/{applied.public_id}/admit"
    assert lead.post(path).status_code == 422
    assert lead.post(path, data={"reason": "Good to have you here."}).status_code == 303
    assert client.get("/members").status_code == 200
    session.rollback()
    assert (applied.member.state, applied.member.sponsor_id) == (MemberState.ACTIVE, bea.id)
    assert lead.post(path, data={"reason": "Good to have you here."}).status_code == 409


def test_a_rejected_applicant_is_erased_and_signed_out(
    lead: FlaskClient, chapter: Chapter, client: FlaskClient, link_to: LinkTo, session: Session
) -> None:
    client.post("/apply", data=WHO)
    client.post(link_to("max@stone.example"))
    applied = session.scalars(select(Application)).one()
    why = "We have three roofers who cover the town."
    path = f"/applications/{applied.public_id}/turn-away"
    assert lead.post(path, data={"reason": why}).status_code == 303
    session.rollback()
    assert session.scalars(select(Application)).all() == []
    kept = [(each.name, each.email) for each in session.scalars(select(Member).where(Member.state == MemberState.GONE))]
    assert [("Max" in name, email) for name, email in kept] == [(False, None)]
    assert "Stone" not in " ".join(session.scalars(select(Business.name)))
    assert client.get("/profile").location.startswith("/sign-in")


def test_applying_does_not_reveal_who_is_a_member(
    chapter: Chapter, client: FlaskClient, engine: Engine, bea: Member, session: Session
) -> None:
    with write_session(engine) as rows:
        rows.get_one(Member, bea.id).email = "bea@bramble.example"
    for email in ("bea@bramble.example", "max@stone.example", "bea@bramble.example"):
        page = client.post("/apply", data={**WHO, "email": email, "knows": "Bea Lindqvist"})
        assert (page.status_code, "Check your email" in page.text) == (200, True)
    robot = client.post("/apply", data={**WHO, "email": "robot@x.example", "homepage": "http://x"})
    assert "Check your email" in robot.text
    session.rollback()
    assert session.scalars(select(Member.email).order_by(Member.id)).all() == [
        "bea@bramble.example",
        "max@stone.example",
    ]


def test_the_eleventh_application_an_hour_from_one_address_gets_429(chapter: Chapter, client: FlaskClient) -> None:
    codes = [client.post("/apply", data={**WHO, "email": f"m{n}@x.example"}).status_code for n in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_member_suggests_a_person_and_the_lead_admits_them(
    lead: FlaskClient, chapter: Chapter, client: FlaskClient, link_to: LinkTo, session: Session
) -> None:
    assert lead.post("/suggest", data=WHO).status_code == 303
    applied = session.scalars(select(Application)).one()
    assert applied.member.sponsor.name == "Bea Lindqvist"
    session.rollback()
    lead.post(f"/applications/{applied.public_id}/admit", data={"reason": "Good to have you here."})
    assert client.post(link_to("max@stone.example")).location == "/welcome"


def test_a_lead_can_change_valid_settings_of_the_chapter(lead: FlaskClient, chapter: Chapter, session: Session) -> None:
    path = f"/chapters/{chapter.public_id}/settings"
    data = {"name": "Old Pueblo", "zone": "America/Phoenix", "weekday": "3", "post_time": "08:15", "country": "us"}
    for wrong in ({"zone": "Mars"}, {"weekday": "9"}, {"post_time": "x"}, {"hashtags": ""}, {"country": "USA"}):
        assert lead.post(path, data={**data, "hashtags": "#goodword", **wrong}).status_code == 422
    assert lead.post(path, data={**data, "hashtags": "#goodword, #tucson"}).status_code == 303
    session.rollback()
    assert (chapter.weekday, chapter.hashtags, chapter.country) == (3, ["goodword", "tucson"], "US")


def test_an_admin_without_chapters_is_led_to_start_one(
    session: Session, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    bea.is_admin = True
    session.commit()
    admin = sign_in(bea)
    assert admin.get("/chapter").location == "/chapters/new"
    assert "Start your chapter" in admin.get("/").text
    assert "several time zones" in admin.post("/chapters/new", data={"name": "Valley", "zone": "Tennessee"}).text
    assert admin.post("/chapters/new", data={"name": "Valley", "zone": "arizona"}).status_code == 303
    assert session.scalars(select(Chapter)).one().zone == "America/Phoenix"
    assert "Invite your people" in admin.get("/chapter").text
    assert "Describe it" in admin.get("/").text


def test_a_plain_member_cannot_open_the_chapter_room(
    session: Session, chapter: Chapter, sign_in: SignIn, now: datetime
) -> None:
    member = Member(name="Ann", business=Business(name="A", chapter=chapter, created_at=now), joined_at=now)
    session.add(member)
    session.commit()
    browser = sign_in(member)
    assert browser.get("/chapter").status_code == 403
    assert 'href="/chapter"' not in browser.get("/").text
