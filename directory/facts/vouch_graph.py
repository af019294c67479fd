"""Praise: which firm's people spoke for which, and which of those words only come back around."""

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
    """A vouch that is shown, between two firms, by ids; of a capability, or of none in particular."""

    giver: int
    receiver: int
    capability: int | None
    at: datetime


def vouch_edges(session: Session, business_ids: Collection[int] | None) -> list[VouchEdge]:
    """Every word for these firms (None: for all) and what it takes to see its rings, in one query.

    A ring through a firm is made of words for it, words by it, and words between those two circles.
    """
    firms = {} if business_ids is None else {"firms": list(business_ids)}
    return [VouchEdge(*said) for said in session.execute(_words(is_all=business_ids is None), firms)]


@cache
def _words(*, is_all: bool) -> Executable:
    """What ``vouch_edges`` asks for the firms given as ``firms``, put together once."""
    giver, receiver = aliased(Member), aliased(Member)
    if is_all:
        return _shown(giver, receiver)
    firms: BindParameter[int] = bindparam("firms", expanding=True)
    for_them, by_them = receiver.business_id.in_(firms), giver.business_id.in_(firms)
    shown = _shown(giver, receiver)
    praised = shown.where(by_them).with_only_columns(receiver.business_id)
    praising = shown.where(for_them).with_only_columns(giver.business_id)
    third = shown.where(giver.business_id.in_(praised), receiver.business_id.in_(praising))
    return union(shown.where(for_them), shown.where(by_them), third)


def _shown(giver: type[Member], receiver: type[Member]) -> Select[int, int, int | None, datetime | None]:
    return (
        select(giver.business_id, receiver.business_id, Vouch.capability_id, Vouch.accepted_at)
        .join(giver, giver.id == Vouch.giver_id)
        .join(receiver, receiver.id == Vouch.receiver_id)
        .where(Vouch.accepted_at.is_not(None), giver.business_id != receiver.business_id)
        .where(giver.is_active, receiver.is_active)
    )


def reciprocal_pairs(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the (giver, receiver) pairs that the receiver returns, at once or through one firm between.

    >>> sorted(reciprocal_pairs([(1, 2), (2, 1), (3, 4), (4, 5), (5, 3), (1, 3)]))
    [(1, 2), (2, 1), (3, 4), (4, 5), (5, 3)]
    """
    gives, gets = defaultdict(set), defaultdict(set)
    for giver, receiver in pairs:
        gives[giver].add(receiver)
        gets[receiver].add(giver)
    return {(a, b) for a, b in pairs if a in gives[b] or not gives[b].isdisjoint(gets[a])}
