"""Embeddings of texts that members show, made by a job when the texts change, and gone when the texts are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from time import monotonic

import numpy as np
from sqlalchemy import Engine, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row, bump_world, insert_into, write_session
from directory.engine.sentence_encoder import Model
from directory.versioned_cache import VersionedCache
from matching.inputs import HalfVectors, Vectors

BATCH = 256  # texts: about a second
FEW = 500  # digests that one statement names
KEPT = 20_000  # vectors that a process keeps, 15 MB
_kept: dict[str, HalfVectors] = {}  # by digest
LOOK_AGAIN = 60  # seconds after which a text without a vector is looked up again
_missing = VersionedCache[set[str]](lambda *_: set(), version=lambda _: 1 + int(monotonic() / LOOK_AGAIN))  # digests


class TextEmbedding(Row, Base):
    """The vector of a text, by the text's digest: nothing of it can be read here."""

    __tablename__ = "text_embedding"

    digest: Mapped[str] = mapped_column(String(32), unique=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)  # (DIMENSIONS,) float16, of unit length


def text_digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def load_embeddings(session: Session, digests: Collection[str]) -> Mapping[str, HalfVectors]:
    """Return the vectors (DIMENSIONS,) of those digests that have one."""
    rows = select(TextEmbedding.digest, TextEmbedding.vector)
    if len(digests) <= FEW:
        rows = rows.where(TextEmbedding.digest.in_(digests))
    return {
        digest: np.frombuffer(vector, dtype=np.float16) for digest, vector in (session.execute(rows) if digests else ())
    }


def stored_vectors(session: Session, texts: Collection[str]) -> dict[str, Vectors]:
    """Return the vectors (DIMENSIONS,) of those texts that have one: no page waits for the model."""
    digests, known = {text: text_digest(text) for text in texts}, {**_kept}
    missing = _missing.current(session)
    unknown = sorted({*digests.values()} - known.keys() - missing)
    for some in (unknown[at : at + FEW] for at in range(0, len(unknown), FEW)):
        known.update(load_embeddings(session, some))
    if len(_kept) > KEPT:
        _kept.clear()
    _kept.update((digest, known[digest]) for digest in unknown if digest in known)
    missing.update(digest for digest in unknown if digest not in known)
    return {text: known[digest].astype(np.float32) for text, digest in digests.items() if digest in known}


def embed_texts(engine: Engine, model: Model, texts: Sequence[str]) -> Iterator[int]:
    """Embed and store the texts a few at a time, and yield after each batch how many they were.

    The model works outside of the transactions, so that other writers need not wait for it.
    """
    for batch in (texts[at : at + BATCH] for at in range(0, len(texts), BATCH)):
        vectors = model.encode(batch)
        with write_session(engine) as session:
            store_embeddings(session, batch, vectors)
            if batch[-1] == texts[-1]:  # the last: only then does every process read the World anew
                bump_world(session)
        yield len(batch)


def store_embeddings(session: Session, texts: Sequence[str], vectors: Vectors) -> None:
    """Store the vectors (texts, 384) of those texts that have none yet."""
    rows = [
        {"digest": text_digest(text), "vector": vector.astype(np.float16).tobytes()}
        for text, vector in zip(texts, vectors, strict=True)
    ]
    session.execute(insert_into(session, TextEmbedding).on_conflict_do_nothing(), rows)


def stored_digests(session: Session) -> set[str]:
    """Return the digests of all stored vectors."""
    return {*session.scalars(select(TextEmbedding.digest))}


def forget_embeddings(session: Session, digests: Collection[str]) -> None:
    """Delete the vectors of these digests."""
    gone = sorted(digests)
    for some in (gone[at : at + FEW] for at in range(0, len(gone), FEW)):
        session.execute(delete(TextEmbedding).where(TextEmbedding.digest.in_(some)))
