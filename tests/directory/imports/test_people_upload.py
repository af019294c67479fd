"""Importing people from a list: parsing pasted text, the preview, the commit and the undo."""

import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.db import bump_world
from directory.errors import Conflict, Invalid
from directory.facts.interaction import Interaction, InteractionKind
from directory.imports import people_upload, undo
from directory.imports.import_batch import ImportBatch
from directory.imports.people_upload import Preview
from directory.imports.sheet import Sheet, read_sheet, stored_sheet
from directory.outbox.delivery import Delivery
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.claim import Claim, decline
from directory.people.suppression import suppress
from directory.people.tables import DIRECT_EMAIL, DIRECT_PHONE, Business, Member, MemberState, Wanted
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import member_view, set_audiences
from directory.taxonomy.capability import OWN, Capability
from directory.text import confusable_skeleton
from tests.cast import Cast

LIST = """Name,Mail,Company,What they do,Looking for
Ida Quist,ida@quist.example,Quist Bookkeeping,Bookkeeping for restaurants,Restaurants
"Wu, Tess",Tess@Wu.example,Wu Law,,Families
Raj Patel,raj@bramble.example,Bramble and Co,WordPress,
"""


def read(text: str | bytes) -> Sheet:
    return read_sheet(text if isinstance(text, bytes) else text.encode())


def sent(session: Session, cast: Cast, now: datetime, text: str = LIST) -> ImportBatch:
    return people_upload.upload(session, chapter=cast.chapter, by=cast.nia, sheet=read(text), now=now)


def looked_at(session: Session, cast: Cast, now: datetime, text: str) -> Preview:
    return people_upload.preview(session, batch=sent(session, cast, now, text))


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(
    "text",
    [
        "Bea Lind,b@x.example,Bramble",
        "Bea Lind;b@x.example;Bramble",
        "Bea Lind\tb@x.example\tBramble",
        "\ufeffBea Lind,b@x.example,Bramble\r\n",
        'Bea Lind, b@x.example, "Bramble"',
        "Bea Lind <b@x.example>,Bramble",
        '"Bea Lind" <b@x.example>\tBramble',
        "first name,surname,E-Mail,organisation\nBea,Lind,b@x.example,Bramble",
        "COMPANY;e-mail address;Full Name\n\nBramble;b@x.example;Bea Lind",
        "name,mail,shoe size,firm\nBea Lind,b@x.example,41,'Bramble",
        "| Name | Email | Firm |\n|---|:---:|---|\n| Bea Lind | b@x.example | Bramble |",
        "Bea Lind <b@x.example> - Bramble",
        "Lind, Bea <b@x.example> – Bramble – 520-555-0111",
    ],
)
def test_a_list_is_read_in_every_pasted_format(session: Session, cast: Cast, now: datetime, text: str) -> None:
    (line,) = looked_at(session, cast, now, text).new
    assert (line.values["name"], line.values["email"]) == ("Bea Lind", "b@x.example")
    assert line.values["firm"].strip("'") == "Bramble"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_business_cards_are_one_person_each(session: Session, cast: Cast, now: datetime, end: str) -> None:
    cards = "Bea Lind\nBramble\n520-555-0111\nb@x.example\n\n\nRuiz, Carl\nRuiz - Roofs\n520-555-0112\nc@x.example\n"
    seen = looked_at(session, cast, now, cards.replace("\n", end))
    assert [(line.values["name"], line.values["firm"], line.values["email"]) for line in seen.new] == [
        ("Bea Lind", "Bramble", "b@x.example"),
        ("Carl Ruiz", "Ruiz - Roofs", "c@x.example"),
    ]


