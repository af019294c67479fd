"""Onboarding of a new member: firm, capabilities, wants and known people, in steps that can each be skipped.

Who was on a list sees what it said of them on one page instead, and corrects it.
"""

from pathlib import Path

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, my_business, permit, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import Form, blamed
from app.forms.joining import EntryForm
from app.forms.profile import audiences_form
from app.request_time import now
from directory import files
from directory.db import claim_write
from directory.engine import onboarding_suggestions
from directory.engine.claim_suggestions import offered_capabilities
from directory.engine.pair_reason import reason_sentence
from directory.engine.weekly_pairings import person_to_meet
from directory.facts.claim_level import strongest_claims
from directory.imports.import_batch import list_of
from directory.joining import onboarding
from directory.people import photo as photos
from directory.people.tables import DIRECT_EMAIL, DIRECT_PHONE, Wanted
from directory.people.wanted import live_wanteds
from directory.profiles.member_view import set_audiences
from directory.reports.open_items import open_items
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _

pages = Blueprint("onboarding", __name__, url_prefix="/welcome")

CONTACT = (DIRECT_PHONE.name, DIRECT_EMAIL.name)
MAX_PEOPLE = 60  # on the page of known people


@pages.get("")
@policy("profile.update", current_member)
def begin() -> ResponseReturnValue:
    steps = _steps()
    step = session.get("welcome", "")
    if steps[0] == "listed":
        step = step or "listed"
    elif not step:
        step = "known" if onboarding.has_begun(db.session(), member=current_member()) else "firm"
    return redirect(url_for(f".{step if step in steps else 'done'}"), 303)


@pages.route("/listed", methods=["GET", "POST"])
@policy("profile.update", current_member)
def listed() -> ResponseReturnValue:
    """What a list said of the member, to confirm or correct in one go."""
    form, person = EntryForm(), current_member()
    permit("business.update", my_business())
    if (batch := list_of(db.session(), member=person)) is None:
        return redirect(url_for(".firm"), 303)
    if form.validate_on_submit():
        with blamed(form):
            _confirm(form)
            return _next("known")
    asks = live_wanteds(db.session(), member=person)
    held = onboarding.claimed_capabilities(db.session(), business=person.business)
    offers = offered_capabilities(db.session(), business=person.business)
    if not form.is_submitted():
        form.show(person, _ask(asks))
    return _page(
        "listed",
        form=form,
        by=batch.uploader if batch.uploader.is_active else None,
        held=held,
        also=[offer.capability for offer in offers],
        taken=set(request.form.getlist("able")) if form.is_submitted() else {row.public_id for row in held},
        asks=asks,
        kept=set(request.form.getlist("kept")) if form.is_submitted() else {row.public_id for row in asks},
    ), form.status


def _confirm(form: EntryForm) -> None:
    """Store what the member corrected, and the photo. Raises Invalid or Conflict."""
    sent, home = request.files.get("photo"), Path(current_app.config["HOME"])
    content = b""
    if sent and sent.filename:
        db.session.rollback()  # the picture is read outside a writing transaction, which others wait for
        content = photos.crop_square(sent.read())
        claim_write(db.session())
    person, chosen = current_member(), Capability.public_id.in_(request.form.getlist("offered")[:60])
    onboarding.confirm_entry(
        db.session(),
        member=person,
        person=form.person(),
        firm=form.firm(),
        offered=db.session.scalars(select(Capability).where(chosen)).all(),
        taken=request.form.getlist("able"),
        more=form.more.data or "",
        now=now(),
    )
    kept, ask = request.form.getlist("kept"), form.ask.data or "no"
    text = form.text.data or ""
    onboarding.choose_wants(db.session(), member=person, kept=kept, taken=(), text=text, ask=ask, now=now())
    if content:
        digest = files.store_file(home, photos.FOLDER, content)
        photos.set_photo(db.session(), member=person, digest=digest, now=now())


@pages.route("/firm", methods=["GET", "POST"])
@policy("business.update", my_business)
def firm() -> ResponseReturnValue:
    summary, form = my_business().summary, Form()
    if request.method == "POST":
        summary = request.form.get("summary", "")
        with blamed(form):
            onboarding.describe_firm(
                db.session(), business=my_business(), by=current_member(), summary=summary, now=now()
            )
            return _next("able")
    return _page("firm", summary=summary, wrong=" ".join(form.form_errors)), form.status


