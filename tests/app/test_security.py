"""What every answer carries and every unsafe request must show."""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.access import policy
from app.db import db
from app.errors import Site
from app.security import LARGEST_BODY
from directory.errors import Conflict, Invalid, Refused
from directory.people.tables import Member
from directory.settings import Settings
from tests.app.conftest import PASSWORD, SignIn, new_site


@pytest.fixture
def strict(app: Site, sign_in: SignIn, bea: Member) -> FlaskClient:
    """A visitor's browser on a site that asks for CSRF tokens; Bea has an account."""
    sign_in(bea)
    app.config["WTF_CSRF_ENABLED"] = True
    return app.test_client()


def token(page: str) -> str:
    return re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]


def test_a_form_without_its_token_is_refused_in_words(strict: FlaskClient, bea: Member) -> None:
    answer = strict.post("/sign-in", data={"email": f"{bea.public_id}@firm.example", "password": PASSWORD})
    assert answer.status_code == 400
    assert "too old to send" in answer.text


def test_a_visitor_signs_in_with_the_token_of_the_form_and_it_ends_there(strict: FlaskClient, bea: Member) -> None:
    before = token(strict.get("/sign-in").text)
    entry = {"email": f"{bea.public_id}@firm.example", "password": PASSWORD, "csrf_token": before}
    assert strict.post("/sign-in", data=entry).status_code == 303
    assert strict.post("/sign-out", data={"csrf_token": before}).status_code == 400
    assert strict.post("/sign-out", data={"csrf_token": token(strict.get("/").text)}).status_code == 303


@pytest.mark.parametrize(("origin", "status"), [("http://localhost", 303), ("http://evil.example", 403), ("null", 403)])
def test_a_request_from_elsewhere_is_refused(client: FlaskClient, origin: str, status: int) -> None:
    assert client.post("/sign-out", headers={"Origin": origin}).status_code == status


def test_every_answer_forbids_inline_script_and_framing(client: FlaskClient) -> None:
    for path in ("/", "/nothing-here", "/health/live"):
        headers = client.get(path).headers
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_carry_nothing_inline(client: FlaskClient, sign_in: SignIn, bea: Member) -> None:
    for page in (client.get("/").text, client.get("/sign-in").text, sign_in(bea).get("/").text):
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", page)


def test_a_page_of_a_member_is_never_stored(sign_in: SignIn, bea: Member) -> None:
    assert sign_in(bea).get("/").headers["Cache-Control"] == "private, no-store"


def test_built_files_are_kept_for_good(client: FlaskClient) -> None:
    path = re.search(r'href="(/static/site-[^"]+\.css)"', client.get("/").text)[1]
    with client.get(path) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_half_a_megabyte_is_the_most_but_for_a_list_or_a_photo(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "x" * LARGEST_BODY})
    assert answer.status_code == 413
    assert "half a megabyte" in answer.text


@pytest.mark.parametrize(("size", "status"), [(1000, 422), (LARGEST_BODY, 413)])
def test_a_body_in_chunks_is_read_whole_or_refused(client: FlaskClient, size: int, status: int) -> None:
    body = b"password=x&email=" + b"x" * size
    form = EnvironBuilder(path="/sign-in", method="POST", content_type="application/x-www-form-urlencoded")
    chunked = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    environ = {name: value for name, value in (form.get_environ() | chunked).items() if name != "CONTENT_LENGTH"}
    _chunks, answered, _headers = run_wsgi_app(client.application, environ, buffered=True)
    assert answered[:3] == str(status)


@pytest.mark.parametrize(
    ("error", "status"), [(Invalid("Say more."), 422), (Conflict("Say more."), 409), (Refused("Say more."), 403)]
)
def test_a_refusal_is_told_in_its_own_words(tmp_path: Path, error: Exception, status: int) -> None:
    app = new_site(tmp_path)

    @app.get("/refused")
    @policy("page.home")
    def refused() -> str:
        raise error

    answer = app.test_client().get("/refused")
    assert (answer.status_code, "Say more." in answer.text) == (status, True)
    part = app.test_client().get("/refused", headers={"HX-Request": "true"}).text
    assert part.startswith("<p")


def test_a_failure_is_logged_by_place_and_not_by_what_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    app = new_site(tmp_path)

    @app.get("/fails")
    @policy("page.home")
    def fails() -> str:
        raise ValueError("carla@copper.example")

    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    answer = app.test_client().get("/fails")
    said = "".join(capsys.readouterr())
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ValueError" in said
    assert "carla" not in said + answer.text


@pytest.fixture
def https(app: Site, settings: Settings) -> Iterator[Site]:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    app = create_app(replace(settings, database_url=url, base_url="https://network.example"))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_behind_https_the_cookie_belongs_to_this_host_alone(https: Site) -> None:
    answer = https.test_client().get("/sign-in")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-goodword=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"]