def test_a_line_of_mail_addresses_is_one_person_each(session: Session, cast: Cast, now: datetime) -> None:
    seen = looked_at(session, cast, now, "Bea Lind <b@x.example>, Carl Ruiz <c@x.example>; Dan <d@x.example>")
    assert [line.values["name"] for line in seen.new] == ["Bea Lind", "Carl Ruiz", "Dan"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nobody"),
        ("\n\n", "nobody"),
        ("name,mail\n", "no rows"),
        ("a," * 201, "200 columns"),
        ("a,b@x.example\n" * 10_001, "10000 rows"),
        (b"x" * 200_000, "131072 characters"),
    ],
)
def test_an_unreadable_list_is_refused_with_the_reason(text: str | bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read(text)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("Bea\0Lind,b@x.example,B", "Name"),
        ("Be\u202eaL,b@x.example,B", "Name"),
        ("Bea,not an address,B", "Email"),
        ("Bea,,B", "Email"),
        (",b@x.example,B", "Name"),
        ("=1+1,b@x.example,B", "Name"),
        (f"{'x' * 5000},b@x.example,B", "Name"),
        ("Bea,b@x.example,B,more", ""),
    ],
)
def test_an_invalid_cell_is_reported_by_row_and_field(
    session: Session, cast: Cast, now: datetime, row: str, field: str
) -> None:
    seen = looked_at(session, cast, now, f"name,mail,firm\nCarl,c@x.example,C\n{row}\n")
    (error,) = seen.errors
    assert (error.row, error.field) == (3, field)
    assert [line.values["name"] for line in seen.new] == ["Carl"]


@pytest.mark.parametrize(
    "row",
    [
        "Somebody,BEA@bramble.example,Elsewhere",
        "bea LINDQVIST,other@x.example,Bramble and Co.",
        "\u0412\u0435\u0430 Lindqvist,other@x.example,\uff22ramble & Co",
        "Gone By,gone@x.example,Elsewhere",
    ],
)
def test_existing_and_suppressed_people_are_excluded(session: Session, cast: Cast, now: datetime, row: str) -> None:
    cast.bea.email = "bea@bramble.example"
    suppress(session, email="gone@x.example", now=now)
    seen = looked_at(session, cast, now, row)
    assert seen.new == []
    assert seen.excluded[0].excluded


def test_nobody_is_added_twice_from_one_list(session: Session, cast: Cast, now: datetime) -> None:
    seen = looked_at(session, cast, now, "Ann,a@x.example,F\nAnne,A@x.example,G\nAnn,b@x.example,F")
    assert [line.number for line in seen.new] == [1]
    assert [line.excluded for line in seen.excluded] == ["has the email address of row 1", "is in row 1 too"]


def test_columns_are_read_as_the_lead_maps_them(session: Session, cast: Cast, now: datetime) -> None:
    batch = sent(session, cast, now, "Bramble,Bea Lind,b@x.example")
    people_upload.map_columns(batch, columns=["firm", "name", "email"], has_header=False)
    (line,) = people_upload.preview(session, batch=batch).new
    assert (line.values["firm"], line.values["name"]) == ("Bramble", "Bea Lind")
    with pytest.raises(Invalid):
        people_upload.map_columns(batch, columns=["name", "name", "email"], has_header=False)


def test_what_a_cell_holds_besides_is_told_and_costs_nobody(session: Session, cast: Cast, now: datetime) -> None:
    header = "Title,First Name,Last Name,Company,E-mail Address,Business Phone,Mobile Phone,Web Page,City,Notes\n"
    rows = 'Mr.,Ansel,Brook,Brook Roofing,a@x.example; b@x.example,,(520) 555-0141,call me,"Mesa, AZ",x\n'
    rows += "".join(f",Cy,Ek{n},Ek,c{n}@x.example,520-555-0{n},,ek.example,Yuma,\n" for n in range(100, 103))
    line = looked_at(session, cast, now, header + rows).new[0]
    assert (line.values["name"], line.values["email"], line.values["phone"]) == (
        *("Ansel Brook", "a@x.example"),
        "(520) 555-0141",
    )
    assert (line.values["city"], line.values["region"], line.values["website"]) == ("Mesa", "AZ", "")
    assert [(note.field, note.message) for note in line.notes] == [
        ("Email", "left out: b@x.example"),
        ("Website", "“call me” is not a website address."),
        ("Phone", "from the column “Mobile Phone”"),
    ]


