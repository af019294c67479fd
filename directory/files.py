"""The file store: bytes under their sha256 in the ``files`` folder of the home, served only after an access check.

Write a file before the transaction that refers to it commits; delete it after the one that removes the last reference.
"""

import os
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

GRACE_PERIOD = timedelta(days=1)  # from when a file is written; an unreferenced file is deleted only after it


def store_file(home: Path, folder: str, content: bytes) -> str:
    """Store ``content`` atomically, readable only by this user, and return its sha256."""
    digest = sha256(content).hexdigest()
    path = _path(home, folder, digest)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:  # made with mode 0600
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)
    return digest


def read_file(home: Path, folder: str, digest: str) -> bytes:
    """Return the stored bytes. Raises FileNotFoundError, also if ``digest`` is not a sha256."""
    return _path(home, folder, digest).read_bytes()


def is_stored(home: Path, folder: str, digest: str) -> bool:
    """Whether the file exists. Raises FileNotFoundError if ``digest`` is not a sha256."""
    return _path(home, folder, digest).is_file()


def delete_file(home: Path, folder: str, digest: str) -> None:
    """Delete the file; does nothing if it does not exist."""
    _path(home, folder, digest).unlink(missing_ok=True)


def delete_unreferenced(home: Path, folder: str, used: Collection[str], now: datetime) -> int:
    """Delete the folder's files that are not ``used`` and were written more than GRACE_PERIOD ago; return how many."""
    unused = [
        path
        for path in (home / "files" / folder).glob("*/*")
        if path.name not in used and path.stat().st_mtime < (now - GRACE_PERIOD).timestamp()
    ]
    for path in unused:
        path.unlink(missing_ok=True)
    return len(unused)


def _path(home: Path, folder: str, digest: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise FileNotFoundError(folder)
    return home / "files" / folder / digest[:2] / digest
