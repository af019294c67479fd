"""Contacts: a number or an address leaves the house when somebody asks for it, one person at a time."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, permit, policy
from app.db import db
from app.request_time import now
from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import latest_suggestion
from directory.leads.lead import Lead
from directory.leads.message_draft import Brief, first_contact_message
from directory.people.tables import Business, Member
from directory.profiles.contact_details import Contact, contact_of, private_contact, reveal
from directory.profiles.member_view import firm_view, member_view

pages = Blueprint("contact_details", __name__)


@pages.post("/members/<public_id>/contact")
@policy("contact.reveal")
def member(public_id: str) -> ResponseReturnValue:
    person = get_permitted_or_404(Member, public_id, "contact.reveal")
    contact = contact_of(member_view(db.session(), reader=current_member(), member=person))
    back = url_for("members.show", public_id=public_id)
    return _given(
        person, contact, person.first_name, back, first_contact_message(current_member(), to=person.first_name)
    )


@pages.post("/members/<public_id>/contact/private")
@policy("profile.read_private_contact")
def private(public_id: str) -> ResponseReturnValue:
    """One's own number and address, for who runs the chapter and says why."""
    person = get_permitted_or_404(Member, public_id, "profile.read_private_contact")
    back = url_for("members.show", public_id=public_id)
    return _given(
        person,
        private_contact(person),
        person.first_name,
        back,
        first_contact_message(current_member(), to=person.first_name),
    )


@pages.post("/businesses/<public_id>/contact")
@policy("contact.reveal")
def business(public_id: str) -> ResponseReturnValue:
    firm = get_permitted_or_404(Business, public_id, "contact.reveal")
    if firm.members and not any(person.is_active for person in firm.members):
        abort(404)
    contact = contact_of(firm_view(db.session(), reader=current_member(), business=firm))
    back = url_for("members.business", public_id=public_id)
    return _given(firm, contact, firm.name, back, first_contact_message(current_member(), to=firm.name))


@pages.post("/leads/<public_id>/contact/<business_id>")
@policy("contact.reveal")
def party(public_id: str, business_id: str) -> ResponseReturnValue:
    """Whoever the answer to a lead names, with the brief for their part."""
    lead = get_permitted_or_404(Lead, public_id, "lead.read_teaser")
    suggestion = latest_suggestion(db.session(), lead=lead) or abort(404)
    permit("suggestion.read", suggestion)
    telling = SuggestionPresenter(
        db.session(),
        lead=lead,
        suggestion=suggestion,
        asker=current_member(),
        business=lead.business,
        today=now().date(),
    )
    team = telling.team(request.form.get("team", 1, type=int)) or abort(404)
    named = next((each for each in telling.parties(team) if each.business.public_id == business_id), None)
    if named is None or named.seen is None or named.is_me:
        abort(404)
    whom = named.member or named.business
    if isinstance(whom, Member) and not whom.is_active:
        abort(404)
    permit("contact.reveal", whom)
    back = url_for("leads.show", public_id=public_id)
    return _given(whom, contact_of(named.seen), named.called, back, telling.brief(named))


def _given(whom: Member | Business, contact: Contact, name: str, back: str, brief: Brief) -> str:
    """Write down who asked, and say how to reach ``whom``: the part that htmx swaps in, or a page."""
    reveal(db.session(), reader=current_member(), of=whom, now=now())
    db.session.commit()
    name_of_part = "members/_contact.html" if request.headers.get("HX-Request") else "members/contact.html"
    wants_mail = request.form.get("way") == "message"
    return render_template(
        name_of_part, whom=whom, contact=contact, name=name, back=back, brief=brief, wants_mail=wants_mail
    )
