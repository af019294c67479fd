"""The graph of vouches between firms, and which of its edges are reciprocal."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import BindParameter, Executable, Select, bindparam, select, union
from sqlalchemy.orm import Session, aliased

from directory.facts.vouch import Vouch
from directory.people.tables import Member


class VouchEdge(NamedTuple):
    """An accepted vouch between two firms, given by their ids; ``capability`` is an id or None."""

    giver: int
    receiver: int
    capability: int | None
    at: datetime


def vouch_edges(session: Session, business_ids: Collection[int] | None) -> list[VouchEdge]:
    """Return the vouches for these firms (None: all) and those needed to find their cycles, in one query.

    A cycle through a firm consists of vouches for it, vouches by it, and vouches between those two sets of firms.
    """
    firms = {} if business_ids is None else {"firms": list(business_ids)}
    return [VouchEdge(*row) for row in session.execute(_edges_query(is_all=business_ids is None), firms)]


@cache
def _edges_query(*, is_all: bool) -> Executable:
    """Build the query of ``vouch_edges``; the firms are bound as ``firms``. Cached."""
    giver, receiver = aliased(Member), aliased(Member)
    if is_all:
        return _shown(giver, receiver)
    firms: BindParameter[int] = bindparam("firms", expanding=True)
    for_them, by_them = receiver.business_id.in_(firms), giver.business_id.in_(firms)
    shown = _shown(giver, receiver)
    receivers = shown.where(by_them).with_only_columns(receiver.business_id)
    givers = shown.where(for_them).with_only_columns(giver.business_id)
    between = shown.where(giver.business_id.in_(receivers), receiver.business_id.in_(givers))
    return union(shown.where(for_them), shown.where(by_them), between)


def _shown(giver: type[Member], receiver: type[Member]) -> Select[int, int, int | None, datetime | None]:
    return (
        select(giver.business_id, receiver.business_id, Vouch.capability_id, Vouch.accepted_at)
        .join(giver, giver.id == Vouch.giver_id)
        .join(receiver, receiver.id == Vouch.receiver_id)
        .where(Vouch.accepted_at.is_not(None), giver.business_id != receiver.business_id)
        .where(giver.is_active, receiver.is_active)
    )


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
