"""Bad input never causes a server error: ids, URLs, files, JSON, and characters that no database accepts."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient

from directory.people.tables import Member
from tests.app.conftest import SignIn


@pytest.fixture
def browser(sign_in: SignIn, bea: Member) -> FlaskClient:
    return sign_in(bea)


@pytest.mark.parametrize("body", ["[1]", '"x"', "{", '{"person-name": {"a": 1}}', '{"person-name": [1]}'])
def test_a_json_body_is_not_read_as_a_form(browser: FlaskClient, body: str) -> None:
    for path in ("/profile/person", "/leads/new", "/sign-in"):
        answer = browser.post(path, data=body, content_type="application/json")
        assert answer.status_code in (303, 422)


def test_an_uploaded_file_is_not_accepted_as_text(browser: FlaskClient, client: FlaskClient) -> None:
    answer = browser.post("/profile/person", data={"person-name": (BytesIO(b"Mallory"), "name.txt")})
    assert answer.status_code == 422
    answer = client.post("/sign-in", data={"email": "a@b.example", "password": (BytesIO(b"x"), "x.txt")})
    assert answer.status_code == 422


@pytest.mark.parametrize("place", ["http://[", "http://localhost//evil.example", "https://evil.example/", "//[", "x"])
def test_an_invalid_or_foreign_redirect_target_leads_home(browser: FlaskClient, place: str) -> None:
    assert browser.get("/sign-in", query_string={"next": place}).location == "/"
    wanted = {"wanted-kind": "client", "wanted-text": "Clinics"}
    browser.post("/profile/wanted", data=wanted)
    with browser.application.test_request_context(headers={"Referer": place}):
        from app.after_action import previous_page

        assert previous_page() == "/"


@pytest.mark.parametrize("name", ["\u200d", "\u0301", "\u3164", "Be\u00ada", "Bea\U000e0041", "Be\u2062a"])
def test_a_name_of_invisible_characters_is_refused(browser: FlaskClient, name: str) -> None:
    assert browser.post("/profile/person", data={"person-name": name}).status_code == 422


NUL = (
    ("GET", "/members/a%00b", {}, 404),
    ("GET", "/leads/%00", {}, 404),
    ("GET", "/members?q=%00&capability=%00&chapter=%00&page=-9", {}, 200),
    ("POST", "/profile/capabilities/%00/remove", {}, 404),
    ("POST", "/profile/capabilities", {"claim-capability": "x\0"}, 422),
    ("POST", "/profile/person", {"person-name": "\0"}, 422),
    ("POST", "/leads/new", {"text": "a\0b"}, 422),
)


def test_no_database_is_ever_sent_a_nul(browser: FlaskClient, client: FlaskClient) -> None:
    assert client.post("/sign-in", data={"email": "a\0@b.example", "password": "x\0"}).status_code == 422
    for method, path, data, status in NUL:
        assert browser.open(path, method=method, data=data).status_code == status, path
