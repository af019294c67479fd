"""Prompts: answering the weekly mail by its link, one-click unsubscribe, mail preferences. A GET changes nothing."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access import current_member, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.request_time import now
from directory.errors import DomainError, Invalid
from directory.outbox import notification_preferences
from directory.outbox.notification_preferences import PREFERENCES
from directory.people.one_time_link import find_link
from directory.week import prompt as prompts
from directory.week.prompt import Prompt

pages = Blueprint("prompts", __name__)


@pages.route("/prompt/<string:token>/<int:number>", methods=["GET", "POST"])
@policy("answer.by_link")
def answer(token: str, number: int) -> ResponseReturnValue:
    """Show or answer one item of the weekly mail. Its link is valid for all items; each can be answered once."""
    session, act, error_message = db.session(), request.form.get("act"), ""
    try:
        link = find_link(session, purpose="prompt", token=token, now=now())
    except Invalid:
        return render_template("mail_actions/over.html"), 410
    row = session.scalars(select(Prompt).where(Prompt.public_id == link.about)).one_or_none()
    about = prompts.item_row(session, row, row.items[number - 1]) if row and 0 < number <= len(row.items) else None
    if row is None or about is None or row.items[number - 1]["answer"]:
        return render_template("mail_actions/over.html"), 410
    if act in ("yes", "no"):
        try:
            prompts.answer_item(session, prompt=row, index=number - 1, is_yes=act == "yes", now=now())
            session.commit()
        except DomainError as error:
            session.rollback()
            error_message, act = error.message, None
    unanswered = [other for other, item in enumerate(row.items, 1) if other != number and not item["answer"]]
    return render_template(
        "prompts/show.html",
        kind=row.items[number - 1]["kind"],
        row=about,
        who=prompts.item_person(about, row.member),
        me=row.member,
        act=act,
        wrong=error_message,
        more=url_for(".answer", token=token, number=unanswered[0]) if unanswered else "",
    ), 409 if error_message else 200


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
    return render_template("prompts/unsubscribe.html", is_on=is_on, is_sent=is_sent, words=PREFERENCES[name]())


@pages.post(f"/account/letters/<any({', '.join(PREFERENCES)}):name>/<any(on, off):act>")
@policy("digest.update_prefs", current_member)
def set_preference(name: str, act: str) -> ResponseReturnValue:
    notification_preferences.set_preference(
        db.session(), member=current_member(), name=name, is_on=act == "on", now=now()
    )
    undo = url_for(".set_preference", name=name, act="off" if act == "on" else "on")
    message = _("We write to you again.") if act == "on" else _("You get no more of these letters.")
    return commit_and_redirect(message, undo=undo, to=url_for("account.index") + "#letters")
