"""The interface of transports: send frozen bytes once, and find out whether they arrived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from directory.outbox.post_snapshot import PostSnapshot
from directory.settings import Settings

Secrets = Mapping[str, str]


@dataclass(frozen=True)
class Account:
    """What a transport needs of a channel.

    ``renew`` changes the secrets under a lock on the channel's row. It takes a function that receives the secrets as
    they are stored now (another worker may have changed them) and returns the new ones, which are stored before
    anybody uses them.
    """

    channel: str  # its public id
    settings: Mapping[str, Any]
    secrets: Secrets
    renew: Callable[[Callable[[Secrets], Secrets]], Secrets]
    installation: Settings


@dataclass(frozen=True)
class Message:
    """One message to one destination: the frozen ``payload``, and the permanent ``key`` that identifies it."""

    key: str
    payload: bytes

    def without_picture(self) -> "Message":
        """Return the post with its text alone."""
        text = replace(PostSnapshot.from_bytes(self.payload), image="", alt="")
        return replace(self, payload=text.to_bytes())


@dataclass(frozen=True)
class AccountCheck:
    """The result of checking an account: its ``name`` on the network, and the ``limit`` on its texts, if any."""

    name: str
    limit: int | None = None


@dataclass(frozen=True)
class ReceivedPost:
    """What a stranger posted on the network: a reply to us, a mention, or a post under a hashtag.

    ``about`` is the external id of the post that a reply answers.
    """

    external_id: str
    kind: Literal["reply", "mention", "tag"]
    author: str  # the name of the account, as people write it on the network
    text: str
    address: str  # the URL where a person reads it
    at: datetime
    about: str = ""


class TransportError(Exception):
    """A failed attempt: whether a retry is useless (``permanent``), and whether the message may have been ``accepted``.

    ``retry_at`` is when the network accepts more, if it says so. ``is_revoked``: the account refuses our credentials
    until a person connects it again; never set for a 5xx. ``refusal`` is the code by which a mail server refused the
    recipient's address or the mail, such as "550 5.1.1". The message is stored in the row and shown, so it names no
    person and no secret.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        accepted: Literal["no", "maybe"],
        retry_at: datetime | None = None,
        is_revoked: bool = False,
        refusal: str = "",
    ) -> None:
        super().__init__(message)
        self.permanent, self.accepted, self.retry_at = permanent, accepted, retry_at
        self.is_revoked, self.refusal = is_revoked, refusal


class PictureRefused(TransportError):
    """The picture of a post is gone or refused for good, for example by the account's plan; nothing was posted."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True, accepted="no")


class Transport(Protocol):
    """What every transport can do. For any external failure it raises TransportError and nothing else."""

    def send(self, message: Message) -> str:
        """Deliver the message and return its external id. PictureRefused: send it ``without_picture``."""

    def find(self, message: Message) -> str | None:
        """Return the external id of the message, None if it certainly did not arrive.

        Raises TransportError if that cannot be known.
        """

    def check(self) -> AccountCheck:
        """Check whether the account accepts our credentials, without posting."""


@runtime_checkable
class Revocable(Protocol):
    """A transport whose network revokes a permission on request."""

    def revoke(self) -> None:
        """Ask the network to revoke the permission it gave us."""


@runtime_checkable
class Listener(Protocol):
    """A transport that can read what strangers post."""

    def listen(self, since: str | None, tags: list[str]) -> list[ReceivedPost]:
        """Return the posts to the account or under ``tags`` after the external id ``since``, oldest first.

        Posts returned before may be among them, since some reach a network late: compare ``external_id``.
        """
