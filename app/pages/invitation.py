"""Inviting somebody into a chapter, and sending an invitation again."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.joining import InviteForm
from app.pages.chapter import room
from app.request_time import now
from directory.joining import invitation
from directory.outbox import mail_refusal
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.translation import gettext as _

pages = Blueprint("invitation", __name__)

pages.add_app_template_filter(mail_refusal.refusal_reason, "refusal_reason")


@pages.post("/chapters/<public_id>/invite")
@policy("invitation.send")
def invite(public_id: str) -> ResponseReturnValue:
    chapter, form = get_permitted_or_404(Chapter, public_id, "invitation.send"), InviteForm()
    if form.validate_on_submit():
        with blamed(form):
            fields = form.texts("name", "email", "firm")
            member = invitation.invite(db.session(), chapter=chapter, by=current_member(), **fields, now=now())
            return commit_and_redirect(
                _("%(name)s is invited. The email is on its way.", name=member.name),
                to=url_for("chapter.index", of=public_id),
            )
    return room(chapter, form), form.status


@pages.post("/invitations/<public_id>/again")
@policy("invitation.send")
def send_again(public_id: str) -> ResponseReturnValue:
    """Send a reminder, or the invitation to a corrected address; to a member who has joined, write again."""
    member = get_permitted_or_404(Member, public_id, "invitation.send")
    chapter = member.business.chapter
    back = url_for("chapter.index", of=chapter.public_id if chapter else None)
    if member.arrived_at is not None and member.is_refused:
        mail_refusal.retry_address(db.session(), member=member, by=current_member(), now=now())
        return commit_and_redirect(_("We are trying %(name)s’s email again.", name=member.name), to=back)
    email = request.form.get("email", "")
    invitation.send_again(db.session(), member=member, by=current_member(), email=email, now=now())
    sentence = _("A reminder is on its way to %(name)s. Next, a call helps more than email.", name=member.name)
    if member.reminded_at is None:
        sentence = _("The invitation is on its way to %(name)s at %(email)s.", name=member.name, email=member.email)
    return commit_and_redirect(sentence, to=back)
