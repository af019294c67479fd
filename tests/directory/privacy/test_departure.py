"""Leaving: gone at once, back within a week, and afterwards forgotten in every column of every table."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.accounts.tables import Account, AccountSession
from directory import files
from directory.audit import record
from directory.db import Base, columns_to
from directory.engine.saved_search import SavedSearch
from directory.errors import Conflict
from directory.facts import vouch
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import InteractionKind, record_interaction
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.rating import Rating
from directory.imports.import_batch import ImportBatch
from directory.joining.application import Application
from directory.leads.lead import Terms, Wish, create_lead
from directory.outbox import mail
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people import photo, wanted
from directory.people.field_declaration import fields_of
from directory.people.one_time_link import OneTimeLink, create_link
from directory.people.suppression import is_suppressed
from directory.people.tables import Band, Business, ChapterRole, Member, MemberState, Role, WantedKind
from directory.privacy import departure, erasure
from directory.privacy.business_merge import merge
from directory.profiles.relay import submit_message
from directory.taxonomy.capability import Capability
from directory.week.mention_choice import Mention
from directory.week.pairing import Pairing
from directory.week.post import Post
from tests.conftest import DemoCast

CANARY = "Qxzcanary"


def test_whoever_leaves_is_nowhere_and_may_come_back_for_a_week(demo_cast: DemoCast, now: datetime) -> None:
    session, bea = demo_cast.session, demo_cast.member("bea")
    wanted.add_wanted(session, member=bea, kind=WantedKind.CLIENT, text="Zebra keepers", now=now)
    asks = len(wanted.live_wanteds(session, member=bea))
    create_link(session, purpose="try", member=bea, lasts=timedelta(hours=1), now=now)
    departure.leave_network(session, member=bea, by=bea, now=now)
    assert bea.state is MemberState.GONE
    assert "zebra" not in bea.business.search_text
    assert wanted.live_wanteds(session, member=bea) == []
    assert session.scalars(select(OneTimeLink.used_at)).all() == [now]
    with pytest.raises(Conflict):
        departure.leave_network(session, member=bea, by=bea, now=now)
    assert departure.departures_due(session, now=now + timedelta(days=6)) == []
    assert departure.departures_due(session, now=now + timedelta(days=7)) == [bea]
    assert departure.come_back(session, member=bea, now=now + timedelta(days=6))
    assert bea.is_active
    assert len(wanted.live_wanteds(session, member=bea)) == asks
    assert not departure.come_back(session, member=bea, now=now)


def test_a_week_later_nobody_comes_back(demo_cast: DemoCast, now: datetime) -> None:
    bea = demo_cast.member("bea")
    departure.leave_network(demo_cast.session, member=bea, by=bea, now=now)
    assert not departure.come_back(demo_cast.session, member=bea, now=now + departure.GRACE)


def test_the_last_administrator_and_the_last_lead_name_somebody_first(demo_cast: DemoCast, now: datetime) -> None:
    session, bea, nadia = demo_cast.session, demo_cast.member("bea"), demo_cast.member("nadia")
    for member in session.scalars(select(Member)):
        member.is_admin = member is bea
    with pytest.raises(Conflict, match="only admin"):
        departure.leave_network(session, member=bea, by=bea, now=now)
    nadia.is_admin = True
    session.execute(ChapterRole.__table__.delete())
    session.add(ChapterRole(member_id=bea.id, chapter_id=nadia.business.chapter_id, role=Role.LEAD))
    session.flush()
    with pytest.raises(Conflict, match="only lead of Old Pueblo"):
        departure.leave_network(session, member=bea, by=bea, now=now)
    session.add(ChapterRole(member_id=nadia.id, chapter_id=nadia.business.chapter_id, role=Role.LEAD))
    departure.leave_network(session, member=bea, by=bea, now=now)
    assert not bea.is_admin
    departure.come_back(session, member=bea, now=now)
    assert session.scalars(select(ChapterRole.member_id)).all() == [nadia.id]


def everywhere(demo_cast: DemoCast, bea: Member, now: datetime, home: Path) -> None:
    """Leave the canary in everything a member fills in, and in what others' letters say of them."""
    session, nadia, firm = demo_cast.session, demo_cast.member("nadia"), bea.business
    for row in (bea, firm):
        for name, field in fields_of(type(row)).items():
            if field.limit and not (row is firm and name in ("name", "city", "region")):  # these its work is known by
                setattr(row, name, CANARY)
    bea.name, bea.email, bea.public_at = f"Bea {CANARY}", f"{CANARY.lower()}@bramble.example", now
    for giver, receiver in ((bea, nadia), (nadia, bea)):
        word = vouch.vouch(session, giver=giver, receiver=receiver, text=f"{CANARY} is good", known_as=CANARY, now=now)
        vouch.accept(session, vouch=word, by=receiver, now=now)
        session.add(Rating(rater_id=giver.id, ratee_id=receiver.id, warmth=5, competence=5, rated_at=now))
        ask = {"asker_id": giver.id, "target_id": receiver.id, "state": IntroductionState.ACCEPTED, "asked_at": now}
        session.add(Introduction(text=CANARY, word=CANARY, **ask))
    session.execute(update(Band).where(Band.member_id == bea.id).values(warmth=3, competence=3, frozen_at=now))
    said = {"kind": InteractionKind.MET, "happened_on": date(1999, 1, 1), "note": CANARY}
    record_interaction(session, said_by=bea, other=nadia, **said, now=now)
    ask = wanted.add_wanted(session, member=bea, kind=WantedKind.CLIENT, text=CANARY, why=CANARY, now=now)
    craft = session.scalars(select(Capability)).first()
    wish = Wish(craft.id, phrase=CANARY)
    create_lead(session, member=bea, text=f"{CANARY} wants it", wishes=[wish], terms=Terms(place=CANARY), now=now)
    create_link(session, purpose="try", member=bea, about=CANARY, lasts=timedelta(hours=1), now=now)
    for to in (bea, nadia):
        mail.enqueue(
            session, letter="told", to=to, event=f"e{to.id}", words={"by": bea.name, "act": "x", "reason": "y"}, now=now
        )
    submit_message(
        session, receiver=bea, name="V", email="v@x.example", text="Hello", is_bot=False, sender_ip="1", now=now
    )
    record(session, actor_id=nadia.id, action="member.x", object=f"member {bea.public_id}", reason=CANARY, now=now)
    turn = Occurrence(chapter_id=firm.chapter_id, local_date=date(2030, 1, 2), due_at=now)
    channel = session.scalars(select(Channel)).first() or Channel(chapter_id=firm.chapter_id, kind="file", name="f")
    session.add_all([turn, channel])
    session.flush()
    session.add(Mention(occurrence_id=turn.id, member_id=bea.id, wanted_id=ask.id, reason=CANARY))
    talk = {"place": CANARY, "topics": CANARY, "next_step": CANARY, "paired_at": now}
    session.add(Pairing(occurrence_id=turn.id, one_id=nadia.id, other_id=bea.id, **talk))
    session.add(Post(occurrence_id=turn.id, channel_id=channel.id, text=CANARY, composed_at=now, edited_at=now))
    sent = {"channel_id": channel.id, "occurrence_id": turn.id, "due_at": now, "settled_at": now}
    session.add(Delivery(key="post:x:y", payload=CANARY.encode(), **sent))
    at = dict.fromkeys(("began_at", "seen_at", "expires_at"), now)
    story = CaseStudy(teller_id=nadia.id, title=CANARY, text=CANARY, year=2024, told_at=now)
    story.parties = [CaseStudyParty(member_id=who.id, agreed_at=now) for who in (bea, nadia)]
    kept = SavedSearch(member_id=bea.id, name=CANARY, saved_at=now, seen_at=now)
    applied = Application(
        chapter_id=firm.chapter_id, member_id=nadia.id, sentence="x", knows=bea.name, applied_at=now, known_by_id=bea.id
    )
    sheet = {"rows": [[bea.name, bea.email]]}
    batch = ImportBatch(chapter_id=firm.chapter_id, uploader_id=nadia.id, made_at=now, rows=sheet)
    session.add_all([story, kept, applied, batch])
    account = Account(password=CANARY, member_id=bea.id)
    session.add(account)
    session.flush()
    session.add(AccountSession(token_hash="x" * 64, account_id=account.id, content=CANARY, browser=CANARY, **at))
    photo.set_photo(session, member=bea, digest=files.store_file(home, photo.FOLDER, CANARY.encode()), now=now)
    session.flush()


