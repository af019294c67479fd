"""A chapter's room: its people, applications and drafts, for who runs it; starting a chapter, and its settings."""

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import Form, blamed
from app.forms.chapter import SettingsForm, StartForm
from app.forms.joining import InviteForm
from app.request_time import now
from directory.engine.pair_reason import reason_sentence
from directory.engine.pair_suggestions import suggested_pairs
from directory.engine.weekly_pairings import pairing_reasons
from directory.imports.people_upload import recent_imports
from directory.joining import application, invitation
from directory.local_format import time_text
from directory.people.business import index_business
from directory.people.chapter import UNSET_ZONE, Chapter, edit_chapter, start_chapter
from directory.people.namesake import known_names, namesakes_of
from directory.people.role import grant_role
from directory.people.suspension import suspended_members
from directory.people.tables import Role
from directory.people.time_zone import zone_choices
from directory.reports.first_steps import first_steps
from directory.translation import gettext as _
from directory.week.pairing import latest_pairings
from directory.week.post_preview import post_previews

pages = Blueprint("chapter", __name__)

TEXT_SETTINGS = ("name", "city", "region", "country", "zone", "hashtags", "about")


def chapters_run() -> list[Chapter]:
    """Return the chapters that the reader leads or is secretary of (an admin: all), their own first, then by name.

    They are read once in a request.
    """
    if "chapters_run" not in g:
        principal = current_principal()
        query = select(Chapter).order_by(Chapter.name, Chapter.id)
        if not (principal.member and principal.member.is_admin):
            query = query.where(Chapter.id.in_(principal.leads | principal.keeps))
        own_id = principal.member.business.chapter_id if principal.member else None
        g.chapters_run = sorted(db.session.scalars(query), key=lambda chapter: chapter.id != own_id)
    found: list[Chapter] = g.chapters_run
    return found


def chosen_chapter() -> Chapter | None:
    """Return the chapter of ``?of=``, by default the reader's first; None for an admin where there is no chapter.

    Aborts with 404 for a chapter that the reader does not run, with 403 for a reader who runs none.
    """
    requested = request.args.get("of")
    chapter = next((row for row in chapters_run() if requested in (None, row.public_id)), None)
    if requested is not None and chapter is None:
        abort(404)
    permit("chapter.read_room", chapter or Chapter())
    return chapter


@pages.get("/chapter")
@policy("chapter.read_room")
def index() -> ResponseReturnValue:
    chapter = chosen_chapter()
    if chapter is None:
        return redirect(url_for(".start"), 303)
    return room(chapter, InviteForm(formdata=None))


def room(chapter: Chapter, form: Form) -> str:
    """Return the page of the room with ``form`` as its invitation form."""
    session = db.session()
    people = invitation.members_and_invited(session, chapter=chapter)
    applications = application.pending_applications(session, chapter=chapter)
    paired = latest_pairings(session, chapter=chapter)
    names = known_names(session) if applications else None
    return render_template(
        "chapter/index.html",
        chapter=chapter,
        chapters=chapters_run(),
        first_steps=first_steps(session, chapter=chapter),
        members=[member for member in people if not invitation.is_still_invited(member)],
        invited=[member for member in people if invitation.is_still_invited(member)],
        refused=[member for member in people if member.is_refused],
        is_early=lambda member: member.invited_at > now() - invitation.RESEND_AFTER,
        applications=applications,
        guesses={
            row.id: application.likely_references(session, application=row, names=names)
            for row in applications
            if row.knows and names
        },
        namesakes={row.id: namesakes_of(names, row.member) for row in applications if names},
        lists=[batch for batch in recent_imports(session, chapter=chapter, now=now()) if batch.undone_at is None],
        runs=chapter.id in current_principal().leads or current_member().is_admin,
        form=form,
        talks=suggested_pairs(session, chapter=chapter) if not paired else [],
        reason_sentence=reason_sentence,
        paired=paired,
        talk_reasons=pairing_reasons(session, paired),
        drafts=post_previews(session, chapter=chapter, now=now()),
        suspended=suspended_members(session, chapter=chapter),
    )


@pages.route("/chapters/new", methods=["GET", "POST"])
@policy("chapter.start")
def start() -> ResponseReturnValue:
    form = StartForm()
    if form.validate_on_submit():
        with blamed(form):
            chapter = start_chapter(db.session(), by_id=current_member().id, **form.texts("name", "zone"), now=now())
            if current_member().business.chapter_id is None:
                current_member().business.chapter = chapter
                index_business(db.session(), current_member().business)
                by = current_member()  # somebody must hear of who applies
                grant_role(db.session(), member=by, chapter=chapter, role=Role.LEAD, by=by, now=now())
            return commit_and_redirect(
                _("%(chapter)s is started. Say when it posts, then invite its people.", chapter=chapter.name),
                to=url_for(".settings", public_id=chapter.public_id),
            )
    return render_template("chapter/start.html", form=form, zones=zone_choices()), form.status


@pages.route("/chapters/<public_id>/settings", methods=["GET", "POST"])
@policy("chapter.update_settings")
def settings(public_id: str) -> ResponseReturnValue:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.update_settings")
    form = SettingsForm()
    if form.validate_on_submit() and form.post_time.data is not None:
        with blamed(form):
            changes = {"weekday": form.weekday.data, "post_time": form.post_time.data, **form.texts(*TEXT_SETTINGS)}
            edit_chapter(db.session(), chapter=chapter, by_id=current_member().id, changes=changes, now=now())
            return commit_and_redirect(
                _("The settings of %(chapter)s are saved.", chapter=chapter.name),
                to=url_for(".index", of=chapter.public_id),
            )
    elif not form.is_submitted():
        form.show(chapter)
    return render_template(
        "chapter/settings.html",
        chapter=chapter,
        form=form,
        zones=zone_choices(),
        time_there="" if chapter.zone == UNSET_ZONE else _time_there(chapter.zone),
    ), form.status


def _time_there(zone: str) -> str:
    return time_text(now().astimezone(ZoneInfo(zone)))
