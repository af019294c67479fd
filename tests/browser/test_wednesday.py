"""From an empty week to a delivered one: a chapter's lead, a second person, a real worker, and a Mastodon server."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from mastodon_mock.testing.server import MockServer
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory import safe_http
from directory.clock import utc_now
from directory.db import write_session
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role, Wanted, WantedKind
from tests.browser.conftest import Visit, barriers
from tests.services import mastodon
from tests.services.proxy import Fault, Proxy

# A worker in a hurry, which asks a server of our own: what the tests wait for takes seconds instead of minutes.
WORKER = """
from dataclasses import replace
from datetime import timedelta
from directory import safe_http
from directory.outbox import delivery
from jobs import deliver, on_demand_checks, weekly_posts, worker
safe_http.LOOPBACK_IS_ALLOWED = True
deliver.LEASE = timedelta(seconds=1)
deliver.LOOKUP_PERIOD = timedelta(0)
delivery.CHANNEL_KINDS = tuple(replace(kind, settle=timedelta(0)) for kind in delivery.CHANNEL_KINDS)
jobs = (weekly_posts.tick, deliver.sweep, on_demand_checks.run_requested_checks)
worker.SCHEDULE = tuple((job, 1) for job in jobs)
worker.work(concurrency=1)
"""
OWN = "Do you know somebody who looks after an old theater in Mesa? Alma would like to meet them. #referralwednesday"
NOW = utc_now()  # The worker is a process of its own, and reads the clock.


@pytest.fixture
def now() -> object:
    return NOW


@pytest.fixture
def worker(app: Site, engine: Engine, tmp_path: Path) -> Iterator[None]:
    """A worker on the website's own home and database; it is stopped at the end."""
    environ = {**os.environ, "GOODWORD_HOME": str(tmp_path), "GOODWORD_DATABASE_URL": str(engine.url)}
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", WORKER], env=environ, stdout=log, stderr=log)
        yield
        process.terminate()
        process.wait(20)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[MockServer, Proxy]]:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    with mastodon.server() as running, Proxy(running.port) as proxy:
        yield running, proxy


def house(session: Session) -> tuple[Chapter, Member, Member]:
    """A chapter of two that has nothing but names and wants."""
    chapter = Chapter(key="mesa", name="Mesa", zone="UTC", weekday=(NOW + timedelta(2)).weekday(), public_at=NOW)
    people = []
    for name in ("Alma Reyes", "Bo Carver"):
        member = Member(name=name, joined_at=NOW, spotlight_at=NOW)
        member.business = Business(name=f"{name.split()[0]} & Co", chapter=chapter, created_at=NOW)
        ask = Wanted(member=member, kind=WantedKind.CLIENT, text="Owners of old theaters", wanted_at=NOW)
        ask.shared_at = NOW
        session.add_all([member, ask])
        people.append(member)
    session.flush()
    for member, role in zip(people, (Role.LEAD, Role.SECRETARY), strict=True):
        session.add(ChapterRole(member_id=member.id, chapter_id=chapter.id, role=role))
    session.commit()
    return chapter, people[0], people[1]


def until(page: Page, there: Callable[[], bool]) -> None:
    """Load the page again, as a person would, until the worker has done what is waited for."""
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end, page.content()
        time.sleep(0.5)
        page.reload()