def columns_that_say(demo_cast: DemoCast, canary: str) -> list[str]:
    found = []
    for table in Base.metadata.sorted_tables:
        for row in demo_cast.session.execute(text(f'select * from "{table.name}"')).mappings():
            found += [f"{table.name}.{name}" for name, value in row.items() if canary.lower() in seen(value)]
    return found


def seen(value: Any) -> str:
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).lower()


def erases_everything(demo_cast: DemoCast, now: datetime, tmp_path: Path) -> None:
    session, bea = demo_cast.session, demo_cast.member("bea")
    public_id, email = bea.public_id, f"{CANARY.lower()}@bramble.example"
    demo_cast.member("omar").state = MemberState.GONE
    everywhere(demo_cast, bea, now, tmp_path)
    assert len(columns_that_say(demo_cast, CANARY)) > 30
    digest = erasure.erase(session, member=bea, by=None, now=now)
    photo.delete_if_unused(session, home=tmp_path, digest=digest)
    assert columns_that_say(demo_cast, CANARY) == []
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    assert (bea.name, bea.public_id, bea.state) == ("A former member", public_id, MemberState.GONE)
    assert is_suppressed(session, email.upper())
    assert not is_suppressed(session, "nadia@northlight.example")
    assert session.scalars(select(Rating).where((Rating.rater_id == bea.id) | (Rating.ratee_id == bea.id))).all() == []


