"""Answers to offers: a yes wins its seats if it is the first, a no says why; both can be taken back for a moment."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Conflict
from directory.leads.lead import LeadState
from directory.leads.lead_state import lock_lead
from directory.leads.offer import OFFER_CHANGES, DeclineReason, Offer, OfferState, offers_of
from directory.leads.seat_holder import give_up_seats, hold_seats, seat_holders
from directory.outbox import mail
from directory.people.tables import Member
from directory.translation import gettext as _


def accept(session: Session, *, offer: Offer, by: Member, now: datetime) -> None:
    """Accept for ``by``, who is asked: the seats are theirs, or with ``makes_bringer`` the lead itself.

    It also confirms what the bringer recorded after a call. A late yes counts while the seats are free. Raises
    Conflict with what is in the way, such as that somebody was faster.
    """
    lock_offer(session, offer)
    if offer.state is OfferState.ACCEPTED:
        if offer.is_noted:
            offer.answered_by_id = by.id
            record(session, actor_id=by.id, action="offer.confirm", object=offer, now=now)
        return
    if offer.state is OfferState.TAKEN:
        raise Conflict(_("Somebody else said yes first: this is taken."))
    take_seats(session, offer, by=by, now=now)


def decline(session: Session, *, offer: Offer, by: Member, reason: DeclineReason | None = None, now: datetime) -> None:
    """Say no for ``by``, who is asked; also what they accepted before, or what a call is said to have settled.

    A lead that was theirs is its giver's again. Raises Conflict where the offer has ended, or the lead is closed or
    was passed on.
    """
    lock_offer(session, offer)
    if offer.state is OfferState.DECLINED:
        return
    if offer.lead.state.is_closed:
        raise Conflict(_("This lead is closed."))
    _free_seats_of(session, offer, by, now)
    if offer.makes_bringer and offer.state is OfferState.ACCEPTED:
        _give_back(session, offer, by, now)
    end_offer(session, offer, OfferState.DECLINED, by=by, reason=reason, now=now)
    offer.settled_at = None


def take_back(session: Session, *, offer: Offer, by: Member, now: datetime) -> None:
    """Take the answer of ``by`` back: the offer waits again, and so do those that it had overtaken.

    Raises Conflict where somebody acted on it: the bringer was told, asked the firm again, or gave the lead away.
    """
    lock_offer(session, offer)
    answers = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
    is_own = offer.answered_by_id == by.id and offer.state in answers
    if not is_own or offer.settled_at is not None or offer.makes_bringer or offer.lead.state.is_closed:
        raise Conflict(_("This cannot be undone any more. Call instead."))
    offers, wanted = offers_of(session, lead=offer.lead), {capability.id for capability in offer.capabilities}
    if _is_asked_otherwise(offer, offers):
        raise Conflict(_("You were asked again since. Answer that instead."))
    _free_seats_of(session, offer, by, now)
    end_offer(session, offer, OfferState.PENDING if offer.is_asked else OfferState.WITHDRAWN, by=None, now=now)
    for each in offers:
        is_overtaken = each.state is OfferState.TAKEN and each.settled_at is None and each.overlaps(wanted)
        if is_overtaken and not _is_asked_otherwise(each, offers):
            end_offer(session, each, OfferState.PENDING, by=None, now=now)
    record(session, actor_id=by.id, action="offer.undo", object=offer, now=now)


def take_seats(session: Session, offer: Offer, *, by: Member, now: datetime) -> None:
    """Give the seats of a locked offer to who was asked; the other offers for them are taken."""
    lead, wanted = offer.lead, {capability.id for capability in offer.capabilities}
    if lead.state not in (LeadState.RECEIVED, LeadState.ACTIVE):
        raise Conflict(_("This lead is closed."))
    end_offer(session, offer, OfferState.ACCEPTED, by=by, now=now)
    offer.settled_at = None
    if offer.makes_bringer:
        assert offer.member is not None
        own = [each for each in seat_holders(session, lead=lead) if each.offer_id is None]
        give_up_seats(session, lead=lead, holders=own, by=by, now=now)
        lead.member, lead.business_id, lead.shape = offer.member, offer.business_id, None
        offer.chase_after(now)
        session.flush()
        record(session, actor_id=by.id, action="lead.take_over", object=f"lead:{lead.public_id}", now=now)
        return
    hold_seats(
        session,
        lead=lead,
        capability_ids=wanted,
        business_id=offer.business_id,
        member=offer.member,
        offer_id=offer.id,
        by=by,
        now=now,
    )
    for each in offers_of(session, lead=lead):
        if each.state is OfferState.PENDING and not each.makes_bringer and each.overlaps(wanted):
            end_offer(session, each, OfferState.TAKEN, by=None, now=now)


def _give_back(session: Session, offer: Offer, by: Member, now: datetime) -> None:
    """Give a lead that was handed over back to its giver. Raises Conflict where it went further."""
    lead = offer.lead
    if lead.member_id != offer.member_id:
        raise Conflict(_("You have passed this lead on."))
    own = [each for each in seat_holders(session, lead=lead) if each.business_id == offer.business_id]
    give_up_seats(session, lead=lead, holders=own, by=by, now=now)
    lead.member, lead.business_id, lead.shape, offer.chase_at = offer.by, offer.by.business_id, None, None
    session.flush()
    record(session, actor_id=by.id, action="lead.give_back", object=f"lead:{lead.public_id}", now=now)


def end_offer(
    session: Session,
    offer: Offer,
    state: OfferState,
    *,
    by: Member | None,
    reason: DeclineReason | None = None,
    now: datetime,
) -> None:
    """Give a locked offer a state of OFFER_CHANGES, with who answered and when. Raises Conflict for any other."""
    if state not in OFFER_CHANGES[offer.state]:
        raise Conflict(_("This has ended already."))
    offer.state, offer.reason, offer.answered_at = state, reason, None if state is OfferState.PENDING else now
    offer.answered_by_id = by.id if by else None
    session.flush()
    if offer.member is not None and state is not OfferState.EXPIRED:
        for event in (offer.question, offer.notice) if state is not OfferState.ACCEPTED else (offer.question,):
            mail.recall(session, event=event, to=offer.member)
    record(session, actor_id=by.id if by else None, action=f"offer.{state}", object=offer, now=now)


def lock_offer(session: Session, offer: Offer) -> None:
    """Lock the offer's lead, as every verb of offers does before it reads one, and read the offer anew.

    An offer is never locked by itself: who holds one and waits for the lead would stop who has the lead.
    """
    lock_lead(session, offer.lead)
    session.refresh(offer)


def _is_asked_otherwise(offer: Offer, offers: Sequence[Offer]) -> bool:
    """Whether another offer of the lead asks the same firm for some of the same."""
    wanted = {capability.id for capability in offer.capabilities}
    theirs = (each for each in offers if each.id != offer.id and each.business_id == offer.business_id)
    waiting = (each for each in theirs if each.state is OfferState.PENDING)
    return any(each.makes_bringer == offer.makes_bringer and each.overlaps(wanted) for each in waiting)


def _free_seats_of(session: Session, offer: Offer, by: Member, now: datetime) -> None:
    holders = [each for each in seat_holders(session, lead=offer.lead) if each.offer_id == offer.id]
    give_up_seats(session, lead=offer.lead, holders=holders, by=by, now=now)
