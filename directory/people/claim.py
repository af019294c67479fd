"""Claims: a business says it can do something; vouches and finished work raise the claim, for as long as they last."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ForeignKey, Select, UniqueConstraint, and_, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, Row, bump_world
from directory.errors import Conflict
from directory.facts.collaboration import Collaboration, collaboration_capability
from directory.facts.vouch_graph import reciprocal_pairs, vouch_edges
from directory.people.business import Business, index_business
from directory.people.member import Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _

# A word is about people and a craft as they were: most teams and tools have changed after three years. What was
# finished can still be looked at, and says something for longer.
VOUCH_LASTS, EVIDENCE_LASTS = timedelta(days=3 * 365), timedelta(days=5 * 365)
RETURNED = 0.5  # what a vouch counts for when the praise comes back


class Level(StrEnum):
    """How well a claim stands. Derived from vouches and collaborations, never stored."""

    CLAIMED = "claimed"
    VOUCHED = "vouched"
    EVIDENCED = "evidenced"


class Claim(Row, Base):
    """A business claims a capability since ``claimed_at``."""

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("business_id", "capability_id"),)

    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"))
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)
    claimed_at: Mapped[datetime]

    business: Mapped[Business] = relationship()
    capability: Mapped[Capability] = relationship()


@dataclass(frozen=True)
class Standing:
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

    def level_on(self, moment: datetime) -> Level:
        """The level at that moment."""
        if self.evidenced_until and self.evidenced_until >= moment:
            return Level.EVIDENCED
        return Level.VOUCHED if self.vouched_until and self.vouched_until >= moment else Level.CLAIMED


def claim(
    session: Session, *, business: Business, capability: Capability, now: datetime, by: Member | None = None
) -> Claim:
    """The firm says it can do this. Raises Conflict where it says so already."""
    session.refresh(business, ["id"], with_for_update=True)  # two clicks at once are one claim
    if _found(session, business, capability):
        raise Conflict(_("You already list %(capability)s.", capability=capability.name), field="capability")
    made = Claim(business_id=business.id, capability_id=capability.id, claimed_at=now)
    session.add(made)
    _changed(session, business, capability, "claim.add", now, by)
    return made


def unclaim(
    session: Session, *, business: Business, capability: Capability, now: datetime, by: Member | None = None
) -> None:
    """The firm no longer says so. Its vouches and finished work stay, and count again when it claims anew."""
    held = _found(session, business, capability)
    if held is not None:
        session.delete(held)
        _changed(session, business, capability, "claim.remove", now, by)


def _found(session: Session, business: Business, capability: Capability) -> Claim | None:
    return session.scalar(select(Claim).where(Claim.business_id == business.id, Claim.capability_id == capability.id))


def _changed(
    session: Session, business: Business, capability: Capability, action: str, now: datetime, by: Member | None
) -> None:
    index_business(session, business)
    what = f"business {business.public_id} {capability.public_id}"
    record(session, actor_id=by.id if by else None, action=action, object=what, now=now)
    bump_world(session)


def standing(session: Session, business_ids: Collection[int] | None) -> dict[tuple[int, int], Standing]:
    """How every claim of these firms, or of all for None, stands, by (business id, capability id), in two queries."""
    stands = _stands(session, business_ids, is_whole=False)
    return {(business_id, node): how for business_id, node, how in stands}


def held_by(session: Session, business_ids: Collection[int]) -> Iterator[tuple[int, Capability, Standing]]:
    """The same with the capabilities themselves: (business id, capability, standing), in no order."""
    return _stands(session, business_ids, is_whole=True)


def _stands(
    session: Session, business_ids: Collection[int] | None, *, is_whole: bool
) -> Iterator[tuple[int, Any, Standing]]:
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
        yield business_id, selected, Standing(*said, evidence, evidenced_at)


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
