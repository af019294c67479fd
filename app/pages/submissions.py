"""Requests of strangers: the form of a chapter, its confirmation, and what the leads of the chapter make of them."""

from datetime import datetime

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.bot_traps import check_traps, new_challenge
from app.db import SAFE_METHODS, db
from app.forms import blamed
from app.forms.client_request import ConsentForm, RequestForm
from app.request_time import now
from directory.db import claim_write
from directory.engine.lead_intake import read_lead
from directory.engine.suggestions import store_suggestion
from directory.errors import Conflict
from directory.leads import submission_decision
from directory.leads.client import clean_contact, consent_texts
from directory.leads.lead import Lead, LeadState, Terms, clean_lead_text, create_lead
from directory.leads.offer import due_text
from directory.leads.offer_request import ANSWER_WITHIN
from directory.leads.submission import (
    KEPT_FOR,
    Request,
    Source,
    Submission,
    clean_request,
    confirm,
    find_submission,
    request_of,
    submissions_in,
    submit,
    withdraw,
)
from directory.local_format import local_format
from directory.people.chapter import Chapter
from directory.people.member import holders_of_roles
from directory.people.tables import Business, Member, Role
from directory.people.working_hours import working_hours_later
from directory.secrets import SecretBox
from directory.translation import gettext as _

pages = Blueprint("submissions", __name__)


def secrets() -> SecretBox:
    """Return the box that opens sealed columns."""
    box: SecretBox = current_app.config["SECRETS"]
    return box


@pages.route("/chapters/<public_id>/request", methods=["GET", "POST"])
@policy("lead.create_public_form")
def ask(public_id: str) -> ResponseReturnValue:
    """Take a request. A program that fills in the honeypot gets the same answer, and nothing is kept."""
    chapter = _public_chapter(public_id)
    form = RequestForm()
    if form.validate_on_submit():
        with blamed(form):
            contact = clean_contact(**form.texts("name", "firm", "email", "phone"))
            text, place = form.texts("text", "place").values()
            asked = clean_request(
                contact=contact, text=text, place=place, is_sharing=form.share.data, is_calling=form.call.data
            )
            if not form.homepage.data:
                check_traps("request", *form.texts("challenge", "proof").values())
                with credit_last_click():
                    submit(
                        db.session(), chapter=chapter, request=asked, source=Source.FORM, secrets=secrets(), now=now()
                    )
            db.session.commit()
            return render_template("submissions/sent.html", chapter=chapter)
    form.challenge.data, form.proof.data = new_challenge(), ""
    leads = holders_of_roles(db.session(), chapter_id=chapter.id, roles=(Role.LEAD,))
    return render_template(
        "submissions/ask.html", chapter=chapter, form=form, consents=consent_texts(), leads=leads
    ), form.status


@pages.route("/requests/<string:token>", methods=["GET", "POST"])
@policy("submission.confirm")
def answer(token: str) -> ResponseReturnValue:
    """Show what was asked for to whoever has the mailed link, and confirm it on POST."""
    submission = find_submission(db.session(), token=token, now=now())
    local_format.set(submission.chapter.local_format)
    if request.method not in SAFE_METHODS:
        if member := _member_who_asked(submission):
            asked = request_of(submission, secrets=secrets()) or abort(404)
            lead = _create_lead(submission, asked, member, by=None)
            return commit_and_redirect(to=url_for("leads.show", public_id=lead.public_id))
        form = ConsentForm()
        answer_by = _answer_by(submission.chapter)
        confirm(
            db.session(),
            submission=submission,
            is_sharing=form.share.data,
            is_calling=form.call.data,
            answer_by=answer_by,
            due=due_text(answer_by, submission.chapter),
            secrets=secrets(),
            now=now(),
        )
        return commit_and_redirect(to=url_for(".answer", token=token))
    leads = holders_of_roles(db.session(), chapter_id=submission.chapter_id, roles=(Role.LEAD,))
    return render_template(
        "submissions/answer.html",
        submission=submission,
        asked=request_of(submission, secrets=secrets()),
        consents=consent_texts(),
        leads=leads,
        due=submission.answer_by and due_text(submission.answer_by, submission.chapter),
        token=token,
    )


@pages.post("/requests/<string:token>/withdraw")
@policy("submission.confirm")
def take_back(token: str) -> ResponseReturnValue:
    submission = find_submission(db.session(), token=token, now=now())
    withdraw(db.session(), submission=submission, now=now())
    db.session.commit()
    return render_template("submissions/withdrawn.html")


@pages.get("/chapters/<public_id>/requests")
@policy("submission.decide")
def index(public_id: str) -> str:
    return _show(get_permitted_or_404(Chapter, public_id, "submission.decide"))


def _show(chapter: Chapter, similar: tuple[Submission, Lead] | None = None) -> str:
    """Return the page of a chapter's requests; ``similar`` asks whether one is an open lead already."""
    kept = submissions_in(db.session(), chapter=chapter)
    here = select(Member).join(Member.business).options(joinedload(Member.business))
    members = here.where(Business.chapter_id == chapter.id, Member.is_active, Member.arrived_at.is_not(None))
    return render_template(
        "submissions/index.html",
        chapter=chapter,
        waiting=[row for row in kept if row.decided_at is None],
        decided=[row for row in kept if row.decided_at is not None],
        requests={row.id: request_of(row, secrets=secrets()) for row in kept},
        members=db.session.scalars(members.order_by(Member.name, Member.id)).all(),
        similar=similar,
        given_to=request.form.get("member", ""),
        promises={row.id: due_text(row.answer_by, chapter) for row in kept if row.answer_by},
        days=KEPT_FOR.days,
    )


