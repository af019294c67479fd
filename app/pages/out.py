"""The way out: one's own data in a file, leaving, coming back; and what leaves with somebody else for good reason."""

import re

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy, require_recent_login
from app.accounts.account import end_sessions
from app.accounts.sessions import end_session
from app.accounts.tables import Account, AccountSession
from app.db import db
from app.permissions import Verdict, can
from app.redirects import commit_and_redirect
from app.request_time import now
from directory.facts.claim_level import strongest_claims
from directory.joining.invitation import is_still_invited
from directory.people.audience import Audience
from directory.people.chapter import Chapter
from directory.people.tables import Band, Member
from directory.people.wanted import live_wanteds
from directory.privacy import data_export, departure
from directory.profiles.contact_details import contact_of, reveal
from directory.profiles.member_view import member_view, visible_to
from directory.profiles.public_page import active_members_of
from directory.profiles.vcard import vcard
from directory.translation import gettext as _

pages = Blueprint("out", __name__)


@pages.get("/account/export")
@policy("gdpr.export_own")
def export() -> str:
    permit("gdpr.export_own", current_member())
    return render_template("out/export.html", me=current_member())


@pages.post("/account/export")
@policy("gdpr.export_own")
def download() -> Response:
    permit("gdpr.export_own", current_member())
    return _archive(current_member())


@pages.get("/account/leave")
@policy("gdpr.erase_own")
def ask() -> str:
    permit("gdpr.erase_own", current_member())
    return render_template("out/leave.html", me=current_member(), until=now() + departure.GRACE)


@pages.post("/account/leave")
@policy("gdpr.erase_own")
def leave() -> ResponseReturnValue:
    permit("gdpr.erase_own", current_member())
    _leave(current_member())
    end_session()
    db.session.commit()
    flash(_("You have left. Everything personal is erased in seven days; until then, sign in to take it back."))
    return redirect("/", 303)


@pages.get("/stay/<string:token>")
@policy("account.use_link")
def confirm(token: str) -> str:
    return render_template("out/stay.html", departure=departure.find_departure(db.session(), token=token, now=now()))


@pages.post("/stay/<string:token>")
@policy("account.use_link")
def stay(token: str) -> ResponseReturnValue:
    left = departure.find_departure(db.session(), token=token, now=now())
    departure.come_back(db.session(), member=left.member, now=now())
    return commit_and_redirect(
        _("You are back, and nothing is lost. Sign in once more, so that we know it is you; a mailed link will do."),
        to=url_for("sign_in.sign_in"),
    )


@pages.post("/members/<public_id>/export")
@policy("gdpr.export_or_erase_for_other")
def export_for(public_id: str) -> ResponseReturnValue:
    """Somebody's own data, when they ask an administrator for it."""
    member = _for_other(public_id)
    answer = _archive(member)
    db.session.commit()
    return answer


@pages.post("/members/<public_id>/erase")
@policy("gdpr.export_or_erase_for_other")
def erase_for(public_id: str) -> ResponseReturnValue:
    """Somebody leaves by an administrator's hand, with the same week to come back."""
    member = _for_other(public_id)
    name = member.name
    _leave(member)
    db.session.commit()
    flash(_("%(name)s has left. Everything personal is erased in seven days.", name=name))
    return redirect("/members", 303)


@pages.post("/members/<public_id>/card")
@policy("contact.reveal")
def card(public_id: str) -> ResponseReturnValue:
    """The member for an address book: a look at how to reach them, counted as one."""
    member = get_permitted_or_404(Member, public_id, "contact.reveal")
    seen = member_view(db.session(), reader=current_member(), member=member)
    reveal(db.session(), reader=current_member(), of=member, now=now())
    db.session.commit()
    page = current_app.config["BASE_URL"] + url_for("members.show", public_id=public_id)
    return _file(vcard(seen, contact_of(seen), page=page), "text/vcard", f"{_plain(member.name)}.vcf")


@pages.get("/chapter/brochure")
@policy("directory.search")
def brochure() -> str:
    """The reader's chapter on paper: who has come in, and no more of anybody than every member may see."""
    chapter = current_member().business.chapter
    known = active_members_of(db.session(), chapter=chapter) if chapter else []
    people = [member for member in known if not is_still_invited(member)]
    held = strongest_claims(db.session(), [member.business for member in people])
    return render_template(
        "out/brochure.html",
        chapter=chapter,
        people=[(visible_to(member, Audience.MEMBERS), live_wanteds(db.session(), member=member)) for member in people],
        held=held,
    )


@pages.post("/chapters/<public_id>/members.csv")
@policy("directory.export_csv")
def chapter_list(public_id: str) -> Response:
    """The chapter's members, for its lead's spreadsheet."""
    chapter = db.session.scalar(select(Chapter).where(Chapter.public_id == public_id))
    if chapter is not None and can(current_principal(), "directory.export_csv", chapter) is Verdict.REASON:
        require_recent_login()
    chapter = get_permitted_or_404(Chapter, public_id, "directory.export_csv")
    text = data_export.as_csv(data_export.chapter_export(db.session(), chapter=chapter))
    db.session.commit()
    return _file(text, "text/csv", f"{_plain(chapter.name)}.csv")


def _for_other(public_id: str) -> Member:
    if current_member().is_admin:
        require_recent_login()
    return get_permitted_or_404(Member, public_id, "gdpr.export_or_erase_for_other")


def _leave(member: Member) -> None:
    departure.leave_network(db.session(), member=member, by=current_member(), now=now())
    end_sessions(db.session(), member=member)


def _archive(member: Member) -> Response:
    signed_in = select(AccountSession).join(AccountSession.account).where(Account.member_id == member.id)
    rows: data_export.Rows = [
        {"browser": row.browser, "began_at": row.began_at, "seen_at": row.seen_at, "expires_at": row.expires_at}
        for row in db.session.scalars(signed_in.order_by(AccountSession.id))
    ]
    band = db.session.scalar(select(Band).where(Band.member_id == member.id, Band.warmth > 0))
    content = data_export.member_export(
        db.session(), member=member, by=current_member(), band=band, more={"signed_in": rows}
    )
    picture = data_export.picture_of(member, home=current_app.config["HOME"])
    packed = data_export.as_zip(content, picture=picture, now=now())
    return _file(packed, "application/zip", f"goodword-{_plain(member.name)}-{now():%Y-%m-%d}.zip")


def _file(content: str | bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "member"
