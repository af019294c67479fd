"""Rounds of offers: what is overdue expires, the next one is asked, and the bringer gets one letter about all of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from directory.leads.client import client_of, is_shared
from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import lock_lead
from directory.leads.offer import Offer, OfferState, due_text, offers_of, reason_text
from directory.leads.offer_answer import end_offer
from directory.leads.offer_request import ANSWER_WITHIN, may_be_asked_next, members_in_order, send_offer
from directory.leads.referral import tell
from directory.leads.seat_holder import team_is_complete
from directory.outbox import mail
from directory.outbox.mail import UNDO
from directory.people.working_hours import working_hours_later
from directory.translation import gettext as _


def leads_to_settle(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the ids of the leads with an offer that is overdue, or whose end is not dealt with and final by now."""
    is_open = Offer.state == OfferState.PENDING
    is_due = and_(is_open, or_(Offer.due_at <= now, Lead.closed_at <= now - UNDO))
    is_final = and_(~is_open, Offer.answered_at <= now - UNDO)
    rows = select(Offer.lead_id).join(Lead, Lead.id == Offer.lead_id).where(Offer.settled_at.is_(None))
    return session.scalars(rows.where(or_(is_due, is_final)).group_by(Offer.lead_id).order_by(Offer.lead_id)).all()


def settle_offers(session: Session, *, lead: Lead, now: datetime) -> int:
    """Deal with the lead's offers that ended, and return how many: those that are overdue expire, the next are asked.

    Done again, or by two at once, it does nothing: the row says that it is done, in the transaction that does it.
    """
    lock_lead(session, lead)
    ended = [offer for offer in offers_of(session, lead=lead) if _ends(session, offer, now)]
    told: list[str] = []
    for offer in ended:
        offer.settled_at = now
        successor = _ask_next(session, offer, now)
        if successor is not None or offer.answered_by_id != lead.member_id:
            told.append(_news(offer, successor))
        if offer.makes_bringer and offer.state is OfferState.ACCEPTED:
            _tell_giver_and_client(session, offer, now)
        if offer.state in (OfferState.TAKEN, OfferState.WITHDRAWN):
            _tell_who_was_asked(session, offer, now)
    if any(told):
        words = {"title": lead.title, "text": "\n".join(filter(None, told)), "path": f"/leads/{lead.public_id}"}
        words["complete"] = "yes" if team_is_complete(session, lead=lead) else ""
        event = f"offers-{ended[0].public_id}-{ended[0].state}"
        mail.enqueue(session, letter="offers_answered", to=lead.member, event=event, words=words, now=now)
    return len(ended)


def _ends(session: Session, offer: Offer, now: datetime) -> bool:
    """Return whether the end of an offer is to be dealt with; one that is overdue, or of a closed lead, ends now."""
    if offer.settled_at is not None:
        return False
    if offer.state is not OfferState.PENDING:
        return offer.answered_at is not None and offer.answered_at <= now - UNDO
    if offer.lead.closed_at is not None:
        if offer.lead.closed_at > now - UNDO:
            return False
        end_offer(session, offer, OfferState.WITHDRAWN, by=None, now=now)
    elif offer.due_at <= now:
        end_offer(session, offer, OfferState.EXPIRED, by=None, now=now)
    return offer.state is not OfferState.PENDING


def _ask_next(session: Session, offer: Offer, now: datetime) -> Offer | None:
    """Ask the next one of those whom the bringer named, if there is one who may be asked."""
    is_no = offer.state in (OfferState.DECLINED, OfferState.EXPIRED)
    if not is_no or offer.lead.state is not LeadState.RECEIVED or not offer.by.is_active:
        return None
    waiting = members_in_order(session, offer.then_ids)
    for place, member in enumerate(waiting):
        if may_be_asked_next(session, offer=offer, member=member, now=now):
            successor = Offer(
                lead_id=offer.lead_id,
                business_id=member.business_id,
                member=member,
                by=offer.by,
                makes_bringer=offer.makes_bringer,
                words=offer.words,
                asked_at=now,
                then_ids=[other.id for other in waiting[place + 1 :]],
                capabilities=list(offer.capabilities),
            )
            return send_offer(session, successor, now)
    return None


def _news(offer: Offer, successor: Offer | None) -> str:
    """Return what the bringer reads of the end of an offer; empty of one that they, or another's yes, ended."""
    name = offer.member.name if offer.member else offer.business.name
    if offer.state is OfferState.ACCEPTED:
        if offer.makes_bringer:
            return _("%(name)s took the lead over.", name=name)
        return _("%(name)s is in: %(work)s.", name=name, work=offer.work)
    if offer.state not in (OfferState.DECLINED, OfferState.EXPIRED):
        return ""
    if offer.state is OfferState.EXPIRED:
        news = _("%(name)s did not answer in time: %(work)s.", name=name, work=offer.work)
    elif offer.reason is not None:
        why = reason_text(offer.reason)
        news = _("%(name)s cannot do it (%(why)s): %(work)s.", name=name, why=why, work=offer.work)
    else:
        news = _("%(name)s cannot do it: %(work)s.", name=name, work=offer.work)
    if successor is None or successor.member is None:
        return f"{news} {_('Nobody else is asked. Choose somebody.')}"
    due = due_text(successor.due_at, offer.lead.business.chapter)
    return f"{news} {_('%(name)s is asked now, until %(due)s.', name=successor.member.name, due=due)}"


def _tell_giver_and_client(session: Session, offer: Offer, now: datetime) -> None:
    """Tell who gave a lead away that it was taken, and its client who they hear from."""
    lead, chapter = offer.lead, offer.business.chapter
    tell(session, lead, offer.by, _news(offer, None), now, path=f"/offers/{offer.public_id}")
    client = client_of(session, lead=lead)
    if client is not None and is_shared(session, client=client):
        due_at = working_hours_later(session, start=now, within=ANSWER_WITHIN, chapter=chapter)
        words = {"name": offer.called, "firm": offer.business.name, "due": due_text(due_at, chapter)}
        event, about = f"taken-{offer.public_id}", client.public_id
        mail.enqueue(session, letter="request_taken", to=about, event=event, about=about, words=words, now=now)


def _tell_who_was_asked(session: Session, offer: Offer, now: datetime) -> None:
    """Tell somebody who got the letter that they need not answer it any more."""
    if offer.member is None or not mail.was_written(session, event=offer.question, to=offer.member):
        return
    is_taken = offer.state is OfferState.TAKEN
    why = _("Somebody else said yes first.") if is_taken else _("It is no longer needed.")
    words, event = {"name": offer.by.name, "work": offer.work, "why": why}, f"offer-over-{offer.public_id}"
    mail.enqueue(session, letter="offer_over", to=offer.member, event=event, words=words, now=now)
