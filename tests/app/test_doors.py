"""The doors of the site: every route is tagged, strangers learn nothing, visitors are asked to sign in."""

import re

import pytest
from flask.testing import FlaskClient

from app.access import check_policies, policy, reach
from app.errors import Site
from app.rules import RULES
from directory.people.business import Business
from directory.people.interaction import Interaction, InteractionKind
from directory.people.member import Member
from tests.app.conftest import SignIn


@pytest.fixture
def door(app: Site) -> Site:
    """A page about an interaction, which only its two people may open, and only one may answer."""

    @app.get("/about/<public_id>")
    @policy("interaction.read")
    def about(public_id: str) -> str:
        return reach(Interaction, public_id, "interaction.read").note

    @app.post("/answer/<public_id>")
    @policy("interaction.answer")
    def answer(public_id: str) -> str:
        return reach(Interaction, public_id, "interaction.answer").note

    @app.get("/careless")
    @policy("interaction.read")
    def careless() -> str:
        return "everything"

    return app


@pytest.fixture
def said(session, bea: Member, now) -> Interaction:
    carla, ana = (
        Member(name=name, business=Business(name=name, created_at=now), joined_at=now) for name in ("Carla", "Ana")
    )
    session.add_all([carla, ana])
    session.flush()
    said = Interaction(
        said_by_id=bea.id,
        other_id=carla.id,
        kind=InteractionKind.MET,
        note="the note",
        happened_on=now.date(),
        said_at=now,
    )
    session.add(said)
    session.commit()
    return said


def test_a_route_without_a_policy_does_not_start(app: Site) -> None:
    app.add_url_rule("/open", "open", lambda: "everything")
    with pytest.raises(RuntimeError, match="open"):
        check_policies(app)


def test_every_page_asks_a_visitor_to_sign_in(app: Site, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if not RULES[app.view_functions[rule.endpoint].policy].is_public:
            path = re.sub("<[^>]+>", "23456789abcd", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                answer = client.open(path, method=method)
                assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in"), (method, path)


def test_a_stranger_sees_404_as_if_there_were_nothing(door: Site, said: Interaction, session, sign_in: SignIn) -> None:
    ana = session.query(Member).filter_by(name="Ana").one()
    browser = sign_in(ana)
    hidden, absent = browser.get(f"/about/{said.public_id}"), browser.get("/about/23456789abcd")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.data == absent.data


def test_the_two_read_it_and_only_the_other_may_answer(door: Site, said: Interaction, sign_in: SignIn) -> None:
    bea, carla = sign_in(said.said_by), sign_in(said.other)
    path = said.public_id
    assert bea.get(f"/about/{path}").text == carla.get(f"/about/{path}").text == "the note"
    assert (bea.post(f"/answer/{path}").status_code, carla.post(f"/answer/{path}").status_code) == (403, 200)


def test_a_view_that_forgets_to_ask_gives_no_answer(door: Site, bea: Member, sign_in: SignIn) -> None:
    with pytest.raises(RuntimeError, match="careless"):
        sign_in(bea).get("/careless")


def test_a_signed_out_reader_comes_back_to_where_it_was(door: Site, client: FlaskClient) -> None:
    assert client.get("/about/x?y=1").location == "/sign-in?next=/about/x?y%3D1"
    answer = client.get("/about/x", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")
