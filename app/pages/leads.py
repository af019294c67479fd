"""Leads: bringing one, its suggested team, closing and reopening it."""

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.db import db
from app.forms import blamed
from app.forms.lead import LeadForm, open_questions
from app.forms.referral import OutcomeForm
from app.pages.introductions import came_from
from app.pages.today import what_waits
from app.permissions import can as may
from app.request_time import now
from directory.db import claim_write
from directory.engine.firms_like_lead import quoted_firms
from directory.engine.lead_intake import read_lead
from directory.engine.shape_text import shape_labels
from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import latest_suggestion, offered_capabilities, store_suggestion
from directory.errors import Invalid
from directory.facts.introduction import Introduction
from directory.leads import lead as leads
from directory.leads import report as reports
from directory.leads.client import client_of
from directory.leads.client_choice import MAX_OPTIONS, latest_choice
from directory.leads.lead import Lead, LeadState
from directory.leads.lead_state import change_state, is_last_changed_by
from directory.leads.offer import accepted_offers, passed_on, told_no_time
from directory.leads.offer_request import members_in_order
from directory.leads.report import Said
from directory.leads.same_lead import same_lead
from directory.leads.seat_holder import team_is_complete
from directory.leads.suggestion import Suggestion
from directory.post_attribution import attributed_to
from directory.rate_limit import consume_allowance, refund_allowance
from directory.reports.lead_progress import history_of, progress_lines, progress_of
from directory.week import social_inbox
from directory.week.social_inbox import Outcome, Reply

ANSWERS_AN_HOUR = 60  # of one member, to leads and to what is changed in them: each shows firms
PER_PAGE = 50
BUSY = timedelta(days=14)  # for which “no time” is worth knowing
READING = timedelta(seconds=20)  # in which one text of a member is read; the next one may come when it is done

pages = Blueprint("leads", __name__)


@pages.get("/leads")
@policy("lead.list_own")
def index() -> ResponseReturnValue:
    """List the member's leads, PER_PAGE at a time from ``?before=`` on, and what they are asked for or part of."""
    session, me = db.session(), current_member()
    before = request.args.get("before")
    own = leads.leads_of(session, member=me, before=before, limit=PER_PAGE + 1)
    return render_template(
        "leads/index.html",
        leads=own[:PER_PAGE],
        is_more=len(own) > PER_PAGE,
        is_first=before is None,
        open=leads.count_open_leads(session, member=me),
        lines=progress_lines(session, leads=own[:PER_PAGE]),
        parts=[] if before else accepted_offers(session, member=me),
        given=[] if before else passed_on(session, member=me),
        offered=[] if before else what_waits().items.offered,
        me=me,
    )


@pages.route("/leads/new", methods=["GET", "POST"])
@policy("lead.create_as_member")
def new() -> ResponseReturnValue:
    """Create a lead; ``?reply=`` is the id of a social-media reply that it is made from, ``?introduction=`` of the
    introduction that it came from."""
    form, reply_id = LeadForm(), request.args.get("reply")
    reply = get_permitted_or_404(Reply, reply_id, "reply.decide") if reply_id else None
    introduction = came_from()
    if form.validate_on_submit():
        with blamed(form):
            text = leads.clean_lead_text(str(form.text.data or ""))
            if "again" not in request.form and (asked := same_lead(db.session(), member=current_member(), text=text)):
                return render_template("leads/new.html", form=form, asked=asked), 409
            lead = _create_lead(form, text, reply, introduction)
            if lead is None:
                form.refuse(_("Your last lead is still being read. Send this one again in a moment."), 429)
                return render_template("leads/new.html", form=form), form.status
            return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))
    else:
        form.text.data = form.text.data or (reply.text if reply else request.args.get("text", ""))
    return render_template("leads/new.html", form=form), form.status


def _create_lead(form: LeadForm, text: str, reply: Reply | None, introduction: Introduction | None) -> Lead | None:
    """Create the lead and its suggestion, and decide the reply; None while another text of the member is read.

    Raises Invalid, also above ANSWERS_AN_HOUR.
    """
    terms = form.terms(now().date(), current_member().business.country)
    reading = f"reading {current_member().id}"
    if not consume_allowance(db.session(), key=reading, limit=1, within=READING, now=now()):
        db.session.rollback()
        return None
    count_answer()
    db.session.commit()  # the text is read and answered outside a write transaction: other writers need not wait
    wishes, terms, suggestion = read_lead(db.session(), text=text, terms=terms, member=current_member(), now=now())
    db.session.rollback()
    claim_write(db.session())
    refund_allowance(db.session(), key=reading)
    with attributed_to(reply.about_id) if reply else credit_last_click():
        lead = leads.create_lead(
            db.session(), member=current_member(), text=text, wishes=wishes, terms=terms, now=now()
        )
    lead.introduction = introduction
    if reply is not None:
        social_inbox.decide_reply(
            db.session(), reply=reply, outcome=Outcome.LEAD, lead=lead, by=current_member(), now=now()
        )
    store_suggestion(db.session(), suggestion, lead=lead)
    return lead


