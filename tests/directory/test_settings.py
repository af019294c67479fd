"""Keys that the installation makes for itself appear whole, or not at all."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.exc import OperationalError

from directory.db import connect
from directory.settings import SettingsError, load_or_create_secret, load_settings


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    together = Barrier(8)

    def start(number: int) -> str:
        together.wait()
        return load_or_create_secret(tmp_path / f"key{number // 8}")

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(start, range(80)))
    assert len(set(keys)) == 10
    assert {len(key) for key in keys} == {64}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 10


def test_a_full_disk_leaves_no_key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            load_or_create_secret(tmp_path / "key")
    assert list(tmp_path.iterdir()) == []
    assert load_or_create_secret(tmp_path / "key") == load_or_create_secret(tmp_path / "key")


@pytest.mark.parametrize("name", ["secret_key", "encryption_key"])
@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 40])
def test_a_file_without_a_whole_key_is_refused_at_every_start(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match="holds no whole key"):
        load_settings({"GOODWORD_HOME": str(tmp_path)})
    assert (tmp_path / name).read_bytes() == content


def test_a_database_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"GOODWORD_HOME": str(tmp_path)}
    engine = connect(load_settings(environ).database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE looms (id INTEGER)")
        connection.commit()
    engine.dispose()
    monkeypatch.setattr(os, "access", lambda *_: False)
    engine = connect(load_settings(environ).database_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM looms").scalar_one() == 0
        with pytest.raises(OperationalError, match="readonly"):
            connection.exec_driver_sql("DROP TABLE looms")
    engine.dispose()
