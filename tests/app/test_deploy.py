"""The files of deploy/: what the proxy sends is what the website trusts, and the services run what there is."""

import re
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

import pytest
from flask import request

from app import create_app
from app.access import policy
from app.cli import COMMANDS
from app.cli.serve import Server, serve
from app.db import db
from app.errors import Site
from app.security import LARGER_BODIES
from directory.settings import Settings
from tests.cli.test_cli import Run, home, run

__all__ = ("home", "run")
DEPLOY = Path(__file__).parents[2] / "deploy"
PROXY = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
VISITOR = "203.0.113.9"
FORGED = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}


@pytest.fixture
def https(app: Site, settings: Settings) -> Iterator[Site]:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    site = create_app(replace(settings, database_url=url, base_url="https://network.example"))

    @site.get("/echo")
    @policy("page.home")
    def echo() -> str:
        return f"{request.remote_addr} {request.url}"

    yield site
    with site.app_context():
        db.engine.dispose()


def by_proxy(sent: dict[str, str]) -> dict[str, str]:
    """Return the headers that nginx passes on for a visitor's request with the headers ``sent``."""
    values = {"$host": sent.get("Host", "network.example"), "$remote_addr": VISITOR, "$scheme": "https"}
    set_here = re.findall(r"proxy_set_header (\S+) (\S+);", PROXY)
    return {**sent, **{name: values[value] for name, value in set_here}}


@pytest.mark.parametrize("sent", [{}, FORGED, {"Host": "evil.example", **FORGED}])
def test_a_visitor_cannot_forge_who_asks_or_which_site_answers(https: Site, sent: dict[str, str]) -> None:
    answer = https.test_client().get("/echo", headers=by_proxy(sent))
    assert answer.text == f"{VISITOR} https://network.example/echo"
    form = {"Origin": "https://evil.example", **sent}
    assert https.test_client().post("/sign-in", headers=by_proxy(form)).status_code == 403


def test_the_proxy_lets_the_largest_upload_pass() -> None:
    megabytes = int(re.findall(r"client_max_body_size (\d+)m;", PROXY)[0])
    assert megabytes * 1024**2 >= max(LARGER_BODIES.values())


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_a_service_runs_its_command_and_starts_again(name: str) -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / f"goodword-{name}.service", encoding="utf-8")
    assert unit["Service"]["Restart"] == "always"
    started = unit["Service"]["ExecStart"].partition("/.venv/bin/goodword ")[2]
    assert started == name
    assert started in [command for command, _, _ in COMMANDS]


@pytest.mark.parametrize(
    ("url", "warns"),
    [("http://network.example", True), ("https://network.example", False), ("http://localhost:8000", False)],
)
def test_serve_warns_of_http_beyond_this_machine(
    run: Run, url: str, warns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "run", lambda _: None)
    monkeypatch.setenv("GOODWORD_BASE_URL", url)
    assert ("unencrypted" in run(serve.name).output) == warns
