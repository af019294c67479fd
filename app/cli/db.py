"""``goodword db``: upgrades, downgrades and writes migrations of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic import command
from alembic.util import CommandError

from app.cli import CliError, database_access
from app.cli.database_access import alembic_config, open_engine


@click.group()
def db() -> None:
    """Make and change the tables. Back up a database that people use before you change it."""


@db.command()
@click.option("--to", default="head", show_default=True, metavar="REV", help="The revision to go up to.")
def upgrade(to: str) -> None:
    """Bring the tables up to this version of Goodword."""
    with _command_errors():
        database_access.upgrade(to)
    click.echo("The database is up to date.")


@db.command(context_settings={"ignore_unknown_options": True})  # -1 is a revision, not an option
@click.argument("to", metavar="REV")
def downgrade(to: str) -> None:
    """Take the tables back to revision REV; -1 is the one before, base is none at all, and their rows are lost."""
    with _command_errors(), open_engine() as engine:
        command.downgrade(alembic_config(engine), to)
    click.echo(f"The database is at {to}.")


@db.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a revision that makes the database what the tables of this checkout are. Read it before you keep it."""
    with _command_errors(), open_engine() as engine:
        command.revision(alembic_config(engine), message, autogenerate=True)


@contextmanager
def _command_errors() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise CliError(f"{error}.") from None
