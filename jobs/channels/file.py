"""Kind ``file``: each delivery is one file in a folder of the channel, without any network."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from jobs.channels.transport import Account, AccountCheck, Message, TransportError


class FileTransport:
    """Writes ``<folder>/<key><ending>`` atomically, and only once however often it is sent."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder, self.ending = folder, ending

    @classmethod
    def of_account(cls, account: Account) -> "FileTransport":
        """Return the transport of a channel's posts, in ``posts/<channel>`` under GOODWORD_HOME."""
        return cls(account.installation.home / "posts" / account.channel, ".json")

    def send(self, message: Message) -> str:
        """Write the payload unless its file exists, and return the file's name."""
        path = self._path(message)
        draft = self.folder / f".{uuid4()}.draft"
        with _transport_errors("The file could not be written", accepted="no"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with draft.open("xb") as file:
                file.write(message.payload)
                file.flush()
                os.fsync(file.fileno())
        try:
            with _transport_errors("The file could not be placed", accepted="no"), suppress(FileExistsError):
                os.link(draft, path)  # Unlike a rename it never replaces an existing file.
        finally:
            draft.unlink()
        self._sync()
        return path.name

    def find(self, message: Message) -> str | None:
        """Return the name of the file, None if there is none."""
        path = self._path(message)
        exists = False
        with _transport_errors("The folder could not be read", accepted="maybe"), suppress(FileNotFoundError):
            exists = path.name in os.listdir(self.folder)
        if exists:
            self._sync()
        return path.name if exists else None

    def check(self) -> AccountCheck:
        """Make the folder if it is missing. A folder has no account name."""
        with _transport_errors("The folder could not be made", accepted="no"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return AccountCheck("")

    def _path(self, message: Message) -> Path:
        return self.folder / f"{quote(message.key, safe=':')}{self.ending}"

    def _sync(self) -> None:
        """Sync the folder, so that its entries survive a power failure."""
        with _transport_errors("The folder could not be kept", accepted="maybe"):
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def _transport_errors(sentence: str, *, accepted: Literal["no", "maybe"]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransportError(f"{sentence}: {error.strerror}.", permanent=False, accepted=accepted) from None
