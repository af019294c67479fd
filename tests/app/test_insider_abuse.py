"""Abuse by insiders: administrators, former leads, and members who send too many requests."""

import json
from datetime import datetime, timedelta
from io import BytesIO
from time import perf_counter
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts.account import ENTRANCES
from directory.db import bump_world
from directory.engine.pair_reason import reason_sentence
from directory.engine.weekly_pairings import person_to_meet
from directory.engine.world_cache import known_world
from directory.errors import Conflict
from directory.facts import interaction
from directory.facts.interaction import WEEKLY_MAILS, InteractionKind
from directory.facts.introduction_request import ask, decline
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase, case_signs
from directory.imports.sheet import read_sheet
from directory.joining.application import SUGGESTED_A_DAY, Application, answer_reference, suggest
from directory.outbox import mail
from directory.outbox.delivery import Delivery
from directory.people import wanted
from directory.people.audience import Audience, audience_of
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.one_time_link import OneTimeLink, create_link
from directory.people.suspension import suspend
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role, WantedKind
from directory.privacy import business_merge
from tests.app.conftest import SignIn
from tests.app.test_departure_and_exports import WHY, nadia
from tests.conftest import DemoCast

assert nadia  # the fixture


def exported(answer: bytes) -> dict[str, list[dict[str, object]]]:
    with ZipFile(BytesIO(answer)) as archive:
        tables: dict[str, list[dict[str, object]]] = json.loads(archive.read("everything.json"))
        return tables


def count_mails(session: Session, kind: str) -> int:
    return sum(json.loads(payload)["letter"] == kind for payload in session.scalars(select(Delivery.payload)))


