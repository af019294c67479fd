"""Administration of a member: state, suspension, password reset and roles."""

from uuid import uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.accounts.account import end_sessions
from app.after_action import commit_and_redirect
from app.db import db
from app.request_time import now
from directory.audit import record
from directory.errors import Conflict, Invalid
from directory.outbox import mail
from directory.people import role as roles
from directory.people import suspension
from directory.people.chapter import Chapter
from directory.people.member import chapter_roles
from directory.people.tables import Member, MemberState, Role
from directory.translation import gettext as _

pages = Blueprint("member_admin", __name__)

STATES = (MemberState.ACTIVE, MemberState.SUSPENDED)


@pages.get("/members/<public_id>/standing")
@policy("member.read_standing")
def show(public_id: str) -> str:
    member = get_permitted_or_404(Member, public_id, "member.read_standing", states=STATES)
    held = chapter_roles(db.session(), member=member)
    return render_template("members/standing.html", member=member, held=held, me=current_member())


@pages.post("/members/<public_id>/suspend")
@policy("member.suspend")
def suspend(public_id: str) -> ResponseReturnValue:
    member = get_permitted_or_404(Member, public_id, "member.suspend", states=STATES)
    suspension.suspend(db.session(), member=member, by=current_member(), now=now())
    end_sessions(db.session(), member=member)
    return commit_and_redirect(
        _("%(name)s is suspended and signed out everywhere.", name=member.name),
        undo=url_for(".reinstate", public_id=public_id),
        to=url_for(".show", public_id=public_id),
    )


@pages.post("/members/<public_id>/reinstate")
@policy("member.reinstate")
def reinstate(public_id: str) -> ResponseReturnValue:
    member = get_permitted_or_404(Member, public_id, "member.reinstate", states=STATES)
    suspension.reinstate(db.session(), member=member, by=current_member(), now=now())
    return commit_and_redirect(
        _("%(name)s is reinstated.", name=member.name),
        undo=url_for(".suspend", public_id=public_id),
        to=url_for(".show", public_id=public_id),
    )


@pages.post("/members/<public_id>/reset")
@policy("account.start_reset")
def reset(public_id: str) -> ResponseReturnValue:
    member = get_permitted_or_404(Member, public_id, "account.start_reset")
    event = f"reset-{uuid4().hex}"
    if mail.enqueue(db.session(), letter="reset", to=member, event=event, now=now()) is None:
        raise Conflict(_("%(name)s has no email address.", name=member.name))
    record(
        db.session(),
        actor_id=current_member().id,
        action="account.start_reset",
        object=f"member {member.public_id}",
        now=now(),
    )
    return commit_and_redirect(_("We emailed %(name)s a link to choose a new password.", name=member.first_name))


@pages.get("/members/<public_id>/roles")
@policy("role.grant_revoke")
def show_roles(public_id: str) -> str:
    member = get_permitted_or_404(Member, public_id, "role.grant_revoke")
    held = {(row.chapter_id, row.role) for row in chapter_roles(db.session(), member=member)}
    chapters = db.session.scalars(select(Chapter).order_by(Chapter.name)).all()
    return render_template("members/roles.html", member=member, held=held, chapters=chapters, Role=Role)


@pages.post("/members/<public_id>/roles/<any(grant, revoke):act>")
@policy("role.grant_revoke")
def change_role(public_id: str, act: str) -> ResponseReturnValue:
    """Grant or revoke the form's ``role``: "admin" of the network, or a Role in the form's ``chapter``."""
    member, by, session = get_permitted_or_404(Member, public_id, "role.grant_revoke"), current_member(), db.session()
    role, chapter_id = request.form.get("role", ""), request.form.get("chapter", "")
    if role == "admin" and act == "grant":
        roles.grant_admin(session, member=member, by=by, now=now())
    elif role == "admin":
        roles.revoke_admin(session, member=member, by=by, now=now())
    else:
        query = select(Chapter).where(Chapter.public_id == chapter_id)
        chapter = session.scalar(query) if chapter_id.isalnum() else None
        if chapter is None or role not in list(Role):
            raise Invalid(_("Choose a chapter, and what to do for it."))
        change = roles.grant_role if act == "grant" else roles.revoke_role
        change(session, member=member, chapter=chapter, role=Role(role), by=by, now=now())
    return commit_and_redirect(_("Saved."), to=url_for(".show_roles", public_id=public_id))
