"""Attribution: short links lead only to this site, clicks are counted anonymously, results are credited to posts."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.facts.introduction import Introduction
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.outbox.channel import Channel
from directory.outbox.channel_lifecycle import connect
from directory.outbox.delivery import Delivery
from directory.outbox.post_snapshot import PostSnapshot
from directory.outbox.short_link import ShortLink, ShortLinkClicks
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role
from directory.reports.attribution import credits_of, intended_spending, summary_sentence
from directory.secrets import SecretBox
from directory.settings import Settings
from directory.week.mention_choice import Mention
from directory.week.occurrence_planning import plan_occurrences
from directory.week.social_inbox import Outcome, Reply
from jobs import weekly_posts
from tests.app.conftest import PASSWORD, SignIn
from tests.app.delivered_mails import delivered, link_in

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}
APPLIES = {"name": "Vera Ok", "email": "vera@client.example", "firm": "Vera & Co", "sentence": "We cook.", "knows": ""}
Follow = Callable[..., FlaskClient]


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


@pytest.fixture
def code(engine: Engine, settings: Settings, now: datetime) -> str:
    """Post a week of Old Pueblo to a file, without a link, and to a closed group; return the code of the link there."""
    with write_session(engine) as session:
        chapter = old_pueblo(session)
        chapter.public_at = chapter.indexed_at = now
        session.add(Channel(chapter=chapter, kind="kit", name="Tucson traders", has_link=True))
        due_at = next(turn.due_at for turn in plan_occurrences(session, now=now) if turn.chapter is chapter)
    assert weekly_posts.run_due_occurrences(engine, settings=settings, now=due_at, chapter="old-pueblo")
    with Session(engine) as session:
        return session.scalars(select(ShortLink)).one().public_id


@pytest.fixture
def follow(app: Site, code: str) -> Follow:
    """Return a function that clicks the link in a browser, by default a new one, and returns the browser."""

    def click(browser: FlaskClient | None = None) -> FlaskClient:
        browser = browser or app.test_client()
        assert browser.get(f"/s/{code}", headers=PERSON).status_code == 302
        return browser

    return click


def old_pueblo(session: Session) -> Chapter:
    return session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()


def member(engine: Engine, key: str) -> Member:
    with Session(engine) as session:
        return session.scalars(select(Member).where(Member.key == key)).one()


def results(engine: Engine) -> dict[str, int]:
    """Return the attribution counts of the closed group's post, without zeros."""
    with Session(engine) as session:
        (credit,) = [each for each in credits_of(session, chapter=old_pueblo(session)) if each.has_link]
        return dict(+credit.counts)


def clicks(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.coalesce(func.sum(ShortLinkClicks.count), 0)))


def test_the_short_link_is_in_the_snapshot_and_not_in_the_archive(engine: Engine, app: Site, code: str) -> None:
    with Session(engine) as session:
        row = session.scalars(select(ShortLink)).one().delivery
        assert f"\nhttp://localhost/s/{code}" in PostSnapshot.from_bytes(row.payload).text
        weeks = f"/chapters/{old_pueblo(session).public_id}/weeks"
    for path in (weeks, f"{weeks}/feed.atom"):
        assert "/s/" not in app.test_client().get(path).text


def test_a_short_link_leads_to_its_week_or_chapter_and_nowhere_else(
    engine: Engine, app: Site, code: str, now: datetime
) -> None:
    stranger, absent = app.test_client(), app.test_client().get("/s/23456789abcd")
    answer = stranger.get(f"/s/{code}?to=https://evil.example")
    assert re.fullmatch(r"/chapters/\w{12}/weeks/\w{12}", answer.location)
    assert stranger.get(answer.location).status_code == 200
    with write_session(engine) as session:
        session.execute(Member.__table__.update().values(spotlight_at=None))
        for delivery in session.scalars(select(Delivery).where(Delivery.channel_id.is_not(None))):
            delivery.payload = b""
    assert re.fullmatch(r"/chapters/\w{12}", stranger.get(f"/s/{code}").location)
    with write_session(engine) as session:
        old_pueblo(session).public_at = None
    hidden = stranger.get(f"/s/{code}", headers=PERSON)
    assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data) == (404, absent.data)
    assert clicks(engine) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", PERSON),
        ("GET", {**PERSON, "Sec-Purpose": "prefetch;prerender"}),
        ("GET", {**PERSON, "Purpose": "prefetch"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Twitterbot/1.0)"}),
        ("GET", {"User-Agent": "Mastodon/4.5.0 (http.rb/5.3.0; +https://mastodon.example/)"}),
        ("GET", {"User-Agent": "facebookexternalhit/1.1"}),
        ("GET", {"User-Agent": "WhatsApp/2.25.1 A"}),
        ("GET", {"User-Agent": ""}),
    ],
)
def test_prefetches_and_bots_are_redirected_but_not_counted(
    engine: Engine, app: Site, code: str, method: str, headers: dict[str, str]
) -> None:
    answer = app.test_client().open(f"/s/{code}", method=method, headers=headers)
    assert answer.status_code == 302
    assert "Set-Cookie" not in answer.headers
    assert clicks(engine) == 0


