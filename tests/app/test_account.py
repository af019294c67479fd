"""Sign-ins as a list that can be ended, roles that an admin gives, and suspension that acts at once."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.accounts.sessions import browser_of
from app.accounts.tables import AccountSession
from app.errors import Site
from directory.audit import AuditEntry
from directory.db import world_version, write_session
from directory.errors import Conflict
from directory.people.chapter import Chapter
from directory.people.role import revoke_admin
from directory.people.suspension import suspend
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role
from directory.settings import Settings
from tests.app.conftest import PASSWORD, SignIn
from tests.app.delivered_mails import delivered, link_in
from tests.app.test_sign_in import attempt, is_in

REASON = {"reason": "Sold three members' addresses."}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
AGENTS = {
    FIREFOX: "Firefox on Windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.1 Safari/605.1": "Safari on a Mac",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/131 Safari/6": "Chrome on an iPhone",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/131.0 Safari/537 Edg/131.0": "Edge on Windows",
    "<script>alert(1)</script>": "A browser",
    "": "A browser",
}


class Town:
    """A chapter with Bea, its lead Lena and the admin Ada, committed."""

    def __init__(self, session: Session, bea: Member, now: datetime) -> None:
        self.chapter = Chapter(key="old-pueblo", name="Old Pueblo")
        bea.business.chapter = self.chapter
        self.lena, self.ada = (
            Member(name=name, business=Business(name=name, created_at=now, chapter=self.chapter), joined_at=now)
            for name in ("Lena Okafor", "Ada Whitfield")
        )
        self.ada.is_admin = True
        session.add_all([self.lena, self.ada])
        session.flush()
        session.add(ChapterRole(member_id=self.lena.id, chapter_id=self.chapter.id, role=Role.LEAD))
        session.commit()


@pytest.fixture
def town(session: Session, bea: Member, now: datetime) -> Town:
    return Town(session, bea, now)


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_called_what_a_person_calls_it(agent: str) -> None:
    assert browser_of(agent) == AGENTS[agent]


def test_sign_ins_are_listed_and_ended_one_by_one_or_all_others(
    app: Site, sign_in: SignIn, bea: Member, session: Session
) -> None:
    here, email = sign_in(bea), f"{bea.public_id}@firm.example"
    one, two = app.test_client(), app.test_client()
    for browser in (one, two):
        browser.post("/sign-in", data={"email": email, "password": PASSWORD}, headers={"User-Agent": FIREFOX})
    page = here.get("/account").text
    assert (page.count("Firefox on Windows"), page.count("This one, since")) == (2, 1)
    session.rollback()
    chosen = session.scalars(select(AccountSession.public_id).order_by(AccountSession.id)).all()[1]
    here.post("/account/sessions/end", data={"session": chosen})
    assert [is_in(browser) for browser in (here, one, two)] == [True, False, True]
    here.post("/account/sessions/end")
    assert [is_in(browser) for browser in (here, two)] == [True, False]


def test_nobody_ends_the_sign_in_of_another(sign_in: SignIn, bea: Member, town: Town, session: Session) -> None:
    beas, lenas = sign_in(bea), sign_in(town.lena)
    session.rollback()
    ids = session.scalars(select(AccountSession.public_id).order_by(AccountSession.id)).all()
    hidden, absent, odd = (
        lenas.post("/account/sessions/end", data={"session": chosen}) for chosen in (ids[0], "23456789abcd", "\0' or 1")
    )
    assert hidden.status_code == 404
    assert hidden.data == absent.data == odd.data
    assert is_in(beas)


def test_when_a_browser_was_seen_is_written_every_ten_minutes(
    app: Site, sign_in: SignIn, bea: Member, session: Session, now: datetime
) -> None:
    browser, seen = sign_in(bea), []
    browser.get("/account")
    for minutes in (9, 11, 12):
        app.config["CLOCK"] = lambda minutes=minutes: now + timedelta(minutes=minutes)
        browser.get("/account")
        session.rollback()
        seen.append((session.scalars(select(AccountSession.seen_at)).one() - now).seconds // 60)
    assert seen == [0, 11, 11]
    assert is_in(browser)


def test_an_admin_gives_and_takes_roles_and_it_is_written_down(
    sign_in: SignIn, bea: Member, town: Town, session: Session
) -> None:
    browser, path = sign_in(town.ada), f"/members/{bea.public_id}/roles"
    chosen = {"role": "lead", "chapter": town.chapter.public_id}
    for act, is_held in (("grant", True), ("grant", True), ("revoke", False), ("revoke", False)):
        assert browser.post(f"{path}/{act}", data=chosen).status_code == 303
        session.rollback()
        held = session.scalar(select(ChapterRole.id).filter_by(member_id=bea.id))
        assert (held is not None) is is_held
    browser.post(f"{path}/grant", data={"role": "admin"})
    assert "Remove role" in browser.get(path).text
    session.rollback()
    acts = session.execute(select(AuditEntry.action, AuditEntry.reason).order_by(AuditEntry.id)).all()
    lead = f"lead of chapter {town.chapter.public_id}"
    assert acts == [("role.grant", lead), ("role.revoke", lead), ("role.grant", "admin")]


@pytest.mark.parametrize(
    "wrong", [{}, {"role": "lead"}, {"role": "king", "chapter": "23456789abcd"}, {"role": "lead", "chapter": "\0"}]
)
def test_a_role_that_is_none_is_refused(sign_in: SignIn, bea: Member, town: Town, wrong: dict[str, str]) -> None:
    assert sign_in(town.ada).post(f"/members/{bea.public_id}/roles/grant", data=wrong).status_code == 422


def test_the_last_admin_stays(sign_in: SignIn, town: Town, session: Session, now: datetime) -> None:
    browser, path = sign_in(town.ada), f"/members/{town.ada.public_id}/roles/revoke"
    answer = browser.post(path, data={"role": "admin"})
    assert (answer.status_code, "last admin" in answer.text) == (409, True)
    town.lena.is_admin = True
    session.commit()
    assert browser.post(path, data={"role": "admin"}).status_code == 303
    session.refresh(town.ada)
    assert not town.ada.is_admin
    with pytest.raises(Conflict):
        revoke_admin(session, member=town.lena, by=town.ada, now=now)


def test_a_suspended_member_is_out_at_once_nowhere_and_told_why_until_reinstated(
    app: Site,
    sign_in: SignIn,
    bea: Member,
    town: Town,
    session: Session,
    engine: Engine,
    settings: Settings,
    now: datetime,
) -> None:
    beas, lenas = sign_in(bea), sign_in(town.lena)
    page, standing = f"/members/{bea.public_id}", f"/members/{bea.public_id}/standing"
    assert standing in lenas.get(page).text
    beas.post("/sign-in/link", data={"email": f"{bea.public_id}@firm.example"})
    link = link_in(delivered(engine, settings, now)[0])
    assert lenas.post(f"{page}/suspend").status_code == 422, "a reason is asked for"
    assert is_in(beas)
    before = world_version(session)
    assert lenas.post(f"{page}/suspend", data=REASON).location == standing
    assert not is_in(beas)
    assert app.test_client().post(link).location == "/sign-in"
    assert attempt(app.test_client(), f"{bea.public_id}@firm.example", PASSWORD).status_code == 422
    assert [lenas.get(path).status_code for path in (page, standing)] == [404, 200]
    assert "Bea Lindqvist" not in lenas.get("/members?q=Bea").text
    assert standing in lenas.get("/chapter").text
    (letter,) = delivered(engine, settings, now)
    assert REASON["reason"] in letter.get_content()
    session.rollback()
    assert world_version(session) != before
    assert lenas.post(f"{page}/reinstate", data=REASON).status_code == 303
    assert lenas.get(page).status_code == 200
    session.rollback()
    assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.reason != "")) == 2


def test_a_lead_suspends_neither_leads_nor_admins_nor_themselves_and_the_last_admin_stays(
    sign_in: SignIn, bea: Member, town: Town, session: Session
) -> None:
    beas, lenas, adas = (sign_in(member) for member in (bea, town.lena, town.ada))
    session.add(ChapterRole(member_id=bea.id, chapter_id=town.chapter.id, role=Role.LEAD))
    session.commit()
    for browser, member, status in (
        (lenas, bea, 403),
        (lenas, town.ada, 403),
        (lenas, town.lena, 403),
        (adas, town.ada, 403),
        (adas, town.lena, 303),
    ):
        assert browser.post(f"/members/{member.public_id}/suspend", data=REASON).status_code == status
    assert is_in(beas)
    session.rollback()
    assert session.scalars(select(Member.name).where(Member.state == MemberState.SUSPENDED)).all() == ["Lena Okafor"]


def test_no_admin_is_left_when_the_last_one_would_be_suspended(
    engine: Engine, town: Town, session: Session, now: datetime
) -> None:
    former = Member(
        name="Former", business=town.ada.business, joined_at=now, is_admin=True, state=MemberState.SUSPENDED
    )
    session.add(former)
    session.commit()
    with pytest.raises(Conflict, match="last admin"), write_session(engine) as other:
        suspend(other, member=other.get_one(Member, town.ada.id), by=other.get_one(Member, former.id), now=now)


def test_an_admin_starts_a_reset_and_never_sees_it(
    sign_in: SignIn, bea: Member, town: Town, client: FlaskClient, engine: Engine, settings: Settings, now: datetime
) -> None:
    sign_in(bea)
    answer = sign_in(town.ada).post(f"/members/{bea.public_id}/reset", follow_redirects=True)
    (letter,) = delivered(engine, settings, now)
    assert letter["To"] == f"{bea.public_id}@firm.example"
    assert link_in(letter) not in answer.text
    assert client.post(link_in(letter), data={"password": "another word"}).location == "/"


def test_a_sign_in_began_on_the_day_it_was_where_the_member_lives(
    session: Session, app: Site, town: Town, bea: Member, sign_in: SignIn, now: datetime
) -> None:
    town.chapter.zone = "America/Phoenix"
    session.commit()
    app.config["CLOCK"] = lambda: now + timedelta(hours=10)  # Tuesday in Greenwich
    assert "This one, since Mon, Nov 2" in sign_in(bea).get("/account").text