def test_columns_left_out_by_hand_fill_nothing_in(session: Session, cast: Cast, now: datetime) -> None:
    batch = sent(session, cast, now, "Name,Mail,Phone,Mobile\nBea Lind,b@x.example,,(520) 555-0141\n")
    assert stored_sheet(batch.rows).columns == ["name", "email", "", "phone"]
    people_upload.map_columns(batch, columns=["name", "email", "phone", ""], has_header=True)
    (line,) = people_upload.preview(session, batch=batch).new
    assert line.values["phone"] == ""


BY_HAND = "Who,Where we write,Belongs to,Remarks,Remarks\nIda Quist,ida@quist.example,Quist Books,Ledgers,cats\n"
CORRECTIONS = (
    BY_HAND.replace("Quist Books", "Quist Bookkeeping"),
    "Remarks,Size,Who,Where we write,Remarks,Belongs to\nLedgers,41,Ida Quist,ida@quist.example,cats,Quist Books\n",
    BY_HAND + "Raj Patel,raj@patel.example,Patel Tiles,Tiles,\n",
)


@pytest.mark.parametrize("text", CORRECTIONS)
@pytest.mark.parametrize("is_undone", [False, True])
def test_columns_set_by_hand_survive_a_correction(
    session: Session, cast: Cast, now: datetime, text: str, is_undone: bool
) -> None:
    batch = sent(session, cast, now, BY_HAND)
    people_upload.map_columns(batch, columns=["name", "email", "firm", "summary", ""], has_header=True)
    if is_undone:
        people_upload.commit(session, batch=batch, by=cast.nia, share=False, now=now)
        undo.undo(session, batch=batch, by=cast.nia, now=now)
    corrected = people_upload.correct(session, batch=batch, by=cast.nia, sheet=read(text), now=now)
    assert (corrected is batch) is not is_undone
    line = people_upload.preview(session, batch=corrected).new[0]
    assert (line.values["name"], line.values["summary"], line.values["wants"]) == ("Ida Quist", "Ledgers", "")
    assert stored_sheet(corrected.rows).left_out[-1] == "Remarks"


def test_columns_without_a_header_keep_their_place(session: Session, cast: Cast, now: datetime) -> None:
    batch = sent(session, cast, now, "Books,ida@quist.example,Ida Quist\n")
    people_upload.map_columns(batch, columns=["firm", "email", "name"], has_header=False)
    text = "Quist Books,ida@quist.example,Ida Quist\nPatel Tiles,raj@patel.example,Raj Patel\n"
    people_upload.correct(session, batch=batch, by=cast.nia, sheet=read(text), now=now)
    assert [line.values["firm"] for line in people_upload.preview(session, batch=batch).new] == [
        "Quist Books",
        "Patel Tiles",
    ]


def test_columns_nobody_set_are_recognised_anew(session: Session, cast: Cast, now: datetime) -> None:
    batch = sent(session, cast, now, "Name,Firm,Write to\nIda Quist,Quist Books,by post\n")
    sheet = read("Name,Firm,Write to\nIda Quist,Quist Books,ida@quist.example\n")
    people_upload.correct(session, batch=batch, by=cast.nia, sheet=sheet, now=now)
    assert [line.values["email"] for line in people_upload.preview(session, batch=batch).new] == ["ida@quist.example"]


def test_shops_of_one_name_in_two_towns_stay_apart(session: Session, cast: Cast, now: datetime) -> None:
    cast.bea.business.name = "ServFix"
    session.flush()
    bump_world(session)
    text = "Eve,e@x.example,ServFix,Tucson\nFinn,f@x.example,ServFix,Mesa\nGus,g@x.example,ServFix,Mesa\n"
    batch = sent(session, cast, now, f"Name,Mail,Firm,Town\n{text}")
    assert [
        (each.line.number, each.is_same) for each in people_upload.preview(session, batch=batch).similar.values()
    ] == [
        (2, True),
        (3, False),
    ]
    people_upload.commit(session, batch=batch, by=cast.nia, share=False, now=now)
    eve, finn, gus = session.scalars(select(Member).where(Member.invited_at == now).order_by(Member.id)).all()
    assert eve.business is cast.bea.business
    assert finn.business is gus.business is not eve.business


