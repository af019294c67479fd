"""The page of a network's own words: a lead keeps, renames, moves, joins and hides them, and takes each back."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.claim import Claim
from directory.people.own_word import OwnWordChange
from directory.people.tables import ChapterRole, Role
from directory.taxonomy.capability import OWN, Capability, CapabilityKind
from tests.app.conftest import SignIn
from tests.cast import Cast


@pytest.fixture
def word(session: Session, cast: Cast, now: datetime) -> Capability:
    node = Capability(scheme=OWN, code="b", name="Beekeeping", kind=CapabilityKind.CATEGORY, origin="firms.csv")
    session.add_all([node, ChapterRole(member_id=cast.nia.id, chapter_id=cast.chapter.id, role=Role.LEAD)])
    session.flush()
    session.add(Claim(business_id=cast.bea.business_id, capability_id=node.id, claimed_at=now))
    session.commit()
    return node


@pytest.fixture
def nia(word: Capability, cast: Cast, sign_in: SignIn) -> FlaskClient:
    return sign_in(cast.nia)


def test_the_room_leads_to_the_words_with_their_firms(nia: FlaskClient, cast: Cast) -> None:
    page = f"/chapters/{cast.chapter.public_id}/words"
    assert page in nia.get("/chapter").text
    shown = nia.get(page).text
    for words in ("Beekeeping", "Bramble &amp; Co", "from your file: firms.csv", "One word of your own is new"):
        assert words in shown


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("keep", {}, "stays as it is"),
        ("rename", {"name": "Apiaries"}, "is called “Apiaries” now"),
        ("move", {"parent": "web developments"}, "is under Web development"),
        ("move", {"parent": ""}, "is under nothing"),
        ("join", {"target": "word press"}, "means WordPress from now on"),
        ("hide", {}, "is off every list"),
    ],
)
def test_each_act_is_said_and_taken_back(
    nia: FlaskClient, session: Session, cast: Cast, word: Capability, act: str, typed: dict[str, str], said: str
) -> None:
    page, code = f"/chapters/{cast.chapter.public_id}/words", word.public_id
    answer = nia.post(f"{page}/{code}/{act}", data=typed)
    assert answer.location == page
    assert said in nia.get(page).text
    session.rollback()
    undone = session.scalars(select(OwnWordChange.public_id)).one()
    session.rollback()
    assert "is as it was" in nia.post(f"{page}/changes/{undone}/undo", follow_redirects=True).text
    assert (word.name, word.hidden_at, word.parent_id) == ("Beekeeping", None, None)


@pytest.mark.parametrize(("act", "typed"), [("join", {"target": "Falconry"}), ("join", {}), ("rename", {"name": " "})])
def test_what_cannot_be_done_is_said_and_changes_nothing(
    nia: FlaskClient, session: Session, cast: Cast, word: Capability, act: str, typed: dict[str, str]
) -> None:
    page = f"/chapters/{cast.chapter.public_id}/words"
    assert 'class="told open"' in nia.post(f"{page}/{word.public_id}/{act}", data=typed, follow_redirects=True).text
    session.rollback()
    assert session.scalar(select(OwnWordChange)) is None


def test_what_is_no_own_word_is_not_found(nia: FlaskClient, cast: Cast) -> None:
    page = f"/chapters/{cast.chapter.public_id}/words"
    assert nia.post(f"{page}/{cast.wordpress.public_id}/hide").status_code == 404
    assert nia.post(f"{page}/changes/23456789abcd/undo").status_code == 404


def test_a_member_adds_a_word_of_their_own_once_nothing_near_is_meant(
    sign_in: SignIn, session: Session, cast: Cast
) -> None:
    session.commit()
    carla = sign_in(cast.carla)
    refused = carla.post("/profile/capabilities", data={"claim-capability": "falconry shows"})
    assert refused.status_code == 422
    assert "Add “falconry shows” as your own word" in refused.text
    assert session.scalar(select(Capability).where(Capability.scheme == OWN)) is None
    session.rollback()
    sent = {"claim-capability": "falconry shows", "claim-is_own": "y"}
    assert carla.post("/profile/capabilities", data=sent).location == "/profile#claim"
    word = session.scalars(select(Capability).where(Capability.scheme == OWN)).one()
    assert (word.name, word.origin) == ("Falconry shows", "")
    assert session.scalars(select(Claim.business_id).where(Claim.capability_id == word.id)).all() == [
        cast.carla.business_id
    ]
