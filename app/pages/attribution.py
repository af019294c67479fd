"""Attribution: what the chapter's posts led to, as counts without names, for its leads and secretaries."""

from itertools import groupby

from flask import Blueprint, render_template

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.db import db
from app.request_time import now
from directory.people.chapter import Chapter
from directory.reports.attribution import LATELY, credits_of, intended_spending, summary_sentence
from directory.week.occurrence_planning import coming_slot

pages = Blueprint("attribution", __name__)


@pages.get("/chapters/<public_id>/attribution")
@policy("chapter.read_room")
def show(public_id: str) -> str:
    chapter = get_permitted_or_404(Chapter, public_id, "chapter.read_room")
    credits = credits_of(db.session(), chapter=chapter)
    may_read_leads = chapter.id in current_principal().leads or current_member().is_admin
    return render_template(
        "week/attribution.html",
        chapter=chapter,
        lately=summary_sentence([credit for credit in credits if credit.post.due_at > now() - LATELY]),
        weeks=[list(week) for _id, week in groupby(credits, lambda credit: credit.post.occurrence_id)],
        worth=intended_spending(credits) if may_read_leads else "",
        next_at=coming_slot(chapter, now()),
    )
