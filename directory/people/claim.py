"""Claims: a business says it can do something; vouches and finished work raise the claim, for as long as they last."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, Row, bump_world
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
