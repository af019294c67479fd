"""Case studies: submitting one, the consent of every named party, and withdrawal."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.case_study import CaseStudyForm
from app.request_time import now
from directory.facts import case_study
from directory.facts.case_study import CaseStudy
from directory.facts.collaboration import finished_between
from directory.people.tables import Member

pages = Blueprint("case_studies", __name__)


@pages.route("/members/<public_id>/stories/new", methods=["GET", "POST"])
@policy("case_study.create")
def new(public_id: str) -> ResponseReturnValue:
    other, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), CaseStudyForm()
    collaborations = finished_between(db.session(), current_member().business_id, other.business_id)
    form.offer(collaborations)
    if form.validate_on_submit():
        chosen = next((row for row in collaborations if row.public_id == form.collaboration.data), None)
        with blamed(form):
            story = case_study.submit_story(
                db.session(),
                teller=current_member(),
                others=[other],
                **form.texts("title", "text"),
                year=form.year.data or 0,
                collaboration=chosen,
                now=now(),
            )
            return commit_and_redirect(
                _("Sent. It shows on both your pages when %(name)s agrees.", name=other.first_name),
                undo=url_for(".withdraw", public_id=story.public_id),
                to=url_for("members.show", public_id=public_id),
            )
    return render_template("case_studies/new.html", member=other, form=form), form.status


@pages.post("/stories/<public_id>/<any(agree, decline, reopen):act>")
@policy("case_study.answer")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    story = get_permitted_or_404(CaseStudy, public_id, "case_study.answer")
    verb, message = {
        "agree": (case_study.agree, _("It is on your page now.")),
        "decline": (case_study.decline, _("Hidden. Nobody sees it.")),
        "reopen": (case_study.reopen, _("It is waiting for you again.")),
    }[act]
    was_agreed = (party := story.party(current_member())) is not None and party.agreed_at is not None
    verb(db.session(), story=story, by=current_member(), now=now())
    undo_act = "agree" if was_agreed else "reopen"
    return commit_and_redirect(
        message, undo="message" if act == "reopen" else url_for(".answer", public_id=public_id, act=undo_act)
    )


@pages.post("/stories/<public_id>/withdraw")
@policy("case_study.withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    case_study.withdraw(
        db.session(),
        story=get_permitted_or_404(CaseStudy, public_id, "case_study.withdraw"),
        by=current_member(),
        now=now(),
    )
    return commit_and_redirect(_("Your story is withdrawn."))


@pages.app_template_global()
def stories_of(member: Member) -> list[CaseStudy]:
    """Return the published case studies with the member, and the reader's own that still wait for consent."""
    stories = case_study.stories_of(db.session(), member=member)
    return [story for story in stories if story.is_published or story.teller_id == current_member().id]
