"""The matrix on pages: everybody asks every route, and the answer is what the cell says.

Signed in eleven minutes ago, so that what wants a fresh proof asks for it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

from app.errors import Site
from app.permissions import RULES, Verdict
from directory.db import Base, PublicRow
from directory.engine.saved_search import SavedSearch
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase
from directory.facts.vouch import Vouch
from directory.imports.people import ImportBatch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, MemberState, Role, Wanted, WantedKind
from directory.taxonomy.capability import Capability, CapabilityKind
from directory.week.pairing import Pairing
from directory.week.post import Post
from directory.week.social_inbox import Reply
from tests.access.test_matrix import MATRIX, TWO_SIDED
from tests.app.conftest import SignIn

A, S, J, M, F, N, U = Verdict
ABSENT = "23456789abcd"
NOT_COUNTED = {"account_session", "allowance"}  # who is signed in, and how often something was tried
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class Network:
    """One row of everything a URL may name, and a browser for everybody in the matrix."""

    def __init__(self, session: Session, now: datetime) -> None:
        tucson, phoenix = (
            Chapter(key=key, name=key.title(), post_time=time(9), public_at=now) for key in ("tucson", "phoenix")
        )
        session.add_all([tucson, phoenix])

        def person(name: str, chapter: Chapter = tucson, **what: Any) -> Member:
            firm = Business(name=f"{name}'s firm", chapter=chapter, created_at=now)
            member = Member(name=name.title(), business=firm, joined_at=now, **what)
            session.add(member)
            session.flush()
            return member

        nora, bea, pat = person("nora"), person("bea"), person("pat", state=MemberState.PENDING)
        self.people: dict[str, Member] = {
            "owner": nora,
            "party": bea,
            "pending": pat,
            "mem_same": person("sam"),
            "mem_other": person("olga", phoenix),
            "lead_own": person("lena"),
            "lead_other": person("leo", phoenix),
            "admin": person("ada", phoenix, is_admin=True),
            "secretary": person("sue"),
        }
        for key, chapter, role in (
            ("lead_own", tucson, Role.LEAD),
            ("lead_other", phoenix, Role.LEAD),
            ("secretary", tucson, Role.SECRETARY),
        ):
            session.add(ChapterRole(member_id=self.people[key].id, chapter_id=chapter.id, role=role))
        lead = Lead(member_id=nora.id, business_id=nora.business_id, text="A site", created_at=now)
        channel = Channel(chapter=tucson, kind="file", name="File")
        occurrence = Occurrence(chapter=tucson, local_date=now.date(), due_at=now + timedelta(days=2))
        capability = Capability(scheme="goodword", code="wp", name="WordPress", kind=CapabilityKind.PLATFORM)
        session.add_all([lead, channel, occurrence])
        self.rows: dict[str, PublicRow] = {
            "members": nora,
            "businesses": nora.business,
            "chapters": tucson,
            "capabilities": capability,
            "wanted": Wanted(member_id=nora.id, kind=WantedKind.CLIENT, text="Clinics", wanted_at=now),
            "interactions": Interaction(
                said_by_id=nora.id, other_id=bea.id, kind=InteractionKind.MET, happened_on=date(2026, 1, 1), said_at=now
            ),
            "vouches": Vouch(giver_id=nora.id, receiver_id=bea.id, text="Kept word", known_as="c", given_at=now),
            "leads": lead,
            "week": occurrence,
            "merge": self.people["mem_same"].business,
            "contact": nora.business,
            "invitations": self.people["mem_same"],
            "imports": ImportBatch(chapter=tucson, uploader_id=nora.id, made_at=now, rows={}),
            "applications": Application(
                chapter=tucson, member=pat, known_by_id=bea.id, applied_at=now, confirmed_at=now
            ),
            "introductions": Introduction(
                asker_id=nora.id, target_id=bea.id, text="T", state=IntroductionState.WITH_TARGET, asked_at=now
            ),
            "stories": CaseStudy(
                teller_id=nora.id,
                title="T",
                text="T",
                year=2026,
                told_at=now,
                parties=[CaseStudyParty(member_id=nora.id, agreed_at=now), CaseStudyParty(member_id=bea.id)],
            ),
            "searches": SavedSearch(member_id=nora.id, name="S", saved_at=now, seen_at=now),
            "ratings": Rating(rater_id=nora.id, ratee_id=bea.id, warmth=4, competence=4, rated_at=now),
            "rating-cases": RatingCase(ratee=bea, flagged_at=now),
            "pairings": Pairing(occurrence=occurrence, one_id=nora.id, other_id=bea.id, paired_at=now),
            "channels": channel,
            "deliveries": Delivery(
                key="post",
                channel=channel,
                state=DeliveryState.UNKNOWN,
                payload=PostSnapshot("Tucson", "c", "o", now.date(), now, "Hello").to_bytes(),
                due_at=now,
            ),
            "replies": Reply(
                channel=channel,
                external_id="1",
                kind="tag",
                author="@a",
                text="T",
                address="",
                said_at=now,
                heard_at=now,
            ),
            "posts": Post(occurrence=occurrence, channel=channel, text="Hello", composed_at=now),
        }
        session.add_all(self.rows.values())
        session.commit()


@pytest.fixture
def network(session: Session, now: datetime) -> Network:
    return Network(session, now)


@pytest.fixture
def browsers(app: Site, network: Network, sign_in: SignIn, now: datetime) -> dict[str, FlaskClient]:
    """A browser for everybody; the suspended one was signed in before."""
    signed_in = {who: sign_in(member) for who, member in network.people.items()}
    app.config["CLOCK"] = lambda: now + timedelta(minutes=11)
    return {"anon": app.test_client(), **signed_in}


@pytest.fixture
def restore(engine: Engine, browsers: dict[str, FlaskClient]) -> Iterator[Callable[[], None]]:
    """Puts a SQLite database back to where everybody had just signed in; others go on with what was done."""
    if engine.dialect.name != "sqlite":
        yield lambda: None
        return
    with closing(sqlite3.connect(":memory:")) as kept:
        with closing(sqlite3.connect(str(engine.url.database))) as now:
            now.backup(kept)

        def back() -> None:
            with closing(sqlite3.connect(str(engine.url.database))) as changed:
                kept.backup(changed)

        yield back


def doors(app: Site) -> Iterator[tuple[Route, str, str]]:
    """Every route that is not for everybody, with a method and its row of the matrix."""
    for route in app.url_map.iter_rules():
        action = app.view_functions[route.endpoint].policy
        if not RULES[action].is_public:
            for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
                yield route, method, action


def path_of(route: Route, network: Network, absent: bool = False) -> tuple[str, PublicRow | None]:
    """The route's path with the network's rows in it, and the first of them."""
    first: list[PublicRow] = []

    def fill(match: re.Match[str]) -> str:
        segment, converter = match["segment"], match["converter"]
        if converter == "digest":
            return f"/{segment}/{ABSENT}"
        if chosen := re.match(r"any\(['\"]?(\w+)", converter):
            return f"/{segment}/{chosen[1]}" if segment else f"/{chosen[1]}"
        row = network.rows[segment]
        first.append(row)
        return f"/{segment}/{ABSENT if absent else row.public_id}"

    # What stands before an id says which row it is: /members/<public_id>, /week/<public_id>/posts/<post_id>.
    path = re.sub(r"/(?P<segment>[\w-]*)/<(?P<converter>[^>]+)>", fill, route.rule)
    while "<any" in path:
        path = re.sub(r"/(?P<segment>)<(?P<converter>any[^>]+)>", fill, path)
    return path, first[0] if first else None


def cell(action: str, who: str, row: PublicRow | None) -> str:
    """What the matrix says; where the path names no row of the rule's, it is about the asker's own."""
    rule = RULES[action]
    about_own = bool(rule.about) and not isinstance(row, rule.about)
    if who == "pending" and rule.about and not about_own:
        return "F"  # the cell speaks of what is the applicant's own
    keeps = isinstance(row, (Channel, Chapter, Delivery, Occurrence, Reply))  # whose owner is its secretary
    column = who
    if about_own and who not in ("anon", "pending"):
        column = "party" if rule.party and not rule.owner else "owner"
        if Chapter in rule.about:  # one's own chapter: that of a lead or a secretary is theirs
            column = {"secretary": "owner", "lead_own": "lead_own", "lead_other": "lead_own", "admin": "admin"}.get(
                who, "mem_same"
            )
    elif who == "secretary":
        column = "owner" if keeps else "mem_same"
    elif (who == "party" and not isinstance(row, TWO_SIDED)) or (who == "owner" and keeps):
        column = "mem_same"
    return MATRIX[action][column]


def verdict(answer: TestResponse) -> str:
    """The cell that an answer looks like."""
    location = answer.location or ""
    if answer.status_code == 303 and location.partition("?")[0] == "/sign-in":
        return "U"
    if answer.status_code == 303 and location.partition("?")[0] == "/prove":
        return "S"
    if answer.status_code == 422 and "Say why you do this" in answer.text:
        return "J"
    if answer.status_code == 404:
        return "N"
    return "F" if answer.status_code == 403 and "but not change it" in answer.text else "A"


def everything(session: Session) -> dict[str, list[Any]]:
    session.rollback()
    tables = (table for table in Base.metadata.sorted_tables if table.name not in NOT_COUNTED)
    return {table.name: session.execute(select(table)).all() for table in tables}


WHO = ("anon", "pending", "mem_same", "mem_other", "owner", "party", "lead_own", "lead_other", "admin", "secretary")


@pytest.mark.parametrize("who", WHO)
def test_every_cell_holds_on_its_page(
    app: Site,
    network: Network,
    browsers: dict[str, FlaskClient],
    restore: Callable[[], None],
    session: Session,
    who: str,
) -> None:
    before, wrong, allowed = everything(session), [], []
    browser = browsers[who]
    for route, method, action in doors(app):
        path, row = path_of(route, network)
        expected = cell(action, who, row)
        if expected in ("A", "M"):
            allowed.append((method, path))
            continue
        answer = browser.open(path, method=method)
        if verdict(answer) != expected and (expected, verdict(answer)) != ("J", "S"):  # a proof may come first
            wrong.append((method, route.rule, action, expected, verdict(answer), answer.status_code))
        if expected == "N":
            absent = browser.open(path_of(route, network, absent=True)[0], method=method)
            if (absent.status_code, absent.data) != (answer.status_code, answer.data):
                wrong.append((method, route.rule, action, "differs from what does not exist"))
    assert everything(session) == before, "a denial changed a row"
    for method, path in allowed:
        if who == "owner" and path.startswith("/imports/"):
            continue  # Nora sent the list and runs nothing here any more: the verb refuses her
        answer = browser.open(path, method=method)
        named = re.findall(r"/(?=[a-z0-9]{12}(?:/|$))", path)  # a second row must belong to the first
        if verdict(answer) not in ("A", "S") and not (verdict(answer) == "N" and len(named) > 1):
            wrong.append((method, path, "A", verdict(answer), answer.status_code))
        if answer.status_code >= 500:
            wrong.append((method, path, answer.status_code))
        if method in WRITES:
            restore()
    assert wrong == [], "\n".join(map(str, wrong))
