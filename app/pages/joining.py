"""Admission of new members: accepting an invitation, applying, suggesting somebody, and deciding on applications."""

from datetime import timedelta

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.accounts.account import account_of
from app.accounts.sign_in import begin
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.db import SAFE_METHODS, db
from app.forms import blamed
from app.forms.joining import ApplyForm, SuggestForm
from app.request_time import now
from directory.errors import Invalid
from directory.joining import admission, application, invitation
from directory.joining.application import Application
from directory.people.chapter import Chapter
from directory.people.namesake import known_names
from directory.people.one_time_link import find_link
from directory.rate_limit import consume_allowance
from directory.translation import gettext as _

pages = Blueprint("joining", __name__)

MAX_APPLICATIONS, WINDOW = 10, timedelta(hours=1)  # from one network address
PERSON_FIELDS = ("name", "email", "firm", "sentence")


@pages.route("/join/<string:token>", methods=["GET", "POST"])
@policy("invitation.accept")
def join(token: str) -> ResponseReturnValue:
    try:
        if request.method in SAFE_METHODS:
            link = find_link(db.session(), purpose="invitation", token=token, now=now())
            by = invitation.invited_by(db.session(), link)
            return render_template("joining/join.html", member=link.member, by=by, chapter=link.member.business.chapter)
        link = invitation.accept(db.session(), token=token, now=now())
    except Invalid:
        return render_template("joining/old.html"), 422
    return commit_and_redirect(to=begin(account_of(db.session(), link.member), "/welcome"))


@pages.route("/apply", methods=["GET", "POST"])
@policy("application.create")
def choose() -> ResponseReturnValue:
    chapters = db.session.scalars(select(Chapter).order_by(Chapter.name)).all()
    if len(chapters) == 1:
        return _apply(chapters[0])
    if request.method not in SAFE_METHODS:
        abort(405)
    public = [chapter for chapter in chapters if chapter.public_at is not None]
    return render_template("joining/choose.html", chapters=public)


@pages.route("/chapters/<public_id>/apply", methods=["GET", "POST"])
@policy("application.create")
def apply(public_id: str) -> ResponseReturnValue:
    return _apply(get_permitted_or_404(Chapter, public_id, "application.create"))


def _apply(chapter: Chapter) -> ResponseReturnValue:
    """Take an application. The response is the same for every address, and for a program that fills the honeypot."""
    form = ApplyForm()
    if form.validate_on_submit():
        key = f"apply from {request.remote_addr}"
        if not consume_allowance(db.session(), key=key, limit=MAX_APPLICATIONS, within=WINDOW, now=now()):
            db.session.commit()
            abort(429)
        with blamed(form):
            if not form.homepage.data:
                with credit_last_click():
                    fields = form.texts(*PERSON_FIELDS, "knows")
                    application.apply(db.session(), chapter=chapter, **fields, now=now())
            db.session.commit()
            return render_template("joining/sent.html", chapter=chapter)
    return render_template("joining/apply.html", chapter=chapter, form=form), form.status


@pages.route("/apply/<string:token>", methods=["GET", "POST"])
@policy("application.confirm")
def confirm(token: str) -> ResponseReturnValue:
    try:
        if request.method in SAFE_METHODS:
            link = find_link(db.session(), purpose="confirm_application", token=token, now=now())
            return render_template("joining/confirm.html", member=link.member, chapter=link.member.business.chapter)
        applied = application.confirm(db.session(), token=token, now=now())
    except Invalid:
        return render_template("joining/old.html"), 422
    chapter = applied.chapter.name
    return commit_and_redirect(
        _(
            "You have applied. The people who run %(chapter)s read what you wrote. Meanwhile, finish your page.",
            chapter=chapter,
        ),
        to=begin(account_of(db.session(), applied.member), "/profile"),
    )


@pages.route("/suggest", methods=["GET", "POST"])
@policy("application.suggest")
def suggest() -> ResponseReturnValue:
    form = SuggestForm()
    if form.validate_on_submit():
        with blamed(form):
            application.suggest(db.session(), by=current_member(), **form.texts(*PERSON_FIELDS), now=now())
            return commit_and_redirect(
                _("Thank you. The people who run your chapter read it, and invite them if they approve."), to="/"
            )
    return render_template("joining/suggest.html", form=form), form.status


@pages.post("/applications/<public_id>/ask")
@policy("application.ask")
def ask(public_id: str) -> ResponseReturnValue:
    applied = get_permitted_or_404(Application, public_id, "application.ask")
    references = application.likely_references(db.session(), application=applied, names=known_names(db.session()))
    asked_id = request.form.get("member")
    reference = next((member for member in references if member.public_id == asked_id), None) or abort(404)
    application.ask_reference(db.session(), application=applied, member=reference, by=current_member(), now=now())
    message = _("We asked %(name)s, here and by email.", name=reference.name)
    return commit_and_redirect(message, to=_room_url(applied))


@pages.post("/applications/<public_id>/<any(yes, no):reply>")
@policy("application.answer")
def answer(public_id: str, reply: str) -> ResponseReturnValue:
    applied = get_permitted_or_404(Application, public_id, "application.answer")
    application.answer_reference(
        db.session(), application=applied, by=current_member(), is_known=reply == "yes", now=now()
    )
    opposite = url_for(".answer", public_id=public_id, reply="no" if reply == "yes" else "yes")
    yes = _("You said that you know %(name)s.", name=applied.member.name)
    return commit_and_redirect(
        yes if reply == "yes" else _("You said that you do not know %(name)s.", name=applied.member.name), undo=opposite
    )


@pages.post("/applications/<public_id>/admit")
@policy("chapter.approve_or_remove_member")
def admit(public_id: str) -> ResponseReturnValue:
    applied = get_permitted_or_404(Application, public_id, "chapter.approve_or_remove_member")
    welcome = " ".join(request.form["reason"].split())
    admission.admit(db.session(), application=applied, by=current_member(), welcome=welcome, now=now())
    return commit_and_redirect(
        _("%(name)s is approved, and gets your welcome note.", name=applied.member.name), to=_room_url(applied)
    )


@pages.post("/applications/<public_id>/turn-away")
@policy("chapter.approve_or_remove_member")
def turn_away(public_id: str) -> ResponseReturnValue:
    applied = get_permitted_or_404(Application, public_id, "chapter.approve_or_remove_member")
    room_url, reason = _room_url(applied), " ".join(request.form["reason"].split())
    admission.turn_away(db.session(), application=applied, by=current_member(), reason=reason, now=now())
    return commit_and_redirect(
        _("Declined. They get your reason by email, and what they told us is deleted."), to=room_url
    )


def _room_url(applied: Application) -> str:
    return url_for("chapter.index", of=applied.chapter.public_id)
