"""Referrals: a lead that is handed over. The client is asked before its receiver hears of it, or sees who they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Conflict, Invalid
from directory.facts.introduction import Introduction
from directory.leads.client import (
    Client,
    ClientContact,
    ConsentKind,
    add_client,
    client_of,
    consent_texts,
    contact_for_client,
    create_client_token,
    give_consents,
    must_be_asked_first,
    standing_consents,
)
from directory.leads.client_choice import withdraw_client
from directory.leads.lead import Lead, Terms, Wish, create_lead
from directory.leads.offer import Done, Offer, OfferState, offers_of
from directory.leads.offer_answer import end_offer, lock_offer
from directory.leads.offer_request import ask, send_offer, why_not_to_ask
from directory.leads.seat_holder import seat_holders
from directory.outbox import mail
from directory.people.member import holders_of_roles
from directory.people.suppression import email_hmac
from directory.people.tables import Member, Role
from directory.rate_limit import consume_allowance
from directory.secrets import SecretBox
from directory.translation import gettext as _

QUESTIONS_A_DAY = 3  # that one address gets, whoever refers it
LASTING = (OfferState.HELD, OfferState.PENDING, OfferState.ACCEPTED)


def refer(
    session: Session,
    *,
    giver: Member,
    receiver: Member,
    text: str,
    wishes: Sequence[Wish],
    contact: ClientContact,
    done: Sequence[Done],
    introduction: Introduction | None = None,
    secrets: SecretBox,
    now: datetime,
) -> Offer:
    """Hand a client over to the receiver in one go: a lead of the giver, with its client, who is asked first.

    Raises Invalid without an address, Refused for one's own firm and whoever gets no mail, Conflict for one who is
    referred to the receiver already.
    """
    if not contact.email:
        raise Invalid(_("Enter their email address: they are asked first."), field="email")
    digest = email_hmac(session, contact.email)
    asked = select(Offer.id).join(Offer.lead).join(Client, Client.lead_id == Lead.id)
    asked = asked.where(Client.email_hmac == digest, Lead.closed_at.is_(None), Offer.state.in_(LASTING))
    asked = asked.where(Offer.member_id == receiver.id, Offer.by_id == giver.id)
    if session.scalar(asked.limit(1)) is not None:
        raise Conflict(_("You have referred them to %(name)s already.", name=receiver.first_name))
    day = timedelta(days=1)
    if not consume_allowance(session, key=f"refer {digest}", limit=QUESTIONS_A_DAY, within=day, now=now):
        raise Conflict(_("We have asked them often enough today. Try again tomorrow."))
    lead = create_lead(session, member=giver, text=text, wishes=wishes, terms=Terms(), now=now)
    lead.introduction = introduction
    add_client(session, lead=lead, contact=contact, by=giver, secrets=secrets, now=now)
    return hand_over(session, lead=lead, member=receiver, by=giver, words="", done=done, now=now)


def hand_over(
    session: Session,
    *,
    lead: Lead,
    member: Member,
    by: Member,
    words: str,
    done: Sequence[Done] = (),
    now: datetime,
) -> Offer:
    """Offer the lead itself to the member, as soon as its client agrees; at once where nobody can be asked.

    Without the client's consents its receiver never sees how to reach them. Raises as ``ask`` does.
    """
    client = client_of(session, lead=lead)
    is_held = client is not None and client.email_hmac is not None and must_be_asked_first(session, client=client)
    offer = ask(
        session, lead=lead, member=member, by=by, words=words, makes_bringer=True, is_held=is_held, done=done, now=now
    )
    if is_held:
        ask_client(session, offer=offer, now=now)
    return offer


def ask_client(session: Session, *, offer: Offer, now: datetime) -> None:
    """Ask the client whether the lead may be handed over; once for each reminder of the offer."""
    assert offer.member is not None
    words = {"name": offer.by.name, "firm": offer.by.business.name, "text": offer.lead.text}
    words |= {"other": offer.member.name, "their_firm": offer.business.name}
    event, about = f"refer-{offer.public_id}-{offer.chased}", offer.public_id
    due_at = now + mail.UNDO
    mail.enqueue(
        session, letter="may_we_share", to=about, event=event, about=about, words=words, due_at=due_at, now=now
    )


def referral_texts(offer: Offer) -> Mapping[ConsentKind, str]:
    """Return the words in which a client agrees to be handed over."""
    assert offer.member is not None
    names = {"giver": offer.by.name, "name": offer.member.name, "firm": offer.business.name}
    share = _(
        "%(giver)s may pass my request and my contact details on to %(name)s of %(firm)s, and to the firms that take "
        "part in the work.",
        **names,
    )
    return {ConsentKind.SHARE: share, ConsentKind.CONTACT: consent_texts()[ConsentKind.CONTACT]}


def held_offer(session: Session, *, lead: Lead) -> Offer | None:
    """Return the offer that waits for the client's yes; None where none does, or the lead is closed."""
    held = select(Offer).where(Offer.lead_id == lead.id, Offer.state == OfferState.HELD).order_by(Offer.id)
    return session.scalar(held.limit(1)) if lead.closed_at is None else None


