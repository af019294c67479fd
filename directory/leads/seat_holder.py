"""Seats of a lead: who holds which, first come first served; with all of them held, the lead is under way."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, Row
from directory.errors import Conflict
from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import change_state
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


class SeatHolder(Row, Base):
    """A firm holds the seat of a capability, or with None the whole lead; ``offer_id`` is the offer that it accepted.

    Without an offer, the bringer said so.
    """

    __tablename__ = "seat_holder"
    __table_args__ = (UniqueConstraint("lead_id", "capability_id"),)  # the last word on who was first

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), index=True)
    held_at: Mapped[datetime]

    business: Mapped[Business] = relationship()
    member: Mapped[Member | None] = relationship()
    capability: Mapped[Capability | None] = relationship()


_WHOLE = SeatHolder.capability_id.is_(None)
Index("uq_seat_holder_whole", SeatHolder.lead_id, unique=True, sqlite_where=_WHOLE, postgresql_where=_WHOLE)


def seat_holders(session: Session, *, lead: Lead) -> Sequence[SeatHolder]:
    """Return who holds which seat of the lead."""
    return session.scalars(select(SeatHolder).where(SeatHolder.lead_id == lead.id).order_by(SeatHolder.id)).all()


def holds_seat(session: Session, *, lead: Lead, member: Member) -> bool:
    """Return whether the member accepted a part of the lead, or all of it."""
    theirs = select(SeatHolder.id).where(SeatHolder.lead_id == lead.id, SeatHolder.member_id == member.id)
    return session.scalar(theirs.limit(1)) is not None


def are_free(holders: Collection[SeatHolder], capability_ids: Collection[int]) -> bool:
    """Whether nobody of the lead's holders has one of these seats; the whole lead, which is none, is every seat."""
    held = {holder.capability_id for holder in holders}
    return not held or (bool(capability_ids) and None not in held and held.isdisjoint(capability_ids))


def open_seats(lead: Lead, holders: Collection[SeatHolder]) -> list[Capability]:
    """Return the needs that must be met and that nobody holds; of a lead without a must, any need."""
    musts = [need for need in lead.needs if need.is_must] or lead.needs
    return [need.capability for need in musts if are_free(holders, [need.capability_id])]


def team_is_complete(session: Session, *, lead: Lead) -> bool:
    """Return whether every must of the lead is held: only then does its client see names."""
    holders = seat_holders(session, lead=lead)
    return bool(holders) and not open_seats(lead, holders)


def hold_seats(
    session: Session,
    *,
    lead: Lead,
    capability_ids: Collection[int],
    business_id: int,
    member: Member | None,
    offer_id: int | None,
    by: Member | None,
    now: datetime,
) -> None:
    """Give the seats to a firm, the whole lead where none is named. The lead must be locked (``lock_lead``).

    Raises Conflict where one of them is held.
    """
    if not are_free(seat_holders(session, lead=lead), capability_ids):
        raise Conflict(_("Somebody else has this already."))
    seats: list[int | None] = [*sorted({*capability_ids})]
    for capability_id in seats or [None]:
        session.add(
            SeatHolder(
                lead_id=lead.id,
                capability_id=capability_id,
                business_id=business_id,
                member_id=member.id if member else None,
                offer_id=offer_id,
                held_at=now,
            )
        )
    session.flush()
    follow_seats(session, lead=lead, by=by, now=now)


def give_up_seats(
    session: Session, *, lead: Lead, holders: Collection[SeatHolder], by: Member | None, now: datetime
) -> None:
    """Free these seats of the lead."""
    for holder in holders:
        session.delete(holder)
    session.flush()
    follow_seats(session, lead=lead, by=by, now=now)


def follow_seats(session: Session, *, lead: Lead, by: Member | None, now: datetime) -> None:
    """Let the lead's state follow its seats: under way with all of them held, open with one that is free."""
    is_complete = team_is_complete(session, lead=lead)
    if lead.state is LeadState.RECEIVED and is_complete:
        change_state(session, lead=lead, to=LeadState.ACTIVE, by=by, why=_("everybody is in"), now=now)
    elif lead.state is LeadState.ACTIVE and not is_complete:
        change_state(session, lead=lead, to=LeadState.RECEIVED, by=by, why=_("a part is open again"), now=now)
