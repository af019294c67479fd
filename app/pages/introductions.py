"""Introductions: ask to meet somebody through whoever knows them, answer, and see what waits with whom."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.attribution_cookie import credit_last_click
from app.db import db
from app.forms import blamed
from app.forms.introduction import AskForm, IntroducerNoteForm, OfferForm
from app.permissions import Verdict, can
from app.redirects import commit_and_redirect
from app.request_time import now
from directory.engine.introduction_paths import acquaintances_of, paths_to
from directory.facts import introduction, introduction_request
from directory.facts.introduction import Introduction
from directory.people.tables import Member
from directory.profiles.contact_details import contact_of
from directory.profiles.member_view import member_view
from directory.profiles.shared_history import SharedHistory

pages = Blueprint("introductions", __name__)


@pages.get("/introductions")
@policy("intro.list_own")
def index() -> str:
    known = introduction.introductions_of(db.session(), member=current_member())
    everything = [row for row in known if row.asker.is_active and row.target.is_active]
    return render_template("introductions/index.html", everything=everything, me=current_member())


@pages.route("/members/<public_id>/introductions/new", methods=["GET", "POST"])
@policy("intro.request")
def new(public_id: str) -> ResponseReturnValue:
    target, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), AskForm()
    ways = paths_to(db.session(), asker=current_member(), target=target, now=now())
    vias = {way.via.public_id: way.via for way in ways if way.via}
    form.offer(list(vias.values()), target)
    if form.validate_on_submit():
        with blamed(form), credit_last_click():
            asked = introduction_request.ask(
                db.session(),
                asker=current_member(),
                target=target,
                via=vias.get(form.via.data or ""),
                text=form.text.data or "",
                now=now(),
            )
            db.session.commit()
            if asked.is_accepted:
                flash(_("You both want to meet: you are introduced."))
            elif asked.is_offer:
                flash(_("You said yes. You are introduced when %(name)s has, too.", name=target.first_name))
            else:
                whom = (asked.via or target).first_name
                flash(_("Asked. %(name)s gets a letter.", name=whom), url_for(".cancel", public_id=asked.public_id))
            return redirect(url_for(".show", public_id=asked.public_id), 303)
    elif request.args.get("via") in vias or vias:
        form.via.data = request.args.get("via") if request.args.get("via") in vias else next(iter(vias))
    return render_template("introductions/new.html", member=target, form=form, ways=ways), form.status


@pages.route("/members/<public_id>/introductions/offer", methods=["GET", "POST"])
@policy("intro.request")
def offer(public_id: str) -> ResponseReturnValue:
    one, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), OfferForm()
    known = acquaintances_of(db.session(), member=current_member())
    people = {each.public_id: each for each in known if each.business_id != one.business_id}
    form.offer(list(people.values()))
    if form.validate_on_submit() and form.other.data:
        with blamed(form), credit_last_click():
            offered = introduction_request.offer(
                db.session(),
                introducer=current_member(),
                one=one,
                other=people[form.other.data],
                text=form.text.data or "",
                now=now(),
            )
            undo = url_for(".cancel", public_id=offered.public_id)
            return commit_and_redirect(
                _("Both are asked, each apart. They meet when both say yes."),
                undo=undo,
                to=url_for(".show", public_id=offered.public_id),
            )
    elif request.method == "POST":
        form.other.errors = form.other.errors or [_("Choose somebody.")]
    return render_template("introductions/offer.html", member=one, form=form, knows=one in known), form.status


@pages.route("/introductions/<public_id>", methods=["GET", "POST"])
@policy("intro.read")
def show(public_id: str) -> str:
    """One introduction; the POST is an admin's, who said why they read it."""
    row, asker = get_permitted_or_404(Introduction, public_id, "intro.read"), current_member()
    two = (row.asker_id, row.target_id)
    is_over = not (row.asker.is_active and row.target.is_active)
    if asker.id in (*two, row.via_id) and (is_over or not row.is_seen_by(asker)):
        abort(404)
    meets = (
        asker.id in two and row.is_accepted and can(current_principal(), "intro.reveal_contact", row) is Verdict.ALLOW
    )
    contact = contact_of(member_view(db.session(), reader=asker, member=row.other(asker))) if meets else None
    db.session.commit()
    return render_template("introductions/show.html", row=row, me=asker, form=IntroducerNoteForm(), contact=contact)


@pages.post("/introductions/<public_id>/<any(pass, accept, decline):act>")
@policy("intro.respond")
def respond(public_id: str, act: str) -> ResponseReturnValue:
    row, form = get_permitted_or_404(Introduction, public_id, "intro.respond"), IntroducerNoteForm()
    if not row.is_seen_by(current_member()):
        abort(404)
    session, by, at = db.session(), current_member(), now()
    if act == "pass":
        introduction_request.pass_on(session, introduction=row, by=by, word=form.word.data or "", now=at)
        said = _("Passed on. %(name)s decides.", name=row.target.first_name)
    elif act == "accept":
        introduction_request.accept(session, introduction=row, by=by, now=at)
        name = row.other(by).first_name
        said = _("You and %(name)s are introduced.", name=name) if row.is_accepted else _("You said yes.")
    else:
        introduction_request.decline(session, introduction=row, by=by, now=at)
        said = _("Put aside. Nobody is told.")
    return commit_and_redirect(said, to=url_for(".show", public_id=public_id))


@pages.post("/introductions/<public_id>/cancel")
@policy("intro.cancel")
def cancel(public_id: str) -> ResponseReturnValue:
    row, asker = get_permitted_or_404(Introduction, public_id, "intro.cancel"), current_member()
    introduction_request.cancel(
        db.session(), introduction=row, by=asker if asker.id == row.begun_by_id else None, now=now()
    )
    return commit_and_redirect(_("Taken back."), to=url_for(".index") if asker.id == row.begun_by_id else "/")


@pages.app_template_global()
def meeting(member: Member, shared: SharedHistory) -> dict[str, object]:
    """How the reader may come to know the member: the ways there, and what the reader asked already."""
    asker = current_member()
    mine = [each for each in shared.introductions if each.asker_id == asker.id and not each.is_offer]
    may_ask = can(current_principal(), "intro.request") is Verdict.ALLOW
    return {
        "ways": [] if shared.is_known else paths_to(db.session(), asker=asker, target=member, now=now()),
        "asked": next((each for each in mine if each.is_open(now())), None),
        "accepted": next((each for each in shared.introductions if each.is_accepted), None),
        "may_ask": may_ask,
    }
