"""What every transport promises: send frozen bytes once, and say whether they arrived."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True)
class Message:
    """One message to one destination: the frozen ``payload``, and the ``key`` by which it is known for ever."""

    key: str
    payload: bytes


class TransportError(Exception):
    """A try that failed: for good or not, and whether the message may be there all the same.

    The message is kept in the row and shown, so it names no person and no secret.
    """

    def __init__(
        self, message: str, *, permanent: bool, accepted: Literal["no", "maybe"], retry_at: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.permanent, self.accepted, self.retry_at = permanent, accepted, retry_at


class Transport(Protocol):
    """What a kind of channel can do."""

    def send(self, message: Message) -> str:
        """Deliver it; the id it has there. Raises TransportError, and nothing else for what the world does."""

    def find(self, message: Message) -> str | None:
        """The id of what arrived, or None if it certainly did not. Raises TransportError where nobody can tell."""
