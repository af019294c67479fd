"""Merging: twins are found however they are written, and one record takes over whatever named the other."""

import json
from datetime import datetime, timedelta
from time import perf_counter

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.db import bump_world, columns_to
from directory.errors import Invalid
from directory.facts.collaboration import Collaboration
from directory.imports.businesses import import_businesses
from directory.imports.firm_rows import read_firms
from directory.leads.lead import Lead, Terms, create_lead
from directory.leads.offer import OfferState
from directory.leads.offer_request import ask
from directory.leads.suggestion import Answer, Seat, SeatKind, Suggestion, Team
from directory.outbox.delivery import Delivery
from directory.people import duplicates
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.privacy import business_merge
from directory.taxonomy.capability import Capability, CapabilityKind


@pytest.fixture
def two(session: Session, now: datetime) -> tuple[Business, Business]:
    """Bramble & Co with Bea, and the record of it that a list brought."""
    tucson = Chapter(key="tucson", name="Old Pueblo")
    keep = Business(name="Bramble & Co", chapter=tucson, website="https://www.bramble.example", created_at=now)
    drop = Business(name="The Bramble Company LLC", key="b-7", phone="+1 520 555 0134", created_at=now)
    session.add_all([keep, drop, Member(name="Bea", business=keep, joined_at=now)])
    session.flush()
    bump_world(session)
    return keep, drop


@pytest.mark.parametrize(
    ("name", "website", "phone"),
    [
        ("BRAMBLE & CO., INC.", "", ""),
        ("Вrаmble", "", ""),
        ("Ｂｒａｍｂｌｅ Co", "", ""),
        ("Brämble", "", ""),
        ("Brambel", "", ""),
        ("Something else", "bramble.example/about", ""),
        ("Something else", "", "(520) 555-0134 ext 2"),
    ],
)
def test_a_twin_is_found_by_name_website_or_telephone(
    session: Session, two: tuple[Business, Business], name: str, website: str, phone: str
) -> None:
    found = {twin.business_id for twin in duplicates.duplicate_index(session).like(name, website, phone)}
    assert {firm.id for firm in two} & found


@pytest.mark.parametrize(
    ("name", "website"), [("Bright Co", ""), ("Company & Co", ""), ("X", "facebook.com/bramble"), ("\0", "http://[")]
)
def test_a_stranger_is_no_twin(session: Session, two: tuple[Business, Business], name: str, website: str) -> None:
    assert duplicates.duplicate_index(session).like(name, website, "") == []


def test_a_lead_is_asked_about_the_two_and_the_one_with_people_stays(
    session: Session, two: tuple[Business, Business], now: datetime
) -> None:
    (pair,) = business_merge.duplicate_suggestions(session, two[0].chapter)
    assert (pair.keep, pair.drop) == two
    two[1].chapter = Chapter(key="phoenix", name="Valley")
    session.flush()
    assert business_merge.duplicate_suggestions(session, two[0].chapter) == []


def test_everything_that_named_the_one_names_the_other(
    session: Session, two: tuple[Business, Business], now: datetime
) -> None:
    keep, drop = two
    bea, other = keep.members[0], Business(name="Northlight", created_at=now)
    omar = Member(name="Omar", business=drop, joined_at=now)
    crafts = [Capability(scheme="goodword", code=code, name=code, kind=CapabilityKind.SERVICE) for code in "ab"]
    session.add_all([other, omar, *crafts])
    session.flush()
    first = now - timedelta(days=900)
    session.add_all(
        Claim(business_id=firm.id, capability_id=craft.id, claimed_at=at)
        for firm, craft, at in ((keep, crafts[0], now), (drop, crafts[0], first), (drop, crafts[1], first))
    )
    work = {"title": "Site", "created_at": now, "finished_at": now}
    together, own = (Collaboration(prime_id=p.id, sub_id=drop.id, **work) for p in (other, keep))
    lead = Lead(member_id=omar.id, business_id=drop.id, text="A site", created_at=now)
    session.add_all([together, own, lead])
    session.flush()
    asked = {"lead_id": lead.id, "asker_id": omar.id, "made_at": now, "answer": Answer.TEAM, "model": "x"}
    seen = [{"business": drop.id, "member": None, "shown": 1}]
    seat = Seat(kind=SeatKind.NEED, business_id=drop.id, share=1.0, is_prime=True, alternates=seen)
    team = Team(rank=1, score=1.0, shown=1, reasons=seen, paths={str(drop.id): []}, missing=[], seats=[seat])
    versions = {"weights_version": "1", "world_version": 1}
    session.add(Suggestion(**asked, **versions, missing=[{"nearest": seen[0]}], proof={}, teams=[team]))
    session.flush()
    dropped, public_id = drop.id, drop.public_id
    moves = business_merge.describe_moves(session, drop=drop)
    assert {"1 member", "2 capabilities"} <= {*moves}
    business_merge.merge(session, keep=keep, drop=drop, by=bea, now=now)
    assert {member.name for member in keep.members} == {"Bea", "Omar"}
    claims = session.execute(select(Claim.business_id, Claim.claimed_at).order_by(Claim.capability_id)).all()
    assert claims == [(keep.id, first), (keep.id, first)]
    assert [(row.prime_id, row.sub_id) for row in session.scalars(select(Collaboration))] == [(other.id, keep.id)]
    assert lead.business_id == seat.business_id == keep.id
    told = [seat.alternates, team.reasons, team.paths, team.suggestion.missing]
    assert str(dropped) not in json.dumps(told).replace('"shown": 1', "")
    assert (keep.key, keep.phone, keep.website) == ("b-7", "+1 520 555 0134", "https://www.bramble.example")
    assert "omar" in keep.search_text
    assert business_merge.merged_into(session, public_id) is keep
    assert session.get(Business, dropped) is None


