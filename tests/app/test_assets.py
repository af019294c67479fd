"""What a first visit weighs: pages and assets are compressed, and few."""

import gzip
import re

import brotli
import pytest
from flask.testing import FlaskClient

from app.factory import ROOT
from directory.people.tables import Member
from tests.app.conftest import SignIn

LIGHT, REQUESTS = 150_000, 6  # bytes and requests of a first page


def fetched(client: FlaskClient, path: str, encoding: str) -> bytes:
    with client.get(path, headers={"Accept-Encoding": encoding}) as answer:
        assert answer.status_code == 200
        assert "Accept-Encoding" in answer.vary
        return answer.data


def test_a_first_page_is_light(sign_in: SignIn, bea: Member) -> None:
    browser = sign_in(bea)
    page = fetched(browser, "/members", "gzip, br")
    html = brotli.decompress(page).decode()
    sizes = {
        path: len(fetched(browser, path, "gzip, br")) for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', html)
    }
    assert len(page) + sum(sizes.values()) <= LIGHT, sizes
    assert 4 < 1 + len(sizes) <= REQUESTS
    assert b"/members" in fetched(browser, "/members", "identity")


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity", "zstd"])
def test_an_asset_is_the_same_in_every_encoding(client: FlaskClient, encoding: str) -> None:
    (css,) = (ROOT / "app/static/vendor").glob("site-*.css")
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding, bytes)
    assert unpack(fetched(client, f"/static/{css.name}", encoding)) == css.read_bytes()
    with client.get(f"/static/{css.name}", headers={"Accept-Encoding": encoding}) as answer:
        assert answer.content_encoding == (encoding if unpack is not bytes else None)
        assert answer.mimetype == "text/css"
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["favicon.ico", "apple-touch-icon.png"])
def test_the_icon_is_found_by_its_well_known_names(client: FlaskClient, name: str) -> None:
    with client.get(f"/{name}") as answer:
        assert (answer.status_code, answer.content_type) == (200, "image/png")
        assert answer.data.startswith(b"\x89PNG")
        assert answer.cache_control.max_age == 24 * 3600
