"""Embedding of taxonomy nodes: each node's vectors are computed once and stored in its row."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from directory.audit import record
from directory.engine.sentence_encoder import Model
from directory.taxonomy.capability import Capability

SYNONYMS_READ, LETTERS_READ = 8, 200


def embed_missing(session: Session, model: Model, *, limit: int, now: datetime) -> int:
    """Embed up to ``limit`` nodes that have no vector, in the order of their ids; return how many."""
    parent = aliased(Capability)
    rows = session.execute(
        select(Capability.id, Capability.name, Capability.synonyms, Capability.asks, parent.name.label("above"))
        .outerjoin(parent, Capability.parent_id == parent.id)
        .where(Capability.vector.is_(None))
        .order_by(Capability.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    texts = [texts_to_embed(row.name, row.above, row.synonyms) for row in rows]
    encoded = model.encode([text for row, node in zip(rows, texts, strict=True) for text in (*node, *row.asks)])
    vectors, at = [], 0
    for row, node in zip(rows, texts, strict=True):
        mean = encoded[at : at + len(node)].mean(axis=0)
        asks = encoded[at + len(node) : at + len(node) + len(row.asks)]
        vectors.append(
            {"id": row.id, "vector": np.vstack([mean / np.linalg.norm(mean), asks]).astype(np.float16).tobytes()}
        )
        at += len(node) + len(row.asks)
    session.execute(update(Capability), vectors)
    record(session, actor_id=None, action="taxonomy.embed", object=f"nodes:{len(rows)}", now=now)
    return len(rows)


def texts_to_embed(name: str, parent: str | None, synonyms: Sequence[str]) -> list[str]:
    """Return the texts whose mean vector represents a node.

    Measured on 68 asks in other words than the taxonomy's: with the mean 69 % rank the right node first, with the
    first text alone 57 %.

    >>> texts_to_embed("WordPress", "Web development", ["wp", "wordpress site"])
    ['WordPress, Web development: wp, wordpress site', 'WordPress, Web development', 'wp', 'wordpress site']
    """
    head = f"{name}, {parent}" if parent and parent != name else name
    names = [synonym[:LETTERS_READ] for synonym in synonyms[:SYNONYMS_READ]]
    return [f"{head}: {', '.join(names)}", head, *names] if names else [head]
