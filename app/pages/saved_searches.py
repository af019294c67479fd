"""Saved searches: saving, opening, deleting and restoring one, and the number of new results of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect, refuse_and_redirect
from app.db import db
from app.forms.search import parse_search_query
from app.request_time import now
from app.template_filters import ago
from directory.engine import saved_search
from directory.engine.saved_search import SavedSearch
from directory.errors import DomainError
from directory.local_format import local_date, weekday_text
from directory.people.chapter import Chapter

pages = Blueprint("saved_searches", __name__)


@dataclass(frozen=True)
class SavedSearchNews:
    """A saved search and its number of firms that are new since the member last opened it."""

    search: SavedSearch
    new: int


def saved_searches(chapters: list[Chapter]) -> Sequence[SavedSearchNews]:
    """Return the reader's saved searches. Costs two queries, and one search for each that may have new results."""
    session = db.session()
    searches = saved_search.saved_by(session, member=current_member())
    news = saved_search.new_since(session, min(search.seen_at for search in searches)) if searches else {}
    counted = []
    for search in searches:
        new = 0
        if any(at > search.seen_at for at in news.values()):
            parameters = {**search.parameters, "since": search.seen_at.isoformat()}
            query = parse_search_query(session, parameters, by=current_member(), chapters=chapters)
            new = query.find(session).total
        counted.append(SavedSearchNews(search, new))
    return counted


@pages.app_template_filter("recent")
def recent(then: datetime) -> str:
    """Return the weekday of a time one to six days ago, such as "Monday"; else how long ago it was."""
    days = (local_date(now()) - local_date(then)).days
    return ago(then) if days < 1 or days > 6 else weekday_text(then)


@pages.post("/searches")
@policy("saved_search.create")
def save() -> ResponseReturnValue:
    session = db.session()
    query = parse_search_query(session, request.form, by=current_member())
    try:
        search = saved_search.save(
            session, member=current_member(), name=query.name, parameters=query.parameters, now=now()
        )
    except DomainError as error:
        return refuse_and_redirect(error.message, query.url())
    return commit_and_redirect(
        _("Saved. The Members page tells you when somebody new fits."),
        undo=url_for(".end", public_id=search.public_id),
        to=query.url(),
    )


@pages.post("/searches/<public_id>/open")
@policy("saved_search.open")
def look(public_id: str) -> ResponseReturnValue:
    session = db.session()
    search = get_permitted_or_404(SavedSearch, public_id, "saved_search.open")
    query = parse_search_query(session, search.parameters, by=current_member())
    before = saved_search.mark_seen(session, search=search, now=now())
    news = parse_search_query(session, {**search.parameters, "since": before.isoformat()}, by=current_member())
    return commit_and_redirect(to=news.url() if news.find(session).total else query.url())


@pages.post("/searches/<public_id>/end")
@policy("saved_search.delete")
def end(public_id: str) -> ResponseReturnValue:
    search = get_permitted_or_404(SavedSearch, public_id, "saved_search.delete")
    saved_search.delete_search(db.session(), search=search, now=now())
    return commit_and_redirect(_("The saved search is deleted."), undo=url_for(".resume", public_id=public_id))


@pages.post("/searches/<public_id>/resume")
@policy("saved_search.delete")
def resume(public_id: str) -> ResponseReturnValue:
    search = get_permitted_or_404(SavedSearch, public_id, "saved_search.delete")
    saved_search.undelete_search(db.session(), search=search)
    return commit_and_redirect(_("The search is saved again."))
