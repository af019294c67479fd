"""``goodword bounce``: reads a mail that came back from standard input, as a mail server passes it to a program."""

import sys

import click

from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.db import write_session
from directory.outbox.mail_refusal import MAX_BOUNCE, record_bounce


@click.command()
def bounce() -> None:
    """Read a mail that came back (RFC 3464) from standard input, and send nothing more to that address.

    It always exits with 0 unless the database cannot be written: otherwise the mail server would return it once more.
    """
    content = sys.stdin.buffer.read(MAX_BOUNCE)
    with open_engine() as engine, write_session(engine) as session:
        is_recorded = record_bounce(session, content=content, now=utc_now())
    if is_recorded:
        click.echo("Email to a member bounced. Nothing more is sent to that address until somebody corrects it.")
    else:
        click.echo("This is not a new bounce of an email that was sent to a member. Nothing was changed.")
