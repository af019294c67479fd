"""What every transport promises: send frozen bytes once, and say whether they arrived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from directory.settings import Settings

Secrets = Mapping[str, str]


@dataclass(frozen=True)
class Account:
    """A channel as its transport needs it.

    ``renew`` changes the secrets under a lock on the channel's row: it is given a function that gets them as they are
    stored now (another worker may have been first) and returns what is stored in their place before anybody uses it.
    """

    channel: str  # its public id
    settings: Mapping[str, Any]
    secrets: Secrets
    renew: Callable[[Callable[[Secrets], Secrets]], Secrets]
    installation: Settings

    @property
    def home(self) -> Path:
        return self.installation.home


@dataclass(frozen=True)
class Message:
    """One message to one destination: the frozen ``payload``, and the ``key`` by which it is known for ever."""

    key: str
    payload: bytes


@dataclass(frozen=True)
class Checked:
    """What a look at an account found: the ``name`` it has there, and the ``limit`` on its texts, if it tells one."""

    name: str
    limit: int | None = None


@dataclass(frozen=True)
class Heard:
    """What somebody said there: a reply to a post of ours (``about`` is its id there), a mention, or under a tag."""

    external_id: str
    kind: Literal["reply", "mention", "tag"]
    author: str  # the name of the account, as people write it there
    text: str
    address: str  # where a person reads it
    at: datetime
    about: str = ""


class TransportError(Exception):
    """A try that failed: for good or not, and whether the message may be there all the same.

    ``is_revoked``: the account lets us in no more, until a person connects it again; never said of a 5xx. The
    message is kept in the row and shown, so it names no person and no secret.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        accepted: Literal["no", "maybe"],
        retry_at: datetime | None = None,
        is_revoked: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent, self.accepted, self.retry_at, self.is_revoked = permanent, accepted, retry_at, is_revoked


class Transport(Protocol):
    """What a kind of channel can do. Nothing but TransportError is raised for what the world does."""

    def send(self, message: Message) -> str:
        """Deliver it; the id it has there."""

    def find(self, message: Message) -> str | None:
        """The id of what arrived, or None if it certainly did not. Raises TransportError where nobody can tell."""

    def check(self) -> Checked:
        """Look whether the account lets us in, without posting."""


@runtime_checkable
class Leaver(Protocol):
    """What a transport can do besides whose network takes a permission back when it is told to."""

    def leave(self) -> None:
        """Have the network forget what it gave us."""


@runtime_checkable
class Listener(Protocol):
    """What a transport that hears can do besides."""

    def listen(self, since: str | None, tags: list[str]) -> list[Heard]:
        """What was said to the account or under ``tags`` after the external id ``since``, the oldest first.

        What reached a network late may come with what was heard before: ``external_id`` tells.
        """
