"""Mail preferences: one-click unsubscribe by a link, and which letters a member gets. A GET changes nothing."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.request_time import now
from directory.errors import Invalid
from directory.outbox import mail_refusal, notification_preferences
from directory.outbox.notification_preferences import PREFERENCES

pages = Blueprint("mail_preferences", __name__)


@pages.route("/unsubscribe/<string:token>", methods=["GET", "POST"])
@policy("digest.one_click_unsubscribe")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Unsubscribe with one click (RFC 8058): mail programs post here for the reader, without sign-in and CSRF token."""
    session, is_sent = db.session(), request.method == "POST"
    try:
        member, name = notification_preferences.read_unsubscribe_token(
            session, token=token, key=current_app.config["SECRET_KEY"]
        )
    except Invalid:
        return render_template("mail_actions/over.html"), 410
    if is_sent:
        notification_preferences.set_preference(
            session, member=member, name=name, is_on=request.form.get("act") == "on", now=now()
        )
        session.commit()
    is_on = name not in member.mail_off
    return render_template("mail_preferences/unsubscribe.html", is_on=is_on, is_sent=is_sent, words=PREFERENCES[name]())


@pages.post(f"/account/letters/<any({', '.join(PREFERENCES)}):name>/<any(on, off):act>")
@policy("digest.update_prefs", current_member)
def set_preference(name: str, act: str) -> ResponseReturnValue:
    notification_preferences.set_preference(
        db.session(), member=current_member(), name=name, is_on=act == "on", now=now()
    )
    undo = url_for(".set_preference", name=name, act="off" if act == "on" else "on")
    message = _("These emails are back on.") if act == "on" else _("You will not get these emails any more.")
    return commit_and_redirect(message, undo=undo, to=url_for("account.index") + "#letters")


@pages.post("/account/address/retry")
@policy("digest.update_prefs", current_member)
def retry() -> ResponseReturnValue:
    """Write to the reader again, whose address was refused."""
    mail_refusal.retry_address(db.session(), member=current_member(), by=current_member(), now=now())
    return commit_and_redirect(_("We email you again."), to=url_for("today.today"))
