"""The directory on the website: search, profiles, interactions and vouches, and the query count of pages."""

import re
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.business import index_businesses
from directory.people.claim import Claim
from directory.people.tables import Business, Member, MemberState, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from directory.week.social_inbox import Reply
from tests.app.conftest import SignIn

HOSTILE = "<script>alert(1)</script> {{ 191 * 7 }} ' \" & é漢 👩‍🏭"


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


def ids(engine: Engine) -> dict[str, str]:
    """Return the public ids of members by key and of firms by name."""
    with Session(engine) as session:
        members = session.execute(select(Member.key, Member.public_id)).all()
        firms = session.execute(select(Business.name, Business.public_id)).all()
    return dict([*members, *firms])


@pytest.fixture
def who(engine: Engine) -> dict[str, str]:
    return ids(engine)


@pytest.fixture
def nadia(engine: Engine, sign_in: SignIn) -> FlaskClient:
    """The browser of Nadia of Northlight Studio."""
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).where(Member.key == "nadia")).one())


@pytest.fixture
def bea_browser(engine: Engine, sign_in: SignIn) -> FlaskClient:
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).where(Member.key == "bea")).one())


def rows(engine: Engine, table: type[Interaction] | type[Vouch]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def undo(page: str) -> str:
    """Return the path of the undo form in the flashed message."""
    return re.findall(r'class="told".*?action="([^"]+)"', page, re.DOTALL)[0]


def test_a_search_shows_matching_members_and_their_capabilities(nadia: FlaskClient) -> None:
    page = nadia.get("/members?q=bramble wordpress").text
    assert "Bea Lindqvist" in page
    assert "done before" in page
    assert "Carla Ruiz</a>" not in page
    assert "Nobody here fits all of that" in nadia.get("/members?q=zzzz").text


def test_htmx_gets_a_part_but_the_full_page_on_history_restore(nadia: FlaskClient) -> None:
    part = nadia.get("/members?q=bea", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Bea Lindqvist" in part.text
    assert "HX-Request" in part.headers["Vary"]
    whole = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in nadia.get("/members?q=bea", headers=whole).text


@pytest.mark.parametrize("query", ["page=x", "page=-1", "page=99999", "capability=nope", "chapter=%00", "q=%25_%5C%00"])
def test_invalid_parameters_still_give_a_list(nadia: FlaskClient, query: str) -> None:
    assert nadia.get(f"/members?{query}").status_code == 200


def test_capability_chips_filter_the_list_and_show_counts(engine: Engine, nadia: FlaskClient) -> None:
    with Session(engine) as session:
        web = session.scalars(select(Capability).where(Capability.code == "web")).one()
    count = int(re.findall(r">Web <small>(\d+)</small>", nadia.get("/members").text)[0])
    page = nadia.get(f"/members?capability={web.public_id}").text
    assert f"{count} firms" in page
    assert re.search(r">Web development <small>\d+</small>", page)


def add_open_items(session: Session, lena: Member, bea: Member, carla: Member, now: datetime) -> None:
    """Add one open item of every kind for Lena, from Bea, and one settled fact of every kind with Carla."""
    newcomer = Member(name="Ina Roth", joined_at=now, state=MemberState.PENDING)
    newcomer.business = Business(name="Roth", chapter=lena.business.chapter, created_at=now)
    silent = Business(name="Silent", summary="We paint signs", chapter=lena.business.chapter, created_at=now)
    work = Collaboration(prime=lena.business, sub=carla.business, title="A sign", created_at=now, finished_at=now)
    said: dict[str, Any] = {"kind": InteractionKind.MET, "happened_on": now.date(), "said_at": now}
    word: dict[str, Any] = {"text": "She listens.", "known_as": "a talk", "given_at": now}
    ask: dict[str, Any] = {"text": "A talk", "asked_at": now}
    story: dict[str, Any] = {"title": "A sign", "text": "It hung straight.", "year": 2025, "told_at": now}
    for other, at in ((bea, None), (carla, now)):
        told = CaseStudy(teller=other, collaboration=work, **story)
        told.parties = [CaseStudyParty(member=other, agreed_at=now), CaseStudyParty(member=lena, agreed_at=at)]
        session.add_all(
            [
                told,
                Interaction(said_by=other, other=lena, confirmed_at=at, **said),
                Vouch(giver=other, receiver=lena, accepted_at=at, **word),
            ]
        )
    session.add_all(
        [
            silent,
            Member(name="Sil Ent", business=silent, joined_at=now),
            Introduction(asker=bea, target=carla, via=lena, state=IntroductionState.WITH_VIA, **ask),
            Introduction(asker=carla, target=lena, via=bea, state=IntroductionState.ACCEPTED, answered_at=now, **ask),
            Introduction(asker=lena, target=bea, via=carla, state=IntroductionState.WITH_VIA, **ask),
            Application(
                chapter=lena.business.chapter, member=newcomer, known_by=lena, applied_at=now, confirmed_at=now
            ),
            Lead(member=lena, business=lena.business, text="A clinic needs a sign", created_at=now),
            Wanted(member=lena, kind=WantedKind.OFFER, text="Two free days", wanted_at=now),
        ]
    )
    heard: dict[str, Any] = {"kind": "tag", "author": "@vera", "text": "Who?", "address": "", "heard_at": now}
    for state in (ChannelState.OPEN, ChannelState.BROKEN):
        account = Channel(chapter=lena.business.chapter, kind="mastodon", name=f"The {state} one", state=state)
        post = Delivery(key=f"p{state}", channel=account, payload=b"", due_at=now, state=DeliveryState.UNKNOWN)
        session.add_all([account, post, Reply(channel=account, external_id="1", said_at=now, **heard)])


@pytest.mark.parametrize("reader", ["nadia", "lena"])
def test_a_page_takes_at_most_fifteen_queries(
    app: Site, engine: Engine, sign_in: SignIn, asked: list[str], now: datetime, reader: str
) -> None:
    ticks = count()
    app.config["CLOCK"] = lambda: now + timedelta(seconds=next(ticks))
    with write_session(engine) as session:
        keys = ("lena", "bea", "carla")
        add_open_items(
            session, *(session.scalars(select(Member).where(Member.key == key)).one() for key in keys), now=now
        )
    with Session(engine) as session:
        browser = sign_in(session.scalars(select(Member).where(Member.key == reader)).one())
    known = ids(engine)
    people = [f"/members/{known[key]}" for key in ("lena", "bea", "carla", "nadia")]
    room = {"/chapter": 31} if reader == "lena" else {}
    for path in ("/", *people, "/members", "/members?q=brambel&town=Tucson&industry=health", "/week", *room):
        for _visit in ("loads the network", "has it cached"):
            asked.clear()
            page = browser.get(path).text
        assert len(asked) <= room.get(path, 15), (path, len(asked), asked)
        if reader == "lena":
            assert 'aria-hidden="true">10<' in page, path  # the badge counts what Today counts
        if (path, reader) == ("/", "lena"):
            assert "10 things are waiting for you, Lena" in page
            assert all(
                text in page
                for text in ("A clinic needs a sign", "Two free days", "The broken one must be reconnected")
            )


def test_a_profile_shows_facts_paths_and_contact_on_request(nadia: FlaskClient, who: dict[str, str]) -> None:
    page = nadia.get(f"/members/{who['bea']}").text
    assert "Call Bea" in page
    assert "555" not in page
    given = nadia.post(f"/members/{who['bea']}/contact", data={"way": "call"}).text
    assert 'href="tel:+15205550111"' in given
    assert "3 finished projects" in page
    assert "Carla can introduce you." in page
    assert re.search(r"worked with, in \w+</span>\s*<b>Carla Ruiz</b>\s*<span>recommends</span>\s*<b>Bea", page)
    assert "You worked together" in nadia.get(f"/members/{who['carla']}").text
    assert "/profile" in nadia.get(f"/members/{who['nadia']}").text


def test_a_suspended_member_is_404(engine: Engine, nadia: FlaskClient, who: dict[str, str], now) -> None:
    with write_session(engine) as session:
        session.scalars(select(Member).where(Member.key == "bea")).one().state = MemberState.SUSPENDED
    for page in ("", "/vouches/new"):
        gone, never = nadia.get(f"/members/{who['bea']}{page}"), nadia.get(f"/members/nobody{page}")
        assert (gone.status_code, gone.text) == (404, never.text)
    said = {"kind": "met", "year": "2025"}
    assert nadia.post(f"/members/{who['bea']}/interactions", data=said).status_code == 404


def test_text_written_by_members_is_escaped(engine: Engine, nadia: FlaskClient, now) -> None:
    with write_session(engine) as session:
        business = Business(name=HOSTILE, summary=HOSTILE, city=HOSTILE[:60], good_referrals=HOSTILE, created_at=now)
        member = Member(name=HOSTILE, role=HOSTILE, headline=HOSTILE, business=business, joined_at=now)
        session.add(member)
        session.flush()
        capabilities = session.scalars(select(Capability).limit(60))
        session.add_all(Claim(business_id=business.id, capability_id=each.id, claimed_at=now) for each in capabilities)
        index_businesses(session, [business.id])
        paths = [f"/members/{member.public_id}", f"/businesses/{business.public_id}", "/members?q=alert"]
    for path in [*paths, f"{paths[0]}/vouches/new"]:
        page = nadia.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "1337" not in page


def test_a_firm_without_members_is_shown_by_its_work(engine: Engine, nadia: FlaskClient, now) -> None:
    with write_session(engine) as session:
        firm = Business(name="Zuni Roofing", key="import:1", created_at=now)
        session.add(firm)
        session.flush()
        index_businesses(session, [firm.id])
        path = f"/businesses/{firm.public_id}"
    assert "Known by its work" in nadia.get("/members?q=zuni").text
    assert "nobody at this firm is a member yet" in nadia.get(path).text


def test_the_title_of_a_collaboration_is_shown_to_its_firms_only(
    nadia: FlaskClient, bea_browser: FlaskClient, engine, who
) -> None:
    path = f"/businesses/{who['Bramble & Co']}"
    titles = re.findall(r'class="plain works">(.*?)</ul>', bea_browser.get(path).text, re.DOTALL)[0]
    shown = re.findall(r'class="plain works">(.*?)</ul>', nadia.get(path).text, re.DOTALL)[0]
    assert titles != shown
    assert "worked for" in shown


def test_an_interaction_needs_both_members_and_can_be_undone(
    engine: Engine, nadia: FlaskClient, bea_browser: FlaskClient, who: dict[str, str]
) -> None:
    before = rows(engine, Interaction)
    for year in ("2021", "2022"):
        nadia.post(f"/members/{who['bea']}/interactions", data={"kind": "worked", "year": year})
    page = nadia.get(f"/members/{who['bea']}").text
    assert "Bea has yet to confirm it." in page
    assert rows(engine, Interaction) == before + 2
    nadia.post(undo(page))
    assert rows(engine, Interaction) == before + 1
    waiting = re.findall(r'action="(/interactions/\w+)/confirm"', bea_browser.get(f"/members/{who['nadia']}").text)
    assert len(waiting) == 1
    assert nadia.post(f"{waiting[0]}/confirm").status_code == 403
    bea_browser.post(f"{waiting[0]}/confirm", headers={"Referer": f"http://localhost/members/{who['nadia']}"})
    page = bea_browser.get(f"/members/{who['nadia']}").text
    assert "You worked together in 202" in page
    bea_browser.post(undo(page))
    assert "Yes, we did" in bea_browser.get(f"/members/{who['nadia']}").text


@pytest.mark.parametrize(
    "sent", [{"kind": "worked", "year": "2031"}, {"kind": "x", "year": "2020"}, {"kind": "met"}, {}]
)
def test_an_invalid_year_or_kind_is_refused_and_not_stored(
    engine: Engine, nadia: FlaskClient, who: dict[str, str], sent: dict[str, str]
) -> None:
    before = rows(engine, Interaction)
    page = nadia.post(f"/members/{who['bea']}/interactions", data=sent, follow_redirects=True)
    assert 'class="told open"' in page.text
    assert rows(engine, Interaction) == before


def test_a_vouch_is_shown_after_acceptance_and_can_be_taken_off(
    engine: Engine, nadia: FlaskClient, bea_browser: FlaskClient, who: dict[str, str]
) -> None:
    path = f"/members/{who['bea']}"
    words = {"text": f"She stayed late. {HOSTILE}", "known_as": "we met on a build", "capability": ""}
    assert nadia.post(f"{path}/vouches/new", data=words).status_code == 303
    assert "She stayed late" not in nadia.get(path).text
    with Session(engine) as session:
        given = session.scalars(select(Vouch).where(Vouch.text.like("She stayed late%"))).one().public_id
    assert nadia.post(f"/vouches/{given}/accept").status_code == 403
    bea_browser.post(f"/vouches/{given}/accept")
    assert "She stayed late. &lt;script&gt;" in nadia.get(path).text
    bea_browser.post(undo(bea_browser.get("/").text))
    assert "She stayed late" not in nadia.get(path).text
    bea_browser.post(f"/vouches/{given}/decline")
    nadia.post(f"/vouches/{given}/withdraw")
    assert nadia.post(f"/vouches/{given}/withdraw").status_code == 404


def test_a_vouch_that_is_too_short_is_refused_and_keeps_the_input(
    engine: Engine, nadia: FlaskClient, who: dict[str, str]
) -> None:
    before = rows(engine, Vouch)
    answer = nadia.post(f"/members/{who['bea']}/vouches/new", data={"text": "Ok <b>.", "known_as": "friends"})
    assert answer.status_code == 422
    assert "Ok &lt;b&gt;." in answer.text
    assert "Say a little more" in answer.text
    assert rows(engine, Vouch) == before
