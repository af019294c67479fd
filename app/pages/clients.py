"""The client of a lead: how to reach them, what they are shown, and their own page by a mailed link."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.pages.submissions import secrets
from app.request_time import now
from directory.leads import client_choice
from directory.leads.client import (
    Client,
    ConsentKind,
    client_of,
    consent_texts,
    contact_for_client,
    contact_of,
    find_client,
    give_consents,
    standing_consents,
    withdraw_consent,
)
from directory.leads.client_choice import ClientAnswer, latest_choice
from directory.leads.lead import Lead
from directory.leads.referral import held_offer, referral_texts
from directory.local_format import local_format
from directory.translation import gettext as _

pages = Blueprint("clients", __name__)


@pages.post("/leads/<public_id>/client")
@policy("lead.read_client_contact")
def contact(public_id: str) -> ResponseReturnValue:
    """Reveal how to reach the client, and write down who asked."""
    lead = get_permitted_or_404(Lead, public_id, "lead.read_client_contact")
    client = client_of(db.session(), lead=lead) or abort(404)
    reason = " ".join(request.form.get("reason", "").split())
    found = contact_of(
        db.session(), client=client, reader=current_member(), secrets=secrets(), reason=reason, now=now()
    )
    db.session.commit()
    template = "clients/_contact.html" if request.headers.get("HX-Request") else "clients/contact.html"
    return render_template(template, lead=lead, contact=found)


@pages.post("/leads/<public_id>/options")
@policy("lead.show_client_options")
def show_options(public_id: str) -> ResponseReturnValue:
    """Show the client who would do the work, and why."""
    lead = get_permitted_or_404(Lead, public_id, "lead.show_client_options")
    client = client_of(db.session(), lead=lead) or abort(404)
    options = [(request.form.get(f"who_{number}", ""), request.form.get(f"why_{number}", "")) for number in (0, 1)]
    client_choice.show_options(db.session(), client=client, options=options, by=current_member(), now=now())
    return commit_and_redirect(
        _("The client gets an email with a link to it."),
        undo=url_for(".hide_options", public_id=public_id),
        to=url_for("leads.show", public_id=public_id),
    )


@pages.post("/leads/<public_id>/options/hide")
@policy("lead.show_client_options")
def hide_options(public_id: str) -> ResponseReturnValue:
    """Take back what the client was shown, while they have not answered."""
    lead = get_permitted_or_404(Lead, public_id, "lead.show_client_options")
    client, choice = client_of(db.session(), lead=lead) or abort(404), latest_choice(db.session(), lead=lead)
    if choice is not None:
        client_choice.hide_options(db.session(), choice=choice, client=client, by=current_member(), now=now())
    return commit_and_redirect(_("The client does not see it any more."), to=url_for("leads.show", public_id=public_id))


@pages.get("/client/<string:token>")
@policy("client.act_by_link")
def show(token: str) -> str:
    """The client's page: who takes care of them, who would do the work and why, and what is kept of them."""
    client = _client(token)
    standing = standing_consents(db.session(), client=client)
    return render_template(
        "clients/show.html",
        lead=client.lead,
        client=client,
        choice=latest_choice(db.session(), lead=client.lead),
        asked=(held := held_offer(db.session(), lead=client.lead)),
        asked_texts=[*referral_texts(held).values()] if held else [],
        contact=contact_for_client(db.session(), client=client, secrets=secrets()),
        consents=[(kind, text, standing.get(kind)) for kind, text in consent_texts().items()],
        token=token,
    )


@pages.post("/client/<string:token>/<any(yes, other, no):answer>")
@policy("client.act_by_link")
def answer(token: str, answer: str) -> ResponseReturnValue:
    """Keep what the client says to the options on their page."""
    client_choice.answer_choice(
        db.session(),
        client=_client(token),
        choice_id=request.form.get("choice", ""),
        answer=ClientAnswer(answer),
        chosen=request.form.get("option", type=int),
        words=request.form.get("words", ""),
        now=now(),
    )
    return commit_and_redirect(_("Thank you. We have told them."), to=url_for(".show", token=token))


@pages.post("/client/<string:token>/consents/<any(share, contact):kind>/<any(give, withdraw):act>")
@policy("lead.withdraw_consent")
def consent(token: str, kind: str, act: str) -> ResponseReturnValue:
    """Give or withdraw one consent. To withdraw the first one is to withdraw everything."""
    client, chosen = _client(token), ConsentKind(kind)
    if act == "give":
        give_consents(db.session(), client=client, kinds=[chosen], texts=consent_texts(), now=now())
        return commit_and_redirect(_("Thank you. We have noted it."), to=url_for(".show", token=token))
    if chosen is ConsentKind.SHARE:
        client_choice.withdraw_client(db.session(), client=client, now=now())
    else:
        withdraw_consent(db.session(), client=client, kind=chosen, now=now())
    return commit_and_redirect(_("Withdrawn."), to=url_for(".show", token=token))


@pages.post("/client/<string:token>/withdraw")
@policy("lead.withdraw_consent")
def withdraw(token: str) -> ResponseReturnValue:
    """Take everything back: the request, and what is kept of the client."""
    client_choice.withdraw_client(db.session(), client=_client(token), now=now())
    return commit_and_redirect(to=url_for(".show", token=token))


def _client(token: str) -> Client:
    client = find_client(db.session(), token=token, now=now())
    if chapter := client.lead.business.chapter:
        local_format.set(chapter.local_format)
    return client
