"""Public pages: cards of members and pages of chapters by consent, visitors' messages, robots.txt and the sitemap."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.db import db
from app.forms import blamed
from app.forms.public_page import PublicForm
from app.forms.visitor_message import RelayForm
from app.pages.members import face
from app.request_time import now
from directory.local_format import local_format
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.profiles import public_page, relay
from directory.profiles.public_page import PublicCard
from directory.translation import gettext as _
from directory.week.occurrence_planning import upcoming_occurrence
from directory.week.post_archive import archive_paths

pages = Blueprint("public", __name__)


@pages.get("/people/<public_id>")
@policy("profile.read_public_card")
def person(public_id: str) -> str:
    return _person(_member(public_id), RelayForm(formdata=None))


@pages.post("/people/<public_id>")
@policy("relay.write")
def write(public_id: str) -> ResponseReturnValue:
    member, form = _member(public_id), RelayForm()
    if form.validate_on_submit():
        fields = form.texts("name", "email", "text")
        sender_ip, is_bot = request.remote_addr or "", bool(form.website.data)
        with blamed(form), credit_last_click():
            relay.submit_message(db.session(), receiver=member, **fields, is_bot=is_bot, sender_ip=sender_ip, now=now())
            return commit_and_redirect(
                _("Check your email: we sent you a link to confirm this message. Then we send it."),
                to=url_for(".person", public_id=public_id),
            )
    return _person(member, form), form.status


@pages.get("/relay/<string:token>")
@policy("relay.write")
def confirm(token: str) -> str:
    return render_template("public/confirm.html", message=relay.find_message(db.session(), token=token, now=now()))


@pages.post("/relay/<string:token>")
@policy("relay.write")
def send(token: str) -> ResponseReturnValue:
    member = relay.forward_message(db.session(), token=token, now=now())
    return commit_and_redirect(
        _("Your message is on its way to %(name)s. The reply comes to your email.", name=member.name),
        to=url_for(".person", public_id=member.public_id),
    )


@pages.get("/chapters/<public_id>")
@policy("chapter.read_public")
def chapter(public_id: str) -> str:
    session = db.session()
    group = public_page.public_chapter(session, public_id) or abort(404)
    local_format.set(group.local_format)
    people = public_page.public_people(session, chapter=group)
    week = upcoming_occurrence(session, chapter=group, now=now())
    return render_template(
        "public/chapter.html",
        chapter=group,
        cards=[public_page.public_card(session, member=member) for member in people],
        counted=public_page.category_counts(session, people=people),
        week_at=week.due_at.astimezone(ZoneInfo(group.zone)) if week else None,
        is_indexed=group.indexed_at is not None,
        linked=_json_ld(_organization(group)) if group.indexed_at else "",
    )


@pages.route("/profile/public", methods=["GET", "POST"])
@policy("profile.update", current_member)
def mine() -> ResponseReturnValue:
    """Show and change the reader's consent to a public card, with the card itself."""
    form = PublicForm(data={"public": current_member().public_at, "indexed": current_member().indexed_at})
    if form.validate_on_submit():
        return commit_and_redirect(_set_public(current_member(), form), to=url_for(".mine"))
    return render_template(
        "public/mine.html",
        form=form,
        me=current_member(),
        card=public_page.public_card(db.session(), member=current_member()),
    )


@pages.get("/profile/public/preview")
@policy("profile.update", current_member)
def preview() -> str:
    return _person(current_member(), RelayForm(formdata=None), is_preview=True)


@pages.post("/chapters/<public_id>/public")
@policy("chapter.update_settings")
def stand(public_id: str) -> ResponseReturnValue:
    group = get_permitted_or_404(Chapter, public_id, "chapter.update_settings")
    message = _set_public(group, PublicForm())
    return commit_and_redirect(message, to=url_for("chapter.settings", public_id=public_id, _anchor="public"))