@pages.route("/able", methods=["GET", "POST"])
@policy("claim.add", my_business)
def able() -> ResponseReturnValue:
    firm = current_member().business
    if request.method == "POST":
        chosen = select(Capability).where(Capability.public_id.in_(request.form.getlist("offered")[:60]))
        offered = db.session.scalars(chosen).all()
        taken = request.form.getlist("able")
        onboarding.choose_claims(
            db.session(), business=firm, by=current_member(), offered=offered, taken=taken, now=now()
        )
        return _next("wanted")
    held = onboarding.claimed_capabilities(db.session(), business=firm)
    offers = offered_capabilities(db.session(), business=firm)
    sure = [offer.capability for offer in offers if offer.is_sure]
    return _page("able", taken=held + sure, also=[offer.capability for offer in offers if not offer.is_sure])


@pages.route("/wanted", methods=["GET", "POST"])
@policy("wanted.create")
def wanted() -> ResponseReturnValue:
    form = Form()
    if request.method == "POST":
        chosen = select(Capability).where(Capability.public_id.in_(request.form.getlist("whom")[:6]))
        with blamed(form):
            onboarding.choose_wants(
                db.session(),
                member=current_member(),
                kept=request.form.getlist("kept"),
                taken=db.session.scalars(chosen.order_by(Capability.id)).all(),
                text=request.form.get("text", ""),
                ask=request.form.get("ask", "no"),
                now=now(),
            )
            return _next("known")
    asks = live_wanteds(db.session(), member=current_member())
    wanted_ids = {want.capability_id for want in asks}
    chips = [
        capability
        for capability in onboarding_suggestions.suggest_wanteds(db.session(), member=current_member(), limit=6)
        if capability.id not in wanted_ids
    ][:3]
    return _page("wanted", asks=asks, chips=chips, ask=_ask(asks), wrong=" ".join(form.form_errors)), form.status


def _ask(asks: list[Wanted]) -> str:
    """Whether the weekly post may ask for them: "named", "unnamed" or "no"."""
    is_shared = any(want.shared_at for want in asks)
    return "named" if is_shared and current_member().spotlight_at else "unnamed" if is_shared else "no"


@pages.route("/known", methods=["GET", "POST"])
@policy("interaction.create")
def known() -> ResponseReturnValue:
    people = onboarding.likely_known(db.session(), member=current_member())[:MAX_PEOPLE]
    if request.method == "POST":
        ticked_ids = set(request.form.getlist("known"))
        known_people = [person for person in people if person.public_id in ticked_ids]
        onboarding.record_known_people(db.session(), member=current_member(), people=known_people, now=now())
        return _next("done")
    return _page("known", people=people)


@pages.get("/done")
@policy("profile.update", current_member)
def done() -> ResponseReturnValue:
    held = strongest_claims(db.session(), [my_business()])[my_business().id]
    member = current_member()
    pair = person_to_meet(db.session(), member=member, now=now()) if member.is_active else None
    asks = live_wanteds(db.session(), member=current_member())
    items = open_items(db.session(), member=current_member(), now=now())
    said = [*items.messages, *items.interactions, *items.vouches, *items.introductions, *items.stories]
    shown = {"held": held, "pair": pair, "asks": asks, "contact": _contact_form(), "waiting": len(said)}
    return _page("done", **shown, reason_sentence=reason_sentence)


@pages.post("/contact")
@policy("profile.update", current_member)
def contact() -> ResponseReturnValue:
    """Set who sees the member's own phone and email."""
    form = _contact_form()
    if form.validate_on_submit():
        chosen = {name: str(form[name].data) for name in CONTACT}
        set_audiences(db.session(), member=current_member(), audiences=chosen, now=now())
    return commit_and_redirect(_("Saved who can see how to reach you."), to=url_for(".done"))


def _contact_form() -> Form:
    return audiences_form(current_member(), CONTACT)


@pages.post("/skip/<any(able, wanted, known, done):step>")
@policy("profile.update", current_member)
def skip(step: str) -> ResponseReturnValue:
    return _next(step)


def _next(step: str) -> ResponseReturnValue:
    """Commit, remember the next step in the session and redirect to it; to "done" if the member has no such step."""
    session["welcome"] = step if step in _steps() else "done"
    return commit_and_redirect(to=url_for(".begin"))


def _steps() -> tuple[str, ...]:
    is_listed = list_of(db.session(), member=current_member()) is not None
    return onboarding.steps_for(current_member(), is_listed=is_listed)


def _page(step: str, **context: object) -> str:
    steps = _steps()
    number = steps.index(step) + 1 if step in steps else len(steps)
    return render_template(
        f"onboarding/{step}.html", me=current_member(), step=step, number=number, steps=len(steps), **context
    )
