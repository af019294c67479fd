"""Piped mail: what a mail server passes to a command on standard input."""

import sys

MOST = 50_000_000  # bytes that are read: more than mail servers accept; without a limit a stream could last for ever


def read_piped_mail() -> bytes:
    return sys.stdin.buffer.read(MOST)
