"""Private ratings: giving, changing and withdrawing them; and their moderation in cases that show no names."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect, previous_page
from app.db import db
from app.forms import blamed
from app.forms.rating import COMPETENCE, WARMTH, RatingForm
from app.permissions import J, can
from app.request_time import now
from directory.facts import rating as ratings
from directory.facts import rating_case as cases
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase
from directory.joining.onboarding import claimed_capabilities
from directory.people.tables import Member
from directory.taxonomy.capability import Capability

pages = Blueprint("ratings", __name__)
ACTS = {"quarantine": cases.quarantine, "release": cases.release_quarantine}


@pages.get("/ratings")
@policy("rating.read_own_given")
def index() -> str:
    session = db.session()
    permit("rating.read_own_given", Rating(rater_id=current_member().id))
    if band := ratings.shown_band(session, current_member()):
        permit("rating_agg.read_self", band)
    given = ratings.ratings_given(session, rater=current_member())
    forms = {rating.id: RatingForm(formdata=None) for rating in given}
    for rating in given:
        forms[rating.id].show(rating)
    return render_template(
        "ratings/index.html",
        me=current_member(),
        ratings=given,
        forms=forms,
        words=(WARMTH, COMPETENCE),
        band=band,
        case=cases.open_case(session, ratee=current_member()),
        waiting=_readable_cases(),
    )


@pages.get("/ratings/who-sees-what")
@policy("rating.read_rules")
def who_sees_what() -> str:
    return render_template("ratings/who_sees_what.html")


@pages.post("/members/<public_id>/ratings")
@policy("rating.create")
def create(public_id: str) -> ResponseReturnValue:
    ratee, form = get_permitted_or_404(Member, public_id, "profile.read_member_fields"), RatingForm()
    permit("rating.create", Rating(rater_id=current_member().id, ratee_id=ratee.id))
    capabilities = claimed_capabilities(db.session(), business=ratee.business)
    form.offer(capabilities)
    before = ratings.ratings_given(db.session(), rater=current_member(), ratee=ratee)
    rating = _rate(form, ratee, form.chosen(capabilities))
    if rating is None:
        return redirect(previous_page(), 303)
    earlier = next((row for row in before if row.capability_id == rating.capability_id), None)
    endpoint, row = (".restore", earlier) if earlier else (".withdraw", rating)
    return commit_and_redirect(_("Saved. Only you see it."), undo=url_for(endpoint, public_id=row.public_id))


@pages.post("/ratings/<public_id>/update")
@policy("rating.update_own_given")
def update(public_id: str) -> ResponseReturnValue:
    before, form = get_permitted_or_404(Rating, public_id, "rating.update_own_given"), RatingForm()
    form.offer([])
    if _rate(form, before.ratee, before.capability) is None:
        return redirect(previous_page(), 303)
    undo = url_for(".restore", public_id=public_id)
    return commit_and_redirect(_("Changed. It counts from next Monday on."), undo=undo, to=url_for(".index"))


@pages.post("/ratings/<public_id>/restore")
@policy("rating.update_own_given")
def restore(public_id: str) -> ResponseReturnValue:
    rating = get_permitted_or_404(Rating, public_id, "rating.update_own_given")
    ratings.restore(db.session(), rating=rating, by=current_member(), now=now())
    return commit_and_redirect(_("It is back to what you said before."))


@pages.post("/ratings/<public_id>/withdraw")
@policy("rating.withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    rating = get_permitted_or_404(Rating, public_id, "rating.withdraw")
    ratings.withdraw(db.session(), rating=rating, by=current_member(), now=now())
    return commit_and_redirect(
        _("Withdrawn. It stops counting next Monday."),
        undo=url_for(".restore", public_id=public_id),
    )


@pages.post("/ratings/flag")
@policy("rating.flag_suspicious")
def flag() -> ResponseReturnValue:
    permit("rating.flag_suspicious", RatingCase(ratee=current_member()))
    cases.request_case(db.session(), ratee=current_member(), now=now())
    return commit_and_redirect(
        _("Thank you. The review starts when two people agree to it. They see no ratings."), to=url_for(".index")
    )


@pages.get("/rating-cases")
@policy("rating.list_cases")
def case_index() -> str:
    return render_template("ratings/cases.html", cases=_readable_cases())


@pages.route("/rating-cases/<public_id>", methods=["GET", "POST"])
@policy("rating.moderate_quarantine")
def case(public_id: str) -> ResponseReturnValue:
    """Show a case to a moderator who gives a reason, and carry out the form's ``act`` on it.

    Without a reason, the error page asks for one.
    """
    case, session = get_permitted_or_404(RatingCase, public_id, "rating.moderate_quarantine"), db.session()
    act, rater = request.form.get("act", ""), request.form.get("rater", "")[:8]
    if act == "close":
        cases.close_case(session, case=case, by=current_member(), now=now())
        return commit_and_redirect(
            _("The case is closed. %(name)s is told so, and nothing else.", name=case.ratee.first_name),
            to=url_for(".case_index"),
        )
    if act == "open":
        cases.ask_to_open(session, case=case, by=current_member(), now=now())
    elif act in ACTS:
        ACTS[act](session, case=case, pseudonym=rater, by=current_member(), now=now())
    elif cases.concerns_member(case, current_member()):
        abort(403)
    people = cases.case_signs(session, case=case, by=current_member()) if case.opened_at else []
    page = render_template("ratings/case.html", case=case, people=people, me=current_member())
    session.commit()
    return page


def _readable_cases() -> list[RatingCase]:
    """Return the open cases that the reader may moderate."""
    return [
        case
        for case in cases.open_cases(db.session())
        if can(current_principal(), "rating.moderate_quarantine", case) is J
        and not cases.concerns_member(case, current_member())
    ]


def _rate(form: RatingForm, ratee: Member, capability: Capability | None) -> Rating | None:
    """Store the reader's rating of ``ratee`` and return it; if it is refused, flash the reason and return None."""
    if form.validate_on_submit():
        with blamed(form):
            values = {"warmth": int(form.warmth.data), "competence": int(form.competence.data)}
            return ratings.rate(
                db.session(), rater=current_member(), ratee=ratee, capability=capability, **values, now=now()
            )
    flash(" ".join(map(str, form.form_errors)) or _("Choose one answer to each of the two questions."), "open")
    return None
