"""The meaning of the taxonomy: each node's vector is made once and kept with it."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from directory.audit import record
from directory.db import bump_world
from directory.engine.sentences import Model
from directory.people.capability import Capability

SYNONYMS_READ, LETTERS_READ = 8, 200


def embed_missing(session: Session, model: Model, *, limit: int, now: datetime) -> int:
    """Give up to ``limit`` nodes without a vector theirs, in the order of their rows; return how many it were."""
    parent = aliased(Capability)
    rows = session.execute(
        select(Capability.id, Capability.name, Capability.synonyms, parent.name)
        .outerjoin(parent, Capability.parent_id == parent.id)
        .where(Capability.vector.is_(None))
        .order_by(Capability.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    vectors = model.encode([told(name, above, synonyms) for _, name, synonyms, above in rows]).astype(np.float16)
    session.execute(
        update(Capability),
        [{"id": row.id, "vector": vector.tobytes()} for row, vector in zip(rows, vectors, strict=True)],
    )
    record(session, actor_id=None, action="taxonomy.embed", object=f"nodes:{len(rows)}", now=now)
    bump_world(session)
    return len(rows)


def told(name: str, parent: str | None, synonyms: Sequence[str]) -> str:
    """A node as a sentence model reads it.

    >>> told("WordPress", "Web development", ["wp", "wordpress site"])
    'WordPress, Web development: wp, wordpress site'
    """
    head = f"{name}, {parent}" if parent else name
    tail = ", ".join(synonyms[:SYNONYMS_READ])[:LETTERS_READ]
    return f"{head}: {tail}" if tail else head
