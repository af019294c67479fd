"""The routes of the site: each is tagged, asks and is linked; test_every_route.py opens each for everybody."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.access import check_policies, policy
from app.errors import Site
from directory.people.tables import Member
from tests.app.conftest import SignIn, new_site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A website for each test, since a test adds routes."""
    return new_site(tmp_path)


ROOT = Path(__file__).parents[2]
SOURCES = [path for room in ("app", "directory", "jobs", "templates") for path in (ROOT / room).rglob("*.*")]
UNLINKED = {"liveness"}  # a program asks for it


@pytest.fixture
def door(app: Site) -> Site:
    """A page that gives an answer without asking whether it may."""

    @app.get("/careless")
    @policy("pairing.read")
    def careless() -> str:
        return "everything"

    return app


def test_a_route_without_a_policy_does_not_start(app: Site) -> None:
    app.add_url_rule("/open", "open", lambda: "everything")
    app.add_url_rule("/unruled", "unruled", policy("everything.read")(lambda: "everything"))
    with pytest.raises(RuntimeError, match=r"open \(no @policy\), unruled \(everything.read\)"):
        check_policies(app)


def test_a_view_that_forgets_to_ask_gives_no_answer(door: Site, bea: Member, sign_in: SignIn) -> None:
    with pytest.raises(RuntimeError, match="careless"):
        sign_in(bea).get("/careless")


def test_a_signed_out_reader_comes_back_to_where_it_was(client: FlaskClient) -> None:
    assert client.get("/members/x?y=1").location == "/sign-in?next=/members/x?y%3D1"
    answer = client.get("/members/x", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def test_every_module_of_pages_is_linked(app: Site) -> None:
    """Another module or a template names one of its pages, by its endpoint or by its path."""
    text = "\n".join(
        path.read_text(encoding="utf-8").replace("@pages.", "")
        for path in SOURCES
        if path.suffix in {".py", ".html", ".txt"} and path.parent.name != "pages"
    )
    routes = [(route.endpoint.partition(".")[0], route) for route in app.url_map.iter_rules()]
    for module in app.blueprints.keys() - UNLINKED:
        names = {
            name for owner, route in routes if owner == module for name in (route.endpoint, route.rule.split("<")[0])
        }
        assert any(re.search(rf"""["'`]{re.escape(name)}[\w"'?{{]""", text) for name in names), (
            f"nothing links to {module}"
        )
