"""A fake mail server on loopback that keeps the mails it accepts and answers as a test says."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller

HANGS_UP = ""
_ADDRESS = rb"<[!-;=?-~]+>"  # one address, unencoded and whole
_STRICT = {
    b"message-id": _ADDRESS,
    b"list-unsubscribe": rb"<(?:https?://|mailto:)[!-;=?-~]+>",
    b"list-unsubscribe-post": rb"List-Unsubscribe=One-Click",
}


def header_faults(mail: bytes) -> list[bytes]:
    """Return the header lines that a strict reader does not understand, read from the bytes alone."""
    head = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    faults = []
    for header in re.split(rb"\n(?![ \t])", head):
        name, _, value = header.partition(b":")
        is_clean = header.isascii() and max(map(len, header.split(b"\n"))) <= 998
        is_short = all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", value))
        pattern = _STRICT.get(name.lower(), rb"[\s\S]*")
        if not (is_clean and is_short and re.fullmatch(rb"[!-9;-~]+", name) and re.fullmatch(pattern, value.strip())):
            faults.append(header)
    return faults


@dataclass
class Postbox:
    """The accepted mails, and the server's ``answer`` to a mail.

    A mail with ``header_faults`` is refused. HANGS_UP drops the connection without accepting the mail; None accepts the
    mail, then drops the connection.
    """

    mails: list[Any] = field(default_factory=list)
    answer: str | None = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if header_faults(envelope.content):
            return "554 a header that a strict reader does not understand"
        if self.answer is None or self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=SMTP))
        if not self.answer:
            server.transport.abort()
        return self.answer or "250 never heard"


@contextmanager
def postbox() -> Iterator[tuple[Postbox, int]]:
    """Run the mail server in a thread; yield it and its port."""
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()
