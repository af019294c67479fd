"""The public archive of a chapter's past weeks: a list, a page per week, and an Atom feed."""

from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, abort, current_app, render_template, url_for

from app.access import policy
from app.db import db
from directory.local_format import date_text, local_format
from directory.people.chapter import Chapter
from directory.profiles import public_page
from directory.translation import gettext as _
from directory.week.post_archive import PastWeek, archive_path, past_weeks

pages = Blueprint("archive", __name__, url_prefix="/chapters/<public_id>/weeks")

ATOM = "http://www.w3.org/2005/Atom"


@pages.get("")
@policy("chapter.read_public")
def index(public_id: str) -> str:
    chapter = _chapter(public_id)
    return _page(chapter, past_weeks(db.session(), chapter=chapter))


@pages.get("/<week_id>")
@policy("chapter.read_public")
def week(public_id: str, week_id: str) -> str:
    chapter = _chapter(public_id)
    return _page(chapter, past_weeks(db.session(), chapter=chapter, week_id=week_id) or abort(404), is_one=True)


@pages.get("/feed.atom")
@policy("chapter.read_public")
def feed(public_id: str) -> Response:
    """Return the weeks as an Atom feed (RFC 4287). The id of an entry never changes, so no reader shows it twice."""
    chapter, base = _chapter(public_id), current_app.config["BASE_URL"]
    weeks = past_weeks(db.session(), chapter=chapter)
    root = Element("feed", xmlns=ATOM)
    feed_url = f"{base}{url_for('.feed', public_id=public_id)}"
    updated = max((week.at for week in weeks), default=chapter.public_at)
    for name, text in (
        ("id", feed_url),
        ("title", _title(chapter)),
        ("updated", updated.isoformat() if updated else ""),
    ):
        SubElement(root, name).text = text
    SubElement(root, "link", rel="self", href=feed_url)
    SubElement(root, "link", rel="alternate", href=f"{base}{url_for('.index', public_id=public_id)}")
    SubElement(SubElement(root, "author"), "name").text = chapter.name
    for past_week in weeks:
        entry = SubElement(root, "entry")
        day = date_text(past_week.occurrence.local_date)
        for name, text in (
            ("id", f"urn:goodword:{past_week.key}"),
            ("title", _("The week of %(day)s", day=day)),
            ("updated", past_week.at.isoformat()),
        ):
            SubElement(entry, name).text = text
        SubElement(entry, "link", rel="alternate", href=f"{base}{archive_path(past_week.occurrence)}")
        SubElement(entry, "content", type="text").text = past_week.text
    return Response(tostring(root, encoding="utf-8", xml_declaration=True), mimetype="application/atom+xml")


def _chapter(public_id: str) -> Chapter:
    chapter = public_page.public_chapter(db.session(), public_id) or abort(404)
    local_format.set(chapter.local_format)
    return chapter


def _title(chapter: Chapter) -> str:
    return _("%(chapter)s, week by week", chapter=chapter.name)


def _page(chapter: Chapter, weeks: list[PastWeek], is_one: bool = False) -> str:
    return render_template(
        "public/weeks.html",
        chapter=chapter,
        weeks=weeks,
        is_one=is_one,
        title=_title(chapter),
        is_indexed=chapter.indexed_at is not None,
        path_of=archive_path,
    )
