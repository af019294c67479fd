"""A chapter's calendar: coming occurrences, blackout periods, opening and closing sentences, and the kill switch."""

from datetime import date, time
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.calendar import BlackoutForm, FrameForm
from app.request_time import now
from directory.errors import Conflict, Invalid
from directory.outbox.delivery import lift_stop
from directory.outbox.kill_switch import stop, stops_of
from directory.people.chapter import Chapter
from directory.translation import gettext as _
from directory.week import coming_weeks, occurrence_planning, post_frame
from directory.week.blackout_period import BlackoutPeriod, blackout_periods

pages = Blueprint("calendar", __name__)


@pages.get("/chapters/<public_id>/calendar")
@policy("chapter.plan_weeks")
def show(public_id: str) -> str:
    return _page(get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks"))


@pages.post("/chapters/<public_id>/calendar/<any(hold, release, skip):act>")
@policy("chapter.plan_weeks")
def change(public_id: str, act: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    verb, message, undo = {
        "hold": (occurrence_planning.hold, _("Held. Nothing is posted until somebody lets it go."), "release"),
        "release": (occurrence_planning.release, _("It goes out at its time."), "hold"),
        "skip": (occurrence_planning.skip, _("There will be no post that week."), "release"),
    }[act]
    on = _requested_day()
    occurrence = coming_weeks.occurrence_on(db.session(), chapter=chapter, on=on, now=now())
    verb(db.session(), occurrence=occurrence, member=current_member(), now=now())
    return commit_and_redirect(
        message, undo=url_for(".change", public_id=public_id, act=undo, on=on), to=_calendar_url(chapter)
    )


@pages.post("/chapters/<public_id>/calendar/hour")
@policy("chapter.plan_weeks")
def set_hour(public_id: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    on, text = _requested_day(), request.values.get("at", "")
    try:
        at = time.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Write a time such as 14:30.")) from None
    occurrence = coming_weeks.occurrence_on(db.session(), chapter=chapter, on=on, now=now())
    before = occurrence.own_time.strftime("%H:%M") if occurrence.own_time else ""
    coming_weeks.set_hour(db.session(), occurrence=occurrence, at=at, member=current_member(), now=now())
    undo = url_for(".set_hour", public_id=public_id, on=on, at=before)
    return commit_and_redirect(
        _("That week has its own time now.") if at else _("The usual time it is."),
        undo=undo,
        to=_calendar_url(chapter),
    )


@pages.post("/chapters/<public_id>/calendar/quiet")
@policy("chapter.plan_weeks")
def keep_quiet(public_id: str) -> ResponseReturnValue:
    chapter, form = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks"), BlackoutForm()
    if form.validate_on_submit() and form.first_on.data and form.last_on.data:
        with blamed(form):
            days = {"first_on": form.first_on.data, "last_on": form.last_on.data}
            quiet = coming_weeks.add_blackout(
                db.session(), chapter=chapter, **days, reason=form.reason.data or "", member=current_member(), now=now()
            )
            undo = url_for(".end_quiet", public_id=public_id, which=quiet.public_id)
            return commit_and_redirect(_("Nothing is posted on those days."), undo=undo, to=_calendar_url(chapter))
    return _page(chapter, quiet_form=form), form.status


@pages.post("/chapters/<public_id>/calendar/quiet/end")
@policy("chapter.plan_weeks")
def end_quiet(public_id: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    conditions = (BlackoutPeriod.chapter_id == chapter.id, BlackoutPeriod.public_id == request.values.get("which"))
    quiet = db.session.scalars(select(BlackoutPeriod).where(*conditions)).one_or_none()
    if quiet is None:
        raise Conflict(_("It was taken back before."))
    coming_weeks.end_blackout(db.session(), blackout=quiet, member=current_member(), now=now())
    return commit_and_redirect(_("Those weeks are posted again."), to=_calendar_url(chapter))


@pages.post("/chapters/<public_id>/calendar/frame")
@policy("chapter.plan_weeks")
def write_frame(public_id: str) -> ResponseReturnValue:
    chapter, form = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks"), FrameForm()
    with blamed(form):
        sentences = form.texts("opening", "closing")
        post_frame.write_frame(db.session(), chapter=chapter, member=current_member(), **sentences, now=now())
        undo = url_for(".decide_frame", public_id=public_id, act="refuse")
        return commit_and_redirect(
            _("It waits for a second person. Until then nothing changes."), undo=undo, to=_calendar_url(chapter)
        )
    return _page(chapter, frame_form=form), form.status


@pages.post("/chapters/<public_id>/calendar/frame/<any(approve, refuse):act>")
@policy("chapter.plan_weeks")
def decide_frame(public_id: str, act: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    waiting = post_frame.pending_frame(db.session(), chapter=chapter)
    if waiting is None:
        raise Conflict(_("No sentences wait any more; look at the calendar again."))
    post_frame.decide_frame(
        db.session(), frame=waiting, member=current_member(), is_approved=act == "approve", now=now()
    )
    message = _("The next post uses it.") if act == "approve" else _("It is gone. The posts stay as they were.")
    return commit_and_redirect(message, to=_calendar_url(chapter))


@pages.post("/chapters/<public_id>/calendar/<any(stop, go):act>")
@policy("chapter.plan_weeks")
def stop_or_go(public_id: str, act: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.plan_weeks")
    message = _stop_or_go(chapter, act)
    undo = url_for(".stop_or_go", public_id=public_id, act="go" if act == "stop" else "stop")
    return commit_and_redirect(message, undo=undo, to=_calendar_url(chapter))


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
        return _("Stopped. Nothing more is posted until somebody lets it go; all of it is kept.")
    lift_stop(db.session(), chapter=chapter, member=current_member(), is_copy=act == "copy", now=now())
    return _("It goes on. What waited goes out now.") if act == "go" else _("It goes on with what comes next.")


def _requested_day() -> date:
    """Return the date of the parameter ``on``. Raises Invalid."""
    try:
        return date.fromisoformat(request.values.get("on", ""))
    except ValueError:
        raise Invalid(_("Choose one of the days of the calendar.")) from None


def _calendar_url(chapter: Chapter) -> str:
    return url_for(".show", public_id=chapter.public_id)


def _page(chapter: Chapter, quiet_form: BlackoutForm | None = None, frame_form: FrameForm | None = None) -> str:
    """Return the calendar page, with a submitted form that has errors in place of an empty one."""
    session, zone = db.session(), ZoneInfo(chapter.zone)
    used = post_frame.frame_of(session, chapter=chapter)
    return render_template(
        "week/calendar.html",
        chapter=chapter,
        weeks=coming_weeks.weeks(session, chapter=chapter, now=now()),
        zone=zone,
        quiet=blackout_periods(session, since=now().astimezone(zone).date(), chapter_id=chapter.id),
        quiet_form=quiet_form or BlackoutForm(formdata=None),
        frame_form=frame_form or FrameForm(formdata=None, obj=used),
        used=used,
        waiting=post_frame.pending_frame(session, chapter=chapter),
        stops=stops_of(session, chapter=chapter),
    )
