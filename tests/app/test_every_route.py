"""The matrix on pages: everybody asks every route, and the answer is what the cell says.

Signed in eleven minutes ago, so that what wants a fresh proof asks for it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

from app.errors import Site
from app.permissions import DONE, RULES
from app.row_relation import RELATIONS
from directory.db import Base, PublicRow
from directory.people.chapter import Chapter
from directory.people.tables import MemberState
from tests.access.network import Network
from tests.access.test_matrix import COLUMNS, MATRIX
from tests.app.conftest import SignIn

ABSENT = "23456789abcd"
NOT_COUNTED = {"account_session", "allowance"}  # who is signed in, and how often something was tried
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
METHODS = {"GET", *WRITES}
OUTSIDERS = ("pending", "mem_same", "mem_other", "secretary", "lead_other")  # they do not see a suspended member's firm


@pytest.fixture
def network(session: Session, now: datetime) -> Network:
    return Network(session, now)


@pytest.fixture
def browsers(app: Site, network: Network, session: Session, sign_in: SignIn, now: datetime) -> dict[str, FlaskClient]:
    """A browser for everybody; the suspended one was signed in before."""
    suspended = network.people["suspended"]
    suspended.state = MemberState.ACTIVE
    session.commit()
    signed_in = {who: sign_in(member) for who, member in network.people.items()}
    suspended.state = MemberState.SUSPENDED
    session.commit()
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
        assert segment in network.rows, f"no row for /{segment}/<public_id> in tests/access/network.py"
        row = network.rows[segment]
        first.append(row)
        return f"/{segment}/{ABSENT if absent else row.public_id}"

    # What stands before an id says which row it is: /members/<public_id>, /week/<public_id>/posts/<post_id>.
    path = re.sub(r"/(?P<segment>[\w-]*)/<(?P<converter>[^>]+)>", fill, route.rule)
    while "<any" in path:
        path = re.sub(r"/(?P<segment>)<(?P<converter>any[^>]+)>", fill, path)
    return path, first[0] if first else None


def path_ids(route: Route, network: Network) -> list[str]:
    return re.findall(r"/([a-z0-9]{12})(?=/|$)", path_of(route, network)[0])


def cell(action: str, who: str, row: PublicRow | None) -> str:
    """What the matrix says; where the path names no row of the rule's, it is about the asker's own."""
    assert action in MATRIX, f"no row in tests/access/permission_matrix.csv for {action}"
    rule, column = RULES[action], who
    if who not in ("anon", "suspended") and rule.about:
        is_own = not isinstance(row, rule.about)
        if who == "pending":
            return MATRIX[action][who] if is_own else "F"  # the cell speaks of what is the applicant's own
        if is_own and Chapter in rule.about:
            column = {"mem_other": "mem_same", "lead_other": "lead_own"}.get(who, who)
        elif is_own:
            column = "owner" if rule.owner or not rule.party else "party"
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


SAMPLED = ("anon",)


@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=[] if who in SAMPLED else [pytest.mark.slow]) for who in COLUMNS]
)
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


@pytest.mark.slow
def test_a_second_row_that_is_hidden_looks_like_one_that_does_not_exist(
    app: Site, network: Network, browsers: dict[str, FlaskClient]
) -> None:
    hidden, tried = network.people["suspended"].business.public_id, 0
    network.rows["weeks"] = network.rows["week"]
    for route in app.url_map.iter_rules():
        if len(re.findall(r"<\w*_id>", route.rule)) < 2:
            continue
        before, _, after = path_of(route, network)[0].rpartition(f"/{path_ids(route, network)[-1]}")
        for who, method in product(OUTSIDERS, route.methods & METHODS):
            answers = [
                browsers[who].open(f"{before}/{id}{after}", method=method, data={"reason": "Because I can."})
                for id in (hidden, ABSENT)
            ]
            assert answers[0].status_code == answers[1].status_code, (who, method, route.rule)
            assert answers[0].data == answers[1].data, (who, method, route.rule)
            tried += 1
    assert tried > 40


def test_whoever_owns_a_row_is_told_what_was_done_to_it_with_a_reason(app: Site, network: Network) -> None:
    for route, _, action in doors(app):
        row, rule = path_of(route, network)[1], RULES[action]
        if "J" in (rule.lead, rule.admin) and isinstance(row, rule.about) and RELATIONS[type(row)].person(row):
            assert action in DONE, (
                f"no sentence in DONE of app/permissions.py for {action}, which {route.rule} asks for"
            )
