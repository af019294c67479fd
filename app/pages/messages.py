"""Messages to a member, whose address stays hidden, and what their receiver does with them."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.message import MessageForm
from app.request_time import now
from directory.people.tables import Member
from directory.profiles import message as messages
from directory.profiles.message import Message
from directory.translation import gettext as _

pages = Blueprint("messages", __name__)


@pages.route("/members/<public_id>/message", methods=["GET", "POST"])
@policy("message.send")
def send(public_id: str) -> ResponseReturnValue:
    receiver, form = get_permitted_or_404(Member, public_id, "message.send"), MessageForm()
    if form.validate_on_submit():
        with blamed(form):
            is_mailed = messages.send_message(
                db.session(), sender=current_member(), receiver=receiver, **form.texts("text"), now=now()
            )
            name = receiver.first_name
            sentence = _("Your message is on its way to %(name)s, who also sees it under Today.", name=name)
            if not is_mailed:
                sentence = _("%(name)s gets no email from us now, and will see your message under Today.", name=name)
            if receiver.arrived_at is None:
                sentence = _("%(name)s has not joined yet, and will read your message here after joining.", name=name)
            back = url_for("members.show", public_id=public_id)
            return commit_and_redirect(sentence, to=back)
    elif not form.is_submitted():
        form.text.data = request.args.get("text", "")
    return render_template("messages/send.html", receiver=receiver, form=form), form.status


@pages.post("/messages/<public_id>/<any(settle, report, reopen):act>")
@policy("message.answer")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    row = get_permitted_or_404(Message, public_id, "message.answer")
    name = row.sender.first_name
    verb, sentence = {
        "settle": (messages.settle, _("The message is dismissed.")),
        "report": (
            messages.report,
            _("Reported to your chapter’s leads. %(name)s cannot message you now.", name=name),
        ),
        "reopen": (messages.reopen, _("The message is back.")),
    }[act]
    verb(db.session(), message=row, by=current_member(), now=now())
    undo = "message" if act == "reopen" else url_for(".answer", public_id=public_id, act="reopen")
    return commit_and_redirect(sentence, undo=undo)
