"""Contact details: reveals a phone number or email address on request, one person or firm at a time, and logs it."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, permit, policy
from app.db import db
from app.pages.leads import presenter_of
from app.request_time import now
from directory.engine.suggestions import latest_suggestion
from directory.leads.lead import Lead
from directory.leads.message_draft import Brief, first_contact_message
from directory.people.tables import Business, Member
from directory.profiles.contact_reveal import Contact, contact_of, private_contact, reveal
from directory.profiles.member_view import firm_view, member_view

pages = Blueprint("contact_reveal", __name__)


@pages.post("/members/<public_id>/contact")
@policy("contact.reveal")
def member(public_id: str) -> ResponseReturnValue:
    person = get_permitted_or_404(Member, public_id, "contact.reveal")
    return reveal_to_reader(person, contact_of(member_view(db.session(), reader=current_member(), member=person)))


@pages.post("/members/<public_id>/contact/private")
@policy("profile.read_private_contact")
def private(public_id: str) -> ResponseReturnValue:
    """Reveal a member's direct phone number and email address to a lead or administrator who gives a reason."""
    person = get_permitted_or_404(Member, public_id, "profile.read_private_contact")
    return reveal_to_reader(person, private_contact(person))


@pages.post("/businesses/<public_id>/contact")
@policy("contact.reveal")
def business(public_id: str) -> ResponseReturnValue:
    firm = get_permitted_or_404(Business, public_id, "contact.reveal")
    if firm.is_hidden:
        abort(404)
    return reveal_to_reader(firm, contact_of(firm_view(db.session(), reader=current_member(), business=firm)))


@pages.post("/leads/<public_id>/contact/<business_id>")
@policy("contact.reveal")
def party(public_id: str, business_id: str) -> ResponseReturnValue:
    """Reveal the contact details of a party of the lead's suggested team, with a message about their part."""
    lead = get_permitted_or_404(Lead, public_id, "lead.read_teaser")
    suggestion = latest_suggestion(db.session(), lead=lead) or abort(404)
    permit("suggestion.read", suggestion)
    presenter = presenter_of(lead, suggestion)
    team = presenter.team(request.form.get("team", 1, type=int)) or abort(404)
    chosen = next((one for one in presenter.parties(team) if one.business.public_id == business_id), None)
    if chosen is None or chosen.seen is None or chosen.is_me:
        abort(404)
    target = chosen.member or chosen.business
    if isinstance(target, Member) and not target.is_active:
        abort(404)
    permit("contact.reveal", target)
    back = url_for("leads.show", public_id=public_id)
    return reveal_to_reader(target, contact_of(chosen.seen), brief=presenter.brief(team, chosen), back=back)


def first_member(target: Member | Business) -> Member | None:
    """Return the first active member of a firm, None where it has none or for a person."""
    members = target.members if isinstance(target, Business) else []
    return next((member for member in members if member.is_active), None)


def reveal_to_reader(target: Member | Business, contact: Contact, *, brief: Brief | None = None, back: str = "") -> str:
    """Record that the reader asked, and return the contact details of ``target`` as a page or its htmx part.

    Where no address is visible there is a form that writes to the member, or to the first of the firm. ``brief`` is
    the draft of a message, by default a first one; ``back`` is by default the page of ``target``.
    """
    if contact:
        reveal(db.session(), reader=current_member(), of=target, now=now())
        db.session.commit()
    name, endpoint, receiver = target.name, "members.business", first_member(target)
    if isinstance(target, Member):
        name, endpoint, receiver = target.first_name, "members.show", target
    return render_template(
        "members/_contact.html" if request.headers.get("HX-Request") else "members/contact.html",
        target=target,
        receiver=None if contact.emails or receiver is current_member() else receiver,
        contact=contact,
        name=name,
        back=back or url_for(endpoint, public_id=target.public_id),
        brief=brief or first_contact_message(current_member(), to=name),
        wants_mail=request.form.get("way") == "message",
    )
