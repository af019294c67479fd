"""Kind ``file``: each delivery is one file in a folder of the channel. The do-nothing twin of the real networks."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from jobs.channels.transport import Account, Checked, Message, TransportError


class FileTransport:
    """Writes ``<folder>/<key><ending>``, whole or not at all, once however often it is sent."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder, self.ending = folder, ending

    @classmethod
    def of_account(cls, account: Account) -> "FileTransport":
        """The posts of a channel, in ``posts/<channel>`` under GOODWORD_HOME."""
        return cls(account.home / "posts" / account.channel, ".json")

    def send(self, message: Message) -> str:
        """Put the payload where nothing stands yet; the name of its file."""
        path = self._path(message)
        draft = self.folder / f".{uuid4()}.draft"
        with _or_refused("The file could not be written", accepted="no"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with draft.open("xb") as file:
                file.write(message.payload)
                file.flush()
                os.fsync(file.fileno())
        try:
            with _or_refused("The file could not be placed", accepted="no"), suppress(FileExistsError):
                os.link(draft, path)  # Unlike a rename it never takes the place of what stands there.
        finally:
            draft.unlink()
        self._keep()
        return path.name

    def find(self, message: Message) -> str | None:
        """The name of the file, None if there is none."""
        path = self._path(message)
        found = False
        with _or_refused("The folder could not be read", accepted="maybe"), suppress(FileNotFoundError):
            found = path.name in os.listdir(self.folder)
        if found:
            self._keep()
        return path.name if found else None

    def check(self) -> Checked:
        """A folder lets everybody in who may write there."""
        with _or_refused("The folder could not be made", accepted="no"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Checked("")

    def _path(self, message: Message) -> Path:
        return self.folder / f"{quote(message.key, safe=':')}{self.ending}"

    def _keep(self) -> None:
        """Make the folder's entries outlast a power cut."""
        with _or_refused("The folder could not be kept", accepted="maybe"):
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def _or_refused(sentence: str, *, accepted: Literal["no", "maybe"]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransportError(f"{sentence}: {error.strerror}.", permanent=False, accepted=accepted) from None
