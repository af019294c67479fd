"""Leads: bringing one, its suggested team, correcting its needs, closing and reopening it."""

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.db import db
from app.forms import blamed
from app.forms.lead import LeadForm, open_questions
from app.permissions import can as may
from app.request_time import now
from directory.db import claim_write
from directory.engine.firms_like_lead import firms_like_lead
from directory.engine.need_examples import correct_and_learn
from directory.engine.own_vocabulary import capability_named
from directory.engine.shape_text import shape_labels
from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import latest_suggestion, runners_up, suggest, understand
from directory.errors import Invalid
from directory.interpretation.lead_budget import read_budget
from directory.interpretation.lead_due_date import read_due_date
from directory.leads import lead as leads
from directory.leads.lead import Lead, Shape, Wish
from directory.leads.suggestion import Suggestion
from directory.post_attribution import attributed_to
from directory.rate_limit import consume_allowance, refund_allowance
from directory.taxonomy.capability import Capability, capability_choices
from directory.week import social_inbox
from directory.week.social_inbox import Outcome, Reply

LEADS_AN_HOUR = 30  # of one member; each text is analysed and gets a suggestion
READING = timedelta(seconds=20)  # in which one text of a member is read; the next one may come when it is done

pages = Blueprint("leads", __name__)


@pages.get("/leads")
@policy("lead.list_own")
def index() -> ResponseReturnValue:
    own = leads.leads_of(db.session(), member=current_member())
    return render_template("leads/index.html", leads=own)


@pages.route("/leads/new", methods=["GET", "POST"])
@policy("lead.create_as_member")
def new() -> ResponseReturnValue:
    """Create a lead; ``?reply=`` is the id of a social-media reply that it is made from."""
    form, reply_id = LeadForm(), request.args.get("reply")
    reply = get_permitted_or_404(Reply, reply_id, "reply.decide") if reply_id else None
    if form.validate_on_submit():
        with blamed(form):
            text = leads.clean_lead_text(str(form.text.data or ""))
            if "again" not in request.form and (
                asked := leads.same_lead(db.session(), member=current_member(), text=text)
            ):
                return render_template("leads/new.html", form=form, asked=asked), 409
            lead = _create_lead(form, text, reply)
            if lead is None:
                form.refuse(_("Your last lead is still being read. Send this one again in a moment."), 429)
                return render_template("leads/new.html", form=form), form.status
            return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))
    else:
        form.text.data = form.text.data or (reply.text if reply else request.args.get("text", ""))
    return render_template("leads/new.html", form=form), form.status


def _create_lead(form: LeadForm, text: str, reply: Reply | None) -> Lead | None:
    """Create the lead and its suggestion, and decide the reply; None while another text of the member is read.

    Raises Invalid, also above LEADS_AN_HOUR.
    """
    today, country = now().date(), current_member().business.country
    terms = form.terms(today, country)
    reading = f"reading {current_member().id}"
    if not consume_allowance(db.session(), key=reading, limit=1, within=READING, now=now()):
        db.session.rollback()
        return None
    if not consume_allowance(
        db.session(), key=f"lead {current_member().id}", limit=LEADS_AN_HOUR, within=timedelta(hours=1), now=now()
    ):
        raise Invalid(_("That is a lot of leads in one hour. Wait a while, then bring the next one."), field="text")
    db.session.commit()  # the text is analysed outside a write transaction, so that other writers need not wait
    understood = understand(db.session(), text=text)
    terms = replace(
        terms,
        place=terms.place or understood.place,
        budget=terms.budget or read_budget(text, country=country).value,
        due_on=terms.due_on or read_due_date(text, today=today, country=country).value,
    )
    db.session.rollback()
    claim_write(db.session())
    refund_allowance(db.session(), key=reading)
    with attributed_to(reply.about_id) if reply else credit_last_click():
        lead = leads.create_lead(
            db.session(), member=current_member(), text=text, wishes=understood.wishes, terms=terms, now=now()
        )
    if reply is not None:
        social_inbox.decide_reply(
            db.session(), reply=reply, outcome=Outcome.LEAD, lead=lead, by=current_member(), now=now()
        )
    suggest(db.session(), lead=lead, now=now())
    return lead


