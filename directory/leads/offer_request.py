"""Asking: an offer by mail or after a call, who may be asked, and what the bringer does without anybody's answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Conflict, Refused
from directory.leads.lead import CONTACT, Lead, LeadState
from directory.leads.lead_state import lock_lead
from directory.leads.offer import SILENCES, DeclineReason, Done, Offer, OfferState, due_text, offers_of
from directory.leads.offer_answer import end_offer, lock_offer, take_seats
from directory.leads.seat_holder import SeatHolder, are_free, give_up_seats, hold_seats, seat_holders
from directory.outbox import mail
from directory.people.business import AcceptsWork, accepts_work
from directory.people.tables import Business, Member
from directory.people.working_hours import working_hours_later
from directory.rate_limit import consume_allowance
from directory.taxonomy.capability import Capability
from directory.text import clean_text
from directory.translation import gettext as _

ANSWER_WITHIN = timedelta(hours=8)  # of the chapter's working time
OFFERS_A_DAY = 30  # of one member
WORDS_LIMIT = 6000  # the brief quotes the lead's text


class CallOutcome(StrEnum):
    """How a call went."""

    IN = "in"
    NOT_THIS_TIME = "not this time"
    NOT_REACHED = "not reached"


def ask(
    session: Session,
    *,
    lead: Lead,
    member: Member,
    by: Member,
    capabilities: Sequence[Capability] = (),
    words: str = "",
    then: Sequence[Member] = (),
    makes_bringer: bool = False,
    is_held: bool = False,
    done: Sequence[Done] = (),
    now: datetime,
) -> Offer:
    """Ask the member by mail for the seats of ``capabilities``, or for the whole lead; ``then`` are asked next.

    With ``makes_bringer`` a yes gives them the lead itself; ``is_held`` waits for the client's yes before. Raises
    Refused or Conflict with why not, Invalid for the words.
    """
    lock_lead(session, lead)
    text = clean_text(words, field="words", what=_("what you ask for"), limit=WORDS_LIMIT, required=False)
    offer = Offer(
        lead_id=lead.id,
        business_id=member.business_id,
        member=member,
        by=by,
        makes_bringer=makes_bringer,
        words=CONTACT.sub("…", text),
        asked_at=now,
        then_ids=list(dict.fromkeys(other.id for other in then if other.business_id != member.business_id)),
        capabilities=[] if makes_bringer else list(dict.fromkeys(capabilities)),
        done=[value.value for value in Done if value in done],
    )
    offers, holders = offers_of(session, lead=lead), seat_holders(session, lead=lead)
    if reason := why_not_to_ask(lead, offers, holders, offer, member, now):
        raise Refused(reason)
    if not consume_allowance(session, key=f"offer {by.id}", limit=OFFERS_A_DAY, within=timedelta(days=1), now=now):
        raise Conflict(_("You asked %(count)s times today. Give people time to answer.", count=OFFERS_A_DAY))
    if is_held:
        offer.state, offer.due_at = OfferState.HELD, now + SILENCES[2]
        offer.chase_after(now)
        session.add(offer)
        session.flush()
        record(session, actor_id=by.id, action="offer.hold", object=offer, now=now)
        return offer
    return send_offer(session, offer, now)


def send_offer(session: Session, offer: Offer, now: datetime) -> Offer:
    """Store an offer with its deadline, and write its letter, which is held back so that the offer can be undone."""
    member = offer.member
    assert member is not None
    chapter = member.business.chapter
    offer.due_at = working_hours_later(session, start=now, within=ANSWER_WITHIN, chapter=chapter)
    session.add(offer)
    session.flush()
    record(session, actor_id=offer.by_id, action="offer.ask", object=offer, now=now)
    gives, due = "yes" if offer.makes_bringer else "", due_text(offer.due_at, chapter)
    text = "\n\n".join(filter(None, (offer.words or offer.lead.text, offer.done_text)))
    words = {"work": offer.work, "text": text, "due": due, "gives": gives}
    mail.enqueue_question(session, "offer", offer, by=offer.by, to=member, event=offer.question, words=words, now=now)
    return offer


def record_call(
    session: Session,
    *,
    lead: Lead,
    business: Business,
    member: Member | None,
    by: Member,
    capabilities: Sequence[Capability] = (),
    outcome: CallOutcome,
    reason: DeclineReason | None = None,
    now: datetime,
) -> Offer:
    """Record how a call to the firm went; an open offer to it is answered so, else it is an offer asked and answered.

    Whoever is in is told by mail, and may undo it. Raises Refused or Conflict.
    """
    lock_lead(session, lead)
    _require_open(lead)
    if business.id == lead.business_id:
        raise Refused(_("This is your own firm."))
    wanted = {capability.id for capability in capabilities}
    waiting = [
        offer
        for offer in offers_of(session, lead=lead)
        if offer.state is OfferState.PENDING and offer.business_id == business.id and offer.overlaps(wanted)
    ]
    offer = next(iter(waiting), None) or Offer(
        lead_id=lead.id,
        business_id=business.id,
        member=member,
        by=by,
        asked_at=now,
        due_at=now,
        capabilities=list(capabilities),
        state=OfferState.PENDING,
        then_ids=[],
    )
    session.add(offer)
    session.flush()
    if outcome is CallOutcome.IN:
        take_seats(session, offer, by=by, now=now)
        if offer.member is not None:
            words, event = {"work": offer.work, "title": lead.title}, offer.notice
            mail.enqueue_question(
                session, "offer_noted", offer, by=by, to=offer.member, event=event, words=words, now=now
            )
    else:
        is_no = outcome is CallOutcome.NOT_THIS_TIME
        state = OfferState.DECLINED if is_no else OfferState.EXPIRED
        end_offer(session, offer, state, by=by, reason=reason if is_no else None, now=now)
    return offer


def withdraw(session: Session, *, offer: Offer, by: Member, now: datetime) -> None:
    """Take an offer back, or the seats of one that was accepted; a letter that waits to be sent is not sent any more.

    Raises Conflict where it has ended.
    """
    lock_offer(session, offer)
    if offer.state is OfferState.ACCEPTED:
        _require_open(offer.lead)
        holders = [each for each in seat_holders(session, lead=offer.lead) if each.offer_id == offer.id]
        give_up_seats(session, lead=offer.lead, holders=holders, by=by, now=now)
    elif offer.state not in (OfferState.PENDING, OfferState.HELD):
        raise Conflict(_("This has ended already."))
    end_offer(session, offer, OfferState.WITHDRAWN, by=by, now=now)
    offer.settled_at = None


def reorder(session: Session, *, offer: Offer, then: Sequence[Member], by: Member, now: datetime) -> None:
    """Change who is asked next. Raises Conflict where somebody was."""
    lock_offer(session, offer)
    if offer.settled_at is not None or offer.state is OfferState.ACCEPTED:
        raise Conflict(_("This has ended already."))
    offer.then_ids = list(dict.fromkeys(member.id for member in then if member.business_id != offer.business_id))
    record(session, actor_id=by.id, action="offer.reorder", object=offer, now=now)


def fill_seats(session: Session, *, lead: Lead, capabilities: Sequence[Capability], by: Member, now: datetime) -> None:
    """Keep these seats for the bringer's own firm, the whole lead where none is named ("we do it ourselves").

    Those who are asked for them need not answer any more. Raises Conflict where somebody holds one.
    """
    lock_lead(session, lead)
    _require_open(lead)
    held = {
        holder.capability_id for holder in seat_holders(session, lead=lead) if holder.business_id == lead.business_id
    }
    wanted = {capability.id for capability in capabilities} - held
    if not capabilities and held:
        own = [each for each in seat_holders(session, lead=lead) if each.business_id == lead.business_id]
        give_up_seats(session, lead=lead, holders=own, by=by, now=now)
    if capabilities and not wanted:
        return
    hold_seats(
        session,
        lead=lead,
        capability_ids=wanted,
        business_id=lead.business_id,
        member=lead.member,
        offer_id=None,
        by=by,
        now=now,
    )
    record(session, actor_id=by.id, action="lead.keep_seat", object=f"lead:{lead.public_id}", now=now)
    for offer in offers_of(session, lead=lead):
        if offer.state is OfferState.PENDING and not offer.makes_bringer and offer.overlaps(wanted):
            end_offer(session, offer, OfferState.TAKEN, by=None, now=now)


def free_seats(session: Session, *, lead: Lead, by: Member, now: datetime) -> None:
    """Give up every seat that the bringer's own firm kept."""
    lock_lead(session, lead)
    _require_open(lead)
    own = [each for each in seat_holders(session, lead=lead) if each.offer_id is None]
    give_up_seats(session, lead=lead, holders=own, by=by, now=now)
    record(session, actor_id=by.id, action="lead.free_seat", object=f"lead:{lead.public_id}", now=now)


