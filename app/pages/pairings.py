"""Pairings: the page of a one-to-one, arranging the meeting, its calendar file, its outcome, and taking part."""

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from icalendar import Calendar, Event

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.meeting_arrangement import PairingForm
from app.request_time import now
from directory.engine.pair_reason import reason_sentence
from directory.engine.weekly_pairings import pairing_reasons
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import member_view
from directory.week import pairing as pairings
from directory.week.pairing import DURATION, Pairing

pages = Blueprint("pairings", __name__)


@pages.get("/pairings/<public_id>")
@policy("pairing.read")
def show(public_id: str) -> str:
    row = get_permitted_or_404(Pairing, public_id, "pairing.read")
    form = PairingForm(formdata=None, obj=row)
    form.meets_at.data = row.meets_at and row.meets_at.astimezone(row.zone)
    return _page(row, form)


@pages.post("/pairings/<public_id>")
@policy("pairing.answer")
def arrange(public_id: str) -> ResponseReturnValue:
    row, form = get_permitted_or_404(Pairing, public_id, "pairing.answer"), PairingForm()
    if form.validate_on_submit():
        with blamed(form):
            pairings.arrange_meeting(
                db.session(),
                pairing=row,
                by=current_member(),
                meets_at=form.meets_at.data,
                **form.texts("place", "topics", "next_step"),
                now=now(),
            )
            name = row.partner(current_member()).first_name
            message = _("Saved. %(name)s sees it here too.", name=name)
            return commit_and_redirect(message, to=url_for(".show", public_id=public_id))
    return _page(row, form), form.status


@pages.post("/pairings/<public_id>/<any(keep, miss, decline, reopen):act>")
@policy("pairing.answer")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    row = get_permitted_or_404(Pairing, public_id, "pairing.answer")
    name = row.partner(current_member()).first_name
    verb, message = {
        "keep": (pairings.mark_kept, _("You talked. It shows on your pages when %(name)s says so too.", name=name)),
        "miss": (pairings.mark_missed, _("Not this week, then. Nobody asks why.")),
        "decline": (pairings.decline, _("You are skipping this week.")),
        "reopen": (pairings.reopen, _("It is reopened.")),
    }[act]
    verb(db.session(), pairing=row, by=current_member(), now=now())
    undo = "message" if act == "reopen" else url_for(".answer", public_id=public_id, act="reopen")
    return commit_and_redirect(message, undo=undo)


@pages.post("/talks/<any(join, leave):act>")
@policy("pairing.take_part")
def take_part(act: str) -> ResponseReturnValue:
    pairings.take_part(db.session(), member=current_member(), takes_part=act == "join", now=now())
    undo = url_for(".take_part", act="leave" if act == "join" else "join")
    return commit_and_redirect(
        _("Weekly talks are back on.") if act == "join" else _("Weekly talks are paused until you resume them."),
        undo=undo,
    )


@pages.get("/pairings/<public_id>/meeting.ics")
@policy("pairing.read")
def meeting(public_id: str) -> ResponseReturnValue:
    """Return the meeting as an iCalendar file; the page with an error (409) if it has no time yet."""
    row = get_permitted_or_404(Pairing, public_id, "pairing.read")
    if row.meets_at is None:
        form = PairingForm(formdata=None, obj=row)
        form.refuse(_("Save when you will talk first, then add it to your calendar."), 409)
        return _page(row, form), form.status
    partner, page = (
        row.partner(current_member()),
        current_app.config["BASE_URL"] + url_for(".show", public_id=public_id),
    )
    calendar, event = Calendar(), Event()
    for name, value in (("prodid", "-//Goodword//EN"), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(name, value)
    event.add("uid", f"{row.public_id}@goodword")
    event.add("sequence", row.moves)  # so that a calendar that has the talk moves it
    event.add("dtstamp", now())
    event.add("dtstart", row.meets_at)
    event.add("duration", DURATION)
    event.add("summary", _("Talk with %(name)s, %(firm)s", name=partner.name, firm=partner.business.name))
    event.add("location", row.place)
    event.add("description", "\n\n".join(part for part in (row.topics, page) if part))
    calendar.add_component(event)
    response = Response(calendar.to_ical(), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="talk.ics"'
    return response


def _page(row: Pairing, form: PairingForm) -> str:
    session, reader = db.session(), current_member()
    partner = row.partner(reader)
    seen = member_view(session, reader=reader, member=partner)
    return render_template(
        "pairings/show.html",
        row=row,
        was_planned=row.meets_at is not None and row.meets_at < now(),
        form=form,
        me=reader,
        partner=partner,
        views={partner: seen, reader: member_view(session, reader=partner, member=reader)},
        contact=contact_of(seen),
        reasons=pairing_reasons(session, [row]).get(row.id, ()),
        reason_sentence=reason_sentence,
    )
