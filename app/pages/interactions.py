"""Interactions ("we worked together"): recording, confirming, declining and withdrawing one."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect, refuse_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.interaction import InteractionForm
from app.request_time import now
from directory.facts import interaction as interactions
from directory.facts.interaction import Interaction, InteractionKind
from directory.people.tables import Member

pages = Blueprint("interactions", __name__)


@pages.post("/members/<public_id>/interactions")
@policy("interaction.create")
def create(public_id: str) -> ResponseReturnValue:
    other, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), InteractionForm()
    back = url_for("members.show", public_id=public_id, _anchor="you-two")
    if form.validate_on_submit():
        with blamed(form):
            row = interactions.record_interaction(
                db.session(),
                said_by=current_member(),
                other=other,
                kind=InteractionKind(form.kind.data),
                happened_on=form.happened_on,
                note=form.note.data or "",
                now=now(),
            )
            if row.confirmed_at:
                undo, message = url_for(".answer", public_id=row.public_id, act="reopen"), _("You both said so.")
            else:
                undo = url_for(".withdraw", public_id=row.public_id)
                message = _("Sent. It counts when %(name)s confirms it.", name=other.first_name)
            return commit_and_redirect(message, undo=undo, to=back)
    return refuse_and_redirect(" ".join(str(error) for errors in form.errors.values() for error in errors), back)


@pages.post("/interactions/<public_id>/<any(confirm, decline, reopen):act>")
@policy("interaction.answer")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    row = get_permitted_or_404(Interaction, public_id, "interaction.answer")
    verb, message = {
        "confirm": (interactions.confirm, _("Confirmed: you and %(name)s know each other.")),
        "decline": (interactions.decline, _("Declined. %(name)s is not told.")),
        "reopen": (interactions.reopen, _("It is waiting for you again.")),
    }[act]
    verb(db.session(), interaction=row, by=current_member(), now=now())
    undo = "message" if act == "reopen" else url_for(".answer", public_id=public_id, act="reopen")
    return commit_and_redirect(message % {"name": row.said_by.first_name}, undo=undo)


@pages.post("/interactions/<public_id>/withdraw")
@policy("interaction.withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    row = get_permitted_or_404(Interaction, public_id, "interaction.withdraw")
    interactions.withdraw(db.session(), interaction=row, by=current_member(), now=now())
    return commit_and_redirect(_("Withdrawn."))
