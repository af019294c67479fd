"""The one box of the first page: what one needs becomes a lead; what one gives is answered at once, and not kept."""

from datetime import timedelta
from typing import Literal

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, permit, policy
from app.db import db
from app.redirects import commit_and_redirect
from app.request_time import now
from directory.engine.wanted_matches import WantedMatch, match_wanteds
from directory.errors import Invalid
from directory.people import wanted
from directory.people.tables import Wanted, WantedKind
from directory.profiles.contact_details import contact_of, reveal
from directory.profiles.member_view import member_view, member_views
from directory.rate_limit import consume_allowance
from directory.text import clean_text

pages = Blueprint("wanted_matches", __name__)

ASKED_AN_HOUR = 60  # sentences of one member; each is read and answered
Way = Literal["offer", "introduce"]


@pages.post("/give")
@policy("directory.search")
def give() -> ResponseReturnValue:
    way = request.form.get("way", "need")
    if way not in ("offer", "introduce"):
        return redirect(url_for("leads.new"), 307)  # with what was typed
    try:
        text = _said()
    except Invalid as error:
        return render_template("today/again.html", text=request.form.get("text"), way=way, wrong=error.message), 422
    if not consume_allowance(
        db.session(), key=f"give {current_member().id}", limit=ASKED_AN_HOUR, within=timedelta(hours=1), now=now()
    ):
        abort(429)
    db.session.commit()  # the text is read outside a writing transaction, which others wait for
    answers = match_wanteds(db.session(), text=text, member=current_member())
    seen = (
        member_views(db.session(), reader=current_member(), members=[answer.member for answer in answers])
        if answers
        else {}
    )
    contacts = {member_id: contact_of(each) for member_id, each in seen.items()}
    return render_template(
        "today/answer.html", me=current_member(), text=text, way=way, answers=answers, contacts=contacts
    )


@pages.post("/wanted/<public_id>/contact")
@policy("contact.reveal")
def contact(public_id: str) -> ResponseReturnValue:
    """How to reach who asks for this, with what to say to them."""
    asked = get_permitted_or_404(Wanted, public_id, "wanted.read")
    if not asked.member.is_active:
        abort(404)
    permit("contact.reveal", asked.member)
    text, introduces = _said(), request.form.get("given") == "introduce"
    reveal(db.session(), reader=current_member(), of=asked.member, now=now())
    db.session.commit()
    part = "members/_contact.html" if request.headers.get("HX-Request") else "members/contact.html"
    return render_template(
        part,
        whom=asked.member,
        contact=contact_of(member_view(db.session(), reader=current_member(), member=asked.member)),
        name=asked.member.first_name,
        back=url_for("members.show", public_id=asked.member.public_id),
        brief=WantedMatch(asked, 1.0).brief(text=text, member=current_member(), introduces=introduces),
        wants_mail=request.form.get("way") == "message",
    )


@pages.post("/offers")
@policy("wanted.create")
def keep() -> ResponseReturnValue:
    kept = wanted.add_wanted(
        db.session(), member=current_member(), kind=WantedKind.OFFER, text=request.form.get("text", ""), now=now()
    )
    if request.form.get("share") == "1":
        db.session.flush()
        wanted.share_wanted(db.session(), wanted=kept, now=now())
    return commit_and_redirect(
        _("It stands on your page as your offer."),
        undo=url_for("wanted_matches.take_back", public_id=kept.public_id),
        to=url_for("today.today", _anchor="offers"),
    )


@pages.post("/wanted/<public_id>/take-back")
@policy("wanted.update")
def take_back(public_id: str) -> ResponseReturnValue:
    offer = get_permitted_or_404(Wanted, public_id, "wanted.update")
    wanted.end_wanted(db.session(), wanted=offer, now=now())
    return commit_and_redirect(_("Your offer is off."), to=url_for("today.today"))


def _said() -> str:
    """The sentence that was sent. Raises Invalid, also where there is none."""
    text = request.form.get("text", "")
    if not text.strip():
        raise Invalid(_("Write what you offer, or whom you can introduce."), field="text")
    return clean_text(text, field="text", what=_("what you offer"), limit=300)
