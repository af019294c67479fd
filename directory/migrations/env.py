"""Alembic's environment. ``goodword db`` passes the engine and the complete metadata, with the accounts' tables."""

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
    # Without the accounts' tables in the metadata, Alembic would drop them.
    raise Invalid(gettext("Run migrations with goodword db, which knows every table."))


def plain_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Render our types as SQLAlchemy's own, so that a revision does not depend on our types, which may change."""
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def migrate(connection: Connection) -> None:
    """Run the requested migrations in one transaction; in SQLite too it includes DDL."""
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
    """Set SQLite's foreign key checks by the driver, since SQLite ignores this pragma inside a transaction."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys = {state}")
        cursor.close()


with engine.connect().execution_options(write=True) as connection:
    # A batch migration rebuilds a table. With foreign keys on, dropping the old table would delete its children's rows.
    set_foreign_keys(connection, "OFF")
    migrate(connection)
    set_foreign_keys(connection, "ON")
