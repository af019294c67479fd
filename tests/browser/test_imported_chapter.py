"""A chapter of 28 people, imported in the browser: each reaches each, and who has not joined gets no more mail."""

import re
from collections import Counter
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.outbox.delivery import due_deliveries
from directory.people.tables import Member
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import member_views
from directory.settings import Settings, load_settings
from directory.week.occurrence_planning import plan_occurrences
from jobs import weekly_pairings, weekly_prompts
from jobs.deliver import deliver_one
from tests.app.conftest import PASSWORD
from tests.browser.conftest import Visit, barriers
from tests.cast import let_lead
from tests.services.postbox import Postbox, postbox

TRADES = ("Bookkeeping", "Roofing", "Signs and banners", "Estate law", "Catering", "Web design", "Plumbing")
NAMES = "Andre Beth Cal Dee Eli Fay Gus Hal Ida Jo Kim Lou Mo Nan Ola Pat Ron Ray Sue Ted Uma Val Walt Xena Yul Zoe Abe"
HEADER = "Name\tEmail\tCompany\tWhat they do\tLooking for\tPhone"
PEOPLE = "\n".join(  # every fifth has no phone
    f"{name} Firstday\t{name.lower()}@day{n}.example\tDay {n} Works\t{TRADES[n % 7]} for small firms\t"
    f"{TRADES[(n + 2) % 7]}\t{'' if n % 5 == 0 else f'(520) 555-01{n:02}'}"
    for n, name in enumerate(NAMES.split())
)
EARLY = 9  # who join before the week turns


class Tape:
    """The mail server of the chapter, and what the outbox sends to it."""

    def __init__(self, box: Postbox, engine: Engine, settings: Settings) -> None:
        self.box, self.engine, self.settings = box, engine, settings

    def send_all(self, at: datetime) -> None:
        with Session(self.engine) as session:
            ids = [row.public_id for row in due_deliveries(session, now=at)]
        for public_id in ids:
            deliver_one(self.engine, public_id, settings=self.settings, now=at)

    def links(self) -> dict[str, str]:
        """Return the path of the newest invitation by its address."""
        found = {}
        for mail in self.box.mails:
            if link := re.search(r"http://localhost(/join/\S+)", mail.get_content()):
                found[parseaddr(mail["To"])[1]] = link[1]
        return found


def join(app: Site, path: str) -> FlaskClient:
    browser = app.test_client()
    assert browser.post(path).location == "/welcome"
    return browser


def reaches(browser: FlaskClient, other: str) -> bool:
    """Whether the page of ``other`` offers a way, and every way it offers is there when it is asked for."""
    ways = set(re.findall(r'name="way" value="(\w+)"', browser.get(f"/members/{other}").text))
    given = {way: browser.post(f"/members/{other}/contact", data={"way": way}).text for way in ways}
    expected = {"call": r'href="tel:', "message": rf'href="mailto:|action="/members/{other}/message"'}
    return bool(ways) and all(re.search(expected[way], text) for way, text in given.items())


@pytest.fixture
def lead(session: Session, bea: Member) -> Member:
    """Bea, who leads a chapter that has nobody but her."""
    let_lead(session, bea)
    return bea


def test_each_of_28_reaches_each_and_who_has_not_joined_is_left_in_peace(
    visit: Visit, app: Site, engine: Engine, lead: Member, tmp_path: Path, now: datetime
) -> None:
    with postbox() as (box, port):
        told = {"HOME": str(tmp_path), "MAIL_URL": f"smtp://127.0.0.1:{port}", "BASE_URL": "http://localhost"}
        tape = Tape(box, engine, load_settings({f"GOODWORD_{name}": value for name, value in told.items()}))
        page = visit("/chapter", lead)
        page.get_by_role("link", name="Paste your list").click()
        page.get_by_label("Paste your list").fill(f"{HEADER}\n{PEOPLE}")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_label("They agreed that members of this chapter can see")).to_be_checked()
        assert barriers(page) == []
        page.get_by_role("button", name="Invite these 27 people").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("27 people are invited")
        app.config["WTF_CSRF_ENABLED"] = False
        with Session(engine) as session:
            emails = dict(session.execute(select(Member.public_id, Member.email)).all())
        boss = next(id for id, email in emails.items() if "day" not in (email or ""))

        tape.send_all(now + timedelta(minutes=11))
        links = tape.links()
        assert len(links) == len(box.mails) == 27
        early = sorted(links)[:EARLY]
        browsers = {to: join(app, links[to]) for to in early}
        mine = {email: id for id, email in emails.items()}
        late = [mine[to] for to in links if to not in browsers]
        for to in early[:3]:  # they show nothing to anybody
            nothing = {"direct_phone": "nobody", "direct_email": "nobody"}
            assert browsers[to].post("/welcome/contact", data=nothing).status_code == 303
        andre = browsers[early[0]]
        for other in late:
            said = {
                "message": {"text": "Hello, shall we meet?"},
                "interactions": {"kind": "worked", "year": "2025"},
                "vouches/new": {"text": "She mended our roof well.", "known_as": "client"},
            }
            statuses = [andre.post(f"/members/{other}/{act}", data=data).status_code for act, data in said.items()]
            assert statuses == [303] * 3
        boss_browser = app.test_client()
        boss_browser.post("/sign-in", data={"email": emails[boss], "password": PASSWORD})
        statuses = [boss_browser.post(f"/invitations/{other}/again").status_code for other in late]
        assert set(statuses) == {409}  # they were invited today

        with write_session(engine) as session:
            due_at = plan_occurrences(session, now=now)[-1].due_at
        for job in (weekly_pairings.propose, weekly_prompts.compose, weekly_prompts.notify_mentioned):
            job(engine, now=due_at - timedelta(minutes=30), settings=tape.settings)
        tape.send_all(due_at)
        app.config["CLOCK"] = lambda: due_at
        for _ in range(2):
            for other in late:
                boss_browser.post(f"/invitations/{other}/again")
            tape.send_all(due_at)
        received = Counter(parseaddr(mail["To"])[1] for mail in box.mails)
        subjects = {mail["Subject"] for mail in box.mails if mine.get(parseaddr(mail["To"])[1]) in late}
        assert {received[emails[other]] for other in late} == {2}  # the invitation and one reminder
        assert all("invites you" in subject for subject in subjects)
        assert min(received[to] for to in early) >= 2  # they have joined, and get their week

        links = tape.links()
        browsers |= {emails[other]: join(app, links[emails[other]]) for other in late}
        for other in late:
            home = browsers[emails[other]].get("/").text
            assert "She mended our roof well." in home
            assert "says you two worked together" in home
        readers = {mine[to]: browser for to, browser in browsers.items()} | {boss: boss_browser}
        assert len(readers) == 28
        ring = list(readers)
        pairs = [(reader, ring[(at + EARLY) % 28]) for at, reader in enumerate(ring)]  # early, late, and across
        unreached = [(emails[one], emails[other]) for one, other in pairs if not reaches(readers[one], other)]
        assert unreached == []
        with Session(engine) as session:
            people = session.scalars(select(Member)).all()
            views = [view for one in people for view in member_views(session, reader=one, members=people).values()]
        hidden = 4 * 27  # three chose so, and Bea was on no list: a message reaches them
        assert Counter(bool(contact_of(view)) for view in views) == {True: 28 * 28 - hidden, False: hidden}
