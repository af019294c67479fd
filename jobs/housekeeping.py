"""Housekeeping: capabilities get their meaning, a few at a time; the week's bands are frozen; who left is forgotten."""

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine.capability_embeddings import embed_missing
from directory.engine.sentence_encoder import load_model
from directory.facts.rating_band import publish_bands
from directory.imports.people import delete_old_uploads
from directory.joining import application
from directory.people.photo import delete_if_unused, delete_unused_photos
from directory.privacy import departure
from directory.privacy.erasure import erase
from directory.profiles import relay
from directory.settings import Settings
from directory.taxonomy.capability import Capability
from directory.week import social_inbox
from directory.week.post_card import delete_unused_cards as sweep_cards

AT_ONCE = 50  # nodes a minute: under a second, in which an embedded database takes no other writes


def embed_some(engine: Engine, *, now: datetime, **_: object) -> int:
    """Embed up to AT_ONCE nodes; how many it were, 0 without a model."""
    with Session(engine) as session:
        missing = session.scalar(select(Capability.id).where(Capability.vector.is_(None)).limit(1))
    model = load_model() if missing else None  # It takes 140 MB, so it is loaded only where there is work for it.
    if model is None:
        return 0
    with write_session(engine) as session:
        return embed_missing(session, model, limit=AT_ONCE, now=now)


def freeze_bands(engine: Engine, *, now: datetime, **_: object) -> None:
    """Publish the bands of the week, where that was not done yet."""
    with write_session(engine) as session:
        publish_bands(session, now=now)


def forget(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Erase whose week to come back is over, each in a transaction of their own; how many people it were.

    Messages and applications that nobody confirmed go too, the lists that leads sent, and what strangers said.
    """
    erased, home = 0, settings.home
    with write_session(engine) as session:
        relay.delete_expired(session, now=now)
        application.delete_unconfirmed(session, now=now)
        delete_old_uploads(session, now=now)
        social_inbox.delete_old_replies(session, now=now)
        delete_unused_photos(session, home=home, now=now)
        sweep_cards(session, home=home, now=now)
    while True:
        with write_session(engine) as session:
            gone = departure.departures_due(session, now=now)
            if not gone:
                return erased
            digest = erase(session, member=gone[0], by=None, now=now)
        with Session(engine) as session:
            delete_if_unused(session, home=home, digest=digest)
        erased += 1