def test_whoever_is_erased_stands_in_no_column_of_any_table_and_in_no_file(
    demo_cast: DemoCast, now: datetime, tmp_path: Path
) -> None:
    erases_everything(demo_cast, now, tmp_path)


@pytest.mark.parametrize(("has_worked", "name"), [(True, "Bramble & Co"), (False, "A former firm")])
def test_a_firm_without_people_is_known_by_its_finished_work_or_not_at_all(
    session: Session, now: datetime, has_worked: bool, name: str
) -> None:
    firm, other = (Business(name=name, phone="+1 520 555 0111", created_at=now) for name in ("Bramble & Co", "North"))
    bea = Member(name="Bea", business=firm, joined_at=now)
    session.add_all([bea, other])
    session.flush()
    if has_worked:
        work = {"title": "Site", "created_at": now, "finished_at": now}
        session.add(Collaboration(prime_id=other.id, sub_id=firm.id, **work))
    erasure.erase(session, member=bea, by=None, now=now)
    assert (firm.name, firm.phone) == (name, "")


def test_firms_are_merged_after_somebody_was_erased(demo_cast: DemoCast, now: datetime, tmp_path: Path) -> None:
    session = demo_cast.session
    erases_everything(demo_cast, now, tmp_path)
    keep, drop = session.scalars(select(Business).order_by(Business.id).limit(2))
    merge(session, keep=keep, drop=drop, by=demo_cast.member("nadia"), now=now)
    assert drop.id not in session.scalars(select(Business.id)).all()


def test_erasing_one_leaves_what_others_wrote(demo_cast: DemoCast, now: datetime) -> None:
    session, bea, carla = demo_cast.session, demo_cast.member("bea"), demo_cast.member("carla")
    words = {word.id: word.text for word in session.scalars(select(vouch.Vouch))}
    others = [
        word.id for word in session.scalars(select(vouch.Vouch)) if bea.id not in (word.giver_id, word.receiver_id)
    ]
    erasure.erase(session, member=bea, by=carla, now=now)
    assert carla.name.startswith("Carla")
    assert {id: session.get(vouch.Vouch, id).text for id in others} == {id: words[id] for id in others}


def test_every_column_that_names_a_member_has_its_fate() -> None:
    named = {f"{column.table.name}.{column.name}" for column in columns_to("member")}
    assert named - {*erasure.DELETED, *erasure.OVERWRITTEN, *erasure.KEPT} == {"account.member_id"}