@pages.get("/robots.txt")
@policy("page.home")
def robots() -> Response:
    chapters, people = public_page.indexed_pages(db.session())
    allowed = [url_for(".chapter", public_id=row.public_id) for row in chapters]
    allowed += [url_for(".person", public_id=row.public_id) for row in people]
    weeks = [f"Allow: {url_for('archive.index', public_id=row.public_id)}" for row in chapters]
    lines = ["User-agent: *", *(f"Allow: {path}$" for path in allowed), *weeks, "Allow: /static/", "Disallow: /"]
    lines += ["", f"Sitemap: {_absolute(url_for('.sitemap'))}"]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@pages.get("/sitemap.xml")
@policy("page.home")
def sitemap() -> Response:
    chapters, people = public_page.indexed_pages(db.session())
    urls = [_absolute(url_for(".chapter", public_id=row.public_id)) for row in chapters]
    urls += [_absolute(url_for(".person", public_id=row.public_id)) for row in people]
    urls += [_absolute(url_for("archive.index", public_id=row.public_id)) for row in chapters]
    urls += [_absolute(path) for path in archive_paths(db.session(), chapters=chapters)]
    return Response(render_template("public/sitemap.xml", places=urls), mimetype="application/xml")


@pages.app_template_global()
def public_chapters() -> Sequence[Chapter]:
    """Return the chapters with a public page."""
    return public_page.public_chapters(db.session())


def _member(public_id: str) -> Member:
    return public_page.public_member(db.session(), public_id) or abort(404)


def _set_public(row: Member | Chapter, form: PublicForm) -> str:
    """Make the page of ``row`` public, indexed or neither as the form says; return the message to flash."""
    is_public, is_indexed = bool(form.public.data), bool(form.indexed.data)
    public_page.set_public(
        db.session(), row=row, by=current_member(), is_public=is_public, is_indexed=is_indexed, now=now()
    )
    if not is_public:
        return _("Nobody outside the network sees this page now.")
    if is_indexed:
        return _("Everybody on the web can read the page, and search engines may find it.")
    return _("Anybody with the link can read the page.")


def _person(member: Member, form: RelayForm, *, is_preview: bool = False) -> str:
    card = public_page.public_card(db.session(), member=member)
    return render_template(
        "public/person.html",
        card=card,
        member=member,
        business=member.business,
        held=card.held,
        form=form,
        is_preview=is_preview,
        is_indexed=member.indexed_at is not None and not is_preview,
        linked=_json_ld(_person_data(card)) if member.indexed_at else "",
    )


def _absolute(path: str) -> str:
    return f"{current_app.config['BASE_URL']}{path}"


def _json_ld(data: dict[str, Any]) -> Markup:
    """Return JSON-LD without empty values, escaped so that no text in it can end the script element."""
    values = {key: value for key, value in {"@context": "https://schema.org", **data}.items() if value}
    return htmlsafe_json_dumps(values, ensure_ascii=False)


def _person_data(card: PublicCard) -> dict[str, Any]:
    member, firm = card.member, card.member.business
    place = {"@type": "PostalAddress", "addressLocality": firm.city, "addressRegion": firm.region}
    photo_url = face(card.view)
    return {
        "@type": "Person",
        "name": member.name,
        "jobTitle": member.role,
        "description": card.view.get("headline"),
        "url": _absolute(url_for(".person", public_id=member.public_id)),
        "image": _absolute(photo_url) if photo_url else "",
        "knowsAbout": [row.capability.name for row in card.held],
        "worksFor": {
            "@type": "LocalBusiness",
            "name": firm.name,
            **({"url": firm.website} if firm.website else {}),
            **({"address": place} if firm.city else {}),
            **({"telephone": phone} if (phone := card.view.get("firm_phone")) else {}),
        },
    }


def _organization(group: Chapter) -> dict[str, Any]:
    place = {"@type": "PostalAddress", "addressLocality": group.city, "addressRegion": group.region}
    return {
        "@type": "Organization",
        "name": group.name,
        "description": group.about,
        "url": _absolute(url_for(".chapter", public_id=group.public_id)),
        "address": {**place, "addressCountry": group.country} if group.city else "",
    }
