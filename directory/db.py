"""The declarative base and mixins of all tables, engines for SQLite and PostgreSQL, and the world version."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Enum, String, create_engine, event, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    registry,
)
from sqlalchemy.schema import Column, MetaData
from sqlalchemy.types import JSON, TypeDecorator

ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0/o and 1/l/i, since ids are read aloud and typed


def new_public_id() -> str:
    """Return a random id for URLs: 12 characters, 59 bits. Integer ids are never shown."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(12))


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware on input (else ValueError), aware in UTC on output, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; pass an aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base of every table, including the account tables in ``app``."""

    # One registry instead of two class attributes: Flask-SQLAlchemy copies the class and would copy the map twice.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime,
            dict[str, Any]: JSON,
            list[dict[str, Any]]: JSON,
            list[str]: JSON,
            list[int]: JSON,
            StrEnum: Enum(
                StrEnum, native_enum=False, length=24, values_callable=lambda kind: [item.value for item in kind]
            ),
        },
    )


class Row:
    """Mixin: the integer primary key, which is never shown outside the program."""

    id: Mapped[int] = mapped_column(primary_key=True)


class PublicRow(Row):
    """Mixin: a row that URLs refer to by its random public id."""

    __tablename__: Any  # a text, which each table sets

    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)


class WorldVersion(Base):
    """One row: a random number, replaced by every change of what the engine reads.

    A counter would not do: a number read in a transaction that was rolled back must never be used again.
    """

    __tablename__ = "world_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


# The tables that the snapshots of the network are made of, each with columns that no snapshot reads.
WORLD: dict[str, frozenset[str]] = {
    "band": frozenset({"extra_raters", "extra_changes", "departed"}),
    "business": frozenset(),
    "capability": frozenset(),
    "case_study": frozenset(),
    "case_study_party": frozenset(),
    "claim": frozenset(),
    "collaboration": frozenset(),
    "collaboration_capability": frozenset(),
    "interaction": frozenset({"note", "declined_at"}),
    "introduction": frozenset({"text", "word", "asker_yes", "target_yes", "passed_at"}),
    "member": frozenset(
        {"photo", "video", "invited_at", "reminded_at", "arrived_at", "refused_email", "refused_code", "spotlight_at"}
        | {"sits_out_at", "public_at", "indexed_at", "mail_off"}
    ),
    "vouch": frozenset({"declined_at"}),
    "wanted": frozenset(),
}
_IS_CHANGED = "world is changed"  # in the info of a session that changed it since it last bumped the version


def world_version(session: Session) -> int:
    """Return the version of what the engine reads, as this session sees it; 0 in an empty database."""
    if session.autoflush:
        session.flush()
    _bump_if_changed(session)
    return session.scalar(select(WorldVersion.version)) or 0


@event.listens_for(Session, "after_flush")
def _note_rows(session: Session, _context: object) -> None:
    if any(row.__table__.name in WORLD for rows in (session.new, session.deleted) for row in rows) or any(
        attribute.history.has_changes()
        for row in session.dirty
        if (unread := WORLD.get(row.__table__.name)) is not None
        for attribute in inspect(row).attrs
        if attribute.key not in unread
    ):
        session.info[_IS_CHANGED] = True


@event.listens_for(Session, "do_orm_execute")
def _note_statement(execution: ORMExecuteState) -> None:
    table = getattr(execution.statement, "table", None)  # of an insert, update or delete
    if table is not None and table.name in WORLD:
        execution.session.info[_IS_CHANGED] = True


@event.listens_for(Session, "before_commit")
def _bump_at_the_end(session: Session) -> None:
    """Change the version last, so that no transaction waits for another's longer than it must."""
    if not session.in_nested_transaction():
        session.flush()
        _bump_if_changed(session)


def _bump_if_changed(session: Session) -> None:
    if session.info.get(_IS_CHANGED):
        session.info[_IS_CHANGED] = session.in_nested_transaction()  # which may be undone
        bump_world(session)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_IS_CHANGED, None)


def bump_world(session: Session) -> None:
    """Invalidate every process's snapshot of the network when the transaction commits.

    Sessions do so by themselves once they changed a table of the WORLD.
    """
    version = secrets.randbits(53)
    row = session.get(WorldVersion, 1, with_for_update=True)
    if row is None:
        session.add(WorldVersion(id=1, version=version))
    else:
        row.version = version
    session.flush()


def columns_to(table: str) -> list[Column[Any]]:
    """Return every column that refers to the table of that name, in an order that does not change."""
    return [
        key.parent
        for other in Base.metadata.sorted_tables
        for key in sorted(other.foreign_keys, key=lambda key: str(key.parent))
        if key.column.table.name == table
    ]


def insert_into(session: Session, model: type[Base]) -> Any:
    """Return an INSERT of the session's dialect: it has ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model)


def configure_engine(engine: Engine) -> Engine:
    """Make a SQLite engine safe for several processes; leave other engines unchanged.

    A transaction that will write (``execution_options={"write": True}``) takes the lock at BEGIN, because SQLite
    ignores ``busy_timeout`` when a reader is upgraded to a writer.
    """
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def connect(url: str) -> Engine:
    """Return an engine for ``url``; the caller disposes it."""
    # The error of a failing statement must not contain its parameters.
    return configure_engine(create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite")))


def claim_write(session: Session) -> None:
    """Begin the session's transaction as a writing one. Call it before any other statement."""
    session.connection(execution_options={"write": True})


@contextmanager
def write_session(engine: Engine) -> Iterator[Session]:
    """Open a session whose transaction may write; it commits at the end and rolls back on an error."""
    with Session(engine) as session, session.begin():
        claim_write(session)
        yield session
