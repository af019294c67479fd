"""Frozen posts: the exact words, picture and instant of a post, decided once, before the first try to send it."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

FOLDER = "cards"  # of the files, where the picture of a post is


@dataclass(frozen=True)
class PostSnapshot:
    """What a transport sends is made from this alone, however often it tries.

    ``at`` is when it was frozen: nothing of it can be anywhere before. ``image`` is the sha256 of a picture in the
    files of GOODWORD_HOME, with ``alt`` for who cannot see it; both empty where there is none.
    """

    chapter: str  # its name
    channel: str  # the public ids of both
    occurrence: str
    on: date
    at: datetime
    text: str
    image: str = ""
    alt: str = ""

    def to_bytes(self) -> bytes:
        """What a delivery keeps as its payload: JSON that a person can read."""
        said = {**asdict(self), "on": self.on.isoformat(), "at": self.at.isoformat()}
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> "PostSnapshot":
        """The inverse of ``to_bytes``."""
        said = json.loads(payload)
        return cls(**{**said, "on": date.fromisoformat(said["on"]), "at": datetime.fromisoformat(said["at"])})
