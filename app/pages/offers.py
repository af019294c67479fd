"""Offers: asking somebody for a part of a lead, recording a call, what the bringer keeps, and the answers."""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.offer import OfferForm
from app.pages.leads import presenter_of
from app.pages.mail_actions import chosen_reason, decline_reasons
from app.permissions import can
from app.request_time import now
from directory.engine.suggestions import latest_suggestion
from directory.errors import Invalid
from directory.leads import offer_answer, offer_request
from directory.leads.client import client_of, is_shared
from directory.leads.lead import Lead
from directory.leads.message_draft import draft_brief
from directory.leads.offer import Offer, OfferState
from directory.leads.offer_request import CallOutcome
from directory.leads.referral import hand_over
from directory.leads.seat_holder import are_free, open_seats, seat_holders
from directory.people.tables import Business, Member
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import member_view
from directory.taxonomy.capability import Capability

pages = Blueprint("offers", __name__)

PEOPLE = 300  # whom a list to type from names


@dataclass(frozen=True)
class Part:
    """What somebody is asked for: seats, the words for it, and who else could take them, best first."""

    capabilities: list[Capability]
    words: str
    others: list[Member]
    own: list[Capability]  # what the bringer's firm does in the same team


@pages.route("/leads/<public_id>/offers/new", methods=["GET", "POST"])
@policy("lead.assign")
def new(public_id: str) -> ResponseReturnValue:
    """Ask a member, of ``?business=`` in ``?team=`` of the suggestion or of one's own choice; ``?give=``: the lead."""
    lead = get_permitted_or_404(Lead, public_id, "lead.assign")
    gives, form, member = "give" in request.args, OfferForm(), _member_of(lead)
    part = _part(lead)
    form.offer(part.others)
    if form.validate_on_submit():
        with blamed(form):
            member = member or named(form.who.data or "")
            others = [other for other in form.chosen(part.others) if other is not member]
            me, words = current_member(), form.words.data or ""
            if gives:
                row = hand_over(db.session(), lead=lead, member=member, by=me, words=words, now=now())
            else:
                row = offer_request.ask(
                    db.session(),
                    lead=lead,
                    member=member,
                    by=me,
                    capabilities=part.capabilities,
                    words=words,
                    then=others,
                    now=now(),
                )
                _keep_own(lead, part)
            told = _("Asked. %(name)s gets an email.", name=member.first_name)
            if row.state is OfferState.HELD:
                told = _("We ask the client first. With their yes, %(name)s gets it.", name=member.first_name)
            return commit_and_redirect(
                told,
                undo=url_for(".withdraw", public_id=row.public_id),
                to=url_for("leads.show", public_id=public_id),
            )
    elif not form.is_submitted():
        form.words.data = part.words
    people = [] if member else people_for(lead.business)
    return (
        render_template("offers/new.html", lead=lead, form=form, member=member, part=part, people=people, gives=gives),
        form.status,
    )


@pages.post("/leads/<public_id>/calls")
@policy("lead.assign")
def record_call(public_id: str) -> ResponseReturnValue:
    """Record how a call to a party of the suggested team went."""
    lead, outcome = get_permitted_or_404(Lead, public_id, "lead.assign"), request.form.get("outcome", "")
    if outcome not in {*CallOutcome}:
        abort(400)
    member, part = _member_of(lead), _part(lead)
    business = member.business if member else _business() or abort(404)
    row = offer_request.record_call(
        db.session(),
        lead=lead,
        business=business,
        member=member,
        by=current_member(),
        capabilities=part.capabilities,
        outcome=CallOutcome(outcome),
        reason=chosen_reason(),
        now=now(),
    )
    if row.state is OfferState.ACCEPTED:
        _keep_own(lead, part)
    messages = {
        OfferState.ACCEPTED: _("%(name)s is in.", name=row.called),
        OfferState.DECLINED: _("Noted. %(name)s is not asked again for this.", name=row.called),
    }
    return commit_and_redirect(
        messages.get(row.state, _("Noted. Try again later, or ask by email.")),
        undo=url_for(".undo", public_id=row.public_id),
        to=url_for("leads.show", public_id=public_id),
    )


