"""Whatever a snapshot of the network is made of changes its version, whoever changes it and however."""

import re
from collections.abc import Callable
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from sqlalchemy import delete, event, false, insert, select, update
from sqlalchemy.orm import Session

import directory
from directory.db import WORLD, Base, world_version
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.collaboration import Collaboration
from directory.people.claim import Claim
from directory.people.tables import Band, Member
from directory.taxonomy.capability import Capability
from directory.versioned_cache import VersionedCache
from tests.conftest import DemoCast


def read_by_snapshots(session: Session) -> dict[str, set[str]]:
    """Return the columns that the caches of the whole network read when they are built, by table."""
    names = [each.name for each in walk_packages(directory.__path__, "directory.") if ".migrations" not in each.name]
    values = [value for name in names for value in vars(import_module(name)).values()]
    caches = {cache for value in values if isinstance(cache := getattr(value, "__self__", value), VersionedCache)}
    statements: list[str] = []
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
    for cache in caches:
        cache._build(session, None)
    found: dict[str, set[str]] = {}
    for statement in statements:
        table_of = {alias: table for table, alias in re.findall(r"(?:FROM|JOIN|,) (\w+) AS (\w+)", statement)}
        for alias, column in re.findall(r"\b(\w+)\.(\w+)\b", statement):
            table = Base.metadata.tables.get(table_of.get(alias, alias))
            if table is not None and column in table.c:
                found.setdefault(table.name, set()).add(column)
    return found


def test_the_tables_of_all_snapshots_are_watched(demo_cast: DemoCast) -> None:
    session, ann = demo_cast.session, demo_cast.session.scalars(select(Member)).first()
    assert ann
    story = CaseStudy(teller=ann, title="A", text="B", year=2020, told_at=ann.joined_at)
    session.add(CaseStudyParty(case_study=story, member=ann))
    read = read_by_snapshots(session)
    # What stores embeddings changes the version itself, once for all of them.
    assert read.keys() - {"world_version", "text_embedding"} == WORLD.keys()
    assert {table: read[table] & unread for table, unread in WORLD.items() if read[table] & unread} == {}
    assert {table for table, unread in WORLD.items() if unread - {*Base.metadata.tables[table].c.keys()}} == set()


@pytest.mark.parametrize("name", sorted(WORLD))
def test_a_statement_about_a_watched_table_changes_the_version(demo_cast: DemoCast, name: str) -> None:
    session, table = demo_cast.session, Base.metadata.tables[name]
    column = next(iter(table.c))
    nothing = select(*table.c).where(false())
    for statement in (
        update(table).where(false()).values({column: column}),
        delete(table).where(false()),
        insert(table).from_select([*table.c.keys()], nothing),
    ):
        before = world_version(session)
        session.execute(statement)
        assert world_version(session) == world_version(session) != before, str(statement)


def rename(session: Session) -> None:
    session.scalars(select(Member)).first().name = "Ann Other"  # type: ignore[union-attr]


def unclaim(session: Session) -> None:
    session.delete(session.scalars(select(Claim)).first())


def add_capability(session: Session) -> None:
    work = session.scalars(select(Collaboration)).first()
    assert work
    work.capabilities.append(
        session.scalars(select(Capability).where(Capability.id.not_in([each.id for each in work.capabilities]))).first()
    )  # type: ignore[arg-type]


def refuse_mail(session: Session) -> None:
    session.scalars(select(Member)).first().mail_off = ["week"]  # type: ignore[union-attr]


def count_raters(session: Session) -> None:
    session.scalars(select(Band)).first().departed += 1  # type: ignore[union-attr]


def undo(session: Session) -> None:
    point = session.begin_nested()
    refuse_mail(session)
    point.rollback()


@pytest.mark.parametrize(
    ("change", "is_seen"),
    [
        (rename, True),
        (unclaim, True),
        (add_capability, True),
        (refuse_mail, False),
        (count_raters, False),
        (undo, False),
    ],
)
def test_a_commit_of_changed_rows_changes_the_version(
    demo_cast: DemoCast, change: Callable[[Session], Any], is_seen: bool
) -> None:
    session = demo_cast.session
    before = world_version(session)
    change(session)
    session.commit()
    assert (world_version(session) != before) == is_seen


def test_what_was_read_in_a_savepoint_that_was_undone_is_bumped_again(demo_cast: DemoCast) -> None:
    session = demo_cast.session
    rename(session)
    point = session.begin_nested()
    within = world_version(session)
    point.rollback()
    assert world_version(session) != within
    session.commit()
    before = world_version(session)
    rename(session)
    session.scalars(select(Member)).first().name = "Ann Third"  # type: ignore[union-attr]
    session.rollback()
    session.commit()
    assert world_version(session) == before
