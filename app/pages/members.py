"""Members: who is here, what their firms can do, and what the reader shares with them."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import me, policy, reach
from app.db import db
from app.forms.interaction import InteractionForm
from app.moment import now
from directory.leads.collaboration import finished_by
from directory.people import vouch, wanted
from directory.people.business import Business
from directory.people.capability import Capability
from directory.people.chapter import Chapter
from directory.people.member import Member
from directory.people.rating import Band
from directory.people.search import search, strongest
from directory.people.shared import shared

pages = Blueprint("members", __name__)


@pages.get("/members")
@policy("directory.search")
def index() -> str:
    session = db.session()
    text = request.args.get("q", "")[:200]
    chapters = session.scalars(select(Chapter).order_by(Chapter.name)).all()
    chapter = next((chapter for chapter in chapters if chapter.public_id == request.args.get("chapter")), None)
    chosen = request.args.get("capability", "")
    capability = session.scalar(select(Capability).where(Capability.public_id == chosen)) if chosen.isalnum() else None
    page = request.args.get("page", 1, type=int)
    found = search(session, text=text, capability=capability, chapter=chapter, page=page)
    people = [member.id for business in found.businesses for member in business.members]
    words = vouch.newest_shown(session, people)
    # Going back, htmx asks for the page it has not kept, and then wants the whole of it.
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    name = "members/_list.html" if is_part else "members/index.html"
    return render_template(name, found=found, words=words, text=text, chapters=chapters, chapter=chapter)


@pages.get("/members/<public_id>")
@policy("profile.read_member_fields")
def show(public_id: str) -> ResponseReturnValue:
    session, asker = db.session(), me()
    member = reach(Member, public_id, "profile.read_member_fields")
    return render_template(
        "members/show.html",
        member=member,
        held=strongest(session, [member.business])[member.business_id],
        vouches=vouch.shown_for(session, member=member),
        wants=wanted.live_for(session, member=member),
        band=session.scalar(select(Band).where(Band.member_id == member.id)),
        shared=shared(session, one=asker, other=member) if asker.business_id != member.business_id else None,
        form=InteractionForm(year=now().year),
    )


@pages.get("/businesses/<public_id>")
@policy("business.read")
def business(public_id: str) -> ResponseReturnValue:
    session = db.session()
    firm = reach(Business, public_id, "business.read")
    members = [member for member in firm.members if member.is_active]
    if firm.members and not members:
        abort(404)
    return render_template(
        "members/business.html",
        business=firm,
        members=members,
        held=strongest(session, [firm])[firm.id],
        works=finished_by(session, firm.id),
    )
