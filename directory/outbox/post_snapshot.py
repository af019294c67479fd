"""Post snapshots: the exact text, image and time of a post, frozen before the first attempt to send it."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

FOLDER = "cards"  # folder of the post images in the file store


@dataclass(frozen=True)
class PostSnapshot:
    """The only input of a transport, the same for every attempt.

    ``at`` is when it was frozen: nothing of it can have arrived before. ``image`` is the sha256 of an image in the
    files of GOODWORD_HOME, ``alt`` its alternative text; both are empty without an image.
    """

    chapter: str  # its name
    channel: str  # public id of the channel
    occurrence: str  # public id; empty for a test post
    on: date
    at: datetime
    text: str
    image: str = ""
    alt: str = ""
    day: str = ""  # ``on`` as the chapter writes it

    def to_bytes(self) -> bytes:
        """Return the payload of the delivery: JSON that a person can read."""
        values = {**asdict(self), "on": self.on.isoformat(), "at": self.at.isoformat()}
        return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> "PostSnapshot":
        """The inverse of ``to_bytes``."""
        values = json.loads(payload)
        return cls(**{**values, "on": date.fromisoformat(values["on"]), "at": datetime.fromisoformat(values["at"])})