def let_client_answer(session: Session, *, client: Client, offer_id: str, is_yes: bool, now: datetime) -> None:
    """The client lets the lead be handed over, or not; the same answer twice changes nothing.

    With a yes the receiver is asked. With a no its giver is told; of whom agreed to nothing else, nothing is kept.
    Raises Conflict where it is no longer asked.
    """
    asked = select(Offer).where(Offer.public_id == offer_id, Offer.lead_id == client.lead_id)
    if (offer := session.scalar(asked)) is None:
        raise Conflict(_("There is something newer on this page. Please read it and answer that."))
    lock_offer(session, offer)
    if is_yes and offer.state in (OfferState.PENDING, OfferState.ACCEPTED):
        return
    if offer.state is not OfferState.HELD or offer.lead.closed_at is not None:
        raise Conflict(_("This has ended already."))
    lead, name = offer.lead, offer.called
    offer.chase_at = None
    if not is_yes:
        end_offer(session, offer, OfferState.WITHDRAWN, by=None, now=now)
        record(session, actor_id=None, action="client.refuse", object=client, now=now)
        tell(session, lead, offer.by, _("The client would rather not be passed on to %(name)s.", name=name), now)
        if not standing_consents(session, client=client):
            withdraw_client(session, client=client, now=now)
        return
    texts = referral_texts(offer)
    give_consents(session, client=client, kinds=[*texts], texts=texts, offer=offer, now=now)
    assert offer.member is not None
    offers, holders = offers_of(session, lead=lead), seat_holders(session, lead=lead)
    if reason := why_not_to_ask(lead, offers, holders, offer, offer.member, now):
        end_offer(session, offer, OfferState.WITHDRAWN, by=None, now=now)
        news = _("The client agreed, but %(name)s cannot be asked now: %(why)s", name=name, why=reason)
        tell(session, lead, offer.by, news, now)
        return
    end_offer(session, offer, OfferState.PENDING, by=None, now=now)
    offer.asked_at = now
    send_offer(session, offer, now)


def tell(session: Session, lead: Lead, to: Member, text: str, now: datetime, *, path: str = "") -> None:
    """Mail somebody who takes part in a referral what is new about it, once a day for the same news."""
    words = {"title": lead.title, "text": text, "path": path or f"/leads/{lead.public_id}"}
    event = f"news-{lead.public_id}-{now:%Y%m%d}-{sha256(text.encode()).hexdigest()[:12]}"
    mail.enqueue(session, letter="referral_news", to=to, event=event, words=words, now=now)


def leads_of_chapter(session: Session, lead: Lead) -> Sequence[Member]:
    """Return who leads the chapter of who has the lead."""
    chapter_id = lead.business.chapter_id
    return holders_of_roles(session, chapter_id=chapter_id, roles=(Role.LEAD,)) if chapter_id is not None else []


def recipient_of(session: Session, *, public_id: str, secrets: SecretBox) -> ClientContact | None:
    """Return where the question of an offer that is held goes; None once it need not be asked any more."""
    client = _client_of_held(session, public_id)
    return contact_for_client(session, client=client, secrets=secrets) if client else None


def create_question_token(session: Session, *, public_id: str, now: datetime) -> str | None:
    """Create the link in the question of an offer that is held, as ``create_client_token`` does."""
    client = _client_of_held(session, public_id)
    return create_client_token(session, public_id=client.public_id, now=now) if client else None


def _client_of_held(session: Session, public_id: str) -> Client | None:
    held = select(Client).join(Offer, Offer.lead_id == Client.lead_id)
    return session.scalar(held.where(Offer.public_id == public_id, Offer.state == OfferState.HELD))
