"""Bringing a list of people in: send it, look at it, bring it in, take it back."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.people_list import CommitForm, ListForm
from app.request_time import now
from directory.imports import people_upload
from directory.imports import undo as import_undo
from directory.imports.import_batch import ImportBatch
from directory.imports.person_rows import FIELDS
from directory.imports.sheet import Sheet, read_sheet, stored_sheet
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.translation import gettext as _
from directory.translation import join_as_list, ngettext

pages = Blueprint("imports", __name__)

LOOKED_AT = 50  # lines of a preview; all of them are counted


@pages.route("/chapters/<public_id>/import", methods=["GET", "POST"])
@policy("import.upload_preview")
def send(public_id: str) -> ResponseReturnValue:
    chapter, form = get_permitted_or_404(Chapter, public_id, "import.upload_preview"), ListForm()
    if form.validate_on_submit():
        with blamed(form):
            sheet = _sent_sheet(form)
            batch = people_upload.upload(db.session(), chapter=chapter, by=current_member(), sheet=sheet, now=now())
            return commit_and_redirect(to=url_for(".show", public_id=batch.public_id))
    return render_template("chapter/import.html", chapter=chapter, form=form), form.status


def _sent_sheet(form: ListForm) -> Sheet:
    """Read the list of the form: its file, or what was pasted. Raises Invalid."""
    file = request.files.get("file")
    return read_sheet(file.stream.read() if file and file.filename else (form.text.data or "").encode(errors="replace"))


@pages.get("/imports/<public_id>")
@policy("import.upload_preview")
def show(public_id: str) -> str:
    batch = get_permitted_or_404(ImportBatch, public_id, "import.upload_preview")
    if batch.committed_at is not None:
        return _done(batch)
    return _preview(batch, CommitForm(formdata=None))


@pages.route("/imports/<public_id>/correct", methods=["GET", "POST"])
@policy("import.upload_preview")
def correct(public_id: str) -> ResponseReturnValue:
    batch, form = get_permitted_or_404(ImportBatch, public_id, "import.upload_preview"), ListForm()
    if form.validate_on_submit():
        with blamed(form):
            sheet = _sent_sheet(form)
            batch = people_upload.correct(db.session(), batch=batch, by=current_member(), sheet=sheet, now=now())
            return commit_and_redirect(to=url_for(".show", public_id=batch.public_id))
    elif not form.is_submitted():
        form.text.data = stored_sheet(batch.rows).text()
    return render_template("chapter/import.html", chapter=batch.chapter, form=form), form.status


@pages.post("/imports/<public_id>/columns")
@policy("import.upload_preview")
def arrange(public_id: str) -> ResponseReturnValue:
    batch = get_permitted_or_404(ImportBatch, public_id, "import.upload_preview")
    chosen = [request.form.get(f"column-{place}", "") for place in range(len(batch.rows.get("columns", ())))]
    form = CommitForm(formdata=None)
    with blamed(form):
        people_upload.map_columns(batch, columns=chosen, has_header="has_header" in request.form)
        return commit_and_redirect(to=url_for(".show", public_id=public_id))
    return _preview(batch, form), form.status


@pages.post("/imports/<public_id>/commit")
@policy("import.commit_or_rollback")
def commit(public_id: str) -> ResponseReturnValue:
    batch, form = _mine(public_id), CommitForm()
    joins = {
        int(row): request.form[f"firm-{row}"] == "join"
        for row in (name.removeprefix("firm-") for name in request.form if name.startswith("firm-"))
        if row.isdecimal()
    }
    with blamed(form):
        seen = people_upload.commit(
            db.session(),
            batch=batch,
            by=current_member(),
            joins=joins,
            share=bool(form.share.data),
            are_contacts_agreed=bool(form.agreed.data),
            now=now(),
        )
        message = ngettext("%(count)s person is invited.", "%(count)s people are invited.", len(seen.new))
        message, room = f"{message} {_('Their invitations go out in ten minutes.')}", batch.chapter.public_id
        return commit_and_redirect(
            message, undo=url_for(".undo", public_id=public_id), to=url_for("chapter.index", of=room)
        )
    return (_done(batch) if batch.committed_at else _preview(batch, form)), form.status


@pages.post("/imports/<public_id>/undo")
@policy("import.commit_or_rollback")
def undo(public_id: str) -> ResponseReturnValue:
    batch = _mine(public_id)
    result = import_undo.undo(db.session(), batch=batch, by=current_member(), now=now())
    flash(ngettext("%(count)s person is removed again.", "%(count)s people are removed again.", result.removed))
    for why in dict.fromkeys(why for _member, why in result.staying):
        names = join_as_list([member.name for member, each in result.staying if each == why][:10])
        flash(_("%(names)s stays: %(why)s.", names=names, why=why))
    return commit_and_redirect(to=url_for(".show", public_id=public_id))


def _mine(public_id: str) -> ImportBatch:
    """The list, for whoever sent it and still runs the chapter, or proves anew that they do."""
    batch = get_permitted_or_404(ImportBatch, public_id, "import.commit_or_rollback")
    permit("import.upload_preview", batch)
    return batch


def _preview(batch: ImportBatch, form: CommitForm) -> str:
    seen, sheet = people_upload.preview(db.session(), batch=batch), stored_sheet(batch.rows)
    return render_template(
        "chapter/preview.html",
        batch=batch,
        chapter=batch.chapter,
        seen=seen,
        form=form,
        fields=[(field.name, field.label) for field in FIELDS],
        sheet=sheet,
        sample=[cells for _number, cells in sheet.body[:3]],
        most=LOOKED_AT,
    )


def _done(batch: ImportBatch) -> str:
    ids = batch.made.get("member", [])
    made = [row for row in (db.session.get(Member, id) for id in ids[:LOOKED_AT]) if row is not None]
    return render_template("chapter/brought_in.html", batch=batch, chapter=batch.chapter, made=made, count=len(ids))
