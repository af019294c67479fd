"""The directory: search of members, profile and business pages, photos, and template filters about firms."""

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy
from app.db import db
from app.forms.interaction import InteractionForm
from app.forms.rating import rating_form
from app.forms.search import parse_search_query, radii
from app.pages.saved_searches import saved_searches
from app.permissions import Verdict, can
from app.request_time import now
from directory import files
from directory.db import write_session
from directory.errors import Conflict
from directory.facts import vouch
from directory.facts.claim_level import strongest_claims
from directory.facts.collaboration import finished_by
from directory.facts.introduction import Introduction, introductions_between
from directory.leads.message_draft import recommendation_message
from directory.people.audience import Audience, is_visible_to_members
from directory.people.business import AcceptsWork, accepts_work
from directory.people.industry import LABELS
from directory.people.photo import FOLDER
from directory.people.tables import Business, Member
from directory.people.working_language import language_name
from directory.privacy.business_merge import merged_into
from directory.profiles.contact_reveal import contact_of
from directory.profiles.member_view import MemberView, firm_view, member_view, member_views
from directory.profiles.rows_seen import ListedRow, count_rows, rows_to_show, too_many_rows
from directory.profiles.shared_history import shared_history
from directory.storage_failure import storage_failure

pages = Blueprint("members", __name__)


@pages.get("/members")
@policy("directory.search")
def index() -> str:
    session = db.session()
    query = parse_search_query(session, request.args, by=current_member())
    found = query.find(session, page=request.args.get("page", 1, type=int))
    cards: list[ListedRow] = []
    for firm in found.businesses:
        cards += found.people[firm.id] or [firm]
    shown = seen_by_reader(cards, query.text)
    page = found.only(shown)
    people = [member for business in page.businesses for member in page.people[business.id]]
    vouches = vouch.newest_shown(session, [member.id for member in people])
    seen = member_views(session, reader=current_member(), members=people)
    # On Back, htmx requests a page that is not in its cache with this header, and needs the full page.
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    template = "members/_list.html" if is_part else "members/index.html"
    return render_template(
        template,
        result=page,
        left_out=too_many_rows() if len(shown) < len(cards) else "",
        words=vouches,
        seen=seen,
        query=query,
        options=query.options(page),
        radii=radii(),
        saved_searches=[] if is_part else saved_searches(query.chapters),
        is_part=is_part,
    )


def seen_by_reader(rows: Sequence[ListedRow], text: str = "") -> Collection[ListedRow]:
    """Return which of a list's rows the reader may see, after counting the new ones; see ``rows_seen``."""
    reader, leads = current_member(), current_principal().leads
    seen = rows_to_show(db.session(), reader=reader, rows=rows, text=text, leads=leads, now=now())
    if seen.new:
        try:
            with write_session(db.engine) as session:
                count_rows(session, reader=current_member(), seen=seen, now=now())
        except Conflict:
            return [row for row in seen.shown if row not in seen.new]
        except DBAPIError as error:
            if storage_failure(error) is None:
                raise
            return seen.shown  # what cannot be counted can still be read
    return seen.shown


@pages.get("/members/<public_id>")
@policy("profile.read_member_fields")
def show(public_id: str) -> ResponseReturnValue:
    firm = joinedload(Member.business).joinedload(Business.chapter)
    options = (firm, joinedload(Member.band), joinedload(Member.asks))
    member = get_permitted_or_404(Member, public_id, "profile.read_member_fields", options=options)
    session, reader = db.session(), current_member()
    introductions = introductions_between(session, one=reader, other=member) if member is not reader else []
    seen = member_view(session, reader=reader, member=member, introductions=introductions)
    return profile_page(seen, introductions=introductions)


