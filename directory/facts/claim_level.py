"""Claim levels: vouches and finished work raise a claim, for as long as they last."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from directory.facts.collaboration import Collaboration, collaboration_capability
from directory.facts.vouch_graph import reciprocal_pairs, vouch_edges
from directory.people.claim import Claim
from directory.people.tables import Business
from directory.taxonomy.capability import Capability

# A word is about people and a craft as they were: most teams and tools have changed after three years. What was
# finished can still be looked at, and says something for longer.
VOUCH_LASTS, EVIDENCE_LASTS = timedelta(days=3 * 365), timedelta(days=5 * 365)


RETURNED = 0.5  # what a vouch counts for when the praise comes back


class ClaimLevel(StrEnum):
    """How well a claim stands. Derived from vouches and collaborations, never stored."""

    CLAIMED = "claimed"
    VOUCHED = "vouched"
    EVIDENCED = "evidenced"


@dataclass(frozen=True)
class ClaimStanding:
    """How a claim stands: what is behind it and since when; a date is None where nothing is."""

    claimed_at: datetime
    vouches: int  # firms whose members vouch, one each
    in_rings: int  # of these, the firms whose praise comes back to them
    vouched_at: datetime | None  # the newest
    vouched_until: datetime | None  # how long the vouches lift it; None where they never did
    evidence: int  # finished collaborations
    evidenced_at: datetime | None  # the newest

    @property
    def evidenced_until(self) -> datetime | None:
        """How long finished work lifts it."""
        return self.evidenced_at + EVIDENCE_LASTS if self.evidenced_at else None

    def level_on(self, moment: datetime) -> ClaimLevel:
        """The level at that moment."""
        if self.evidenced_until and self.evidenced_until >= moment:
            return ClaimLevel.EVIDENCED
        return ClaimLevel.VOUCHED if self.vouched_until and self.vouched_until >= moment else ClaimLevel.CLAIMED


def claim_standings(session: Session, business_ids: Collection[int] | None) -> dict[tuple[int, int], ClaimStanding]:
    """How every claim of these firms, or of all for None, stands, by (business id, capability id), in two queries."""
    stands = _stands(session, business_ids, is_whole=False)
    return {(business_id, node): how for business_id, node, how in stands}


def held_capabilities(
    session: Session, business_ids: Collection[int]
) -> Iterator[tuple[int, Capability, ClaimStanding]]:
    """The same with the capabilities themselves: (business id, capability, standing), in no order."""
    return _stands(session, business_ids, is_whole=True)


def _stands(
    session: Session, business_ids: Collection[int] | None, *, is_whole: bool
) -> Iterator[tuple[int, Any, ClaimStanding]]:
    """Each claim with its firm, its capability, the whole or its id, and how it stands.

    Vouched: a member of another firm gave an accepted vouch for this capability to a member of the firm; of firms
    whose praise comes back to them it takes two. Evidenced: the firm was sub in a finished collaboration that needed
    this capability.
    """
    claims = _claims(is_whole=is_whole, is_all=business_ids is None)
    words = vouch_edges(session, business_ids)
    ringed = reciprocal_pairs({(word.giver, word.receiver) for word in words})
    spoken: defaultdict[tuple[int, int | None], dict[int, datetime]] = defaultdict(dict)
    for word in words:
        newest = spoken[word.receiver, word.capability]
        newest[word.giver] = max(word.at, newest.get(word.giver, word.at))
    firms = {} if business_ids is None else {"firms": list(business_ids)}
    for business_id, capability_id, claimed_at, evidence, evidenced_at, selected in session.execute(claims, firms):
        by_firm = spoken.get((business_id, capability_id), {})
        halves = {firm for firm in by_firm if (firm, business_id) in ringed}
        newest_at, until = max(by_firm.values(), default=None), _lifted_until(by_firm, halves)
        said = (claimed_at, len(by_firm), len(halves), newest_at, until)
        yield business_id, selected, ClaimStanding(*said, evidence, evidenced_at)


def _lifted_until(by_firm: Mapping[int, datetime], halves: Collection[int]) -> datetime | None:
    """Until when words weigh enough, each counted from its own day: one whole, or two halves."""
    weight = 0.0
    for firm, at in sorted(by_firm.items(), key=lambda said: said[1], reverse=True):
        weight += RETURNED if firm in halves else 1.0
        if weight >= 1.0:
            return at + VOUCH_LASTS
    return None


@cache
def _claims(*, is_whole: bool, is_all: bool) -> Select[Any]:
    """The claims, of all firms or of those given as ``firms``, with the finished work behind each."""
    done = (
        select(
            Collaboration.sub_id.label("business_id"),
            collaboration_capability.c.capability_id,
            func.count().label("count"),
            func.max(Collaboration.finished_at).label("newest"),
        )
        .join(collaboration_capability, collaboration_capability.c.collaboration_id == Collaboration.id)
        .where(Collaboration.finished_at.is_not(None))
        .group_by(Collaboration.sub_id, collaboration_capability.c.capability_id)
    )
    firms: BindParameter[int] = bindparam("firms", expanding=True)
    evidenced = (done if is_all else done.where(Collaboration.sub_id.in_(firms))).subquery()
    behind = and_(evidenced.c.business_id == Claim.business_id, evidenced.c.capability_id == Claim.capability_id)
    claims = select(
        *(Claim.business_id, Claim.capability_id, Claim.claimed_at),
        *(func.coalesce(evidenced.c.count, 0), evidenced.c.newest, Capability if is_whole else Claim.capability_id),
    ).outerjoin(evidenced, behind)
    claims = claims.join(Claim.capability) if is_whole else claims
    return claims if is_all else claims.where(Claim.business_id.in_(firms))


@dataclass(frozen=True)
class HeldCapability:
    """A capability of a firm and how it stands."""

    capability: Capability
    standing: ClaimStanding


def strongest_claims(session: Session, businesses: Sequence[Business]) -> dict[int, list[HeldCapability]]:
    """The capabilities of each firm: evidenced before vouched before claimed, then by how much stands behind."""
    held: dict[int, list[HeldCapability]] = {business.id: [] for business in businesses}
    for business_id, capability, how in held_capabilities(session, list(held)):
        held[business_id].append(HeldCapability(capability, how))
    for several in held.values():
        several.sort(key=_weight)
    return held


def _weight(held: HeldCapability) -> tuple[bool, bool, int, str]:
    how = held.standing
    return (how.evidence == 0, how.vouches == 0, -(how.evidence + how.vouches), held.capability.name)
