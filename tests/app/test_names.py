"""Names come in by many doors: none takes an address, and whoever approves is shown who is called like another."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.joining.application import Application
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.profiles.public_page import set_public
from tests.app.conftest import SignIn
from tests.cast import let_lead

EVIL = "Dear https://evil.example"
PILE = "Bea" + "\u0301" * 40
PERSON = {"name": "Max Stone", "email": "max@stone.example", "firm": "Stone Roofs", "sentence": "We mend roofs."}
CARLA = "Саrla"  # with two Cyrillic letters


@pytest.fixture
def chapter(session: Session, bea: Member, now: datetime) -> Chapter:
    """Old Pueblo, led by Bea, with Carla Ruiz of Copper."""
    chapter = let_lead(session, bea)
    session.add(
        Member(name="Carla Ruiz", business=Business(name="Copper", chapter=chapter, created_at=now), joined_at=now)
    )
    set_public(session, row=bea, is_public=True, is_indexed=False, by=bea, now=now)
    session.commit()
    return chapter


@pytest.fixture
def lead(chapter: Chapter, bea: Member, sign_in: SignIn) -> FlaskClient:
    return sign_in(bea)


def doors(chapter: Chapter, bea: Member) -> dict[str, tuple[str, dict[str, str], str]]:
    """Where a name comes in: its path, what else is typed there, and the field of the name."""
    invite, apply = f"/chapters/{chapter.public_id}/invite", f"/chapters/{chapter.public_id}/apply"
    start = {"zone": "America/Phoenix"}
    settings = {**start, "weekday": "2", "post_time": "09:00", "hashtags": "#tucson"}
    return {
        "an invitation": (invite, PERSON, "name"),
        "an invited firm": (invite, PERSON, "firm"),
        "an application": (apply, PERSON, "name"),
        "an applying firm": (apply, PERSON, "firm"),
        "who knows them": (apply, PERSON, "knows"),
        "a suggestion": ("/suggest", PERSON, "name"),
        "a suggested firm": ("/suggest", PERSON, "firm"),
        "a member": ("/profile/person", {}, "person-name"),
        "a firm": ("/profile/firm", {}, "firm-name"),
        "a visitor": (f"/people/{bea.public_id}", {"email": "v@v.example", "text": "Hello there"}, "name"),
        "a chapter's settings": (f"/chapters/{chapter.public_id}/settings", settings, "name"),
        "a new chapter": ("/chapters/new", start, "name"),
    }


@pytest.mark.parametrize(("text", "says"), [(EVIL, "Leave web and email addresses out"), (PILE, "accents piled up")])
def test_no_door_takes_an_address_or_a_pile_of_accents(
    lead: FlaskClient, engine: Engine, chapter: Chapter, bea: Member, text: str, says: str
) -> None:
    with write_session(engine) as session:
        session.get_one(Member, bea.id).is_admin = True
    for door, (path, typed, field) in doors(chapter, bea).items():
        answer = lead.post(path, data={**typed, field: text})
        assert (answer.status_code, says in answer.text) == (422, True), door
    with Session(engine) as session:
        for table in (Member, Business, Chapter):
            assert not session.scalar(select(func.count()).where(table.name.contains(text)))


def test_a_list_leaves_them_out(lead: FlaskClient, chapter: Chapter) -> None:
    rows = f"{EVIL},a@x.example,A\n{CARLA} Ruiz,b@x.example,B\nDee Fox,c@x.example,{EVIL}\nAl Day,d@x.example,D\n"
    text = f"name,mail,firm\n{rows}"
    answer = lead.post(f"/chapters/{chapter.public_id}/import", data={"text": text})
    page = lead.get(answer.location).text
    assert "Two people would be invited" in page
    assert "Leave web and email addresses out" in page


def test_whoever_approves_sees_who_is_called_like_a_member(
    app: Site, lead: FlaskClient, engine: Engine, chapter: Chapter, now: datetime
) -> None:
    typed = {**PERSON, "name": "Ⓒarla  RUIZ"}
    app.test_client().post(f"/chapters/{chapter.public_id}/apply", data=typed)
    with write_session(engine) as session:
        for row in session.scalars(select(Application)):
            row.confirmed_at = now
    for path in ("/chapter", "/"):
        assert "has the same name as Carla Ruiz of Copper" in lead.get(path).text, path
    text = "name,mail,firm\nCarla Ruiz,b@x.example,Boundary\n"
    page = lead.get(lead.post(f"/chapters/{chapter.public_id}/import", data={"text": text}).location).text
    assert "Carla Ruiz has the same name as Carla Ruiz of Copper" in page


def test_a_new_name_like_a_members_is_shown_to_the_lead_and_taken(
    lead: FlaskClient, engine: Engine, chapter: Chapter, sign_in: SignIn, now: datetime
) -> None:
    with write_session(engine) as session:
        firm = Business(name="Mesa Words", chapter_id=chapter.id, created_at=now)
        session.add(Member(name="Dana Ochoa", business=firm, joined_at=now))
    with Session(engine) as session:
        dana = sign_in(session.scalars(select(Member).where(Member.name == "Dana Ochoa")).one())
    assert "A new name" not in lead.get("/").text
    assert dana.post("/profile/person", data={"person-name": "CARLA RUİZ"}).status_code == 303
    assert "has the same name as Carla Ruiz of Copper" in lead.get("/").text
    assert dana.post("/profile/firm", data={"firm-name": "Сорреr"}).status_code == 303
    assert dana.post("/profile/person", data={"person-name": "Dana Ochoa"}).status_code == 303
    assert "has the same name as Copper, which" in lead.get("/").text
    assert "Carla" not in lead.get("/").text