def test_concurrent_clicks_are_all_counted(engine: Engine, follow: Follow) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len([done.result() for done in [pool.submit(follow) for _ in range(24)]]) == clicks(engine) == 24


@pytest.mark.slow
def test_clicks_are_counted_per_chapter_day_and_limited_per_address(
    engine: Engine, app: Site, follow: Follow, now: datetime
) -> None:
    for hours in (0, 0, 14, 16):  # local time: 9:00 twice, 23:00, and 1:00 of the next day
        app.config["CLOCK"] = lambda hours=hours: now + timedelta(hours=hours)
        follow()
    with Session(engine) as session:
        assert [row.count for row in session.scalars(select(ShortLinkClicks).order_by(ShortLinkClicks.day))] == [3, 1]
    for _ in range(70):
        follow()
    assert clicks(engine) == 3 + 60


def test_a_lead_application_and_message_after_a_click_count_once(
    engine: Engine, settings: Settings, app: Site, sign_in: SignIn, follow: Follow, now: datetime
) -> None:
    with write_session(engine) as session:
        bea = session.scalars(select(Member).where(Member.key == "bea")).one()
        bea.public_at, path, home = now, f"/people/{bea.public_id}", old_pueblo(session).public_id
    lead = {"text": "A bakery in Tucson needs a WordPress site", "budget": "$15,000"}
    nadia = follow(sign_in(member(engine, "nadia")))
    for _ in range(2):
        assert nadia.post("/leads/new", data={**lead, "again": "y"}).status_code == 303
    follow().post(f"/chapters/{home}/apply", data={**APPLIES, "homepage": ""})
    follow().post(path, data={"name": "Vera", "email": "vera@other.example", "text": "We need a site.", "website": ""})
    assert results(engine) == {"visits": 3, "leads": 1}  # neither mail address is confirmed yet
    letters = delivered(engine, settings, now)
    links = [link_in(letter) for letter in letters if "vera" in letter["To"]]
    for link in links:
        assert app.test_client().post(link).status_code == 303
    assert results(engine) == {"visits": 3, "leads": 1, "applications": 1, "replies": 1}
    with Session(engine) as session:
        mine = session.scalars(select(Lead).where(Lead.came_from_id.is_not(None))).one()
    nadia.post(f"/leads/{mine.public_id}/declined")
    assert results(engine)["closed"] == 1
    with Session(engine) as session:
        credits = credits_of(session, chapter=old_pueblo(session))
        assert (
            summary_sentence(credits)
            == "One post brought 3 visits, one reply, one person who applied to join and one lead (1 closed)"
        )
        assert intended_spending(credits) == "$15,000"


def test_a_click_survives_sign_in_credits_one_act_and_expires_after_30_days(
    engine: Engine, app: Site, sign_in: SignIn, follow: Follow, now: datetime
) -> None:
    nadia, carla = member(engine, "nadia"), member(engine, "carla")
    sign_in(nadia)  # creates her account
    browser, said = follow(), {"email": f"{nadia.public_id}@firm.example", "password": PASSWORD}
    assert browser.post("/sign-in", data=said).status_code == 303
    asks = {"text": "We could share a client.", "via": ""}
    # This request is refused, so the click is kept.
    browser.post(f"/members/{carla.public_id}/introductions/new", data={**asks, "text": "?"})
    with Session(engine) as session:
        assert session.scalars(select(Introduction.came_from_id)).all() == []
    for key in ("walter", "mei"):
        browser.post(f"/members/{member(engine, key).public_id}/introductions/new", data=asks)
    assert results(engine) == {"visits": 1, "introductions": 1}
    with Session(engine) as session:
        assert len(session.scalars(select(Introduction.came_from_id)).all()) == 2
        home = old_pueblo(session).public_id
    for days in (29, 30):
        app.config["CLOCK"] = lambda: now
        stranger = follow()
        app.config["CLOCK"] = lambda days=days: now + timedelta(days=days)
        stranger.post(f"/chapters/{home}/apply", data={**APPLIES, "email": f"{days}@client.example", "homepage": ""})
        with Session(engine) as session:
            *_, last = session.scalars(select(Application).order_by(Application.id))
            assert (last.came_from_id is None) is (days == 30)


def test_replies_and_a_lead_made_from_one_count_for_their_post(
    engine: Engine, sign_in: SignIn, code: str, now: datetime
) -> None:
    with write_session(engine) as session:
        post = session.scalars(select(ShortLink)).one().delivery
        for at, outcome in enumerate((None, Outcome.INTRODUCTION, Outcome.IGNORED)):
            said = {"author": "@vera@social.example", "text": "I know one in Tucson", "address": ""}
            where = {"channel_id": post.channel_id, "about_id": post.id, "external_id": str(at), "kind": "reply"}
            session.add(Reply(**where, **said, said_at=now, heard_at=now, outcome=outcome))
        session.flush()
        reply = session.scalars(select(Reply.public_id).where(Reply.outcome.is_(None))).one()
    lena = sign_in(member(engine, "lena"))
    assert lena.post(f"/leads/new?reply={reply}", data={"text": "A bakery needs a WordPress site"}).status_code == 303
    assert results(engine) == {"replies": 3, "introductions": 1, "leads": 1}


