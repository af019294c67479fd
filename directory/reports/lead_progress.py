"""How far leads are, in words: who is asked, who is in, what is open; the same on the lead, in Leads and on Today."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import LeadChange, state_text
from directory.leads.offer import Offer, OfferState
from directory.leads.seat_holder import SeatHolder, are_free, open_seats
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _
from directory.translation import join_as_list


@dataclass(frozen=True)
class LeadProgress:
    """A lead with its offers, the oldest first, and who holds its seats."""

    lead: Lead
    offers: Sequence[Offer]
    holders: Sequence[SeatHolder]

    @property
    def line(self) -> str:
        """Where the lead stands, in a sentence."""
        return _line(self.lead, self.offers)

    @property
    def waiting(self) -> list[Offer]:
        """The offers that wait for an answer."""
        return [offer for offer in self.offers if offer.state in (OfferState.PENDING, OfferState.HELD)]

    @property
    def open(self) -> list[Capability]:
        """The musts that nobody holds."""
        return open_seats(self.lead, self.holders)

    @property
    def passed(self) -> set[int]:
        """The ids of the firms that let this lead pass."""
        states = (OfferState.DECLINED, OfferState.EXPIRED)
        return {each.business_id for each in self.offers if each.state in states}

    @property
    def unasked(self) -> list[Capability]:
        """The musts that nobody holds and nobody is asked for."""
        asked = [offer for offer in self.waiting if not offer.makes_bringer]
        return [seat for seat in self.open if not any(offer.overlaps({seat.id}) for offer in asked)]

    def has_free(self, capability_ids: Collection[int]) -> bool:
        """Return whether one of these seats is held by nobody."""
        return any(are_free(self.holders, [capability_id]) for capability_id in capability_ids)

    @property
    def is_begun(self) -> bool:
        """Whether anybody was asked, or holds a seat."""
        return bool(self.offers or self.holders)

    def latest(self, business_id: int) -> Offer | None:
        """Return the newest offer to a firm that was not taken back."""
        theirs = [each for each in self.offers if each.business_id == business_id]
        return next((each for each in reversed(theirs) if each.state is not OfferState.WITHDRAWN), None)


def progress_of(session: Session, *, lead: Lead) -> LeadProgress:
    """Return the progress of a lead."""
    held = select(SeatHolder).where(SeatHolder.lead_id == lead.id).order_by(SeatHolder.id)
    people = (joinedload(SeatHolder.member), joinedload(SeatHolder.business), joinedload(SeatHolder.capability))
    return LeadProgress(lead, _offers(session, [lead.id]), session.scalars(held.options(*people)).all())


def progress_lines(session: Session, *, leads: Collection[Lead]) -> dict[int, str]:
    """Return where each of the leads stands, by its id, with one query however many they are."""
    offers: dict[int, list[Offer]] = defaultdict(list)
    for offer in _offers(session, [lead.id for lead in leads]) if leads else ():
        offers[offer.lead_id].append(offer)
    return {lead.id: _line(lead, offers[lead.id]) for lead in leads}


def _offers(session: Session, lead_ids: Collection[int]) -> Sequence[Offer]:
    asked = select(Offer).where(Offer.lead_id.in_(lead_ids)).order_by(Offer.id)
    firm = joinedload(Offer.business).joinedload(Business.chapter)
    loads = (joinedload(Offer.member), joinedload(Offer.by), firm, joinedload(Offer.capabilities))
    return session.scalars(asked.options(*loads)).unique().all()


def _line(lead: Lead, offers: Sequence[Offer]) -> str:
    waiting = [offer for offer in offers if offer.state is OfferState.PENDING]
    if lead.state.is_closed:
        return state_text(lead.state).capitalize()
    if lead.state is LeadState.PENDING:
        return _("Nobody has taken it yet")
    if len(waiting) > 1:
        return _("Waiting for %(names)s", names=join_as_list([offer.called for offer in waiting]))
    if waiting:
        return _("Waiting for %(name)s, until %(due)s", name=waiting[0].called, due=waiting[0].due)
    if any(offer.state is OfferState.HELD for offer in offers):
        return _("Waiting for the client’s yes")
    if lead.state is LeadState.ACTIVE:
        return _("Everybody is in")
    if not offers:
        return _("Nobody has been asked yet")
    return _("A part is open, and nobody is asked")


def history_of(session: Session, *, progress: LeadProgress, reader: Member) -> list[tuple[datetime, str]]:
    """Return what happened to the lead, the oldest first: a short sentence each, with the reader as "you"."""
    lead, told = progress.lead, list[tuple[datetime, str]]()
    for offer in progress.offers:
        who = _("you") if offer.by_id == reader.id else offer.by.first_name
        if offer.is_asked:
            told.append((offer.asked_at, _("%(who)s asked %(name)s", who=who, name=offer.called)))
        if offer.answered_at is not None and offer.told:
            told.append((offer.answered_at, offer.told))
    changes = select(LeadChange).where(LeadChange.lead_id == lead.id).order_by(LeadChange.id)
    told += [
        (change.changed_at, state_text(change.to_state))
        for change in session.scalars(changes)
        if change.to_state.is_closed or change.from_state.is_closed
    ]
    return sorted(told, key=lambda each: each[0])
