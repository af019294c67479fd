"""``goodword bounce``: reads a mail that came back from standard input, as a mail server passes it to a program."""

import click

from app.cli.database_access import open_engine
from app.cli.piped_mail import read_piped_mail
from directory.clock import utc_now
from directory.db import write_session
from directory.maildir import set_aside
from directory.outbox.mail_refusal import record_bounce
from directory.settings import load_settings


@click.command()
def bounce() -> None:
    """Read a mail that came back (RFC 3464) from standard input, and send nothing more to that address.

    It always exits with 0 unless nothing can be stored: otherwise the mail server would return it once more.
    """
    content = read_piped_mail()
    with open_engine() as engine, write_session(engine) as session:
        is_recorded = record_bounce(session, content=content, now=utc_now())
    if is_recorded:
        click.echo("Email to a member bounced. Nothing more is sent to that address until somebody corrects it.")
    else:
        set_aside(load_settings().home / "bounces", content)
        click.echo(
            "This is not a new bounce of an email that was sent to a member. It is in bounces/cur in the home, for a "
            "person to read."
        )