def test_leads_and_secretaries_read_the_attribution_of_their_chapter(
    engine: Engine, sign_in: SignIn, follow: Follow, now: datetime
) -> None:
    follow()
    lena, sam = member(engine, "lena"), member(engine, "carla")
    with write_session(engine) as session:
        chapter, post = old_pueblo(session), session.scalars(select(ShortLink)).one().delivery
        session.add(ChapterRole(member_id=sam.id, chapter_id=chapter.id, role=Role.SECRETARY))
        lead = session.scalars(select(Lead).where(Lead.member.has(key="nadia"))).first()
        lead.came_from_id, lead.closed_at, lead.budget_minor = post.id, now, 1500000
        home, kit = f"/chapters/{chapter.public_id}/attribution", f"/deliveries/{post.public_id}"
        valley = session.scalars(select(Chapter).where(Chapter.key != "old-pueblo")).first().public_id
    leads, keeps = sign_in(lena), sign_in(sam)
    page = leads.get(home).text
    # The post for the closed group is not posted yet.
    assert "One post brought one visit and one lead (1 closed)" in page
    assert "not posted yet" in page
    assert "$15,000" in page
    assert "$15,000" not in keeps.get(home).text  # a secretary may not read leads
    assert "Nadia" not in page
    leads.post(f"{kit}/posted")
    assert "2 posts brought" in leads.get(home).text
    leads.post(f"{kit}/waiting")
    assert "One post brought" in leads.get(home).text
    assert leads.get(f"/chapters/{valley}/attribution").status_code == 403
    assert sign_in(member(engine, "ada")).get(f"/chapters/{valley}/attribution").text.count("Nothing known yet") == 1


def test_a_post_for_a_closed_group_shows_its_image_and_link(engine: Engine, sign_in: SignIn, code: str) -> None:
    with Session(engine) as session:
        row = session.scalars(select(ShortLink)).one().delivery
        post = PostSnapshot.from_bytes(row.payload)
    lena = sign_in(member(engine, "lena"))
    page, picture = lena.get(f"/deliveries/{row.public_id}").text, lena.get(f"/deliveries/{row.public_id}/picture.png")
    assert post.alt
    assert f'alt="{post.alt}"' in page
    assert f"http://localhost/s/{code}" in page
    assert sha256(picture.data).hexdigest() == post.image
    stranger = sign_in(member(engine, "nadia"))
    assert stranger.get(f"/deliveries/{row.public_id}/picture.png").status_code == 404


def test_a_new_closed_group_has_a_link_only_if_the_chapter_is_public(engine: Engine, now: datetime) -> None:
    with write_session(engine) as session:
        chapter, lena = old_pueblo(session), session.scalars(select(Member).where(Member.key == "lena")).one()
        for public_at in (None, now):
            chapter.public_at, said = public_at, {"address": "https://groups.example"}
            what = {"chapter": chapter, "kind": "kit", "values": said, "member": lena, "now": now}
            assert connect(session, **what, secrets=SecretBox(["k" * 32])).has_link is (public_at is not None)


def test_removing_a_name_updates_the_feed_entry_and_weeks_are_in_the_sitemap(
    engine: Engine, app: Site, code: str
) -> None:
    stranger = app.test_client()
    week = stranger.get(f"/s/{code}").location
    feed = f"{week.rpartition('/')[0]}/feed.atom"
    assert week in stranger.get("/sitemap.xml").text
    before = re.findall("<updated>([^<]+)", stranger.get(feed).text)
    assert before == re.findall("<updated>([^<]+)", stranger.get(feed).text)
    with write_session(engine) as session:
        session.scalars(select(Mention)).first().member.spotlight_at = None
    after = re.findall("<updated>([^<]+)", stranger.get(feed).text)
    assert all(was < then for was, then in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("server", "is_one"),
    [
        *(("mastodon.social", True), ("Social.Example.ORG", True), ("evil.example/x", False), ("a b.example", False)),
        *(("evil.example@x.example", False), ("javascript:x", False), ("localhost", False), ("1.2.3.4", False)),
    ],
)
def test_the_share_link_to_mastodon_needs_a_valid_host_name(
    engine: Engine, sign_in: SignIn, server: str, is_one: bool
) -> None:
    page = sign_in(member(engine, "nadia")).get("/week/share", query_string={"server": server}).text
    assert (f'href="https://{server.casefold()}/share?text=' in page) is is_one
    assert page.count("/share?text=") == is_one