def test_an_offer_to_what_is_the_same_firm_now_ends_as_any_other(
    session: Session, two: tuple[Business, Business], now: datetime
) -> None:
    keep, drop = two
    bea, omar = keep.members[0], Member(name="Omar", email="omar@b.example", business=drop, joined_at=now)
    omar.arrived_at = now
    session.add(omar)
    lead = create_lead(session, member=bea, text="A site.", wishes=[], terms=Terms(), now=now)
    offer = ask(session, lead=lead, member=omar, by=bea, now=now)
    assert session.scalars(select(Delivery)).all()
    business_merge.merge(session, keep=keep, drop=drop, by=bea, now=now)
    assert offer.state is OfferState.WITHDRAWN
    assert session.scalars(select(Delivery)).all() == []  # the letter that asked was recalled
    assert "offer.withdrawn" in session.scalars(select(AuditEntry.action)).all()


def test_every_column_that_names_a_firm_is_moved(session: Session, two: tuple[Business, Business]) -> None:
    named = {f"{column.table.name}.{column.name}" for column in columns_to("business")}
    known = {"claim.business_id", "collaboration.prime_id", "collaboration.sub_id", "lead.business_id"}
    known |= {"member.business_id", "moved_business.business_id", "seat.business_id"}
    known |= {"declined_capability.business_id", "offer.business_id", "seat_holder.business_id"}
    assert named == known


def test_one_record_is_not_merged_with_itself(session: Session, two: tuple[Business, Business], now: datetime) -> None:
    with pytest.raises(Invalid):
        business_merge.merge(session, keep=two[0], drop=two[0], by=two[0].members[0], now=now)


def test_an_import_says_who_looks_alike_and_does_not_bring_back_what_was_merged(
    session: Session, two: tuple[Business, Business], now: datetime
) -> None:
    keep, drop = two
    session.add(Capability(scheme="goodword", code="a", name="a", kind=CapabilityKind.SERVICE))
    keep.key = "b-1"
    business_merge.merge(session, keep=keep, drop=drop, by=keep.members[0], now=now)
    table = b"key,name\nb-7,Bramble LLC\nb-9,Brambles\nb-10,Somebody\n"
    lines = read_firms(table).lines
    report = import_businesses(session, lines=lines, now=now)
    assert (report.added, list(report.alike)) == (2, [3])
    assert any("merged into another record" in line for line in report.lines())
    assert session.scalars(select(Business.key).order_by(Business.id)).all() == ["b-1", "b-9", "b-10"]


@pytest.mark.slow
def test_twins_are_found_quickly_among_ten_thousand_firms(session: Session, now: datetime) -> None:
    words = [f"{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{i}works" for i in range(10_000)]
    plain = dict.fromkeys(("city", "region", "summary", "website", "phone", "email"), "")
    session.execute(insert(Business), [{**plain, "name": f"{word} Studio", "created_at": now} for word in words])
    bump_world(session)
    duplicates.duplicate_index(session)
    began = perf_counter()
    (twin, *_others) = duplicates.duplicate_index(session).like(f"{words[77]} Studio LLC", "", "")
    assert session.get_one(Business, twin.business_id).name == f"{words[77]} Studio"
    assert perf_counter() - began < 0.5
