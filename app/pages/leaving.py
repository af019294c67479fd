"""Leaving the network, coming back within the grace period, and removal of a member by an administrator."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, policy
from app.accounts.account import end_sessions
from app.accounts.sessions import end_session
from app.after_action import commit_and_redirect
from app.db import db
from app.pages.downloads import get_other_member_or_404
from app.request_time import now
from directory.local_format import local_format
from directory.people.tables import Member
from directory.privacy import departure
from directory.translation import gettext as _

pages = Blueprint("leaving", __name__)


@pages.get("/account/leave")
@policy("gdpr.erase_own", current_member)
def ask() -> str:
    return render_template("leaving/leave.html", me=current_member(), until=now() + departure.GRACE)


@pages.post("/account/leave")
@policy("gdpr.erase_own", current_member)
def leave() -> ResponseReturnValue:
    _leave(current_member())
    end_session()
    return commit_and_redirect(
        _("You have left. Everything personal is deleted in seven days. Until then, sign in to come back."), to="/"
    )


@pages.get("/stay/<string:token>")
@policy("account.use_link")
def confirm(token: str) -> str:
    row = departure.find_departure(db.session(), token=token, now=now())
    if chapter := row.member.business.chapter:
        local_format.set(chapter.local_format)
    return render_template("leaving/stay.html", departure=row)


@pages.post("/stay/<string:token>")
@policy("account.use_link")
def stay(token: str) -> ResponseReturnValue:
    row = departure.find_departure(db.session(), token=token, now=now())
    departure.come_back(db.session(), member=row.member, now=now())
    return commit_and_redirect(
        _("Welcome back. Nothing is lost. Sign in once more, so that we know it is you; an emailed link works too."),
        to=url_for("sign_in.sign_in"),
    )


@pages.post("/members/<public_id>/erase")
@policy("gdpr.export_or_erase_for_other")
def erase_for(public_id: str) -> ResponseReturnValue:
    """Remove a member on behalf of an administrator; the member has the same grace period to come back."""
    member = get_other_member_or_404(public_id)
    message = _("%(name)s is removed. Everything personal is deleted in seven days.", name=member.name)
    _leave(member)
    return commit_and_redirect(message, to="/members")


def _leave(member: Member) -> None:
    departure.leave_network(db.session(), member=member, by=current_member(), now=now())
    end_sessions(db.session(), member=member)
