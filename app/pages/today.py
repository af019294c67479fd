"""Today: what waits for me, what my chapter says this week, and the one box. Visitors read what this is."""

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template

from app.access import policy, principal
from app.db import db
from app.moment import now
from directory.leads.lead import brought_by
from directory.people import interaction, vouch
from directory.week.occurrence import upcoming
from directory.week.post import mentions_of

pages = Blueprint("today", __name__)


@pages.get("/")
@policy("page.home")
def today() -> str:
    member = principal().member
    if member is None:
        return render_template("today/landing.html")
    session, chapter = db.session(), member.business.chapter
    zone = ZoneInfo(chapter.zone if chapter else "UTC")
    week = upcoming(session, chapter=chapter, now=now()) if chapter else None
    return render_template(
        "today/index.html",
        me=member,
        today=now().astimezone(zone),
        interactions=interaction.waiting_for(session, member=member),
        vouches=vouch.waiting_for(session, member=member),
        leads=[lead for lead in brought_by(session, member=member) if lead.closed_at is None],
        week=week,
        week_at=week.due_at.astimezone(zone) if week else None,
        mentions=mentions_of(session, occurrence=week) if week else [],
    )
