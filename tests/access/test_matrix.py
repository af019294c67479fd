"""Every rule says what its row of the permission matrix says, for everybody there is."""

import ast
import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.permissions import PUBLIC, RULES, Rule, Verdict, can
from app.row_relation import RELATIONS, Principal, Relation
from directory.db import Base, connect
from directory.leads.lead import Lead
from directory.leads.suggestion import Suggestion
from directory.people.tables import Member, Role
from tests.access.network import Network
from tests.conftest import NOW

ROOT = Path(__file__).parents[2]
with (Path(__file__).parent / "permission_matrix.csv").open(encoding="utf-8") as file:
    MATRIX = {f"{row['object']}.{row['action']}": row for row in csv.DictReader(file)}
COLUMNS = [*MATRIX["page.home"]][3:-1]  # between what the row is about and its note


def principal(member: Member) -> Principal:
    """As ``app.access.principal`` finds it in a request."""
    leads, keeps = (
        frozenset(held.chapter_id for held in member.holds if held.role is role) for role in (Role.LEAD, Role.SECRETARY)
    )
    return Principal(member, leads, keeps)


class Cells:
    """Who asks, in the columns of the matrix, and the row of each table that they ask for."""

    def __init__(self, network: Network) -> None:
        self.people = {"anon": Principal()} | {key: principal(member) for key, member in network.people.items()}
        self.rows: dict[type[Base], Base] = {}
        for row in (*network.rows.values(), *network.others):
            self.rows.setdefault(type(row), row)
        self.pending = self.rows | {type(row): row for row in network.pending}

    def wrong(self, action: str) -> Iterator[tuple[str, Base | None, Verdict]]:
        """The cells that a rule does not keep to: the column, the row that was asked for, and what the rule says."""
        for model in RULES[action].about or (None,):
            for column, asker in self.people.items():
                rows = self.pending if column == "pending" else self.rows
                row = rows[model] if model else None
                verdict = can(asker, action, row)
                if verdict != MATRIX[action][column]:
                    yield column, row, verdict


@pytest.fixture(scope="module")
def cells(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    path = tmp_path_factory.mktemp("access") / "network.db"
    path.write_bytes(empty_database.read_bytes())
    engine = connect(f"sqlite:///{path}")
    with Session(engine, expire_on_commit=False) as session:
        yield Cells(Network(session, NOW))
    engine.dispose()


def assert_none(missing: set[Any], what: str) -> None:
    assert not missing, f"{what} for {missing}"


def test_every_rule_has_its_row_and_every_row_its_rule() -> None:
    assert_none(RULES.keys() - MATRIX.keys(), "no row in tests/access/permission_matrix.csv")
    assert_none(MATRIX.keys() - RULES.keys(), "no rule in app/permissions.py")


def test_every_rule_is_asked_for_by_a_page() -> None:
    pages = [path for path in (ROOT / "app").rglob("*.py") if path.name != "permissions.py"]
    nodes = [node for path in pages for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    assert_none(RULES.keys() - {node.value for node in nodes if isinstance(node, ast.Constant)}, "no page asks")


def test_every_table_that_rules_judge_has_its_relation_and_its_row(cells: Cells) -> None:
    judged = {model for rule in RULES.values() for model in rule.about}
    assert_none(judged - RELATIONS.keys(), "no relation in app/row_relation.py")
    assert_none(judged - cells.rows.keys(), "no row in tests/access/network.py")
    assert_none(RELATIONS.keys() - judged, "no rule asks for the relation")


def test_every_column_has_somebody_who_asks(cells: Cells) -> None:
    assert {*COLUMNS} == {*cells.people}


@pytest.mark.parametrize("action", RULES)
def test_every_cell_holds(action: str, cells: Cells) -> None:
    assert_none({action} - MATRIX.keys(), "no row in tests/access/permission_matrix.csv")
    assert list(cells.wrong(action)) == []


def mutants() -> Iterator[tuple[str, Rule]]:
    for action, rule in RULES.items():
        yield action, replace(rule, is_public=False) if rule.is_public else PUBLIC
        if rule.pending != "F":
            yield action, replace(rule, pending=Verdict.FORBIDDEN)
        for part in ("owner", "party", "secretary", "lead", "other_lead", "admin"):
            if getattr(rule, part) is not None:
                yield action, replace(rule, **{part: None})


@pytest.mark.parametrize(("action", "mutant"), list(mutants()))
def test_a_rule_that_is_switched_off_is_noticed(
    action: str, mutant: Rule, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES, action, mutant)
    assert list(cells.wrong(action))


RELATED = [
    (model, part)
    for model, relation in RELATIONS.items()
    for part in ("owner", "party", "chapter")
    if getattr(relation, part) is not getattr(Relation, part)
]


@pytest.mark.parametrize(("model", "part"), RELATED)
def test_a_relation_that_is_switched_off_is_noticed(
    model: type[Base], part: str, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RELATIONS, model, replace(RELATIONS[model], **{part: getattr(Relation, part)}))
    assert any(list(cells.wrong(action)) for action, rule in RULES.items() if model in rule.about)


def test_whoever_stands_in_two_ways_may_what_either_may(cells: Cells) -> None:
    owner, lead, admin = (cells.people[column] for column in ("owner", "lead_own", "admin"))
    assert can(replace(admin, leads=lead.leads), "lead.update", cells.rows[Lead]) == "A"
    assert can(replace(owner, leads=lead.leads), "suggestion.read", cells.rows[Suggestion]) == "A"


def test_a_rule_about_rows_is_never_asked_without_one(cells: Cells) -> None:
    with pytest.raises(TypeError):
        can(cells.people["admin"], "lead.update")