@pages.post("/leads/<public_id>/seats/<any(keep, free):act>")
@policy("lead.assign")
def keep_seats(public_id: str, act: str) -> ResponseReturnValue:
    """Keep the named seats for the bringer's firm, all of it where none is named; or free what it kept."""
    lead = get_permitted_or_404(Lead, public_id, "lead.assign")
    if act == "free":
        offer_request.free_seats(db.session(), lead=lead, by=current_member(), now=now())
        return commit_and_redirect(to=url_for("leads.show", public_id=public_id))
    offer_request.fill_seats(
        db.session(), lead=lead, capabilities=_needs(lead, request.form.getlist("need")), by=current_member(), now=now()
    )
    return commit_and_redirect(
        _("You do it yourselves."),
        undo=url_for(".keep_seats", public_id=public_id, act="free"),
        to=url_for("leads.show", public_id=public_id),
    )


@pages.get("/offers/<public_id>")
@policy("offer.read")
def show(public_id: str) -> ResponseReturnValue:
    """Show an offer to who is asked, as long as it is theirs to answer or they are in."""
    row, me = get_permitted_or_404(Offer, public_id, "offer.read"), current_member()
    is_mine = row.member_id == me.id
    bringer = row.lead.member
    contact = contact_of(member_view(db.session(), reader=me, member=bringer)) if bringer.is_active else None
    is_in = row.state is OfferState.ACCEPTED
    return render_template(
        "offers/show.html",
        offer=row,
        me=me,
        is_mine=is_mine,
        contact=contact,
        reasons=decline_reasons(),
        team=seat_holders(db.session(), lead=row.lead) if is_in or not is_mine else [],
        sees_client=is_in and _sees_client(row.lead),
        sees_lead=can(current_principal(), "lead.read_teaser", row.lead) == "A",
    )


def _sees_client(lead: Lead) -> bool:
    """Whether the client of the lead lets those who take part reach them."""
    client = client_of(db.session(), lead=lead)
    return client is not None and is_shared(db.session(), client=client)


@pages.post("/offers/<public_id>/<any(accept, decline, undo):act>")
@policy("lead.accept_or_decline")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    row, me = get_permitted_or_404(Offer, public_id, "lead.accept_or_decline"), current_member()
    if act == "accept":
        offer_answer.accept(db.session(), offer=row, by=me, now=now())
        message = _("The lead is yours now.") if row.makes_bringer else _("You are in.")
    elif act == "decline":
        offer_answer.decline(db.session(), offer=row, by=me, reason=chosen_reason(), now=now())
        message = _("Declined. %(name)s is told.", name=row.by.first_name)
    else:
        offer_answer.take_back(db.session(), offer=row, by=me, now=now())
        message = ""
    is_final = act == "undo" or row.settled_at is not None or (row.makes_bringer and act == "accept")
    undo = "message" if is_final else url_for(".answer", public_id=public_id, act="undo")
    to = url_for("leads.show", public_id=row.lead.public_id) if row.lead.member_id == me.id else ""
    return commit_and_redirect(message, undo=undo, to=to)


@pages.post("/offers/<public_id>/undo-call")
@policy("offer.update")
def undo(public_id: str) -> ResponseReturnValue:
    """Take back what was recorded of a call, as long as nobody acted on it."""
    row = get_permitted_or_404(Offer, public_id, "offer.update")
    offer_answer.take_back(db.session(), offer=row, by=current_member(), now=now())
    return commit_and_redirect(to=url_for("leads.show", public_id=row.lead.public_id))


