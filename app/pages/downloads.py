"""Downloads: a member's own archive, an address-book card, the chapter's brochure and its member list as CSV."""

import re

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, current_principal, get_permitted_or_404, policy, require_recent_login
from app.accounts.tables import Account, AccountSession
from app.db import db
from app.pages.members import seen_by_reader
from app.permissions import Verdict, can
from app.request_time import now
from directory.facts.claim_level import strongest_claims
from directory.joining.invitation import is_still_invited
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.people.wanted import live_wanteds
from directory.privacy import data_export
from directory.profiles.contact_reveal import contact_of, reveal
from directory.profiles.member_view import member_view, visible_to
from directory.profiles.public_page import active_members_of
from directory.profiles.rows_seen import too_many_rows
from directory.profiles.vcard import vcard

pages = Blueprint("downloads", __name__)


@pages.get("/account/export")
@policy("gdpr.export_own", current_member)
def export() -> str:
    return render_template("downloads/export.html", me=current_member())


@pages.post("/account/export")
@policy("gdpr.export_own", current_member)
def download() -> Response:
    return _archive(current_member())


def get_other_member_or_404(public_id: str) -> Member:
    """Return the member whose data an administrator exports or erases.

    An administrator needs a recent login, checked before the row is looked up. Raises RecentLoginRequired.
    """
    if current_member().is_admin:
        require_recent_login()
    return get_permitted_or_404(Member, public_id, "gdpr.export_or_erase_for_other")


@pages.post("/members/<public_id>/export")
@policy("gdpr.export_or_erase_for_other")
def export_for(public_id: str) -> ResponseReturnValue:
    """Return a member's archive to an administrator whom the member asked for it."""
    member = get_other_member_or_404(public_id)
    response = _archive(member)
    db.session.commit()
    return response


@pages.post("/members/<public_id>/card")
@policy("contact.reveal")
def card(public_id: str) -> ResponseReturnValue:
    """Return the member's vCard. It counts as one contact reveal."""
    member = get_permitted_or_404(Member, public_id, "contact.reveal")
    seen = member_view(db.session(), reader=current_member(), member=member)
    reveal(db.session(), reader=current_member(), of=member, now=now())
    db.session.commit()
    page = current_app.config["BASE_URL"] + url_for("members.show", public_id=public_id)
    return _attachment(vcard(seen, contact_of(seen), page=page), "text/vcard", f"{_slug(member.name)}.vcf")


@pages.get("/chapter/brochure")
@policy("directory.search")
def brochure() -> str:
    """Show the reader's chapter for print: members who accepted their invitation, with what every member may see."""
    chapter = current_member().business.chapter
    active = active_members_of(db.session(), chapter=chapter) if chapter else []
    everybody = [member for member in active if not is_still_invited(member)]
    shown = seen_by_reader(everybody)
    people = [member for member in everybody if member in shown]
    held = strongest_claims(db.session(), [member.business for member in people])
    return render_template(
        "downloads/brochure.html",
        chapter=chapter,
        people=[(visible_to(member, Audience.MEMBERS), live_wanteds(db.session(), member=member)) for member in people],
        held=held,
        left_out=too_many_rows() if len(people) < len(everybody) else "",
    )


@pages.post("/chapters/<public_id>/members.csv")
@policy("directory.export_csv")
def chapter_list(public_id: str) -> Response:
    """Return the chapter's members as a CSV file, for its lead."""
    chapter = db.session.scalar(select(Chapter).where(Chapter.public_id == public_id))
    if chapter is not None and can(current_principal(), "directory.export_csv", chapter) is Verdict.REASON:
        require_recent_login()
    chapter = get_permitted_or_404(Chapter, public_id, "directory.export_csv")
    text = data_export.as_csv(data_export.chapter_export(db.session(), chapter=chapter))
    db.session.commit()
    return _attachment(text, "text/csv", f"{_slug(chapter.name)}.csv")


def _archive(member: Member) -> Response:
    own_sessions = select(AccountSession).join(AccountSession.account).where(Account.member_id == member.id)
    rows: data_export.Rows = [
        {"browser": row.browser, "began_at": row.began_at, "seen_at": row.seen_at, "expires_at": row.expires_at}
        for row in db.session.scalars(own_sessions.order_by(AccountSession.id))
    ]
    content = data_export.member_export(db.session(), member=member, by=current_member(), more={"signed_in": rows})
    picture = data_export.picture_of(member, home=current_app.config["HOME"])
    archive = data_export.as_zip(content, picture=picture, now=now())
    return _attachment(archive, "application/zip", f"goodword-{_slug(member.name)}-{now():%Y-%m-%d}.zip")


def _attachment(content: str | bytes, mimetype: str, name: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "member"