@pages.get("/leads/<public_id>")
@policy("lead.read_teaser")
def show(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "lead.read_teaser")
    suggestion = latest_suggestion(db.session(), lead=lead)
    if suggestion is not None and may(current_principal(), "suggestion.read", suggestion) != "A":
        suggestion = None
    presenter = suggestion and presenter_of(lead, suggestion)
    similar = (
        firms_like_lead(db.session(), lead=lead, suggestion=suggestion, asker=current_member()) if suggestion else []
    )
    rank = request.args.get("team", 1, type=int)
    may_correct = may(current_principal(), "lead.update", lead) == "A"
    is_open = may_correct and lead.closed_at is None
    return render_template(
        "leads/show.html",
        lead=lead,
        presenter=presenter,
        similar=similar,
        rank=rank,
        may_correct=may_correct,
        shapes=shape_labels() if is_open else {},
        questions=open_questions(lead, now().date()) if is_open else [],
        offered=runners_up(db.session(), lead=lead) if is_open else [],
    )


def presenter_of(lead: Lead, suggestion: Suggestion) -> SuggestionPresenter:
    """Return the presenter of the lead's suggestion for its reader, who asked for it."""
    asker, today = current_member(), now().date()
    return SuggestionPresenter(
        db.session(), lead=lead, suggestion=suggestion, asker=asker, business=lead.business, today=today
    )


@pages.route("/leads/<public_id>/edit", methods=["GET", "POST"])
@policy("lead.update")
def edit(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    form = LeadForm()
    if form.validate_on_submit():
        with blamed(form):
            terms, wishes = form.terms(now().date(), lead.business.country), _chosen_wishes(lead)
            correct_and_learn(db.session(), lead=lead, member=current_member(), wishes=wishes, terms=terms, now=now())
            suggest(db.session(), lead=lead, now=now())
            return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))
    else:
        form.show(lead)
    offered = runners_up(db.session(), lead=lead)
    return (
        render_template(
            "leads/edit.html", lead=lead, form=form, offered=offered, choices=capability_choices(db.session())
        ),
        form.status,
    )


@pages.post("/leads/<public_id>/needs")
@policy("lead.update")
def take_need(public_id: str) -> ResponseReturnValue:
    """Add the offered needs that were tapped; everything else of the lead stays."""
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    terms = leads.terms_of(lead)
    correct_and_learn(
        db.session(), lead=lead, member=current_member(), wishes=_chosen_wishes(lead), terms=terms, now=now()
    )
    suggest(db.session(), lead=lead, now=now())
    return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/shape")
@policy("lead.update")
def choose_shape(public_id: str) -> ResponseReturnValue:
    """Keep how the bringer wants to work on it, and ask again."""
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    shape = request.form.get("shape", "")
    if shape not in {*Shape}:
        abort(400)
    leads.choose_shape(db.session(), lead=lead, member=current_member(), shape=Shape(shape), now=now())
    suggest(db.session(), lead=lead, now=now())
    return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/<any(budget, due_on):term>/dismiss")
@policy("lead.update")
def dismiss(public_id: str, term: str) -> ResponseReturnValue:
    """Neither of the answers to a question is right."""
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    leads.dismiss_question(db.session(), lead=lead, member=current_member(), term=term, now=now())
    return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/suggestions")
@policy("suggestion.create")
def ask_again(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "suggestion.create")
    suggest(db.session(), lead=lead, now=now(), is_again=True)
    return commit_and_redirect(to=url_for(".show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/reopen")
@policy("lead.update")
def reopen(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    leads.reopen_lead(db.session(), lead=lead, member=current_member(), now=now())
    return commit_and_redirect(_("The lead is reopened."), to=url_for(".show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/close")
@policy("lead.update")
def close(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    leads.close_lead(db.session(), lead=lead, member=current_member(), now=now())
    return commit_and_redirect(
        _("The lead is closed."),
        undo=url_for(".reopen", public_id=public_id),
        to=url_for(".show", public_id=lead.public_id),
    )


def _chosen_wishes(lead: Lead) -> list[Wish]:
    """Return the submitted needs: the lead's own that were kept, the offered ones that were taken, one added by name.

    Raises Invalid if no capability has the added name.
    """
    choices = {key.removeprefix("need-"): choice for key, choice in request.form.items() if key.startswith("need-")}
    wishes = []
    for need in lead.needs:
        choice = choices.pop(need.capability.public_id, "must" if need.is_must else "nice")
        if choice in ("must", "nice"):
            wishes.append(Wish(need.capability_id, choice == "must", need.matched_by, need.phrase))
    taken_ids = [public_id for public_id, choice in choices.items() if choice in ("must", "nice")]
    taken = db.session.scalars(select(Capability).where(Capability.public_id.in_(taken_ids)))
    wishes += [Wish(capability.id, choices[capability.public_id] == "must") for capability in taken]
    name = request.form.get("add", "").strip()
    if name:
        added = capability_named(db.session(), name)
        if added is None:
            raise Invalid(_("We do not know “%(name)s”. Pick one from the list.", name=name[:80]), field="add")
        wishes.append(Wish(added.id))
    return wishes