def test_an_empty_week_is_connected_written_approved_posted_and_settled(
    visit: Visit, live: str, app: Site, session: Session, engine: Engine, worker: None, server: tuple[MockServer, Proxy]
) -> None:
    app.config.update(BASE_URL=live, CLOCK=utc_now)
    chapter, lead, second = house(session)
    _running, proxy = server
    page = visit("/week", lead)
    heading = page.get_by_role("heading", level=1)

    until(page, lambda: heading.inner_text() == "Mesa has no account to post from yet")

    # The first accounts, each on its guided page.
    page.get_by_role("link", name="Connect an account").click()
    page.get_by_role("link", name="Connect Files in a folder").click()
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="The connection works")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Channels of Mesa").click()
    page.get_by_role("link", name="Connect Mastodon").click()
    page.get_by_label("Server").fill(proxy.address)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Go to Mastodon").click()
    page.get_by_role("button", name="@goodword").click()
    expect(page.get_by_role("heading", name="The connection works")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("link", name="@goodword@127.0.0.1")).to_be_visible()

    # What each would say, with what counts while it is written; too long is said, and nothing is lost.
    page.goto("/week")
    until(page, lambda: page.locator(".post").count() == 2)
    expect(heading).to_contain_text("Mesa speaks up for")
    post = page.locator(".post", has_text="Mastodon")
    expect(post.locator(".said")).to_contain_text("Owners of old theaters")
    post.get_by_text("Say it in your own words").click()
    words, count = post.get_by_role("textbox"), post.locator(".post-facts .figures")
    words.fill("x" * 501)
    expect(count).to_have_text("501 of 500 characters")
    expect(count).to_have_class("role figures over")
    post.get_by_role("button", name="Save this text").click()
    expect(post.get_by_text("It is 1 too long for Mastodon.")).to_be_visible()
    expect(words).to_have_value("x" * 501)
    words.fill(OWN)
    post.get_by_role("button", name="Save this text").click()
    expect(page.locator(".said", has_text="Alma would like to meet them")).to_be_visible()

    # Sentences of their own wait for a second person, who reads them on a phone; and a time of its own.
    page.goto(f"/chapters/{chapter.public_id}/calendar")
    page.get_by_text("Write new ones").click()
    page.get_by_label("The first sentence").fill("Mesa asks around.")
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_role("heading", name="New sentences are waiting for approval")).to_be_visible()
    phone = visit(f"/chapters/{chapter.public_id}/calendar", second, phone=True)
    phone.get_by_role("button", name="Approve").click()
    expect(phone.get_by_text("Mesa asks around.")).to_be_visible()
    page.reload()
    page.locator("summary", has_text="Change").first.click()
    page.get_by_label("Time that day").first.fill("23:59")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(heading).to_contain_text("at 11:59 PM")

    # Its time comes, and the answer of the one network is lost: the file is there, and of the other nobody can tell.
    proxy.faults += [Fault("POST", "/api/v1/statuses", "after"), Fault("GET", "/api/v1/accounts", 500, times=99)]
    with write_session(engine) as own:
        turn = own.scalars(select(Occurrence).where(Occurrence.own_time.is_not(None))).one()
        turn.due_at = utc_now() - timedelta(minutes=1)
    phone.goto("/")
    until(phone, lambda: phone.get_by_role("heading", name="Did this post go through?").count() == 1)
    phone.get_by_role("link", name="Check", exact=True).click()
    told = phone.get_by_role("heading", level=1)
    expect(told).to_have_text("We do not know whether this post went through")
    expect(phone.locator(".said", has_text="Alma would like to meet them")).to_be_visible()
    assert barriers(phone) == []
    phone.get_by_role("button", name="It is there", exact=True).click()
    expect(told).to_have_text("This post went through")
    expect(phone.get_by_role("link", name="View the account")).to_be_visible()

    page.get_by_role("link", name="Chapter", exact=True).click()
    page.get_by_role("link", name="View channels").click()
    page.get_by_role("link", name="Last posted").first.click()
    expect(heading).to_have_text("This post went through")
    expect(page.locator(".said")).to_contain_text("Mesa asks around.")
    stranger = visit(f"/chapters/{chapter.public_id}/weeks")
    expect(stranger.locator(".said")).to_contain_text("Owners of old theaters")
    with Session(engine) as own:
        posts = own.scalars(select(Delivery).where(Delivery.channel_id.is_not(None))).all()
    assert [row.state for row in posts] == [DeliveryState.DELIVERED] * 2
    assert proxy.asked.count("POST /api/v1/statuses") == 1
