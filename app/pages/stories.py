"""Stories of working together: one tells, everybody named decides, and anybody may take it off again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import me, policy, reach
from app.back import page_before
from app.db import db
from app.errors import status_of
from app.forms import blame
from app.forms.story import StoryForm
from app.moment import now
from directory.errors import DomainError
from directory.leads import case_study
from directory.leads.case_study import CaseStudy
from directory.leads.collaboration import finished_between
from directory.people.member import Member

pages = Blueprint("stories", __name__)


@pages.route("/members/<public_id>/stories/new", methods=["GET", "POST"])
@policy("case_study.create")
def new(public_id: str) -> ResponseReturnValue:
    other, form, status = reach(Member, public_id, "profile.read_member_fields"), StoryForm(), 200
    works = finished_between(db.session(), me().business_id, other.business_id)
    form.offer(works)
    if form.validate_on_submit():
        try:
            told = case_study.tell(
                db.session(),
                teller=me(),
                others=[other],
                title=form.title.data or "",
                text=form.text.data or "",
                year=form.year.data or 0,
                collaboration=next((work for work in works if work.public_id == form.collaboration.data), None),
                now=now(),
            )
        except DomainError as error:
            db.session.rollback()
            blame(form, error)
            status = status_of(error)
        else:
            db.session.commit()
            undo = url_for(".withdraw", public_id=told.public_id)
            flash(_("Told. It is on both your pages when %(name)s agrees.", name=other.first_name), undo)
            return redirect(url_for("members.show", public_id=public_id), 303)
    elif form.errors:
        status = 422
    return render_template("stories/new.html", member=other, form=form), status


@pages.post("/stories/<public_id>/<any(agree, decline, reopen):act>")
@policy("case_study.answer")
def answer(public_id: str, act: str) -> ResponseReturnValue:
    story = reach(CaseStudy, public_id, "case_study.answer")
    verb, sentence = {
        "agree": (case_study.agree, _("It is told on your page now.")),
        "decline": (case_study.decline, _("Nobody sees it.")),
        "reopen": (case_study.reopen, _("It waits for you again.")),
    }[act]
    was_agreed = (party := story.party(me())) is not None and party.agreed_at is not None
    verb(db.session(), story=story, by=me(), now=now())
    db.session.commit()
    flash(sentence, "message" if act == "reopen" else url_for(".answer", public_id=public_id, act=_back(was_agreed)))
    return redirect(page_before(), 303)


def _back(was_agreed: bool) -> str:
    return "agree" if was_agreed else "reopen"


@pages.post("/stories/<public_id>/withdraw")
@policy("case_study.withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    case_study.withdraw(db.session(), story=reach(CaseStudy, public_id, "case_study.withdraw"), by=me(), now=now())
    db.session.commit()
    flash(_("Your story is taken back."))
    return redirect(page_before(), 303)


@pages.app_template_global()
def stories_of(member: Member) -> list[CaseStudy]:
    """What is told of working with the member, and what the reader told that still waits for them."""
    told = case_study.of_member(db.session(), member=member)
    return [story for story in told if story.is_published or story.teller_id == me().id]
