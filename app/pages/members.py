"""Members: who is here, what their firms can do, and what the reader shares with them."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy
from app.db import db
from app.forms.interaction import InteractionForm
from app.forms.rating import rating_form
from app.forms.search import parse_search_query
from app.pages.saved_searches import saved
from app.permissions import Verdict, can
from app.request_time import now
from directory import files
from directory.engine.faceted_search import RADII
from directory.facts import vouch
from directory.facts.claim_level import strongest_claims
from directory.facts.collaboration import finished_by
from directory.facts.introduction import Introduction, introductions_between
from directory.leads.message_draft import recommendation_message
from directory.people.audience import Audience
from directory.people.business import AcceptsWork, accepts_work
from directory.people.industry import LABELS
from directory.people.photo import FOLDER
from directory.people.tables import Business, Member
from directory.people.working_language import language_name
from directory.privacy.business_merge import merged_into
from directory.profiles.contact_details import contact_of
from directory.profiles.member_view import MemberView, firm_view, member_view, member_views
from directory.profiles.shared_history import shared_history

pages = Blueprint("members", __name__)


@pages.get("/members")
@policy("directory.search")
def index() -> str:
    session = db.session()
    look = parse_search_query(session, request.args, by=current_member())
    found = look.find(session, page=request.args.get("page", 1, type=int))
    people = [member for business in found.businesses for member in found.people[business.id]]
    words = vouch.newest_shown(session, [member.id for member in people])
    seen = member_views(session, reader=current_member(), members=people)
    # Going back, htmx asks for the page it has not kept, and then wants the whole of it.
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    name = "members/_list.html" if is_part else "members/index.html"
    kept = [] if is_part else saved(look.chapters)
    return render_template(
        name,
        found=found,
        words=words,
        seen=seen,
        asked=look,
        options=look.options(found),
        radii=RADII,
        kept=kept,
        is_part=is_part,
    )


@pages.get("/members/<public_id>")
@policy("profile.read_member_fields")
def show(public_id: str) -> ResponseReturnValue:
    firm = joinedload(Member.business).joinedload(Business.chapter)
    whole = (firm, joinedload(Member.band), joinedload(Member.asks))
    member, asker, session = (
        get_permitted_or_404(Member, public_id, "profile.read_member_fields", options=whole),
        current_member(),
        db.session(),
    )
    met = introductions_between(session, one=asker, other=member) if member is not asker else []
    return profile_page(member_view(session, reader=asker, member=member, introductions=met), met=met)


def profile_page(seen: MemberView, *, preview: Audience | None = None, met: Sequence[Introduction] = ()) -> str:
    """The page of a member as far as its reader sees it; ``preview``: as its owner sees that somebody else would."""
    session, asker, member = db.session(), current_member(), seen.member
    words, of_two = vouch.shown_between(session, one=asker, other=member)
    is_other = asker.business_id != member.business_id
    held = strongest_claims(session, [member.business])[member.business_id]
    does = [row.capability.name for row in held[:3]]
    wants_reason = not (seen.sees("direct_phone") and seen.sees("direct_email"))
    return render_template(
        "members/show.html",
        member=member,
        view=seen,
        preview=preview,
        contact=contact_of(seen),
        may_ask=wants_reason and can(current_principal(), "profile.read_private_contact", member) is Verdict.REASON,
        message=recommendation_message(asker, member, does=does),
        held=held,
        vouches=words,
        wants=member.asks,
        band=None if preview else member.band,
        shared=shared_history(session, one=asker, other=member, vouches=of_two, introductions=met)
        if is_other
        else None,
        form=InteractionForm(year=now().year),
        rating_form=rating_form,
    )


@pages.get("/members/<public_id>/photo/<digest>")
@policy("photo.read")
def photo(public_id: str, digest: str) -> ResponseReturnValue:
    """The photo, for whoever its owner shows it to; on the open web only beside a public card."""
    member, asker = db.session.scalar(select(Member).where(Member.public_id == public_id)), current_principal()
    reader = asker.member if asker.is_member or (asker.member is member and asker.is_pending) else None
    if member is None or not (member.is_active or member is reader) or (reader is None and not member.public_at):
        abort(404)
    if member_view(db.session(), reader=reader, member=member).get("photo") != digest:
        abort(404)
    try:
        answer = Response(files.read_file(current_app.config["HOME"], FOLDER, digest), mimetype="image/webp")
    except FileNotFoundError:
        abort(404)
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.vary.add("Cookie")
    return answer


@pages.app_template_global()
def face(seen: MemberView | None) -> str:
    """The address of the photo that the reader of this view may see; empty where there is none."""
    digest = seen.get("photo") if seen else ""
    return url_for("members.photo", public_id=seen.member.public_id, digest=digest) if seen and digest else ""


pages.add_app_template_filter(contact_of, "contact")
pages.add_app_template_filter(language_name, "language")


@pages.app_template_filter("industry")
def industry_name(key: str) -> str:
    return str(_(LABELS.get(key, key)))


@pages.app_template_filter("accepting")
def takes_work(firm: Business) -> AcceptsWork | None:
    return accepts_work(firm, now().date())


@pages.app_template_filter("host")
def host_of(address: str) -> str:
    """Where a link leads."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


@pages.get("/businesses/<public_id>")
@policy("business.read")
def business(public_id: str) -> ResponseReturnValue:
    session, asker = db.session(), current_member()
    if (moved := merged_into(session, public_id)) is not None:
        permit("business.read", moved)
        return redirect(url_for(".business", public_id=moved.public_id), 301)
    firm = get_permitted_or_404(Business, public_id, "business.read")
    members = [member for member in firm.members if member.is_active]
    if firm.members and not members:
        abort(404)
    seen = firm_view(session, reader=asker, business=firm)
    return render_template(
        "members/business.html",
        business=firm,
        view=seen,
        contact=contact_of(seen),
        members=members,
        seen=member_views(session, reader=asker, members=members),
        held=strongest_claims(session, [firm])[firm.id],
        works=finished_by(session, firm.id),
    )
