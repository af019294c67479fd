"""The kill switch: stopping all posting of a chapter or of the network, and lifting the stop."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.pages.calendar import calendar_url
from app.request_time import now
from directory.outbox.delivery import lift_stop
from directory.outbox.kill_switch import stop, stops_of
from directory.people.chapter import Chapter
from directory.translation import gettext as _

pages = Blueprint("kill_switch", __name__)


@pages.post("/chapters/<public_id>/calendar/<any(stop, go):act>")
@policy("chapter.plan_weeks")
def stop_or_go(public_id: str, act: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    message = _stop_or_go(chapter, act)
    undo = url_for(".stop_or_go", public_id=public_id, act="go" if act == "stop" else "stop")
    return commit_and_redirect(message, undo=undo, to=calendar_url(chapter))


@pages.get("/publishing")
@policy("ops.publishing")
def publishing() -> str:
    return render_template("week/publishing.html", stops=stops_of(db.session(), chapter=None))


@pages.post("/publishing/<any(stop, go, copy):act>")
@policy("ops.publishing")
def stop_or_go_network(act: str) -> ResponseReturnValue:
    return commit_and_redirect(_stop_or_go(None, act), to=url_for(".publishing"))


def _stop_or_go(chapter: Chapter | None, act: str) -> str:
    """Stop posting, or lift the stop, for the chapter or (None) the network; return the message to flash."""
    if act == "stop":
        stop(db.session(), chapter=chapter, member=current_member(), now=now())
        return _("Stopped. Nothing more is posted until somebody resumes; everything is kept.")
    lift_stop(db.session(), chapter=chapter, member=current_member(), is_copy=act == "copy", now=now())
    return _("Resumed. What was waiting goes out now.") if act == "go" else _("Resumed, with what comes next.")
