"""The network's own words, for a chapter's lead: look at them, keep, rename, move, join or hide them, and undo."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, policy
from app.after_action import commit_and_redirect, refuse_and_redirect
from app.db import db
from app.request_time import now
from directory.engine.own_vocabulary import capability_named
from directory.errors import DomainError, Invalid
from directory.leads import need_example
from directory.people import own_word
from directory.people.chapter import Chapter
from directory.people.own_word import OwnWordChange
from directory.taxonomy.capability import CURATED, Capability, CapabilityKind, capability_choices
from directory.translation import gettext as _

pages = Blueprint("own_words", __name__)

PER_PAGE = 40  # words; each has its acts below it


@pages.get("/chapters/<public_id>/words")
@policy("own_word.update")
def index(public_id: str) -> str:
    chapter = get_permitted_or_404(Chapter, public_id, "own_word.update")
    changes = own_word.standing_changes(db.session(), chapter=chapter)
    seen = {change.capability_id for change in changes}
    words = own_word.own_words(db.session(), chapter=chapter)
    words.sort(key=lambda row: row[0].id in seen)
    last = max(1, -(-len(words) // PER_PAGE))
    page = min(max(request.args.get("page", 1, int), 1), last)
    choices = capability_choices(db.session())
    return render_template(
        "own_words/index.html",
        chapter=chapter,
        words=words[(page - 1) * PER_PAGE : page * PER_PAGE],
        new=sum(word.id not in seen for word, _firms in words),
        seen=seen,
        page=page,
        last=last,
        changes=changes,
        examples=need_example.examples_of_chapter(db.session(), chapter=chapter),
        choices=choices,
        places=[row for row in choices if row.scheme == CURATED and row.kind is not CapabilityKind.PLATFORM],
    )


@pages.post("/chapters/<public_id>/words/<word_id>/<any(keep, rename, move, join, hide):act>")
@policy("own_word.update")
def change(public_id: str, word_id: str, act: str) -> ResponseReturnValue:
    chapter, session = get_permitted_or_404(Chapter, public_id, "own_word.update"), db.session()
    word = own_word.own_word(session, chapter=chapter, public_id=word_id)
    if word is None or word.hidden_at is not None:
        abort(404)
    name = word.name
    who: dict[str, Any] = {"chapter": chapter, "word": word, "by": current_member(), "now": now()}
    try:
        match act:
            case "keep":
                done, said = own_word.keep(session, **who), _("“%(name)s” stays as it is.", name=name)
            case "rename":
                done = own_word.rename(session, **who, name=request.form.get("name", ""))
                said = _("“%(old)s” is called “%(name)s” now.", old=name, name=word.name)
            case "move":
                parent = _typed("parent") if request.form.get("parent", "").strip() else None
                done = own_word.move(session, **who, parent=parent)
                above = parent.name if parent else _("nothing")
                said = _("“%(name)s” is under %(parent)s now.", name=name, parent=above)
            case "join":
                target = _typed("target")
                done = own_word.join(session, **who, target=target)
                said = _("“%(name)s” means %(target)s from now on.", name=name, target=target.name)
            case _:
                done = own_word.hide(session, **who)
                said = _("“%(name)s” is off every list.", name=name)
    except DomainError as error:
        return refuse_and_redirect(error.message, url_for(".index", public_id=public_id))
    undo = url_for(".undo", public_id=public_id, change_id=done.public_id)
    return commit_and_redirect(said, undo=undo, to=url_for(".index", public_id=public_id))


@pages.post("/chapters/<public_id>/words/changes/<change_id>/undo")
@policy("own_word.update")
def undo(public_id: str, change_id: str) -> ResponseReturnValue:
    chapter, session = get_permitted_or_404(Chapter, public_id, "own_word.update"), db.session()
    row = session.scalar(select(OwnWordChange).filter_by(public_id=change_id, chapter_id=chapter.id)) or abort(404)
    try:
        own_word.undo(session, change=row, by=current_member(), now=now())
    except DomainError as error:
        return refuse_and_redirect(error.message, url_for(".index", public_id=public_id))
    said = _("“%(name)s” is as it was.", name=row.capability.name)
    return commit_and_redirect(said, to=url_for(".index", public_id=public_id))


@pages.post("/chapters/<public_id>/words/examples/<example_id>/<any(hide, restore):act>")
@policy("own_word.update")
def change_example(public_id: str, example_id: str, act: str) -> ResponseReturnValue:
    chapter, session = get_permitted_or_404(Chapter, public_id, "own_word.update"), db.session()
    example = need_example.example_of_chapter(session, chapter=chapter, public_id=example_id) or abort(404)
    place = url_for(".index", public_id=public_id, _anchor="examples")
    if act == "restore":
        need_example.restore_example(session, example=example, by=current_member(), now=now())
        return commit_and_redirect(to=place)
    need_example.hide_example(session, example=example, by=current_member(), now=now())
    undo = url_for(".change_example", public_id=public_id, example_id=example_id, act="restore")
    return commit_and_redirect(_("“%(phrase)s” is read as before.", phrase=example.phrase), undo=undo, to=place)


def _typed(field: str) -> Capability:
    """Return the capability whose name was typed. Raises Invalid without one."""
    text = request.form.get(field, "").strip()
    capability = capability_named(db.session(), text) if text else None
    if capability is None:
        raise Invalid(_("We do not know “%(name)s”. Choose one from the list.", name=text[:80]), field=field)
    return capability
