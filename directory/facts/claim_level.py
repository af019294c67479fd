"""Claim levels: how far vouches and finished collaborations raise a claim, and until when."""

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
from directory.taxonomy.capability import Capability, without_words
from directory.versioned_cache import VersionedCache

# A vouch is about people and skills at one time: most teams and tools have changed after three years. Finished work
# can still be inspected, so it counts for longer.
VOUCH_LASTS, EVIDENCE_LASTS = timedelta(days=3 * 365), timedelta(days=5 * 365)
RECIPROCAL_WEIGHT = 0.5  # of a vouch that comes back (``reciprocal_pairs``); any other vouch weighs 1


class ClaimLevel(StrEnum):
    """How well a claim is supported. Derived from vouches and collaborations, never stored."""

    CLAIMED = "claimed"
    VOUCHED = "vouched"
    EVIDENCED = "evidenced"


@dataclass(frozen=True)
class ClaimStanding:
    """The support of a claim: counts and dates. A date is None where there is no such support."""

    claimed_at: datetime
    vouches: int  # number of firms whose members vouch
    returned_vouches: int  # of these, the firms whose vouches come back to them (``reciprocal_pairs``)
    vouched_at: datetime | None  # date of the newest vouch
    vouched_until: datetime | None  # when the vouches stop being enough; None if they never were
    evidence: int  # number of finished collaborations
    evidenced_at: datetime | None  # date of the newest finished collaboration

    @property
    def evidenced_until(self) -> datetime | None:
        """Return when the finished work stops counting, or None without any."""
        return self.evidenced_at + EVIDENCE_LASTS if self.evidenced_at else None

    def level_on(self, moment: datetime) -> ClaimLevel:
        """Return the claim's level at ``moment``."""
        if self.evidenced_until and self.evidenced_until >= moment:
            return ClaimLevel.EVIDENCED
        return ClaimLevel.VOUCHED if self.vouched_until and self.vouched_until >= moment else ClaimLevel.CLAIMED


def claim_standings(session: Session, business_ids: Collection[int] | None) -> dict[tuple[int, int], ClaimStanding]:
    """Return the standing of every claim, by (business id, capability id), in two queries.

    ``business_ids`` None stands for all firms.
    """
    standings = _load_standings(session, business_ids, has_row=False)
    return {(business_id, capability_id): standing for business_id, capability_id, standing in standings}


@dataclass(frozen=True)
class _VouchGraph:
    """The vouches of the whole network, kept per process: the cycles of a few firms pass through any others."""

    newest: Mapping[tuple[int, int | None], Mapping[int, datetime]]  # receiver and capability -> giver -> when
    reciprocal: Collection[tuple[int, int]]


def _read_graph(session: Session, _before: _VouchGraph | None) -> _VouchGraph:
    edges = vouch_edges(session)
    newest: defaultdict[tuple[int, int | None], dict[int, datetime]] = defaultdict(dict)
    for edge in edges:
        by_firm = newest[edge.receiver, edge.capability]
        by_firm[edge.giver] = max(edge.at, by_firm.get(edge.giver, edge.at))
    return _VouchGraph(newest, reciprocal_pairs({(edge.giver, edge.receiver) for edge in edges}))


_graphs = VersionedCache(_read_graph, size=lambda graph: len(graph.newest))


def _load_standings(
    session: Session, business_ids: Collection[int] | None, *, has_row: bool
) -> Iterator[tuple[int, Any, ClaimStanding]]:
    """Yield (business id, capability, standing) for each claim; the capability is a row or its id.

    Vouched: a member of another firm gave an accepted vouch for this capability to a member of the firm; two
    such firms are needed if their vouches come back to them. Evidenced: the firm was the sub in a finished
    collaboration that needed this capability.
    """
    claims = _claims(has_row=has_row, is_all=business_ids is None)
    graph = _graphs.recent(session)
    firms = {} if business_ids is None else {"firms": list(business_ids)}
    for business_id, capability_id, claimed_at, evidence, evidenced_at, selected in session.execute(claims, firms):
        by_firm = graph.newest.get((business_id, capability_id), {})
        returned = {firm for firm in by_firm if (firm, business_id) in graph.reciprocal}
        newest_at, until = max(by_firm.values(), default=None), _vouched_until(by_firm, returned)
        vouches = (len(by_firm), len(returned), newest_at, until)
        yield business_id, selected, ClaimStanding(claimed_at, *vouches, evidence, evidenced_at)


def _vouched_until(by_firm: Mapping[int, datetime], returned: Collection[int]) -> datetime | None:
    """Return when the vouches stop being enough, or None if they never were.

    Each counts for VOUCH_LASTS from its own date. Enough is one vouch, or two that come back.
    """
    weight = 0.0
    for firm, at in sorted(by_firm.items(), key=lambda item: item[1], reverse=True):
        weight += RECIPROCAL_WEIGHT if firm in returned else 1.0
        if weight >= 1.0:
            return at + VOUCH_LASTS
    return None


@cache
def _claims(*, has_row: bool, is_all: bool) -> Select[Any]:
    """Select the claims of all firms, or of those bound as ``firms``, each with its finished work."""
    finished = (
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
    evidenced = (finished if is_all else finished.where(Collaboration.sub_id.in_(firms))).subquery()
    same_claim = and_(evidenced.c.business_id == Claim.business_id, evidenced.c.capability_id == Claim.capability_id)
    claims = select(
        *(Claim.business_id, Claim.capability_id, Claim.claimed_at),
        *(func.coalesce(evidenced.c.count, 0), evidenced.c.newest, Capability if has_row else Claim.capability_id),
    ).outerjoin(evidenced, same_claim)
    claims = claims.join(Claim.capability).options(without_words()) if has_row else claims
    return claims if is_all else claims.where(Claim.business_id.in_(firms))


@dataclass(frozen=True)
class HeldCapability:
    """A capability that a firm claims, with the standing of the claim."""

    capability: Capability
    standing: ClaimStanding


def strongest_claims(session: Session, businesses: Sequence[Business]) -> dict[int, list[HeldCapability]]:
    """Return the claimed capabilities of each firm, by business id, strongest first.

    Claims with finished work come first, then those with vouches, then by the number of both, then by name.
    """
    held: dict[int, list[HeldCapability]] = {business.id: [] for business in businesses}
    for business_id, capability, standing in _load_standings(session, list(held), has_row=True):
        held[business_id].append(HeldCapability(capability, standing))
    for capabilities in held.values():
        capabilities.sort(key=_sort_key)
    return held


def _sort_key(held: HeldCapability) -> tuple[bool, bool, int, str]:
    standing = held.standing
    support = standing.evidence + standing.vouches
    return (standing.evidence == 0, standing.vouches == 0, -support, held.capability.name)
