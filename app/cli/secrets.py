"""``goodword secrets``: re-encrypts the secrets in the database with a new key, without downtime."""

import click

from app.accounts import second_factor
from app.cli.database_access import open_engine
from directory.db import write_session
from directory.leads import client, submission
from directory.outbox import channel
from directory.secrets import SecretBox
from directory.settings import load_settings


@click.group()
def secrets() -> None:
    """Look after the secrets in the database."""


@secrets.command()
def rotate() -> None:
    """Seal every secret with the first key of GOODWORD_ENCRYPTION_KEYS; the others may be removed afterwards."""
    with open_engine() as engine, write_session(engine) as session:
        keys = SecretBox(load_settings().encryption_keys)
        sealed = second_factor.SECRET, channel.SEALED, client.SEALED, submission.SEALED
        count = sum(column.reseal(session, keys) for column in sealed)
    click.echo(f"Sealed with the first key: {count}.")