def test_people_are_added_at_once_and_their_letters_due_in_ten_minutes(
    session: Session, cast: Cast, now: datetime
) -> None:
    batch = sent(session, cast, now)
    people_upload.commit(session, batch=batch, by=cast.nia, share=True, now=now)
    ida, tess, raj = session.scalars(select(Member).where(Member.invited_at == now).order_by(Member.id)).all()
    assert (ida.state, ida.email, ida.business.summary) == (
        *(MemberState.ACTIVE, "ida@quist.example"),
        "Bookkeeping for restaurants",
    )
    assert (tess.name, tess.email, tess.business.chapter_id) == ("Tess Wu", "tess@wu.example", cast.chapter.id)
    assert raj.business is cast.bea.business
    assert session.scalars(select(Wanted.text).where(Wanted.shared_at == now)).all() == ["Restaurants", "Families"]
    assert "restaurants" in ida.business.search_text
    assert set(session.scalars(select(Delivery.due_at))) == {now + timedelta(minutes=10)}
    assert count(session, Delivery) == 3
    with pytest.raises(Conflict):
        people_upload.commit(session, batch=batch, by=cast.nia, share=True, now=now)


def test_a_listed_firm_can_be_kept_apart_from_a_similar_one(session: Session, cast: Cast, now: datetime) -> None:
    batch, firm = sent(session, cast, now), cast.bea.business
    people_upload.commit(session, batch=batch, by=cast.nia, joins={4: False}, share=False, now=now)
    raj = session.scalars(select(Member).where(Member.name == "Raj Patel")).one()
    assert raj.business is not firm
    assert session.scalars(select(Wanted.id).where(Wanted.shared_at.is_not(None))).all() == []


def test_a_firm_that_was_here_gets_the_capabilities_of_its_row_until_they_are_taken_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    firm = cast.bea.business
    session.add(Claim(business=firm, capability_id=cast.design.id, claimed_at=now))
    decline(session, business=firm, capability=cast.development)
    text = "Name,Mail,Firm,Services\nRaj Patel,raj@b.example,Bramble and Co,"
    batch = sent(session, cast, now, f"{text}Loom hire; Web design; Web development; WordPress\n")
    people_upload.commit(session, batch=batch, by=cast.nia, share=False, now=now)
    has = select(Capability.name).join(Claim).where(Claim.business_id == firm.id).order_by(Capability.name)
    assert session.scalars(has).all() == ["Loom hire", "Web design", "WordPress"]
    undo.undo(session, batch=batch, by=cast.nia, now=now)
    assert session.scalars(has).all() == ["Web design"]
    assert session.scalars(select(Capability).where(Capability.scheme == OWN)).all() == []


def test_nobody_joins_a_business_of_another_chapter(session: Session, cast: Cast, now: datetime) -> None:
    cast.bea.business.chapter = Chapter(key="valley", name="Valley")
    session.flush()
    people_upload.commit(session, batch=sent(session, cast, now), by=cast.nia, share=False, now=now)
    raj = session.scalars(select(Member).where(Member.name == "Raj Patel")).one()
    assert raj.business.chapter_id == cast.chapter.id


def test_undo_removes_everything_that_the_import_created(session: Session, cast: Cast, now: datetime) -> None:
    kinds = (Member, Business, Wanted, Delivery)
    before = [count(session, kind) for kind in kinds]
    batch = sent(session, cast, now)
    people_upload.commit(session, batch=batch, by=cast.nia, share=True, now=now)
    result = undo.undo(session, batch=batch, by=cast.nia, now=now + timedelta(minutes=9))
    assert (result.removed, result.staying) == (3, [])
    assert [count(session, kind) for kind in kinds] == before
    with pytest.raises(Conflict):
        undo.undo(session, batch=batch, by=cast.nia, now=now)


