"""A chapter's calendar: coming occurrences, each held, released, skipped or moved; and blackout periods."""

from datetime import date, time
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.blackout_period import BlackoutForm
from app.forms.opening_closing import FrameForm
from app.request_time import now
from directory.errors import Conflict, Invalid
from directory.outbox.kill_switch import stops_of
from directory.people.blackout_period import BlackoutPeriod, blackout_periods
from directory.people.chapter import Chapter
from directory.translation import gettext as _
from directory.week import occurrence_planning, opening_closing, post_calendar

pages = Blueprint("calendar", __name__)


@pages.get("/chapters/<public_id>/calendar")
@policy("chapter.plan_weeks")
def show(public_id: str) -> str:
    return calendar_page(get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks"))


@pages.post("/chapters/<public_id>/calendar/<any(hold, release, skip):act>")
@policy("chapter.plan_weeks")
def change(public_id: str, act: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    verb, message, undo = {
        "hold": (occurrence_planning.hold, _("On hold. It is not posted until somebody releases it."), "release"),
        "release": (occurrence_planning.release, _("Released. It goes out at its usual time."), "hold"),
        "skip": (occurrence_planning.skip, _("Skipped. There is no post that week."), "release"),
    }[act]
    on = _requested_day()
    occurrence = post_calendar.occurrence_on(db.session(), chapter=chapter, on=on, now=now())
    verb(db.session(), occurrence=occurrence, member=current_member(), now=now())
    return commit_and_redirect(
        message, undo=url_for(".change", public_id=public_id, act=undo, on=on), to=calendar_url(chapter)
    )


@pages.post("/chapters/<public_id>/calendar/hour")
@policy("chapter.plan_weeks")
def set_hour(public_id: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    on, text = _requested_day(), request.values.get("at", "")
    try:
        at = time.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Choose a time.")) from None
    occurrence = post_calendar.occurrence_on(db.session(), chapter=chapter, on=on, now=now())
    before = occurrence.own_time.strftime("%H:%M") if occurrence.own_time else ""
    post_calendar.set_hour(db.session(), occurrence=occurrence, at=at, member=current_member(), now=now())
    undo = url_for(".set_hour", public_id=public_id, on=on, at=before)
    return commit_and_redirect(
        _("Saved. That week has its own time.") if at else _("Back to the usual time."),
        undo=undo,
        to=calendar_url(chapter),
    )


@pages.post("/chapters/<public_id>/calendar/quiet")
@policy("chapter.plan_weeks")
def keep_quiet(public_id: str) -> ResponseReturnValue:
    chapter, form = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks"), BlackoutForm()
    if form.validate_on_submit() and form.first_on.data and form.last_on.data:
        with blamed(form):
            days = {"first_on": form.first_on.data, "last_on": form.last_on.data}
            quiet = post_calendar.add_blackout(
                db.session(), chapter=chapter, **days, reason=form.reason.data or "", member=current_member(), now=now()
            )
            undo = url_for(".end_quiet", public_id=public_id, which=quiet.public_id)
            return commit_and_redirect(
                _("Skipped. Nothing is posted on those days."), undo=undo, to=calendar_url(chapter)
            )
    return calendar_page(chapter, quiet_form=form), form.status


@pages.post("/chapters/<public_id>/calendar/quiet/end")
@policy("chapter.plan_weeks")
def end_quiet(public_id: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    conditions = (BlackoutPeriod.chapter_id == chapter.id, BlackoutPeriod.public_id == request.values.get("which"))
    quiet = db.session.scalars(select(BlackoutPeriod).where(*conditions)).one_or_none()
    if quiet is None:
        raise Conflict(_("It was already removed."))
    post_calendar.end_blackout(db.session(), blackout=quiet, member=current_member(), now=now())
    return commit_and_redirect(_("Removed. Those weeks are posted again."), to=calendar_url(chapter))


def _requested_day() -> date:
    """Return the date of the parameter ``on``. Raises Invalid."""
    try:
        return date.fromisoformat(request.values.get("on", ""))
    except ValueError:
        raise Invalid(_("Choose one of the days in the calendar.")) from None


def calendar_url(chapter: Chapter) -> str:
    return url_for("calendar.show", public_id=chapter.public_id)


def calendar_page(chapter: Chapter, quiet_form: BlackoutForm | None = None, frame_form: FrameForm | None = None) -> str:
    """Return the calendar page, with a submitted form that has errors in place of an empty one."""
    session, zone = db.session(), ZoneInfo(chapter.zone)
    used = opening_closing.frame_of(session, chapter=chapter)
    return render_template(
        "week/calendar.html",
        chapter=chapter,
        weeks=post_calendar.weeks(session, chapter=chapter, now=now()),
        zone=zone,
        quiet=blackout_periods(session, since=now().astimezone(zone).date(), chapter_id=chapter.id),
        quiet_form=quiet_form or BlackoutForm(formdata=None),
        frame_form=frame_form or FrameForm(formdata=None, obj=used),
        used=used,
        waiting=opening_closing.pending_frame(session, chapter=chapter),
        stops=stops_of(session, chapter=chapter),
    )
