"""Vouches: giving one, the receiver's decision to show it, and withdrawal."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.vouch import VouchForm
from app.request_time import now
from directory.facts import vouch as vouches
from directory.facts.vouch import Vouch
from directory.joining.onboarding import claimed_capabilities
from directory.people.tables import Member

pages = Blueprint("vouches", __name__)


@pages.route("/members/<public_id>/vouches/new", methods=["GET", "POST"])
@policy("vouch.create")
def new(public_id: str) -> ResponseReturnValue:
    receiver, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), VouchForm()
    capabilities = claimed_capabilities(db.session(), business=receiver.business)
    form.offer(capabilities)
    if form.validate_on_submit():
        with blamed(form):
            vouch = vouches.vouch(
                db.session(),
                giver=current_member(),
                receiver=receiver,
                **form.texts("text", "known_as"),
                capability=form.chosen(capabilities),
                now=now(),
            )
            message = _("Thank you. %(name)s reads it first, and decides whether to show it.", name=receiver.first_name)
            return commit_and_redirect(
                message,
                undo=url_for(".withdraw", public_id=vouch.public_id),
                to=url_for("members.show", public_id=public_id),
            )
    return render_template("members/vouch.html", member=receiver, form=form), form.status


@pages.post("/vouches/<public_id>/<any(accept, decline, reopen):act>")
@policy("vouch.answer")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    vouch = get_permitted_or_404(Vouch, public_id, "vouch.answer")
    verb, message = {
        "accept": (vouches.accept, _("It is on your page now.")),
        "decline": (vouches.decline, _("Not shown. %(name)s is not told.")),
        "reopen": (vouches.reopen, _("It is waiting for you again.")),
    }[act]
    verb(db.session(), vouch=vouch, by=current_member(), now=now())
    undo = "message" if act == "reopen" else url_for(".answer", public_id=public_id, act="reopen")
    return commit_and_redirect(message % {"name": vouch.giver.first_name}, undo=undo)


@pages.post("/vouches/<public_id>/withdraw")
@policy("vouch.withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    vouch = get_permitted_or_404(Vouch, public_id, "vouch.withdraw")
    vouches.withdraw(db.session(), vouch=vouch, by=current_member(), now=now())
    return commit_and_redirect(_("Your recommendation is withdrawn."))
