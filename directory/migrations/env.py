"""Alembic's environment. ``goodword db`` passes the engine and the whole metadata, the accounts' tables included."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.types import TypeDecorator

from directory.errors import Invalid
from directory.translation import gettext

metadata: MetaData | None = context.config.attributes.get("target_metadata")
engine: Engine | None = context.config.attributes.get("engine")
if metadata is None or engine is None or not {"business", "account"} <= metadata.tables.keys():
    # Without the accounts' tables Alembic would believe that they are to be dropped.
    raise Invalid(gettext("Run migrations with goodword db, which knows every table."))


def plain_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """A revision names SQLAlchemy's types, not ours: it must read the same when ours have moved on."""
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def migrate(connection: Connection) -> None:
    """Run what was asked for in one transaction; SQLite keeps DDL in it too."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
        render_item=plain_type,
    )
    with context.begin_transaction():
        context.run_migrations()


def set_foreign_keys(connection: Connection, state: str) -> None:
    """SQLite ignores this inside a transaction, so it goes to the driver where none has begun."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys = {state}")
        cursor.close()


with engine.connect().execution_options(write=True) as connection:
    # A batch rebuilds a table; with foreign keys on, dropping the old one would delete its children's rows.
    set_foreign_keys(connection, "OFF")
    migrate(connection)
    set_foreign_keys(connection, "ON")
