"""Reads what a process keeps of the network before its first request and after each change, so that none waits."""

import gc
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from directory.engine.firm_sentences import recent_sentences
from directory.engine.search import search
from directory.engine.suggestions import understand
from directory.people.namesake import known_names
from directory.week.unconsented_names import UnconsentedNames

WORDS = "a new logo for a bakery"  # any that are read and searched by meaning too
EVERY = 30.0  # seconds
# Objects made and kept, collections of the young, and of the middle-aged, before the next older ones are collected too.
COLLECTED_AFTER = (5_000, 20, 50)


def warm_up(engine: Engine) -> None:
    """Load the model, the World, the sentences, the names and the search index, as far as they changed.

    Nothing of a database that cannot be read.
    """
    with Session(engine) as session:
        try:
            understand(session, text=WORDS)
            search(session, text=WORDS)
            recent_sentences(session)
            known_names(session)
            UnconsentedNames(session)
        except DBAPIError:
            return


def keep_warm(engine: Engine, *, is_ready: Event, is_over: Event) -> None:
    """Warm up, say so, and again every half minute: after a quiet hour and a change, too, no request waits.

    No garbage collection looks through what is read at first, and one of everything else is rare: in a network of
    5,000 members it took 0.4 seconds, of whichever request it met.
    """
    warm_up(engine)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    is_ready.set()
    while not is_over.wait(EVERY):
        warm_up(engine)
