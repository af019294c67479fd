"""Migrations make exactly the tables of the program, up and down, on both databases, and keep the rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlalchemy.orm import Session

from app.cli.database import PYPROJECT, alembic_config, is_migrated
from directory.db import Base, connect, writing
from directory.errors import Invalid
from directory.people.chapter import Chapter


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if on_sqlite else request.getfixturevalue("postgres_url")
    engine = connect(url)
    yield engine
    engine.dispose()


def drift(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_a_migrated_database_is_what_the_tables_say(database: Engine) -> None:
    assert not is_migrated(database)
    command.upgrade(alembic_config(database), "head")
    assert is_migrated(database)
    assert drift(database) == []


def test_down_and_up_again_leaves_nothing_behind(database: Engine) -> None:
    config = alembic_config(database)
    command.upgrade(config, "head")
    with writing(database) as session:
        session.add(Chapter(key="c", name="Chapter"))
    command.upgrade(config, "head")
    with Session(database) as session:
        assert session.query(Chapter).count() == 1
    command.downgrade(config, "base")
    assert inspect(database).get_table_names() == ["alembic_version"]
    command.upgrade(config, "head")
    assert drift(database) == []


def test_migrations_refuse_to_run_without_the_accounts(database: Engine) -> None:
    config = Config(toml_file=PYPROJECT, attributes={"engine": database})
    with pytest.raises(Invalid, match="goodword db"):
        command.upgrade(config, "head")