def profile_page(
    seen: MemberView, *, preview: Audience | None = None, introductions: Sequence[Introduction] = ()
) -> str:
    """Return the profile page of a member with the fields that its reader sees.

    With ``preview``, the reader is the member, who looks at the page as this audience sees it.
    """
    session, reader, member = db.session(), current_member(), seen.member
    vouches, mutual_vouches = vouch.shown_between(session, one=reader, other=member)
    is_other_firm = reader.business_id != member.business_id
    held = strongest_claims(session, [member.business])[member.business_id]
    does = [row.capability.name for row in held[:3]]
    hides_contact = not (seen.sees("direct_phone") and seen.sees("direct_email"))
    return render_template(
        "members/show.html",
        member=member,
        view=seen,
        preview=preview,
        contact=contact_of(seen),
        may_ask=hides_contact and can(current_principal(), "profile.read_private_contact", member) is Verdict.REASON,
        message=recommendation_message(reader, member, does=does),
        held=held,
        vouches=vouches,
        wants=member.asks,
        band=None if preview else member.band,
        shared=shared_history(session, one=reader, other=member, vouches=mutual_vouches, introductions=introductions)
        if is_other_firm
        else None,
        form=InteractionForm(year=now().year),
        rating_form=rating_form,
    )


@pages.get("/members/<public_id>/photo/<digest>")
@policy("photo.read")
def photo(public_id: str, digest: str) -> ResponseReturnValue:
    """Return a member's photo to the audience that the member chose; to visitors only if the member's card is public.

    Aborts with 404 for everybody else, and if ``digest`` is not that of the current photo.
    """
    member, principal = db.session.scalar(select(Member).where(Member.public_id == public_id)), current_principal()
    is_pending_owner = principal.member is member and principal.is_pending
    reader = principal.member if principal.is_member or is_pending_owner else None
    if member is None or not (member.is_active or member is reader) or (reader is None and not member.public_at):
        abort(404)
    if member_view(db.session(), reader=reader, member=member).get("photo") != digest:
        abort(404)
    try:
        response = Response(files.read_file(current_app.config["HOME"], FOLDER, digest), mimetype="image/webp")
    except FileNotFoundError:
        abort(404)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.vary.add("Cookie")
    return response


@pages.app_template_global()
def face(seen: MemberView | None) -> str:
    """Return the URL of the photo that the reader of this view may see; "" if there is none."""
    digest = seen.get("photo") if seen else ""
    return url_for("members.photo", public_id=seen.member.public_id, digest=digest) if seen and digest else ""


@pages.app_template_filter()
def known_face(member: Member) -> str:
    """Return the URL of a photo that every member may see, for lists of people; "" if there is none."""
    if not (member.photo and member.is_active and is_visible_to_members(member, "photo")):
        return ""
    return url_for("members.photo", public_id=member.public_id, digest=member.photo)


pages.add_app_template_filter(contact_of, "contact")
pages.add_app_template_filter(language_name, "language")


@pages.app_template_filter("industry")
def industry_name(key: str) -> str:
    return str(_(LABELS.get(key, key)))


@pages.app_template_filter("accepting")
def takes_work(firm: Business) -> AcceptsWork | None:
    return accepts_work(firm, now().date())


@pages.app_template_filter("host")
def host_of(url: str) -> str:
    """Return the host name of a URL without a leading "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


@pages.get("/businesses/<public_id>")
@policy("business.read")
def business(public_id: str) -> ResponseReturnValue:
    session, reader = db.session(), current_member()
    if (successor := merged_into(session, public_id)) is not None:
        permit("business.read", successor)
        return redirect(url_for(".business", public_id=successor.public_id), 301)
    firm = get_permitted_or_404(Business, public_id, "business.read")
    if firm.is_hidden:
        abort(404)
    members = [member for member in firm.members if member.is_active]
    seen = firm_view(session, reader=reader, business=firm)
    return render_template(
        "members/business.html",
        business=firm,
        view=seen,
        contact=contact_of(seen),
        members=members,
        seen=member_views(session, reader=reader, members=members),
        held=strongest_claims(session, [firm])[firm.id],
        works=finished_by(session, firm.id),
    )
