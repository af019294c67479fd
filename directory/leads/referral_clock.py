"""The clock of referrals: who is reminded when nothing is heard, and when the chapter's lead is asked to step in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.leads.client import client_of, is_shared, standing_consents
from directory.leads.offer import SILENCES, Offer, OfferState
from directory.leads.offer_answer import end_offer, lock_offer
from directory.leads.referral import ask_client, leads_of_chapter, tell
from directory.outbox import mail
from directory.people.tables import Member
from directory.translation import gettext as _


def referrals_to_chase(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the ids of the offers of which nothing was heard for so long that somebody is reminded."""
    return session.scalars(select(Offer.id).where(Offer.chase_at <= now).order_by(Offer.id)).all()


def chase(session: Session, *, offer: Offer, now: datetime) -> bool:
    """Remind whoever it waits for, and return whether anybody was; done again, or by two at once, it does nothing."""
    lock_offer(session, offer)
    if offer.chase_at is None or offer.chase_at > now:
        return False
    stage, lead = offer.chased, offer.lead
    is_over = lead.closed_at is not None or (offer.state is OfferState.ACCEPTED and offer.member_id != lead.member_id)
    if is_over or offer.state not in (OfferState.HELD, OfferState.ACCEPTED):
        offer.chase_at = None
        if offer.state is OfferState.HELD:
            end_offer(session, offer, OfferState.WITHDRAWN, by=None, now=now)
        return False
    is_last = stage + 1 == len(SILENCES)
    offer.chased += 1
    offer.chase_at = None if is_last else offer.chase_at + SILENCES[stage + 1] - SILENCES[stage]
    if offer.state is OfferState.HELD:
        _chase_client(session, offer, stage, now)
    else:
        _chase_everybody(session, offer, stage, now)
    return True


def _chase_client(session: Session, offer: Offer, stage: int, now: datetime) -> None:
    """Ask a client once more, then tell the giver; after the third time it ends, and nothing is kept of them."""
    if stage == 0:
        ask_client(session, offer=offer, now=now)
    elif stage == 1:
        tell(session, offer.lead, offer.by, _("The client has not answered our email yet. A call may be quicker."), now)
    else:
        offer.chase_at = None
        end_offer(session, offer, OfferState.WITHDRAWN, by=None, now=now)
        tell(
            session,
            offer.lead,
            offer.by,
            _("The client did not answer. %(name)s was not told.", name=offer.called),
            now,
        )
        client = client_of(session, lead=offer.lead)
        if client is not None and not standing_consents(session, client=client):
            client.sealed, client.email_hmac, client.purged_at = "", None, now


def _chase_everybody(session: Session, offer: Offer, stage: int, now: datetime) -> None:
    """Ask the receiver; the second time client and giver, too; at last the leads of the chapter."""
    lead, receiver = offer.lead, offer.member
    assert receiver is not None
    if SILENCES[stage] == SILENCES[-1]:
        news = _(
            "%(giver)s handed this over to %(name)s, and nobody has said for three weeks how it stands. Call them.",
            giver=offer.by.name,
            name=receiver.name,
        )
        for leader in leads_of_chapter(session, lead):
            tell(session, lead, leader, news, now, path=f"/offers/{offer.public_id}")
        return
    _ask_status(session, offer, receiver, offer.by, stage, now)
    if stage >= 1:
        _ask_status(session, offer, offer.by, receiver, stage, now)
    client = client_of(session, lead=lead)
    if stage == 1 and client is not None and is_shared(session, client=client):
        event, about = _event(offer, stage, now), client.public_id
        words = {"name": receiver.name, "firm": offer.business.name}
        mail.enqueue(session, letter="how_did_it_go", to=about, event=event, about=about, words=words, now=now)


def _ask_status(session: Session, offer: Offer, to: Member, other: Member, stage: int, now: datetime) -> None:
    words = {"name": other.name, "title": offer.lead.title, "part": "receiver" if to is offer.member else "giver"}
    event = _event(offer, stage, now)
    mail.enqueue(session, letter="how_it_stands", to=to, event=event, about=offer.public_id, words=words, now=now)


def _event(offer: Offer, stage: int, now: datetime) -> str:
    """The event of a reminder: another one whenever the clock began anew."""
    return f"stands-{offer.public_id}-{now:%Y%m%d}-{stage}"
