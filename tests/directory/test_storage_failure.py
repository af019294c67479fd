"""Storage failures are told apart from faults of the program, on both databases."""

import errno

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from directory.storage_failure import storage_failure


def failure(engine: Engine, statement: str) -> int | None:
    """Return the status that a failing statement is answered with, None for a fault of the program."""
    with pytest.raises(DBAPIError) as error, engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
    found = storage_failure(error.value)
    return found.status if found else None


def test_sqlite_errors() -> None:
    assert failure(create_engine("sqlite://"), "SELECT nonsense") is None
    assert failure(create_engine("sqlite:////nowhere/goodword.db"), "SELECT 1") == 503


@pytest.mark.slow
def test_postgresql_errors(postgres_server: str) -> None:
    url = make_url(postgres_server).set(drivername="postgresql+psycopg")
    read_only = url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    assert failure(create_engine(url), "SELECT nonsense") is None
    assert failure(create_engine(read_only), "CREATE TABLE looms (id int)") == 503
    assert failure(create_engine(url.set(host="127.0.0.1", port=1)), "SELECT 1") == 503


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EROFS, 503), (errno.ENOENT, None)])
def test_errors_of_files(number: int, status: int | None) -> None:
    found = storage_failure(OSError(number, "canary"))
    assert (found.status if found else None) == status
