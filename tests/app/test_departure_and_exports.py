"""Data export, leaving and coming back, member lists, vCards, the brochure, and merging two business records."""

import csv
import json
from datetime import datetime
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.facts.interaction import Interaction
from directory.facts.rating import Rating
from directory.facts.vouch import Vouch
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role
from directory.privacy import business_merge
from directory.privacy.departure import GRACE
from directory.settings import Settings
from directory.week.occurrence_planning import plan_occurrences
from directory.week.prompt import Prompt
from jobs.housekeeping import forget
from tests.app.conftest import PASSWORD, SignIn

WHY = {"reason": "For the printed list of the fair."}


@pytest.fixture
def nadia(session: Session, bea: Member, now: datetime) -> Member:
    """Nadia Soto of Northlight Studio, of Bea's chapter, committed."""
    bea.business.chapter = Chapter(key="tucson", name="Old Pueblo")
    firm = Business(name="Northlight Studio", chapter=bea.business.chapter, created_at=now, phone="+1 520 555 0100")
    nadia = Member(name="Nadia Soto", business=firm, joined_at=now, email="nadia@northlight.example")
    session.add(nadia)
    session.commit()
    return nadia


def test_an_export_contains_ones_own_data_and_no_ratings_received(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    bea.headline = "=HYPERLINK(1)"
    fields = {"said_at": now, "happened_on": now.date(), "kind": "met"}
    pair = [(bea, nadia), (nadia, bea)]
    session.add(Interaction(said_by_id=bea.id, other_id=nadia.id, note="At the fair", **fields))
    session.add_all(
        Rating(rater_id=rater.id, ratee_id=ratee.id, warmth=5, competence=level, rated_at=now)
        for (rater, ratee), level in zip(pair, (4, 1), strict=True)
    )
    session.add_all(
        Vouch(giver_id=giver.id, receiver_id=to.id, text=f"By {giver.name}", known_as="x", given_at=now)
        for giver, to in pair
    )
    occurrence = plan_occurrences(session, now=now)[0]
    asked = [{"kind": "meet", "about": nadia.public_id, "answer": "yes"}]
    session.add(Prompt(occurrence_id=occurrence.id, member_id=bea.id, made_at=now, items=asked))
    session.commit()
    browser = sign_in(bea)
    assert browser.get("/account/export").status_code == 200
    answer = browser.post("/account/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    archive = ZipFile(BytesIO(answer.data))
    tables = json.loads(archive.read("everything.json"))
    assert tables["profile"][0]["name"] == "Bea Lindqvist"
    assert tables["interactions"][0]["with"] == "Nadia Soto"
    assert tables["ratings_given"] == [
        {"of": "Nadia Soto", "warmth": 5, "competence": 4, "rated_at": str(now).replace(" ", "T")}
    ]
    assert tables["band_received"] == []
    assert [row["text"] for row in tables["vouches_given"]] == ["By Bea Lindqvist"]
    assert tables["vouches_received"] == []
    (prompt,) = tables["prompts"]
    assert (prompt["day"], prompt["items"]) == (occurrence.local_date.isoformat(), asked)
    assert len(tables["signed_in"]) == 1
    assert "'=HYPERLINK(1)" in archive.read("profile.csv").decode()
    assert "password" not in archive.read("everything.json").decode()


def test_leaving_signs_out_and_signing_in_undoes_it(
    sign_in: SignIn, session: Session, client: FlaskClient, bea: Member, nadia: Member
) -> None:
    browser, other = sign_in(bea), sign_in(nadia)
    assert browser.get("/account/leave").status_code == 200
    assert browser.post("/account/leave").location == "/"
    assert browser.get("/profile").status_code == 303
    assert other.get(f"/members/{bea.public_id}").status_code == 404
    email = f"{bea.public_id}@firm.example"
    assert client.post("/sign-in", data={"email": email, "password": "wrong"}).status_code == 422
    assert other.get(f"/members/{bea.public_id}").status_code == 404
    assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
    assert client.get("/profile").status_code == 200
    assert other.get(f"/members/{bea.public_id}").status_code == 200


def test_housekeeping_erases_a_departed_member_after_the_grace_period(
    sign_in: SignIn,
    session: Session,
    engine: Engine,
    settings: Settings,
    client: FlaskClient,
    bea: Member,
    now: datetime,
) -> None:
    email = f"{bea.public_id}@firm.example"
    sign_in(bea).post("/account/leave")
    assert forget(engine, settings=settings, now=now) == 0
    assert forget(engine, settings=settings, now=now + GRACE) == 1
    assert forget(engine, settings=settings, now=now + GRACE) == 0
    session.rollback()
    assert (bea.name, bea.email, bea.state) == ("A former member", None, MemberState.GONE)
    assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 422


def test_only_an_admin_with_a_reason_exports_or_erases_somebody_else(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member
) -> None:
    browser = sign_in(nadia)
    for act in ("export", "erase"):
        assert browser.post(f"/members/{bea.public_id}/{act}", data=WHY).status_code == 403
    nadia.is_admin = True
    session.commit()
    assert browser.post(f"/members/{bea.public_id}/erase").status_code == 422
    assert browser.post(f"/members/{bea.public_id}/export", data=WHY).mimetype == "application/zip"
    assert browser.post(f"/members/{bea.public_id}/erase", data=WHY).status_code == 303
    session.rollback()
    assert bea.state is MemberState.GONE
    acts = session.scalars(select(AuditEntry.action).where(AuditEntry.reason == WHY["reason"])).all()
    assert acts == ["gdpr.export_or_erase_for_other"] * 2


def test_a_lead_exports_the_member_list_of_their_own_chapter_only(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    valley = Chapter(key="valley", name="Valley")
    nadia.headline, nadia.business.audiences = "@SUM(1)", {"firm_phone": Audience.INTRODUCED}
    session.add(valley)
    session.add(ChapterRole(member_id=bea.id, chapter_id=bea.business.chapter_id, role=Role.LEAD))
    session.commit()
    path = f"/chapters/{bea.business.chapter.public_id}/members.csv"
    assert sign_in(nadia).post(path, data=WHY).status_code == 403
    browser = sign_in(bea)
    assert browser.post(path).status_code == 422
    assert browser.post(f"/chapters/{valley.public_id}/members.csv", data=WHY).status_code == 403
    rows = list(csv.DictReader(StringIO(browser.post(path, data=WHY).data.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["Bea Lindqvist", "Nadia Soto"]
    assert rows[1]["headline"] == "'@SUM(1)"
    assert (rows[1]["firm_phone"], rows[1]["direct_email"]) == ("", "")


def test_a_vcard_is_escaped_and_counts_as_a_contact_reveal(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member
) -> None:
    nadia.name = "Nadia; Soto,\\, BEGIN:VCARD"
    session.commit()
    answer = sign_in(bea).post(f"/members/{nadia.public_id}/card")
    text = answer.data.decode()
    assert answer.mimetype == "text/vcard"
    assert text.count("\r\nBEGIN:VCARD") == 0
    assert "TEL:+1 520 555 0100" in text
    assert "nadia@northlight.example" not in text
    session.rollback()
    acts = session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == bea.id)).all()
    assert "contact.reveal" in acts


def test_the_brochure_shows_only_fields_visible_to_every_member(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member
) -> None:
    browser = sign_in(bea)
    page = browser.get("/chapter/brochure").text
    assert "Nadia Soto" in page
    assert "+1 520 555 0100" in page
    nadia.business.audiences = {"firm_phone": Audience.CHAPTER}
    session.commit()
    assert "+1 520 555 0100" not in browser.get("/chapter/brochure?paper=a5").text


def test_an_invited_person_is_not_in_the_brochure(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    nadia.invited_at = now
    session.commit()
    assert "Nadia Soto" not in sign_in(bea).get("/chapter/brochure").text


def test_a_lead_merges_two_records_and_the_old_url_redirects(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    duplicate = Business(name="Bramble LLC", created_at=now)
    session.add_all([duplicate, ChapterRole(member_id=bea.id, chapter_id=bea.business.chapter_id, role=Role.LEAD)])
    session.commit()
    keep, drop = bea.business.public_id, duplicate.public_id
    path = f"/businesses/{keep}/merge/{drop}"
    assert sign_in(nadia).get(path).status_code == 403
    browser = sign_in(bea)
    assert "Bramble LLC" in browser.get(path).text
    assert "1 member" in business_merge.describe_moves(session, drop=nadia.business)
    assert browser.post(path).status_code == 422
    assert browser.post(path, data=WHY).status_code == 303
    assert browser.get(f"/businesses/{drop}").location == f"/businesses/{keep}"
    assert browser.get(path).status_code == 404


def test_a_business_of_another_chapter_cannot_be_merged(
    sign_in: SignIn, session: Session, bea: Member, nadia: Member, now: datetime
) -> None:
    theirs = Business(name="Bramble LLC", chapter=Chapter(key="valley", name="Valley"), created_at=now)
    session.add_all([theirs, ChapterRole(member_id=bea.id, chapter_id=bea.business.chapter_id, role=Role.LEAD)])
    session.commit()
    path = f"/businesses/{bea.business.public_id}/merge/{theirs.public_id}"
    browser = sign_in(bea)
    assert browser.post(path, data=WHY).status_code == 403
    gone = Member(name="Gus", business=theirs, state=MemberState.SUSPENDED, joined_at=now)
    session.add(gone)
    session.commit()
    for pair in (path, f"/businesses/{theirs.public_id}/merge/{bea.business.public_id}"):
        for answer in (browser.get(pair), browser.post(pair, data=WHY)):
            assert answer.status_code == 404, "a hidden firm looks as if it did not exist"