@pages.post("/offers/<public_id>/withdraw")
@policy("offer.update")
def withdraw(public_id: str) -> ResponseReturnValue:
    row = get_permitted_or_404(Offer, public_id, "offer.update")
    offer_request.withdraw(db.session(), offer=row, by=current_member(), now=now())
    return commit_and_redirect(
        _("Withdrawn. %(name)s need not answer.", name=row.called),
        to=url_for("leads.show", public_id=row.lead.public_id),
    )


@pages.post("/offers/<public_id>/members/<member_id>/first")
@policy("offer.update")
def ask_first(public_id: str, member_id: str) -> ResponseReturnValue:
    """Let a member be the first to be asked next."""
    row = get_permitted_or_404(Offer, public_id, "offer.update")
    waiting = offer_request.members_in_order(db.session(), row.then_ids)
    waiting.sort(key=lambda member: member.public_id != member_id)
    offer_request.reorder(db.session(), offer=row, then=waiting, by=current_member(), now=now())
    return commit_and_redirect(to=url_for("leads.show", public_id=row.lead.public_id))


def _business() -> Business | None:
    asked = select(Business).where(Business.public_id == request.values.get("business", ""))
    return db.session.scalar(asked)


def _member_of(lead: Lead) -> Member | None:
    """Return the active member whom the request names: by their id, or as the one to talk to of a suggested firm."""
    by_id = select(Member).where(Member.public_id == request.values.get("member", ""), Member.is_active)
    return db.session.scalar(by_id.options(joinedload(Member.business)))


def _part(lead: Lead) -> Part:
    """Return what the request asks for: a firm's seats in a suggested team, or the needs it names."""
    me, business = current_member(), _business()
    suggestion = latest_suggestion(db.session(), lead=lead)
    if suggestion is not None and suggestion.asker_id == me.id and business is not None:
        presenter = presenter_of(lead, suggestion)
        team = presenter.team(request.values.get("team", 1, type=int))
        parties = presenter.parties(team) if team else []
        party = next((each for each in parties if each.business.id == business.id), None)
        if team is not None and party is not None:
            seats = {
                each.business.id: [seat.capability for seat in presenter.need_seats(team, each) if seat.capability]
                for each in parties
            }
            others = [other.member for other in presenter.alternates_of(team, party) if other.member]
            words = presenter.brief(team, party, greets=False).text
            return Part(seats[business.id], words, others, seats.get(lead.business_id, []))
    named = _needs(lead, request.values.getlist("need"))
    free = named or open_seats(lead, seat_holders(db.session(), lead=lead))
    return Part(free, draft_brief(lead, to="", does=[each.name for each in free], request="").text, [], [])


def _needs(lead: Lead, ids: list[str]) -> list[Capability]:
    return [need.capability for need in lead.needs if need.capability.public_id in ids]


def _keep_own(lead: Lead, part: Part) -> None:
    """Asking a partner says which part one's own firm does."""
    holders = seat_holders(db.session(), lead=lead)
    own = [capability for capability in part.own if are_free(holders, [capability.id])]
    if own:
        offer_request.fill_seats(db.session(), lead=lead, capabilities=own, by=current_member(), now=now())


def people_for(business: Business) -> list[Member]:
    """Return whom somebody of the firm may think of: the other members of the chapter by name."""
    query = select(Member).join(Member.business).where(Member.is_active, Member.business_id != business.id)
    query = query.where(Business.chapter_id == business.chapter_id).options(joinedload(Member.business))
    return list(db.session.scalars(query.order_by(Member.name, Member.id).limit(PEOPLE)))


def named(text: str) -> Member:
    """Return the member that "Name, Firm" or a name alone means. Raises Invalid where it is none or several."""
    name, _comma, firm = (part.strip() for part in text.partition(","))
    query = select(Member).join(Member.business).where(Member.is_active, Member.name == name)
    found = db.session.scalars(query.where(Business.name == firm) if firm else query).all()
    if len(found) != 1:
        raise Invalid(_("Choose somebody from the list."), field="who")
    return found[0]
