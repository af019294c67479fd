"""Claims: a business says it can do something; vouches and finished work raise the claim by themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, and_, func, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from directory.audit import record
from directory.db import Base, Row, bump_world
from directory.errors import Conflict
from directory.language import gettext as _
from directory.leads.collaboration import Collaboration, collaboration_capability
from directory.people.business import Business, index_business
from directory.people.capability import Capability
from directory.people.member import Member
from directory.people.vouch import Vouch


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

    level: Level
    claimed_at: datetime
    vouches: int  # firms whose members vouch, one each
    vouched_at: datetime | None  # the newest
    evidence: int  # finished collaborations
    evidenced_at: datetime | None  # the newest

    @property
    def at(self) -> datetime:
        """The date that belongs to the level."""
        return self.evidenced_at or self.vouched_at or self.claimed_at


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
    """Every claim of these firms, or of all for None, by (business id, capability id), in one query.

    Vouched: a member of another firm gave an accepted vouch for this capability to a member of the firm.
    Evidenced: the firm was sub in a finished collaboration that needed this capability.
    """
    vouched, evidenced = _vouched(business_ids).subquery(), _evidenced(business_ids).subquery()
    claims = (
        select(
            *(Claim.business_id, Claim.capability_id, Claim.claimed_at),
            *(func.coalesce(vouched.c.count, 0), vouched.c.newest),
            *(func.coalesce(evidenced.c.count, 0), evidenced.c.newest),
        )
        .outerjoin(vouched, _same_claim(vouched))
        .outerjoin(evidenced, _same_claim(evidenced))
    )
    if business_ids is not None:
        claims = claims.where(Claim.business_id.in_(business_ids))
    return {
        (business_id, capability_id): Standing(
            Level.EVIDENCED if evidence else Level.VOUCHED if vouches else Level.CLAIMED,
            *(claimed_at, vouches, vouched_at, evidence, evidenced_at),
        )
        for business_id, capability_id, claimed_at, vouches, vouched_at, evidence, evidenced_at in session.execute(
            claims
        )
    }


_Behind = Select[int, int | None, int, datetime | None]  # business, capability, how many, the newest


def _same_claim(behind: Any) -> Any:
    return and_(behind.c.business_id == Claim.business_id, behind.c.capability_id == Claim.capability_id)


def _vouched(business_ids: Collection[int] | None) -> _Behind:
    giver, receiver = aliased(Member), aliased(Member)
    vouches = (
        select(
            receiver.business_id,
            Vouch.capability_id,
            func.count(giver.business_id.distinct()).label("count"),
            func.max(Vouch.accepted_at).label("newest"),
        )
        .join(giver, giver.id == Vouch.giver_id)
        .join(receiver, receiver.id == Vouch.receiver_id)
        .where(
            *(Vouch.accepted_at.is_not(None), Vouch.capability_id.is_not(None)),
            *(giver.business_id != receiver.business_id, giver.is_active),
        )
        .group_by(receiver.business_id, Vouch.capability_id)
    )
    return vouches if business_ids is None else vouches.where(receiver.business_id.in_(business_ids))


def _evidenced(business_ids: Collection[int] | None) -> _Behind:
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
    return done if business_ids is None else done.where(Collaboration.sub_id.in_(business_ids))
