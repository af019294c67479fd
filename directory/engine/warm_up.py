"""Reads what a process keeps of the network before its first request, so that none waits for it."""

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from directory.engine.firm_sentences import known_sentences
from directory.engine.search import search
from directory.engine.suggestions import understand

WORDS = "a new logo for a bakery"  # any that are read and searched by meaning too


def warm_up(engine: Engine) -> None:
    """Load the model, the World, the sentences and the search index; nothing of a database that cannot be read."""
    with Session(engine) as session:
        try:
            understand(session, text=WORDS)
            search(session, text=WORDS)
            known_sentences(session)
        except DBAPIError:
            return
