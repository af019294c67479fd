"""The public archive of posts without members who withdrew consent, posting by hand in closed groups, share texts."""

from datetime import datetime
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from app.pages.archive import ATOM
from directory.db import write_session
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.privacy.erasure import erase
from directory.settings import Settings
from directory.week.member_share_text import share_text
from directory.week.mention_choice import Mention
from directory.week.occurrence_planning import plan_occurrences
from jobs import weekly_posts
from tests.app.conftest import SignIn


@pytest.fixture
def engine(demo: Engine) -> Engine:
    return demo


@pytest.fixture
def posted(engine: Engine, settings: Settings, now: datetime) -> str:
    """Post a week of Old Pueblo to a file and a closed group; return the path of its archive."""
    with write_session(engine) as session:
        chapter = session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
        chapter.public_at, path = now, f"/chapters/{chapter.public_id}/weeks"
        settings_of_kit = {"address": "https://groups.example/tucson"}
        session.add(Channel(chapter=chapter, kind="kit", name="Tucson traders", settings=settings_of_kit))
        due_at = next(turn.due_at for turn in plan_occurrences(session, now=now) if turn.chapter is chapter)
    assert weekly_posts.run_due_occurrences(engine, settings=settings, now=due_at, chapter="old-pueblo")
    return path


def week_of(engine: Engine, path: str) -> tuple[str, str]:
    with Session(engine) as session:
        turn = session.scalars(select(Occurrence).where(Occurrence.posted_at.is_not(None))).one()
        mention = session.scalars(select(Mention).where(Mention.occurrence_id == turn.id)).first()
        return f"{path}/{turn.public_id}", mention.member.name


def test_past_weeks_are_public_on_pages_and_in_the_feed(engine: Engine, app: Site, posted: str) -> None:
    stranger, (page, name) = app.test_client(), week_of(engine, posted)
    for path in (posted, page):
        assert name.split()[0] in stranger.get(path).text
    answer = stranger.get(f"{posted}/feed.atom")
    assert answer.mimetype == "application/atom+xml"
    (entry,) = fromstring(answer.data).findall(f"{{{ATOM}}}entry")
    assert name.split()[0] in entry.findtext(f"{{{ATOM}}}content")
    assert entry.find(f"{{{ATOM}}}link").get("href") == f"http://localhost{page}"
    again = fromstring(stranger.get(f"{posted}/feed.atom").data)
    assert again.findtext(f"{{{ATOM}}}entry/{{{ATOM}}}id") == entry.findtext(f"{{{ATOM}}}id")


def test_a_member_who_withdraws_consent_leaves_the_archive_at_once(engine: Engine, app: Site, posted: str) -> None:
    page, name = week_of(engine, posted)
    with write_session(engine) as session:
        member = session.scalars(select(Member).where(Member.name == name)).one()
        member.spotlight_at, firm = None, member.business.name
    for path in (posted, page, f"{posted}/feed.atom"):
        text = app.test_client().get(path).text
        assert name not in text
        assert firm not in text


def test_a_week_whose_ask_was_withdrawn_is_404(engine: Engine, app: Site, posted: str) -> None:
    page, _name = week_of(engine, posted)
    with write_session(engine) as session:
        asks = [mention.wanted or mention.lead for mention in session.scalars(select(Mention))]
        for ask in filter(None, asks):
            setattr(ask, "shared_at" if hasattr(ask, "shared_at") else "asked_at", None)
        assert any(asks)
    assert app.test_client().get(page).status_code == 404


def test_erasing_a_member_purges_posts_that_wait_in_closed_groups(
    engine: Engine, sign_in: SignIn, posted: str, now: datetime
) -> None:
    _page, name = week_of(engine, posted)
    with write_session(engine) as session:
        erase(session, member=session.scalars(select(Member).where(Member.name == name)).one(), by=None, now=now)
        kept = session.scalars(select(Delivery).where(Delivery.channel_id.is_not(None))).all()
        assert [row.payload for row in kept] == [b""] * len(kept)
        paths = [f"/deliveries/{row.public_id}" for row in kept]
    with Session(engine) as session:
        browser = sign_in(session.scalars(select(Member).where(Member.key == "lena")).one())
    for path in paths:
        assert "The text was deleted" in browser.get(path).text
        assert browser.post(f"{path}/posted").status_code == 409


def test_a_chapter_that_is_not_public_has_no_archive(engine: Engine, app: Site, posted: str) -> None:
    page, _name = week_of(engine, posted)
    with write_session(engine) as session:
        session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one().public_at = None
    stranger, absent = app.test_client(), "/chapters/23456789abcd/weeks"
    for path in (posted, page, f"{posted}/feed.atom"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.data) == (404, stranger.get(absent).data)


def test_marking_a_closed_group_post_as_posted_by_hand_can_be_undone(
    engine: Engine, sign_in: SignIn, posted: str
) -> None:
    with Session(engine) as session:
        lena = sign_in(session.scalars(select(Member).where(Member.key == "lena")).one())
        row = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.BY_HAND)).one()
        path = f"/deliveries/{row.public_id}"
    assert "One post for you to post by hand" in lena.get("/").text
    assert "Copy the text" in lena.get(path).text
    assert "counts as posted" in lena.post(f"{path}/posted", follow_redirects=True).text
    assert lena.post(f"{path}/posted").status_code == 409
    lena.post(f"{path}/waiting")
    with Session(engine) as session:
        assert session.scalars(select(Delivery.state).where(Delivery.public_id == row.public_id)).one() == "by_hand"


def test_every_member_has_a_share_text_of_their_own(engine: Engine, sign_in: SignIn, posted: str) -> None:
    with Session(engine) as session:
        nadia = session.scalars(select(Member).where(Member.key == "nadia")).one()
        page = sign_in(nadia).get("/week/share").text
        assert "https://wa.me/?text=" in page
        assert "#referralwednesday" in page
        here = select(Member).where(Member.is_active, Member.business.has(chapter_id=nadia.business.chapter_id))
        texts = [share_text(session, member=member) for member in session.scalars(here)]
    assert len(set(texts)) == len(texts) > 10
    assert max(map(len, texts)) <= 450
