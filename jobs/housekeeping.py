"""Housekeeping: embed capabilities and firms' sentences, publish the week's rating bands, erase departed members."""

from datetime import datetime

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.engine.capability_embeddings import embed_missing
from directory.engine.firm_sentences import known_sentences
from directory.engine.pairing_texts import pairing_texts
from directory.engine.sentence_encoder import load_model
from directory.engine.text_embedding import embed_texts, forget_embeddings, stored_digests, text_digest
from directory.facts.rating_band import publish_bands
from directory.imports.people_upload import delete_old_uploads
from directory.joining import application
from directory.leads.submission import delete_old_submissions
from directory.people.photo import delete_if_unused, delete_unused_photos
from directory.privacy import departure
from directory.privacy.erasure import erase
from directory.profiles import relay
from directory.settings import Settings
from directory.taxonomy.capability import Capability
from directory.week import social_inbox
from directory.week.post_card import delete_unused_cards

BATCH_SIZE = 50  # nodes a minute: under a second, during which an embedded database takes no other writes
SENTENCES = 3000  # a minute: at most half of it, outside of a transaction
log = structlog.get_logger()


def embed_some(engine: Engine, *, now: datetime, **_: object) -> int:
    """Embed up to BATCH_SIZE nodes and return how many, 0 without a model."""
    with Session(engine) as session:
        missing = session.scalar(select(Capability.id).where(Capability.vector.is_(None)).limit(1))
    model = load_model() if missing else None  # The model takes 140 MB, so it is loaded only when there is work for it.
    if model is None:
        return 0
    with write_session(engine) as session:
        return embed_missing(session, model, limit=BATCH_SIZE, now=now)


def embed_sentences(engine: Engine, **_: object) -> int:
    """Embed up to SENTENCES that members write and return how many; forget the vectors of those that are gone."""
    with Session(engine) as session:
        known, compared = known_sentences(session), {text_digest(text): text for text in pairing_texts(session)}
        stored = stored_digests(session)
        gone = stored - {*known.digests} - compared.keys()
    if gone:
        with write_session(engine) as session:
            forget_embeddings(session, gone)
    texts = list(dict.fromkeys([*known.missing(), *(compared[digest] for digest in compared if digest not in stored)]))
    model = load_model() if texts else None
    embedded = 0 if model is None else sum(embed_texts(engine, model, texts[:SENTENCES]))
    if embedded:
        log.info("sentences_embedded", count=embedded, waiting=len(texts) - embedded)
    return embedded


def freeze_bands(engine: Engine, *, now: datetime, **_: object) -> None:
    """Publish the week's rating bands if they are not published yet."""
    with write_session(engine) as session:
        publish_bands(session, now=now)


def forget(engine: Engine, *, settings: Settings, now: datetime) -> int:
    """Erase members whose week to return is over, each in a separate transaction, and return how many were erased.

    Also delete expired messages and applications that nobody confirmed, old uploaded lists of people, old replies and
    requests of strangers, and unused photos and post cards.
    """
    erased, home = 0, settings.home
    with write_session(engine) as session:
        relay.delete_expired(session, now=now)
        application.delete_unconfirmed(session, now=now)
        delete_old_uploads(session, now=now)
        social_inbox.delete_old_replies(session, now=now)
        delete_old_submissions(session, now=now)
        delete_unused_photos(session, home=home, now=now)
        delete_unused_cards(session, home=home, now=now)
    while True:
        with write_session(engine) as session:
            departed = departure.departures_due(session, now=now)
            if not departed:
                return erased
            digest = erase(session, member=departed[0], by=None, now=now)
        with Session(engine) as session:
            delete_if_unused(session, home=home, digest=digest)
        erased += 1
