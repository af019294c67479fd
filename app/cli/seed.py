"""``goodword seed``: writes the demo network into an empty database."""

import click

from app.cli.database_access import open_engine
from directory.clock import utc_now
from directory.db import write_session
from directory.seed import seed as write_network


@click.command()
def seed() -> None:
    """Write the demo network, and the taxonomy that ships, into an empty database. Nobody in it is real."""
    with open_engine() as engine, write_session(engine) as session:
        write_network(session, now=utc_now())
    click.echo("The demo network is there. goodword demo also starts the website and makes log-ins.")
