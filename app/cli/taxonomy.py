"""``goodword taxonomy``: imports further schemes of capabilities and computes their embeddings."""

from pathlib import Path

import click
from sqlalchemy import Engine, func, select

from app.cli.database_access import open_engine
from app.cli.imports import MAP, PATH
from directory.clock import utc_now
from directory.db import write_session
from directory.engine.capability_embeddings import embed_missing
from directory.engine.sentence_encoder import load_model
from directory.imports.taxonomy_scheme import import_scheme
from directory.taxonomy.capability import CURATED, Capability

MAX_EMBEDDED_HERE = 3000  # nodes, about 20 seconds; the worker embeds larger schemes
BATCH_SIZE = 64


@click.group()
def taxonomy() -> None:
    """Import a taxonomy of capabilities, such as NAICS or ESCO, beside the one that ships."""


@taxonomy.command("import")
@PATH
@click.option("--scheme", default=CURATED, show_default=True, help="The name it is known by.")
@MAP
def import_(file: Path, scheme: str, mapping: dict[str, str]) -> None:
    """Add and update the nodes of a CSV file with the columns code and name; synonyms and parent where it has them."""
    with open_engine() as engine:
        with write_session(engine) as session:
            report = import_scheme(session, path=file, scheme=scheme, mapping=mapping, now=utc_now())
        click.echo(f"{report.rows} rows read: {report.added} added, {report.updated} updated.")
        _embed_nodes(engine)


def _embed_nodes(engine: Engine) -> None:
    """Embed the nodes without an embedding, one transaction per batch, so that Ctrl-C loses at most one batch."""
    with write_session(engine) as session:
        missing = session.scalar(select(func.count()).where(Capability.vector.is_(None))) or 0
    if not missing:
        return
    model = load_model()
    if model is None:
        click.echo("There is no sentence model, so leads are matched with these by words alone.")
    elif missing > MAX_EMBEDDED_HERE:
        click.echo(f"goodword worker will read the meaning of {missing} nodes; until then words alone match them.")
    else:
        with click.progressbar(length=missing, label="Reading meanings") as bar:
            embedded = missing
            while embedded:
                with write_session(engine) as session:
                    embedded = embed_missing(session, model, limit=BATCH_SIZE, now=utc_now())
                bar.update(embedded)
