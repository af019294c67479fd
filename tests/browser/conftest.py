"""A real Chromium on the live website, with its rules about inline code in force and its complaints collected."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app.errors import Site
from directory.people.tables import Member
from tests.app.conftest import SignIn, app, bea, sign_in, site

__all__ = ("app", "bea", "sign_in", "site")

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--hide-scrollbars"]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each page has its own cookies."""
    own = {"executable_path": CHROMIUM} if Path(CHROMIUM).exists() else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=QUIET, **own)
        yield browser
        browser.close()


@pytest.fixture
def live(app: Site) -> Iterator[str]:
    """The address of the website of this test, served by threads of this process, with CSRF tokens on."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(chromium: Browser, live: str, app: Site, sign_in: SignIn) -> Iterator[Visit]:
    """``visit("/leads", member, phone=True, dark=True)`` opens a page; at the end nothing may have complained."""
    complaints: list[str] = []
    contexts = []

    def opened(path: str, member: Member | None = None, *, phone: bool = False, dark: bool = False) -> Page:
        context = chromium.new_context(
            base_url=live,
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 900},
            has_touch=phone,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        if member is not None:
            app.config["WTF_CSRF_ENABLED"] = False
            cookie = sign_in(member).get_cookie("goodword")
            app.config["WTF_CSRF_ENABLED"] = True
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def barriers(page: Page) -> list[str]:
    """What axe finds that would keep somebody out, with the elements; and a page wider than its window."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", STANDARD)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    told = [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"]]
    return told + ([f"{wide} px too wide"] if wide > 0 else [])