@pages.post("/submissions/<public_id>/<any(take, give, spam, wait):act>")
@policy("submission.decide")
def decide(public_id: str, act: str) -> ResponseReturnValue:
    """Take it, give it to a member, put it away, or let it wait again."""
    submission = get_permitted_or_404(Submission, public_id, "submission.decide")
    me, back = current_member(), url_for(".index", public_id=submission.chapter.public_id)
    undo = url_for(".decide", public_id=public_id, act="wait")
    if act == "wait":
        submission_decision.undo(db.session(), submission=submission, by=me, now=now())
        return commit_and_redirect(_("It is waiting again."), to=back)
    if act == "spam":
        submission_decision.decide_spam(db.session(), submission=submission, by=me, now=now())
        return commit_and_redirect(_("Marked as spam."), undo=undo, to=back)
    member = me if act == "take" else _chosen_member(submission)
    asked = request_of(submission, secrets=secrets())
    if asked is None:
        raise Conflict(_("It was withdrawn and deleted."))
    similar = submission_decision.similar_leads(
        db.session(), chapter_id=submission.chapter_id, digest=submission.email_hmac, text=asked.shown_text
    )
    if similar and "again" not in request.form and submission.decided_at is None:
        return _show(submission.chapter, (submission, similar[0])), 409
    lead = _create_lead(submission, asked, member, by=me)
    if member is me:
        return commit_and_redirect(undo=undo, to=url_for("leads.show", public_id=lead.public_id))
    message = _("%(name)s gets an email, and takes it or says no.", name=member.first_name)
    return commit_and_redirect(message, undo=undo, to=back)


def _member_who_asked(submission: Submission) -> Member | None:
    """Return the member who mailed it as a lead of their own; None for a client, and once it was decided."""
    asked = request_of(submission, secrets=secrets())
    if asked is None or submission.source is not Source.MAIL or submission.decided_at is not None:
        return None
    return db.session.scalar(select(Member).where(Member.email == asked.contact.email, Member.is_active))


def _create_lead(submission: Submission, asked: Request, member: Member, *, by: Member | None) -> Lead:
    """Make a lead of the member from the submission; ``by`` is who decided so, None for the member.

    The engine answers outside a write transaction; what was written before is rolled back.
    """
    text, terms, submission_id, member_id = clean_lead_text(asked.text), Terms(asked.place), submission.id, member.id
    db.session.rollback()
    wishes, terms, suggestion = read_lead(db.session(), text=text, terms=terms, member=member, now=now())
    db.session.rollback()
    claim_write(db.session())
    submission, member = db.session.get_one(Submission, submission_id), db.session.get_one(Member, member_id)
    state = LeadState.RECEIVED if by in (None, member) else LeadState.PENDING
    lead = create_lead(db.session(), member=member, text=text, wishes=wishes, terms=terms, state=state, now=now())
    lead.came_from_id = submission.came_from_id
    due = due_text(_answer_by(submission.chapter), submission.chapter)
    submission_decision.hand_on(
        db.session(), submission=submission, lead=lead, by=by, due=due, secrets=secrets(), now=now()
    )
    store_suggestion(db.session(), suggestion, lead=lead)
    return lead


@pages.post("/leads/<public_id>/given/<any(take, return):act>")
@policy("lead.answer_given")
def answer_given(public_id: str, act: str) -> ResponseReturnValue:
    """Its member takes a lead that was given to them, or does not."""
    lead = get_permitted_or_404(Lead, public_id, "lead.answer_given")
    if act == "take":
        due = due_text(_answer_by(lead.business.chapter), lead.business.chapter)
        submission_decision.take_lead(db.session(), lead=lead, by=current_member(), due=due, now=now())
        return commit_and_redirect(
            _("It is yours. The client reads who you are."), to=url_for("leads.show", public_id=public_id)
        )
    submission_decision.return_lead(db.session(), lead=lead, by=current_member(), now=now())
    return commit_and_redirect(_("Thank you. Your chapter’s lead finds somebody else."), to=url_for("leads.index"))


def _answer_by(chapter: Chapter | None) -> datetime:
    """By when a client is promised an answer."""
    return working_hours_later(db.session(), start=now(), within=ANSWER_WITHIN, chapter=chapter)


def _chosen_member(submission: Submission) -> Member:
    chosen = select(Member).join(Member.business).where(Member.public_id == request.form.get("member", ""))
    here = chosen.where(Business.chapter_id == submission.chapter_id, Member.is_active, Member.arrived_at.is_not(None))
    return db.session.scalar(here) or abort(404)


def _public_chapter(public_id: str) -> Chapter:
    chapter = get_permitted_or_404(Chapter, public_id, "lead.create_public_form")
    if chapter.public_at is None:
        abort(404)
    local_format.set(chapter.local_format)
    return chapter
