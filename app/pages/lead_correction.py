"""Corrections of a lead: its needs, terms and shape, and asking again. Each is answered before it is written."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.lead import LeadForm
from app.pages.leads import count_answer
from app.request_time import now
from directory.db import claim_write
from directory.engine.need_examples import correct_and_learn, learn
from directory.engine.own_vocabulary import capability_named
from directory.engine.suggestions import ask_engine, latest_suggestion, offered_capabilities, store_suggestion
from directory.errors import Invalid
from directory.leads import lead as leads
from directory.leads.lead import Lead, Shape, Terms, Wish
from directory.leads.need_example import NeedExample
from directory.leads.suggestion import Suggestion
from directory.taxonomy.capability import Capability, capability_choices

Computed = TypeVar("Computed")

pages = Blueprint("lead_correction", __name__)


@pages.route("/leads/<public_id>/edit", methods=["GET", "POST"])
@policy("lead.update")
def edit(public_id: str) -> ResponseReturnValue:
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    form = LeadForm()
    if form.validate_on_submit():
        with blamed(form):
            terms = form.terms(now().date(), lead.business.country)
            return _correct(public_id, lambda lead: (_chosen_wishes(lead), terms))
    else:
        form.show(lead)
    offered = offered_capabilities(db.session(), suggestion=latest_suggestion(db.session(), lead=lead))
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
    return _correct(public_id, lambda lead: (_chosen_wishes(lead), leads.terms_of(lead)))


@pages.post("/leads/<public_id>/shape")
@policy("lead.update")
def choose_shape(public_id: str) -> ResponseReturnValue:
    """Keep how the bringer wants to work on it, and ask again."""
    get_permitted_or_404(Lead, public_id, "lead.update")  # before the form is judged, so that strangers learn nothing
    shape = request.form.get("shape", "")
    if shape not in {*Shape}:
        abort(400)
    lead, suggestion = _compute_first(
        public_id,
        "lead.update",
        lambda lead: _ask_about(lead, leads.wishes_of(lead), replace(leads.terms_of(lead), shape=Shape(shape))),
    )
    leads.choose_shape(db.session(), lead=lead, member=current_member(), shape=Shape(shape), now=now())
    store_suggestion(db.session(), suggestion, lead=lead)
    return commit_and_redirect(to=url_for("leads.show", public_id=public_id))


@pages.post("/leads/<public_id>/<any(budget, due_on):term>/dismiss")
@policy("lead.update")
def dismiss(public_id: str, term: str) -> ResponseReturnValue:
    """Neither of the answers to a question is right."""
    lead = get_permitted_or_404(Lead, public_id, "lead.update")
    leads.dismiss_question(db.session(), lead=lead, member=current_member(), term=term, now=now())
    return commit_and_redirect(to=url_for("leads.show", public_id=lead.public_id))


@pages.post("/leads/<public_id>/suggestions")
@policy("suggestion.create")
def ask_again(public_id: str) -> ResponseReturnValue:
    lead, suggestion = _compute_first(
        public_id,
        "suggestion.create",
        lambda lead: _ask_about(lead, leads.wishes_of(lead), leads.terms_of(lead), is_again=True),
    )
    store_suggestion(db.session(), suggestion, lead=lead)
    return commit_and_redirect(to=url_for("leads.show", public_id=public_id))


def _compute_first(public_id: str, action: str, compute: Callable[[Lead], Computed]) -> tuple[Lead, Computed]:
    """Return the lead, locked for writing, with what ``compute`` makes of it while other writers go on.

    The answer is counted first, once; it is computed anew where somebody changed the lead meanwhile. Raises Invalid as
    ``count_answer`` does.
    """
    lead = get_permitted_or_404(Lead, public_id, action)
    db.session.rollback()  # a reason that was typed for the permission is kept and told with the correction alone
    claim_write(db.session())
    count_answer()
    db.session.commit()
    while True:
        content, computed = leads.content_of(lead), compute(lead)
        db.session.rollback()
        claim_write(db.session())
        lead = get_permitted_or_404(Lead, public_id, action)
        if leads.content_of(lead) == content:
            return lead, computed
        db.session.rollback()


def _correct(public_id: str, choose: Callable[[Lead], tuple[list[Wish], Terms]]) -> ResponseReturnValue:
    """Correct the lead as ``choose`` says, learn from it, and ask again."""

    def compute(lead: Lead) -> tuple[list[Wish], Terms, dict[int, NeedExample], Suggestion]:
        wishes, terms = choose(lead)
        learnt = learn(db.session(), lead=lead, wishes=wishes, member=current_member(), now=now())
        return wishes, terms, learnt, _ask_about(lead, wishes, terms)

    lead, (wishes, terms, learnt, suggestion) = _compute_first(public_id, "lead.update", compute)
    correct_and_learn(
        db.session(), lead=lead, member=current_member(), wishes=wishes, terms=terms, learnt=learnt, now=now()
    )
    store_suggestion(db.session(), suggestion, lead=lead)
    return commit_and_redirect(to=url_for("leads.show", public_id=public_id))


def _ask_about(lead: Lead, wishes: list[Wish], terms: Terms, *, is_again: bool = False) -> Suggestion:
    """Return the answer to the lead with these needs and terms."""
    draft = leads.draft_lead(business_id=lead.business_id, text=lead.text, wishes=wishes, terms=terms, now=now())
    return ask_engine(db.session(), lead=draft, asker=lead.member, now=now(), is_again=is_again)


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
            raise Invalid(_("We do not know “%(name)s”. Choose one from the list.", name=name[:80]), field="add")
        wishes.append(Wish(added.id))
    return wishes
