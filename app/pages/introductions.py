"""Introductions: requesting one, offering one to two members, answering, cancelling, and the reader's list."""

from collections.abc import Sequence

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.db import db
from app.forms import blamed
from app.forms.introduction import AskForm, IntroducerNoteForm, OfferForm
from app.permissions import Verdict, can
from app.request_time import now
from directory.engine.introduction_paths import acquaintances_of, paths_to
from directory.facts import introduction, introduction_request
from directory.facts.introduction import Introduction
from directory.leads.lead import Lead
from directory.people.tables import Member
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import member_view
from directory.profiles.shared_history import SharedHistory

pages = Blueprint("introductions", __name__)


@pages.get("/introductions")
@policy("intro.list_own")
def index() -> str:
    rows = introduction.introductions_of(db.session(), member=current_member())
    shown = [row for row in rows if row.asker.is_active and row.target.is_active]
    return render_template("introductions/index.html", everything=shown, me=current_member())


@pages.route("/members/<public_id>/introductions/new", methods=["GET", "POST"])
@policy("intro.request")
def new(public_id: str) -> ResponseReturnValue:
    target, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), AskForm()
    paths = paths_to(db.session(), asker=current_member(), target=target, now=now())
    vias = {path.via.public_id: path.via for path in paths if path.via}
    form.offer(list(vias.values()), target)
    if form.validate_on_submit():
        with blamed(form), credit_last_click():
            row = introduction_request.ask(
                db.session(),
                asker=current_member(),
                target=target,
                via=vias.get(form.via.data or ""),
                text=form.text.data or "",
                now=now(),
            )
            undo = "message"
            if row.is_accepted:
                message = _("You both want to meet: you are introduced.")
            elif row.is_offer:
                message = _("You said yes. You are introduced when %(name)s says yes too.", name=target.first_name)
            else:
                message = _("Asked. %(name)s gets an email.", name=(row.via or target).first_name)
                undo = url_for(".cancel", public_id=row.public_id)
            return commit_and_redirect(message, undo=undo, to=url_for(".show", public_id=row.public_id))
    elif request.args.get("via") in vias or vias:
        form.via.data = request.args.get("via") if request.args.get("via") in vias else next(iter(vias))
    return render_template("introductions/new.html", member=target, form=form, ways=paths), form.status


@pages.route("/members/<public_id>/introductions/offer", methods=["GET", "POST"])
@policy("intro.request")
def offer(public_id: str) -> ResponseReturnValue:
    one, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), OfferForm()
    acquaintances = acquaintances_of(db.session(), member=current_member())
    people = {person.public_id: person for person in acquaintances if person.business_id != one.business_id}
    form.offer(list(people.values()))
    if form.validate_on_submit() and form.other.data:
        with blamed(form), credit_last_click():
            row = introduction_request.offer(
                db.session(),
                introducer=current_member(),
                one=one,
                other=people[form.other.data],
                text=form.text.data or "",
                now=now(),
            )
            undo = url_for(".cancel", public_id=row.public_id)
            return commit_and_redirect(
                _("Each of them is asked separately. They are introduced when both say yes."),
                undo=undo,
                to=url_for(".show", public_id=row.public_id),
            )
    elif request.method == "POST":
        form.other.errors = form.other.errors or [_("Choose somebody.")]
    return render_template("introductions/offer.html", member=one, form=form, knows=one in acquaintances), form.status


@pages.route("/introductions/<public_id>", methods=["GET", "POST"])
@policy("intro.read")
def show(public_id: str) -> str:
    """Show one introduction. The POST comes from an admin, with the reason why they read it."""
    row, reader = get_permitted_or_404(Introduction, public_id, "intro.read"), current_member()
    pair = (row.asker_id, row.target_id)
    is_over = not (row.asker.is_active and row.target.is_active)
    if reader.id in (*pair, row.via_id) and (is_over or not row.is_seen_by(reader)):
        abort(404)
    sees_contact = (
        reader.id in pair and row.is_accepted and can(current_principal(), "intro.reveal_contact", row) is Verdict.ALLOW
    )
    contact = contact_of(member_view(db.session(), reader=reader, member=row.other(reader))) if sees_contact else None
    if request.method == "POST":
        db.session.commit()  # the reason why an admin reads it
    return render_template("introductions/show.html", row=row, me=reader, form=IntroducerNoteForm(), contact=contact)


@pages.post("/introductions/<public_id>/<any(pass, accept, decline):act>")
@policy("intro.respond")
def respond(public_id: str, act: str) -> ResponseReturnValue:
    row, form = get_permitted_or_404(Introduction, public_id, "intro.respond"), IntroducerNoteForm()
    if not row.is_seen_by(current_member()):
        abort(404)
    session, by, at = db.session(), current_member(), now()
    if act == "pass":
        introduction_request.pass_on(session, introduction=row, by=by, word=form.word.data or "", now=at)
        message = _("Passed on. %(name)s decides.", name=row.target.first_name)
    elif act == "accept":
        introduction_request.accept(session, introduction=row, by=by, now=at)
        name = row.other(by).first_name
        message = _("You and %(name)s are introduced.", name=name) if row.is_accepted else _("You said yes.")
    else:
        introduction_request.decline(session, introduction=row, by=by, now=at)
        message = _("Declined. Nobody is told.")
    return commit_and_redirect(message, to=url_for(".show", public_id=public_id))


@pages.post("/introductions/<public_id>/cancel")
@policy("intro.cancel")
def cancel(public_id: str) -> ResponseReturnValue:
    row, member = get_permitted_or_404(Introduction, public_id, "intro.cancel"), current_member()
    has_begun_it = member.id == row.begun_by_id
    introduction_request.cancel(db.session(), introduction=row, by=member if has_begun_it else None, now=now())
    return commit_and_redirect(_("Withdrawn."), to=url_for(".index") if has_begun_it else "/")


def came_from() -> Introduction | None:
    """Return the accepted introduction of the reader's that ``?introduction=`` names, None without one."""
    if not (public_id := request.args.get("introduction", "")):
        return None
    row = get_permitted_or_404(Introduction, public_id, "intro.read")
    return row if row.is_accepted and current_member().id in (row.asker_id, row.target_id) else abort(404)


@pages.app_template_global()
def leads_from(introduction: Introduction) -> Sequence[Lead]:
    """Return the leads that came from the introduction, the oldest first."""
    came = select(Lead).where(Lead.introduction_id == introduction.id).options(joinedload(Lead.member))
    return db.session.scalars(came.order_by(Lead.id)).all()


@pages.app_template_global()
def meeting(member: Member, shared: SharedHistory) -> dict[str, object]:
    """Return the introduction paths to the member, the reader's open request and the accepted introduction, if any."""
    asker = current_member()
    requests = [row for row in shared.introductions if row.asker_id == asker.id and not row.is_offer]
    may_ask = can(current_principal(), "intro.request") is Verdict.ALLOW
    return {
        "ways": [] if shared.is_known else paths_to(db.session(), asker=asker, target=member, now=now()),
        "asked": next((row for row in requests if row.is_open(now())), None),
        "accepted": next((row for row in shared.introductions if row.is_accepted), None),
        "may_ask": may_ask,
    }
