"""Files: bytes kept under the hash of what is in them, in the home's ``files`` folder, and served only through access.

Write a file before the transaction that names it commits, and forget it after the one that no longer does.
"""

import os
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

REST = timedelta(days=1)  # what nobody names stays so long: somebody may take a removal back


def store_file(home: Path, folder: str, content: bytes) -> str:
    """Keep ``content`` and return its sha256; whole or not at all, readable by this user alone."""
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
    """What was kept. Raises FileNotFoundError, also where ``digest`` is none."""
    return _path(home, folder, digest).read_bytes()


def is_stored(home: Path, folder: str, digest: str) -> bool:
    """Whether the file is there."""
    return _path(home, folder, digest).is_file()


def delete_file(home: Path, folder: str, digest: str) -> None:
    """Remove the file; nothing where it is gone."""
    _path(home, folder, digest).unlink(missing_ok=True)


def delete_unreferenced(home: Path, folder: str, used: Collection[str], now: datetime) -> int:
    """Remove every file of the folder that is not ``used`` and has rested; how many it were."""
    unused = [
        path
        for path in (home / "files" / folder).glob("*/*")
        if path.name not in used and path.stat().st_mtime < (now - REST).timestamp()
    ]
    for path in unused:
        path.unlink(missing_ok=True)
    return len(unused)


def _path(home: Path, folder: str, digest: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise FileNotFoundError(folder)
    return home / "files" / folder / digest[:2] / digest
