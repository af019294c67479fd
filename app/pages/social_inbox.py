"""The social inbox: replies from the networks, and a person's decision on each. Nothing is ever sent from here."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.request_time import now
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.profiles.public_page import public_people
from directory.week import social_inbox
from directory.week.social_inbox import RETENTION, Outcome, Reply

pages = Blueprint("social_inbox", __name__)


@pages.get("/chapters/<public_id>/inbox")
@policy("reply.decide")
def show(public_id: str) -> str:
    chapter = get_permitted_or_404(Chapter, public_id, "reply.decide")
    replies = social_inbox.replies_in(db.session(), chapter=chapter)
    return render_template(
        "week/inbox.html",
        chapter=chapter,
        waiting=[reply for reply in replies if reply.outcome is None],
        decided=[reply for reply in replies if reply.outcome is not None],
        members=public_people(db.session(), chapter=chapter),
        channels=social_inbox.channels_to_listen(db.session(), chapter=chapter),
        days=RETENTION.days,
        base_url=current_app.config["BASE_URL"],
    )


@pages.post("/replies/<public_id>/<any(introduction, invitation, ignored, wait):act>")
@policy("reply.decide")
def decide(public_id: str, act: str) -> ResponseReturnValue:
    reply = get_permitted_or_404(Reply, public_id, "reply.decide")
    member_id = request.form.get("member", "") if act == "introduction" else ""
    member = db.session.scalar(select(Member).where(Member.public_id == member_id)) if member_id else None
    outcome = Outcome(act) if act != "wait" else None
    social_inbox.decide_reply(db.session(), reply=reply, outcome=outcome, member=member, by=current_member(), now=now())
    message = {
        "introduction": _("Copy the reply below, and reply to them there yourself."),
        "invitation": _("Copy the reply below, and reply to them there yourself."),
        "ignored": _("Dismissed."),
        "wait": _("It is waiting again."),
    }[act]
    undo = url_for(".decide", public_id=public_id, act="wait") if act != "wait" else ""
    return commit_and_redirect(
        message, undo=undo, to=url_for(".show", public_id=reply.channel.chapter.public_id, _anchor=public_id)
    )
