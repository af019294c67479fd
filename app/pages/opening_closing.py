"""The chapter's own opening and closing sentence of its posts: written by one, approved by a second person."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.opening_closing import FrameForm
from app.pages.calendar import calendar_page, calendar_url
from app.request_time import now
from directory.errors import Conflict
from directory.people.chapter import Chapter
from directory.translation import gettext as _
from directory.week import opening_closing

pages = Blueprint("opening_closing", __name__)


@pages.post("/chapters/<public_id>/calendar/frame")
@policy("chapter.plan_weeks")
def write_frame(public_id: str) -> ResponseReturnValue:
    chapter, form = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks"), FrameForm()
    with blamed(form):
        sentences = form.texts("opening", "closing")
        opening_closing.write_frame(db.session(), chapter=chapter, member=current_member(), **sentences, now=now())
        undo = url_for(".decide_frame", public_id=public_id, act="refuse")
        return commit_and_redirect(
            _("Sent for approval. Until then nothing changes."), undo=undo, to=calendar_url(chapter)
        )
    return calendar_page(chapter, frame_form=form), form.status


@pages.post("/chapters/<public_id>/calendar/frame/<any(approve, refuse):act>")
@policy("chapter.plan_weeks")
def decide_frame(public_id: str, act: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    waiting = opening_closing.pending_frame(db.session(), chapter=chapter)
    if waiting is None:
        raise Conflict(_("No sentences are waiting any more. Check the calendar again."))
    opening_closing.decide_frame(
        db.session(), frame=waiting, member=current_member(), is_approved=act == "approve", now=now()
    )
    message = (
        _("Approved. The next post uses them.") if act == "approve" else _("Removed. The posts stay as they were.")
    )
    return commit_and_redirect(message, to=calendar_url(chapter))
