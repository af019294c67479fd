"""The input box of the home page: a need starts a lead, an offer is matched with other members' Wanteds at once.

The matched text is not stored, unless the member keeps it as an offer on their page.
"""

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.pages.contact_reveal import reveal_to_reader
from app.request_time import now
from directory.engine.wanteds_for_offer import draft_offer, match_wanteds
from directory.errors import Invalid
from directory.people import wanted
from directory.people.tables import Wanted, WantedKind
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import member_view, member_views
from directory.rate_limit import consume_allowance
from directory.text import clean_text

pages = Blueprint("need_or_offer", __name__)

MATCHES_AN_HOUR = 60  # texts of one member


@pages.post("/give")
@policy("directory.search")
def give() -> ResponseReturnValue:
    way = request.form.get("way", "need")
    if way not in ("offer", "introduce"):
        return redirect(url_for("leads.new"), 307)  # the browser posts the typed text again
    try:
        text = _submitted_text()
    except Invalid as error:
        return render_template("today/again.html", text=request.form.get("text"), way=way, wrong=error.message), 422
    if not consume_allowance(
        db.session(), key=f"give {current_member().id}", limit=MATCHES_AN_HOUR, within=timedelta(hours=1), now=now()
    ):
        abort(429)
    db.session.commit()  # the text is analysed outside a write transaction, so that other writers need not wait
    matches = match_wanteds(db.session(), text=text, member=current_member())
    seen = member_views(db.session(), reader=current_member(), members=[match.member for match in matches])
    contacts = {member_id: contact_of(view) for member_id, view in seen.items()}
    return render_template(
        "today/answer.html",
        me=current_member(),
        text=text,
        way=way,
        answers=matches,
        contacts=contacts,
        draft_offer=draft_offer,
    )


@pages.post("/wanted/<public_id>/contact")
@policy("contact.reveal")
def contact(public_id: str) -> ResponseReturnValue:
    """Reveal the contact details of the member who wants this, with a draft of a message to them."""
    want = get_permitted_or_404(Wanted, public_id, "wanted.read")
    if not want.member.is_active:
        abort(404)
    permit("contact.reveal", want.member)
    text, introduces = _submitted_text(), request.form.get("given") == "introduce"
    seen = member_view(db.session(), reader=current_member(), member=want.member)
    brief = draft_offer(want, text=text, member=current_member(), introduces=introduces)
    return reveal_to_reader(want.member, contact_of(seen), brief=brief)


@pages.post("/offers")
@policy("wanted.create")
def keep() -> ResponseReturnValue:
    offer = wanted.add_wanted(
        db.session(), member=current_member(), kind=WantedKind.OFFER, text=request.form.get("text", ""), now=now()
    )
    if request.form.get("share") == "1":
        db.session.flush()
        wanted.share_wanted(db.session(), wanted=offer, now=now())
    return commit_and_redirect(
        _("It is on your page as your offer."),
        undo=url_for("need_or_offer.take_back", public_id=offer.public_id),
        to=url_for("today.today", _anchor="offers"),
    )


@pages.post("/wanted/<public_id>/take-back")
@policy("wanted.update")
def take_back(public_id: str) -> ResponseReturnValue:
    offer = get_permitted_or_404(Wanted, public_id, "wanted.update")
    wanted.end_wanted(db.session(), wanted=offer, now=now())
    return commit_and_redirect(_("Your offer is withdrawn."), to=url_for("today.today"))


def _submitted_text() -> str:
    """Return the cleaned text of the form. Raises Invalid, also if it is empty."""
    text = request.form.get("text", "")
    if not text.strip():
        raise Invalid(_("Write what you offer, or who you can introduce."), field="text")
    return clean_text(text, field="text", what=_("what you offer"), limit=300)
