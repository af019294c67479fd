"""Today, the home page: the reader's open items, the week's post and people to meet; a landing page for visitors."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, g, render_template

from app.access import current_member, current_principal, my_account, policy
from app.accounts import second_factor
from app.db import db
from app.forms.rating import rating_next
from app.request_time import now
from directory.engine.pair_reason import reason_sentence
from directory.engine.weekly_pairings import pairing_reasons, person_to_meet
from directory.imports.import_batch import ImportBatch, list_of
from directory.joining import onboarding
from directory.people.chapter import Chapter
from directory.people.namesake import known_names, namesakes_of, recent_namesakes
from directory.people.tables import Member
from directory.reports.first_steps import FirstSteps, first_steps
from directory.reports.good_news import good_news
from directory.reports.lead_progress import progress_lines
from directory.reports.open_items import Waiting, waiting_items
from directory.week.mention_choice import mention_view, mentions_of
from directory.week.occurrence_planning import upcoming_occurrence

pages = Blueprint("today", __name__)

NEW = timedelta(days=30)


def _led(member: Member) -> dict[str, object]:
    """The first steps of the chapter that the member leads, or of the one that an admin has to start."""
    leads, own = current_principal().leads, member.business.chapter
    led = own if own and own.id in leads else db.session.get(Chapter, min(leads)) if leads else None
    if led is None:
        return {"first_steps": FirstSteps() if member.is_admin and own is None else None, "led": None}
    return {"first_steps": first_steps(db.session(), chapter=led), "led": led}


def _namesakes(waits: Waiting) -> dict[str, object]:
    """Of the chapters that the reader leads: who lately took a name that is here, and which applicants have one."""
    session, leads, asking = db.session(), current_principal().leads, waits.items.asking
    names = known_names(session) if asking else None
    return {
        "renamed": recent_namesakes(session, chapters=leads, now=now()) if leads else [],
        "namesakes": {row.id: namesakes_of(names, row.member) for row in asking if names},
    }


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
    waits = what_waits()
    pair = None if waits.items.talks else person_to_meet(session, member=member, now=now())
    zone = ZoneInfo(chapter.zone if chapter else "UTC")
    week = upcoming_occurrence(session, chapter=chapter, now=now()) if chapter else None
    mentions = mentions_of(session, occurrence=week, include_vetoed=True) if week else []
    return render_template(
        "today/index.html",
        me=member,
        waits=waits.total,
        news=None if waits.total else good_news(session, member=member, now=now()),
        wants_second=second_factor.is_wanted(my_account()),
        today=now().astimezone(zone),
        **_led(member),
        **waits.items._asdict(),
        **waits.inbox._asdict(),
        **_namesakes(waits),
        given=waits.given,
        lines=progress_lines(session, leads=waits.items.leads[:3]),
        rate_next=rating_next(member),
        week=week,
        week_at=week.due_at.astimezone(zone) if week else None,
        mentions=[mention_view(mention, member, False) for mention in mentions if mention.member.is_active],
        unconfirmed_list=_unconfirmed_list(member),
        is_begun=pair is not None or onboarding.has_begun(session, member=member),
        pair=pair,
        reason_sentence=reason_sentence,
        talk_reasons=pairing_reasons(session, waits.items.talks),
    )


@pages.app_template_global()
def what_waits() -> Waiting:
    """Return what waits for the reader, a member; it is read once in a request."""
    if "waiting" not in g:
        reader = current_principal()
        runs = reader.leads | reader.keeps
        g.waiting = waiting_items(db.session(), member=current_member(), leads=reader.leads, runs=runs, now=now())
    found: Waiting = g.waiting
    return found