def test_an_export_for_somebody_else_contains_none_of_their_ratings(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    nadia.is_admin = True
    session.add(Rating(rater_id=bea.id, ratee_id=nadia.id, warmth=1, competence=1, rated_at=now))
    session.commit()
    answer = sign_in(nadia).post(f"/members/{bea.public_id}/export", data=WHY)
    assert exported(answer.data)["ratings_given"] == []


def test_an_export_does_not_reveal_that_the_other_declined(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    said = interaction.record_interaction(
        session, said_by=bea, other=nadia, kind=InteractionKind.MET, happened_on=now.date(), now=now
    )
    asked = ask(session, asker=bea, target=nadia, text="We build for the same clients.", now=now)
    session.commit()
    browser = sign_in(bea)
    before = exported(browser.post("/account/export").data)
    interaction.decline(session, interaction=said, by=nadia, now=now)
    decline(session, introduction=asked, by=nadia, now=now)
    session.commit()
    after = exported(browser.post("/account/export").data)
    assert [after[name] for name in ("interactions", "introductions")] == [
        before[name] for name in ("interactions", "introductions")
    ]


def test_an_admin_may_end_a_members_ask_with_a_reason_but_not_share_it(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    asked = wanted.add_wanted(session, member=bea, kind=WantedKind.PARTNER, text="Photographers", now=now)
    bea.email, nadia.is_admin = "bea@bramble.example", True
    session.commit()
    browser = sign_in(nadia)
    assert browser.post(f"/wanted/{asked.public_id}/share", data=WHY).status_code == 403
    assert browser.post(f"/wanted/{asked.public_id}/end", data=WHY).status_code == 303
    session.rollback()
    assert (asked.shared_at, asked.ended_at is None, count_mails(session, "told")) == (None, False, 1)


def test_a_former_lead_cannot_commit_an_earlier_import(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member
) -> None:
    session.add(ChapterRole(member_id=nadia.id, chapter_id=nadia.business.chapter_id, role=Role.LEAD))
    session.commit()
    browser, chapter = sign_in(nadia), nadia.business.chapter
    assert chapter is not None
    listed = browser.post(f"/chapters/{chapter.public_id}/import", data={"text": "Ida Quist,ida@quist.example,Quist"})
    session.rollback()
    session.execute(delete(ChapterRole))
    session.commit()
    assert browser.post(f"{listed.location}/commit").status_code == 403
    assert session.scalar(select(func.count()).select_from(Member)) == 2


def test_a_new_password_invalidates_every_link_that_grants_access(
    sign_in: SignIn, session: Session, bea: Member, now: datetime, client: FlaskClient
) -> None:
    browser = sign_in(bea)
    for purpose in (*ENTRANCES, "vouch"):
        create_link(session, purpose=purpose, member=bea, about="thief@evil.example", lasts=timedelta(hours=1), now=now)
    session.commit()
    assert browser.post("/account/password", data={"password": "quite another word"}).status_code == 303
    session.rollback()
    assert session.scalars(select(OneTimeLink.purpose).where(OneTimeLink.used_at.is_(None))).all() == ["vouch"]


def test_hidden_fields_are_neither_quoted_in_pairs_nor_used_for_ranking(
    session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    wanted.add_wanted(session, member=nadia, kind=WantedKind.PARTNER, text="Somebody who restores violins", now=now)
    bea.headline = "Restores violins"
    bea.business.price_low_minor = bea.business.price_high_minor = 700_000

    def seen() -> tuple[bool, list[float]]:
        index_businesses(session)
        session.flush()
        pair = person_to_meet(session, member=nadia, now=now)
        sentences = [reason_sentence(why) for why in pair.reasons] if pair is not None else []
        prices = known_world(session).world.businesses.price_low
        return any("Restores" in sentence for sentence in sentences), [price for price in prices if price == price]

    assert seen() == (True, [700_000])
    bea.audiences = {"headline": Audience.NOBODY}
    bea.business.audiences = {"prices": Audience.NOBODY}
    assert seen() == (False, [])


def test_a_merge_keeps_the_narrower_audience_of_a_phone_number(session: Session, bea: Member, now: datetime) -> None:
    drop = Business(name="Bramble", phone="+1 520 555 0134", audiences={"firm_phone": "nobody"}, created_at=now)
    session.add(drop)
    session.flush()
    business_merge.merge(session, keep=bea.business, drop=drop, by=bea, now=now)
    assert bea.business.phone
    assert audience_of(bea.business, "firm_phone") is Audience.NOBODY


def test_mails_caused_by_one_member_are_limited(session: Session, bea: Member, nadia: Member, now: datetime) -> None:
    bea.email = "bea@bramble.example"
    for year in range(1950, 1950 + WEEKLY_MAILS // 2 + 5):
        for kind in InteractionKind:
            day = now.date().replace(year=year)
            interaction.record_interaction(session, said_by=nadia, other=bea, kind=kind, happened_on=day, now=now)
    for number in range(SUGGESTED_A_DAY + 1):
        said = {"name": "Ida Quist", "email": f"ida{number}@quist.example", "firm": "Quist", "sentence": "Books."}
        if number == SUGGESTED_A_DAY:
            with pytest.raises(Conflict):
                suggest(session, by=nadia, **said, now=now)
        else:
            suggest(session, by=nadia, **said, now=now)
    assert count_mails(session, "interaction") == WEEKLY_MAILS


def test_a_firm_whose_members_are_pending_or_suspended_is_never_suggested(demo_cast: DemoCast, now: datetime) -> None:
    session, bea = demo_cast.session, demo_cast.member("bea")
    named = demo_cast.business("bramble")
    firm = Business(name="Not here yet", created_at=now)
    session.add(Member(name="Pat Vale", business=firm, joined_at=now, state=MemberState.PENDING))
    session.flush()
    for claim in session.scalars(select(Claim).where(Claim.business_id == bea.business_id)).all():
        session.add(Claim(business_id=firm.id, capability_id=claim.capability_id, claimed_at=now))
    for member in named.members:
        member.state = MemberState.SUSPENDED
    session.flush()
    bump_world(session)
    world = known_world(session).world
    shown = set(world.businesses.ids[world.claims.business]) | set(world.businesses.ids[world.works.sub])
    assert not shown & {firm.id, named.id}


def test_neither_a_rating_nor_a_suspension_changes_what_a_case_shows(
    session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    judge = Member(name="Lena Okafor", business=Business(name="Okafor", created_at=now), joined_at=now, is_admin=True)
    case = RatingCase(ratee=nadia, flagged_at=now, opened_at=now)
    session.add_all([judge, case])
    kind, day = interaction.InteractionKind.MET, now.date()
    interaction.record_interaction(session, said_by=bea, other=nadia, kind=kind, happened_on=day, now=now)
    session.flush()
    before = case_signs(session, case=case, by=judge)
    session.add(Rating(rater_id=bea.id, ratee_id=nadia.id, warmth=1, competence=1, rated_at=now))
    suspend(session, member=bea, by=judge, now=now)
    assert case_signs(session, case=case, by=judge) == before != []


def test_reading_a_list_with_a_long_run_of_spaces_takes_linear_time() -> None:
    began = perf_counter()
    read_sheet(b"Ida <ida@quist.example>," + b" " * 60_000)
    assert perf_counter() - began < 2


def test_a_member_removed_by_an_admin_is_still_told_why_by_mail(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member
) -> None:
    bea.email, nadia.is_admin = "bea@bramble.example", True
    session.commit()
    assert sign_in(nadia).post(f"/members/{bea.public_id}/erase", data=WHY).status_code == 303
    session.rollback()
    assert bea.state is MemberState.GONE
    assert mail.address_of(mail.BY_NAME["told"], bea, "") == "bea@bramble.example"


def test_a_reference_cannot_answer_after_the_application_is_decided(
    session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    chapter = nadia.business.chapter
    decided = {"applied_at": now, "confirmed_at": now, "decided_at": now}
    applied = Application(chapter=chapter, member=nadia, known_by=bea, **decided)
    session.add(applied)
    session.flush()
    with pytest.raises(Conflict):
        answer_reference(session, application=applied, by=bea, is_known=True, now=now)
    assert nadia.sponsor_id is None