def may_be_asked_next(session: Session, *, offer: Offer, member: Member, now: datetime) -> bool:
    """Return whether the machine may ask the member after ``offer``: never a firm that let this lead pass."""
    lead, offers = offer.lead, offers_of(session, lead=offer.lead)
    passed = {each.business_id for each in offers if each.state is not OfferState.PENDING}
    holders = seat_holders(session, lead=lead)
    return member.business_id not in passed and not why_not_to_ask(lead, offers, holders, offer, member, now)


def why_not_to_ask(
    lead: Lead,
    offers: Sequence[Offer],
    holders: Sequence[SeatHolder],
    offer: Offer,
    member: Member,
    now: datetime,
) -> str:
    """Return why the member cannot be asked by mail what ``offer`` asks; empty where they can.

    ``offers`` and ``holders`` are all of the lead; ``offer`` need not be one of them.
    """
    business, wanted = member.business, {capability.id for capability in offer.capabilities}
    if lead.state not in (LeadState.RECEIVED, LeadState.ACTIVE):
        return _("This lead is closed.") if lead.state.is_closed else _("Take this lead first.")
    if business.id == lead.business_id:
        return _("%(name)s is at your own firm.", name=member.first_name)
    if mail.address_of(mail.BY_NAME["offer"], member) is None:
        return _("%(name)s gets no email from here. Call instead.", name=member.first_name)
    if accepts_work(business, now.date()) is AcceptsWork.NOT_NOW:
        return _("%(firm)s takes no new work right now.", firm=business.name)
    states = (OfferState.HELD, OfferState.PENDING, OfferState.ACCEPTED)
    waiting = (each for each in offers if each.state in states)
    theirs = (each for each in waiting if each.business_id == business.id and each is not offer)
    if any(each.makes_bringer == offer.makes_bringer and each.overlaps(wanted) for each in theirs):
        return _("%(firm)s is asked already.", firm=business.name)
    if not offer.makes_bringer and not are_free(holders, wanted):
        return _("Somebody else has this already.")
    return ""


def _require_open(lead: Lead) -> None:
    if lead.state not in (LeadState.RECEIVED, LeadState.ACTIVE):
        raise Conflict(_("This lead is closed.") if lead.state.is_closed else _("Take this lead first."))


def members_in_order(session: Session, ids: Sequence[int]) -> list[Member]:
    """Return the active members of these ids, in their order."""
    rows = {row.id: row for row in session.scalars(select(Member).where(Member.id.in_(ids), Member.is_active))}
    return [rows[id] for id in ids if id in rows]
