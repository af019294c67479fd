"""Today, the home page: the reader's open items, the week's post and people to meet; a landing page for visitors."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template

from app.access import current_principal, my_account, policy
from app.accounts import second_factor
from app.db import db
from app.forms.rating import rating_next
from app.request_time import now
from directory.engine.pair_suggestions import people_to_meet, reason_sentence
from directory.imports.import_batch import ImportBatch, list_of
from directory.joining import onboarding
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.reports.led_chapter import FirstSteps, led_chapter
from directory.reports.open_items import open_items
from directory.week import social_inbox
from directory.week.mention_choice import mention_view, mentions_of
from directory.week.occurrence_planning import upcoming_occurrence

pages = Blueprint("today", __name__)

NEW = timedelta(days=30)


def _led(member: Member) -> dict[str, object]:
    """What waits in the chapter that the member leads, or the first steps of the one that an admin has to start."""
    leads, own = current_principal().leads, member.business.chapter
    led = own if own and own.id in leads else db.session.get(Chapter, min(leads)) if leads else None
    if led is None:
        return {"first_steps": FirstSteps() if member.is_admin and own is None else None, "led": None, "asking": []}
    steps, applications = led_chapter(db.session(), chapter=led)
    return {"first_steps": steps, "led": led, "asking": applications}


def _unconfirmed_list(member: Member) -> ImportBatch | None:
    """The list that the member was on, while they are new and have not confirmed it."""
    is_new = member.arrived_at is not None and now() - member.arrived_at < NEW
    if not is_new or onboarding.has_edited_profile(db.session(), member=member):
        return None
    return list_of(db.session(), member=member)


@pages.get("/")
@policy("page.home")
def today() -> str:
    member = current_principal().member
    if member is None:
        return render_template("today/landing.html")
    if not member.is_active:
        return render_template("today/pending.html", me=member)
    session = db.session()
    chapter = member.business.chapter
    pairs = people_to_meet(session, member=member)
    zone = ZoneInfo(chapter.zone if chapter else "UTC")
    week = upcoming_occurrence(session, chapter=chapter, now=now()) if chapter else None
    mentions = mentions_of(session, occurrence=week, include_vetoed=True) if week else []
    runs = current_principal().leads | current_principal().keeps
    return render_template(
        "today/index.html",
        me=member,
        **social_inbox.inbox_summary(session, chapters=runs)._asdict(),
        wants_second=second_factor.is_wanted(my_account()),
        today=now().astimezone(zone),
        **open_items(session, member=member, now=now())._asdict(),
        **_led(member),
        rate_next=rating_next(member),
        week=week,
        week_at=week.due_at.astimezone(zone) if week else None,
        mentions=[mention_view(mention, member, False) for mention in mentions if mention.member.is_active],
        unconfirmed_list=_unconfirmed_list(member),
        is_begun=bool(pairs) or onboarding.has_begun(session, member=member),
        pairs=pairs,
        reason_sentence=reason_sentence,
    )
