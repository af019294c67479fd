"""The graph of vouches between firms, and which of its edges are reciprocal."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from directory.facts.vouch import Vouch
from directory.people.tables import Member


class VouchEdge(NamedTuple):
    """An accepted vouch between two firms, given by their ids; ``capability`` is an id or None."""

    giver: int
    receiver: int
    capability: int | None
    at: datetime


def vouch_edges(session: Session) -> list[VouchEdge]:
    """Return all accepted vouches of active members for those of other firms, in one query."""
    by, whom = aliased(Member), aliased(Member)
    shown = (
        select(by.business_id, whom.business_id, Vouch.capability_id, Vouch.accepted_at)
        .join(by, by.id == Vouch.giver_id)
        .join(whom, whom.id == Vouch.receiver_id)
        .where(Vouch.accepted_at.is_not(None), by.business_id != whom.business_id)
        .where(by.is_active, whom.is_active)
    )
    rows = session.execute(shown)
    return [VouchEdge(giver, receiver, node, at) for giver, receiver, node, at in rows if at is not None]


def reciprocal_pairs(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the (giver, receiver) pairs that come back: the receiver gives to the giver, directly or through one firm.

    >>> sorted(reciprocal_pairs([(1, 2), (2, 1), (3, 4), (4, 5), (5, 3), (1, 3)]))
    [(1, 2), (2, 1), (3, 4), (4, 5), (5, 3)]
    """
    gives, gets = defaultdict(set), defaultdict(set)
    for giver, receiver in pairs:
        gives[giver].add(receiver)
        gets[receiver].add(giver)
    return {(a, b) for a, b in pairs if a in gives[b] or not gives[b].isdisjoint(gets[a])}
