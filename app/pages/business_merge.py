"""Merge of two records of the same business, compared and merged by a lead or an administrator."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, current_principal, get_permitted_or_404, policy, refuse
from app.after_action import commit_and_redirect
from app.db import db
from app.permissions import Verdict, can
from app.request_time import now
from directory.outbox import mail
from directory.people.chapter import Chapter
from directory.people.tables import Business
from directory.privacy import business_merge
from directory.translation import gettext as _

pages = Blueprint("business_merge", __name__)


@pages.get("/businesses/<public_id>/merge/<other_id>")
@policy("business.compare")
def compare(public_id: str, other_id: str) -> str:
    """Show what a merge would move from the second record to the first."""
    keep, drop = _permitted_pair(public_id, other_id, "business.compare")
    return render_template(
        "business_merge/merge.html", keep=keep, drop=drop, moves=business_merge.describe_moves(db.session(), drop=drop)
    )


@pages.post("/businesses/<public_id>/merge/<other_id>")
@policy("business.merge")
def merge(public_id: str, other_id: str) -> ResponseReturnValue:
    keep, drop = _permitted_pair(public_id, other_id, "business.merge")
    people = [member for firm in (keep, drop) for member in firm.members if member.id != current_member().id]
    business_merge.merge(db.session(), keep=keep, drop=drop, by=current_member(), now=now())
    act, reason = _("They merged two records of your firm."), " ".join(request.form["reason"].split())
    words, event = {"by": current_member().name, "act": act, "reason": reason}, f"merged-{other_id}"
    for member in people:
        mail.enqueue(db.session(), letter="told", to=member, event=event, words=words, now=now())
    return commit_and_redirect(
        _("The two records of %(firm)s are merged.", firm=keep.name),
        to=url_for("members.business", public_id=public_id),
    )


@pages.app_template_global()
def possible_duplicates(chapter: Chapter) -> list[business_merge.DuplicatePair]:
    """Return the pairs of records that a lead of the chapter may want to merge."""
    return business_merge.duplicate_suggestions(db.session(), chapter)


def _permitted_pair(public_id: str, other_id: str, action: str) -> tuple[Business, Business]:
    """Return both records if the reader may do ``action`` to both, else abort.

    An imported record without a chapter and members may be merged into a record of any chapter.
    """
    drop = get_permitted_or_404(Business, other_id, "business.read")
    is_unassigned = drop.chapter_id is None and not drop.members
    verdict = can(current_principal(), action, drop)
    if not is_unassigned and verdict not in (Verdict.ALLOW, Verdict.REASON):
        refuse(verdict, drop)
    return get_permitted_or_404(Business, public_id, action), drop
