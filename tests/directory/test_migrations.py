"""Migrations create exactly the declared tables, up and down, on both databases, and keep existing rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from app.accounts.tables import Account, AccountSession
from app.cli.database_access import PYPROJECT, alembic_config, is_migrated
from directory.db import Base, connect, write_session
from directory.errors import Invalid
from directory.facts.rating import Rating
from directory.people.chapter import Chapter
from directory.people.tables import Member


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Yield an empty database of each kind."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if on_sqlite else request.getfixturevalue("postgres_url")
    engine = connect(url)
    yield engine
    engine.dispose()


def drift(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_a_migrated_database_matches_the_declared_tables(database: Engine) -> None:
    assert not is_migrated(database)
    command.upgrade(alembic_config(database), "head")
    assert is_migrated(database)
    assert drift(database) == []


@pytest.mark.slow
def test_downgrading_removes_all_tables_and_upgrading_works_again(database: Engine) -> None:
    config = alembic_config(database)
    command.upgrade(config, "head")
    with write_session(database) as session:
        session.add(Chapter(key="c", name="Chapter"))
    command.upgrade(config, "head")
    with Session(database) as session:
        assert session.query(Chapter).count() == 1
    command.downgrade(config, "base")
    assert inspect(database).get_table_names() == ["alembic_version"]
    command.upgrade(config, "head")
    assert drift(database) == []


@pytest.mark.slow
def test_existing_rows_survive_all_migrations(database: Engine) -> None:
    config = alembic_config(database)
    command.upgrade(config, "d0a8f4695d90")
    with write_session(database) as session:
        for statement in BEFORE:
            session.execute(text(statement))
    command.upgrade(config, "head")
    with Session(database) as session:
        bea, omar = session.scalars(select(Member).order_by(Member.id))
        assert (bea.state, bea.email, omar.state) == ("active", "bea@bramble.example", "suspended")
        assert len(session.scalars(select(Rating)).one().public_id) == 12
        assert session.scalars(select(AccountSession)).all() == []
    command.downgrade(config, "d0a8f4695d90")
    with database.connect() as connection:
        suspended = text("SELECT id FROM member WHERE suspended_at IS NOT NULL")
        assert connection.execute(suspended).scalars().all() == [2]


def test_an_account_keeps_its_password_and_sign_ins_and_a_closed_one_stays_closed(database: Engine) -> None:
    config = alembic_config(database)
    command.upgrade(config, "c1e84f2d6b70")
    with write_session(database) as session:
        for statement in WITH_FLASK_SECURITY:
            session.execute(text(statement))
    command.upgrade(config, "head")
    with Session(database) as session:
        bea, omar = session.scalars(select(Account).order_by(Account.id))
        assert (bea.email, bea.password, bea.member.state) == ("bea@bramble.example", "h", "active")
        assert (omar.password, omar.member.state) == (None, "suspended")
        assert session.scalars(select(AccountSession)).one().account is bea
    command.downgrade(config, "c1e84f2d6b70")
    with database.connect() as connection:
        kept = "SELECT id, email, password, active FROM account WHERE fs_uniquifier IS NOT NULL ORDER BY id"
        assert [tuple(row) for row in connection.execute(text(kept))] == [
            (1, "bea@bramble.example", "h", True),
            (2, "omar@bramble.example", None, True),
        ]
        assert connection.scalar(text("SELECT count(*) FROM account_session")) == 1


BEFORE = (
    "INSERT INTO business (id, public_id, name, city, region, is_remote, summary, website, phone, email, currency,"
    " busy, best_customers, good_referrals, not_a_fit, search_text, created_at) VALUES"
    " (1, 'b', 'Bramble', '', '', false, '', '', '', '', 'USD', 0, '', '', '', '', '2026-01-01')",
    "INSERT INTO member (id, public_id, business_id, name, role, headline, joined_at, suspended_at, is_admin) VALUES"
    " (1, 'm1', 1, 'Bea', '', '', '2026-01-01', NULL, false),"
    " (2, 'm2', 1, 'Omar', '', '', '2026-01-01', '2026-02-01', false)",
    "INSERT INTO account (id, email, active, fs_uniquifier, create_datetime, member_id)"
    " VALUES (1, 'bea@bramble.example', true, 'u', '2026-01-01', 1)",
    "INSERT INTO account_session (token_hash, account_id, content, expires_at) VALUES ('t', 1, '{}', '2030-01-01')",
    "INSERT INTO rating (rater_id, ratee_id, warmth, competence, rated_at) VALUES (1, 2, 4, 4, '2026-03-01')",
)
WITH_FLASK_SECURITY = (
    BEFORE[0],
    "INSERT INTO member (id, public_id, business_id, name, role, headline, joined_at, is_admin, email) VALUES"
    " (1, 'm1', 1, 'Bea', '', '', '2026-01-01', false, 'bea@bramble.example'),"
    " (2, 'm2', 1, 'Omar', '', '', '2026-01-01', false, 'omar@bramble.example')",
    "INSERT INTO account (id, email, password, active, fs_uniquifier, member_id) VALUES"
    " (1, 'bea@bramble.example', 'h', true, 'u1', 1), (2, 'omar@bramble.example', NULL, false, 'u2', 2)",
    "INSERT INTO account_session (public_id, token_hash, account_id, content, browser, began_at, seen_at, expires_at)"
    " VALUES ('s', 't', 1, '{}', '', '2026-01-01', '2026-01-01', '2030-01-01')",
)


def test_migrations_refuse_to_run_without_the_accounts_tables(database: Engine) -> None:
    config = Config(toml_file=PYPROJECT, attributes={"engine": database})
    with pytest.raises(Invalid, match="goodword db"):
        command.upgrade(config, "head")
