"""Transports: the code that talks to a kind of channel.

Law: one file per kind. A transport never writes a row and never tries twice by itself; it tells apart what was
certainly not accepted from what may have been.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.channels.file import FileTransport
from jobs.channels.smtp import SmtpTransport
from jobs.channels.transport import Transport

# A kind, and how its transport is made from GOODWORD_HOME, the channel's public id and its settings. What everybody
# may know of a kind (label, limit, fields) stands in ``directory.week.channel``, where pages can read it.
CHANNEL_KINDS: tuple[tuple[str, Callable[[Path, str, dict[str, Any]], Transport]], ...] = (
    ("file", FileTransport.of_channel),
)


def transport_of(kind: str, *, home: Path, channel: str, settings: dict[str, Any]) -> Transport:
    """The transport of a channel."""
    return dict(CHANNEL_KINDS)[kind](home, channel, settings)


def mail_transport(url: str, *, home: Path) -> Transport:
    """What sends mail: SMTP, or ``file://``, which keeps each mail as ``mail/<key>.eml`` under GOODWORD_HOME."""
    return FileTransport(home / "mail", ".eml") if url == "file://" else SmtpTransport(url)