@pages.get("/leads/<public_id>")
@policy("lead.read_teaser")
def show(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "lead.read_teaser")
    suggestion = latest = latest_suggestion(db.session(), lead=lead)
    if suggestion is not None and may(current_principal(), "suggestion.read", suggestion) != "A":
        suggestion = None
    presenter = suggestion and presenter_of(lead, suggestion)
    similar = quoted_firms(db.session(), suggestion.similar, asker=current_member()) if suggestion else []
    client = client_of(db.session(), lead=lead)
    rank = request.args.get("team", 1, type=int)
    may_correct = may(current_principal(), "lead.update", lead) == "A"
    is_open = may_correct and lead.closed_at is None
    progress = progress_of(db.session(), lead=lead)
    return render_template(
        "leads/show.html",
        lead=lead,
        presenter=presenter,
        similar=similar,
        client=client,
        choice=latest_choice(db.session(), lead=lead) if client else None,
        ways=_ways(lead, suggestion) if client and suggestion else [],
        may_show=client is not None and _may_show(lead),
        rank=rank,
        may_correct=is_open,
        may_assign=lead.state in (LeadState.RECEIVED, LeadState.ACTIVE)
        and may(current_principal(), "lead.assign", lead) == "A",
        progress=progress,
        busy=told_no_time(db.session(), by=current_member(), since=now() - BUSY) if presenter else {},
        history=history_of(db.session(), progress=progress, reader=current_member()),
        next_asked={
            each.id: members_in_order(db.session(), each.then_ids) for each in progress.waiting if each.then_ids
        },
        may_undo=may_correct and not is_open and is_last_changed_by(db.session(), lead=lead, member=current_member()),
        shapes=shape_labels() if is_open else {},
        questions=open_questions(lead, now().date()) if is_open else [],
        offered=offered_capabilities(db.session(), suggestion=latest) if is_open else [],
    )


def _may_show(lead: Lead) -> bool:
    """Whether the reader may show the client who does the work: its bringer once everybody is in."""
    is_bringer = lead.member_id == current_member().id
    is_due = not is_bringer or team_is_complete(db.session(), lead=lead)
    return is_due and may(current_principal(), "lead.show_client_options", lead) == "A"


def _ways(lead: Lead, suggestion: Suggestion) -> list[str]:
    """Return the first teams, each in a sentence that names nobody "you", for who is not a member."""
    presenter = SuggestionPresenter(
        db.session(), lead=lead, suggestion=suggestion, asker=None, business=None, today=now().date()
    )
    return [presenter.headline(team) for team in presenter.teams[:MAX_OPTIONS]]


def presenter_of(lead: Lead, suggestion: Suggestion) -> SuggestionPresenter:
    """Return the presenter of the lead's suggestion for its reader, who asked for it."""
    asker, today = current_member(), now().date()
    return SuggestionPresenter(
        db.session(), lead=lead, suggestion=suggestion, asker=asker, business=lead.business, today=today
    )


def count_answer() -> None:
    """Count a suggestion that the reader asks for. Raises Invalid above ANSWERS_AN_HOUR."""
    key, within = f"lead {current_member().id}", timedelta(hours=1)
    if not consume_allowance(db.session(), key=key, limit=ANSWERS_AN_HOUR, within=within, now=now()):
        raise Invalid(_("That is a lot of leads in one hour. Wait a while, then bring the next one."), field="text")


@pages.post("/leads/<public_id>/reopen")
@policy("lead.close_won_lost")
def reopen(public_id: str) -> ResponseReturnValue:
    """Take back that the member closed it."""
    lead = get_permitted_or_404(Lead, public_id, "lead.close_won_lost")
    reports.reopen(db.session(), lead=lead, by=current_member(), now=now())
    return commit_and_redirect(_("The lead is open again."), to=url_for(".show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/<any(won, lost, declined):outcome>")
@policy("lead.close_won_lost")
def close(public_id: str, outcome: str) -> ResponseReturnValue:
    """Close the lead with what came of it."""
    lead = get_permitted_or_404(Lead, public_id, "lead.close_won_lost")
    me, form = current_member(), OutcomeForm()
    if outcome == "declined":
        change_state(db.session(), lead=lead, to=LeadState.DECLINED, by=me, now=now())
    else:
        reports.say(
            db.session(),
            lead=lead,
            side=reports.closing_side(lead, me),
            by=me,
            said=Said(outcome),
            value=form.amount(lead.business.country),
            is_repeat=form.is_repeat.data,
            now=now(),
        )
    return commit_and_redirect(
        _("The lead is closed."),
        undo=url_for(".reopen", public_id=public_id),
        to=url_for(".show", public_id=lead.public_id),
    )
