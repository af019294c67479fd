"""A fake mail server on loopback that keeps the mails it accepts and answers as a test says."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller

HANGS_UP = ""


@dataclass
class Postbox:
    """The accepted mails, and the server's ``answer`` to a mail.

    HANGS_UP drops the connection without accepting the mail; None accepts the mail, then drops the connection.
    """

    mails: list[Any] = field(default_factory=list)
    answer: str | None = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
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
