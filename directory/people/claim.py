"""Claims: a business states that it has a capability, or declines one. See ``facts.claim_level``, too."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, Row, insert_into
from directory.errors import Conflict
from directory.people.business import index_business
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


class Claim(Row, Base):
    """A business claims a capability since ``claimed_at``."""

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("business_id", "capability_id"),)

    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"))
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)
    claimed_at: Mapped[datetime]

    business: Mapped[Business] = relationship()
    capability: Mapped[Capability] = relationship()


class DeclinedCapability(Row, Base):
    """A capability that a business took off its list, or declined when it was offered: it is not offered again."""

    __tablename__ = "declined_capability"
    __table_args__ = (UniqueConstraint("business_id", "capability_id"),)

    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"))
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)


def claim(
    session: Session, *, business: Business, capability: Capability, now: datetime, by: Member | None = None
) -> Claim:
    """Add a claim. Raises Conflict if the firm has it already."""
    session.refresh(business, ["id"], with_for_update=True)  # so that two concurrent requests make one claim
    if _find_claim(session, business, capability):
        raise Conflict(_("You already list %(capability)s.", capability=capability.name), field="capability")
    new_claim = Claim(business_id=business.id, capability_id=capability.id, claimed_at=now)
    session.add(new_claim)
    _record_change(session, business, capability, "claim.add", now, by)
    return new_claim


def unclaim(
    session: Session, *, business: Business, capability: Capability, now: datetime, by: Member | None = None
) -> None:
    """Remove a claim, if there is one. Vouches and finished work stay, and count again if it is claimed again."""
    existing = _find_claim(session, business, capability)
    if existing is not None:
        session.delete(existing)
        decline(session, business=business, capability=capability)
        _record_change(session, business, capability, "claim.remove", now, by)


def decline(session: Session, *, business: Business, capability: Capability) -> None:
    """Remember that the firm does not want to be offered this capability."""
    row = {"business_id": business.id, "capability_id": capability.id}
    session.execute(insert_into(session, DeclinedCapability).values(row).on_conflict_do_nothing())


def reconsider(session: Session, *, business: Business, capability: Capability) -> None:
    """Let the firm be offered again what it declined."""
    rows = delete(DeclinedCapability).where(DeclinedCapability.business_id == business.id)
    session.execute(rows.where(DeclinedCapability.capability_id == capability.id))


def _find_claim(session: Session, business: Business, capability: Capability) -> Claim | None:
    return session.scalar(select(Claim).where(Claim.business_id == business.id, Claim.capability_id == capability.id))


def _record_change(
    session: Session, business: Business, capability: Capability, action: str, now: datetime, by: Member | None
) -> None:
    index_business(session, business)
    what = f"business {business.public_id} {capability.public_id}"
    record(session, actor_id=by.id if by else None, action=action, object=what, now=now)
