"""Database access of commands: the engine of the settings, its migration, and database errors as CliError."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from app.cli import CliError
from directory.db import Base, connect, write_session
from directory.people.business import index_unindexed
from directory.settings import load_settings

if TYPE_CHECKING:
    from alembic.config import Config

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
MISSING = ("42P01", "42703")  # PostgreSQL's codes undefined_table and undefined_column


@contextmanager
def open_engine() -> Iterator[Engine]:
    """Yield an engine for the database of the settings; dispose of it at the end.

    A missing table or column, or an OperationalError, raised in the block becomes a CliError.
    """
    engine = connect(load_settings().database_url)
    try:
        yield engine
    except DBAPIError as error:
        cause = str(error.orig).splitlines()[0]
        if getattr(error.orig, "sqlstate", None) in MISSING or cause.startswith(("no such table", "no such column")):
            raise CliError("The database has not been migrated; run goodword db upgrade.") from None
        if isinstance(error, OperationalError):
            raise CliError(f"The database cannot be used ({cause}); look at GOODWORD_DATABASE_URL.") from None
        raise
    finally:
        engine.dispose()


def alembic_config(engine: Engine) -> "Config":
    """Return Alembic's configuration: the revisions, the engine, and all tables including those of the accounts."""
    from alembic.config import Config

    from app.accounts import tables

    assert tables
    return Config(toml_file=PYPROJECT, attributes={"engine": engine, "target_metadata": Base.metadata})


def upgrade(to: str = "head") -> None:
    """Migrate the database of the settings up to a revision; at the newest one, index the businesses without index."""
    from alembic import command

    with open_engine() as engine:
        command.upgrade(alembic_config(engine), to)
        if is_migrated(engine):
            with write_session(engine) as session:
                index_unindexed(session)


def is_migrated(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(alembic_config(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
