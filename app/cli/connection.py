"""The installation's database as commands use it: opened, migrated, and its troubles said in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from app.cli import Refusal
from directory.db import Base, connect, write_session
from directory.people.business import index_unindexed
from directory.settings import load_settings
from directory.tables import TABLES

if TYPE_CHECKING:
    from alembic.config import Config

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
MISSING = ("42P01", "42703")  # PostgreSQL's codes for a table, or a column, that is not there

assert TABLES


@contextmanager
def open_engine() -> Iterator[Engine]:
    """An engine on the database of the settings, disposed at the end. Raises Refusal where it is not usable."""
    engine = connect(load_settings().database_url)
    try:
        yield engine
    except DBAPIError as error:
        trouble = str(error.orig).splitlines()[0]
        if getattr(error.orig, "sqlstate", None) in MISSING or trouble.startswith(("no such table", "no such column")):
            raise Refusal("The database has not been migrated; run goodword db upgrade.") from None
        if isinstance(error, OperationalError):
            raise Refusal(f"The database cannot be used ({trouble}); look at GOODWORD_DATABASE_URL.") from None
        raise
    finally:
        engine.dispose()


def alembic_config(engine: Engine) -> "Config":
    """What Alembic needs to know: where the revisions are, the engine, and every table, the accounts' included."""
    from alembic.config import Config

    from app.accounts import tables

    assert tables
    return Config(toml_file=PYPROJECT, attributes={"engine": engine, "target_metadata": Base.metadata})


def upgrade(to: str = "head") -> None:
    """Migrate the database of the settings up to a revision."""
    from alembic import command

    with open_engine() as engine:
        command.upgrade(alembic_config(engine), to)
        if is_migrated(engine):
            with write_session(engine) as session:
                index_unindexed(session)


def is_migrated(engine: Engine) -> bool:
    """Whether the database stands at the newest revision."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(alembic_config(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
