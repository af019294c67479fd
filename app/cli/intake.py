"""``goodword intake``: reads a client's mail from standard input, as a mail server passes it to a program."""

import click

from app.cli.database_access import open_engine
from app.cli.piped_mail import read_piped_mail
from directory.clock import utc_now
from directory.db import write_session
from directory.leads.request_mail import Outcome, take_mail
from directory.maildir import set_aside
from directory.secrets import SecretBox
from directory.settings import load_settings

SAID = {
    Outcome.KEPT: "Kept. Its sender gets a link to confirm it.",
    Outcome.AUTOMATIC: "No person wrote this.",
    Outcome.REPEATED: "This came before. Nothing was changed.",
    Outcome.TOO_MANY: "That is too much from one address today.",
    Outcome.UNREADABLE: "There is nothing to read in this, or nobody to answer.",
}


@click.command()
def intake() -> None:
    """Read a client's mail from standard input, as a request to a chapter: ask+KEY@your.host goes to chapter KEY.

    It always exits with 0 unless nothing can be stored: otherwise the mail server would return the mail.
    """
    content, settings = read_piped_mail(), load_settings()
    with open_engine() as engine, write_session(engine) as session:
        box = SecretBox(settings.encryption_keys)
        outcome = take_mail(session, content=content, own_address=settings.mail_from, secrets=box, now=utc_now())
    click.echo(SAID[outcome])
    if not outcome.is_settled:
        set_aside(settings.home / "intake", content)
        click.echo("It is in intake/cur in the home, for a person to read.")