def test_undo_takes_back_the_words_that_nothing_else_uses(session: Session, cast: Cast, now: datetime) -> None:
    text = "Name,Mail,Firm,Services\nIda Quist,i@q.example,Quist,Zither tuning; Sextant repair; Loom hire\n"
    batch = sent(session, cast, now, text)
    people_upload.commit(session, batch=batch, by=cast.nia, share=False, now=now)
    words = {word.name: word for word in session.scalars(select(Capability).where(Capability.scheme == OWN))}
    assert {*words} == {"Zither tuning", "Sextant repair", "Loom hire"}
    session.add(Claim(business=cast.bea.business, capability_id=words["Sextant repair"].id, claimed_at=now))
    words["Loom hire"].hidden_at = now
    session.flush()
    undo.undo(session, batch=batch, by=cast.nia, now=now)
    left = session.scalars(select(Capability.name).where(Capability.scheme == OWN)).all()
    assert sorted(left) == ["Loom hire", "Sextant repair"]


def test_undo_keeps_members_who_arrived_or_are_referred_to(session: Session, cast: Cast, now: datetime) -> None:
    batch = sent(session, cast, now)
    people_upload.commit(session, batch=batch, by=cast.nia, share=True, now=now)
    ida, tess, _raj = session.scalars(select(Member).where(Member.invited_at == now).order_by(Member.id)).all()
    ida.arrived_at = now
    met = {"said_by_id": cast.carla.id, "other_id": tess.id, "happened_on": now.date(), "said_at": now}
    session.add(Interaction(kind=InteractionKind.MET, **met))
    session.flush()
    result = undo.undo(session, batch=batch, by=cast.nia, now=now)
    assert (result.removed, {member for member, _why in result.staying}) == (1, {ida, tess})
    assert ida.business.name == "Quist Bookkeeping"
    with pytest.raises(Conflict):
        undo.undo(session, batch=batch, by=cast.nia, now=now + timedelta(days=1))


def test_an_uploaded_list_is_deleted_after_a_day(session: Session, cast: Cast, now: datetime) -> None:
    done, left = sent(session, cast, now), sent(session, cast, now, "Ann,a@x.example,F")
    people_upload.commit(session, batch=done, by=cast.nia, share=False, now=now)
    people_upload.delete_old_uploads(session, now=now + timedelta(days=1))
    assert done.rows == {}
    assert session.scalar(select(ImportBatch.id).where(ImportBatch.id == left.id)) is None


@pytest.mark.slow
def test_ten_thousand_rows_are_previewed_within_ten_seconds(session: Session, cast: Cast, now: datetime) -> None:
    rows = "\n".join(f"Person {n},p{n}@x.example,Firm {n},{'We build things. ' * 20}" for n in range(10_000))
    began = time.process_time()
    seen = looked_at(session, cast, now, rows)
    assert len(seen.new) == 10_000
    assert time.process_time() - began < 10


def test_names_that_look_alike_count_as_equal() -> None:
    names = ("Be\u0430  Lindqv\u0456st", "BEA LINDQVIST", "Bea Líndqvist", "B\u0451a Lindqvist")
    assert {confusable_skeleton(name) for name in names} == {"bealindqvist"}
    assert confusable_skeleton("Bea Lindqvist") != confusable_skeleton("Bo Lindqvist")


CONTACTS = "Ida Quist,ida@quist.example,Quist Books,+1 520 555 0134\nTess Wu,tess@wu.example,Wu Law,"


@pytest.mark.parametrize("is_agreed", [True, False])
def test_a_listed_contact_is_seen_by_its_chapter_alone_and_only_if_that_was_agreed(
    session: Session, cast: Cast, now: datetime, is_agreed: bool
) -> None:
    elsewhere = Chapter(key="mesa", name="Mesa")
    cast.dana.business.chapter = elsewhere
    batch = sent(session, cast, now, CONTACTS)
    people_upload.commit(session, batch=batch, by=cast.nia, share=False, are_contacts_agreed=is_agreed, now=now)
    ida = session.scalars(select(Member).where(Member.name == "Ida Quist")).one()
    near, far = (contact_of(member_view(session, reader=reader, member=ida)) for reader in (cast.bea, cast.dana))
    assert bool(near.phones and near.emails) is is_agreed
    assert not far
    closed = {DIRECT_PHONE.name: Audience.NOBODY.value, DIRECT_EMAIL.name: Audience.NOBODY.value}
    set_audiences(session, member=ida, audiences=closed, now=now)
    assert not contact_of(member_view(session, reader=cast.bea, member=ida))
    assert ida.invited_by_id == cast.nia.id
