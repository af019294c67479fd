"""One's own page to write: oneself, the firm, what it can do, and whom one wants to meet."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flask import Blueprint, abort, current_app, flash, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, get_permitted_or_404, my_business, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import Form, blamed
from app.forms.profile import (
    ClaimForm,
    FirmForm,
    PartForm,
    PersonForm,
    PhotoForm,
    ReferForm,
    WantedForm,
    WorkForm,
    audiences_form,
)
from app.pages.members import profile_page
from app.request_time import now
from directory import files
from directory.db import claim_write
from directory.engine.claim_suggestions import offered_capabilities
from directory.engine.own_vocabulary import Vocabulary
from directory.errors import Conflict, Invalid
from directory.facts.claim_level import strongest_claims
from directory.people import business, claim, member, wanted
from directory.people import photo as photos
from directory.people.audience import Audience
from directory.people.tables import Wanted, WantedKind
from directory.profiles.member_view import member_view, set_audiences, visible_to
from directory.taxonomy.capability import Capability, capability_choices, imported_by_name
from directory.translation import gettext as _
from directory.translation import join_as_list
from directory.week import withheld_mention

pages = Blueprint("profile", __name__)

FORMS: dict[str, type[Form]] = {
    **{"photo": PhotoForm, "person": PersonForm, "firm": FirmForm, "work": WorkForm, "refer": ReferForm},
    **{"claim": ClaimForm, "wanted": WantedForm},
}


@pages.get("/profile")
@policy("profile.update", current_member)
def edit() -> ResponseReturnValue:
    return _page()


@pages.post("/profile/person")
@policy("profile.update", current_member)
def person() -> ResponseReturnValue:
    form = PersonForm(prefix="person-")

    def keep() -> str:
        member.edit_profile(db.session(), member=current_member(), changes=form.changes(current_member()), now=now())
        member.set_spotlight(db.session(), member=current_member(), is_allowed=bool(form.spotlight.data), now=now())
        return _("Your page is saved.")

    return _keep("person", form, keep)


@pages.post("/profile/<any(firm, work, refer):part>")
@policy("business.update", my_business)
def firm(part: str) -> ResponseReturnValue:
    """One part of what the firm says of itself; what stands in the others stays."""
    form = FORMS[part](prefix=f"{part}-")
    assert isinstance(form, PartForm)

    def keep() -> str:
        business.edit_business(
            db.session(),
            business=my_business(),
            by=current_member(),
            changes=form.changes(current_member()),
            now=now(),
        )
        return _("%(firm)s’s page is saved.", firm=my_business().name)

    return _keep(part, form, keep)


@pages.post("/profile/photo")
@policy("profile.update", current_member)
def photo() -> ResponseReturnValue:
    form, sent = PhotoForm(prefix="photo-"), request.files.get("photo-photo")
    home: Path = current_app.config["HOME"]
    before = current_member().photo

    def keep() -> str:
        db.session.rollback()  # the picture is read outside a writing transaction, which others wait for
        content = photos.crop_square(sent.read() if sent else b"")
        claim_write(db.session())
        photos.set_photo(
            db.session(), member=current_member(), digest=files.store_file(home, photos.FOLDER, content), now=now()
        )
        return _("Your photo is on your page.")

    answer = _keep("photo", form, keep)
    if current_member().photo != before:
        photos.delete_if_unused(db.session(), home=home, digest=before)
    return answer


@pages.post("/profile/photo/remove")
@policy("profile.update", current_member)
def remove_photo() -> ResponseReturnValue:
    browser["photo_before"] = current_member().photo
    photos.set_photo(db.session(), member=current_member(), digest=None, now=now())
    return commit_and_redirect(
        _("Your photo is removed."), undo=url_for(".restore_photo"), to=url_for(".edit", _anchor="photo")
    )


@pages.post("/profile/photo/restore")
@policy("profile.update", current_member)
def restore_photo() -> ResponseReturnValue:
    before = browser.pop("photo_before", None)
    if before and current_member().photo is None and files.is_stored(current_app.config["HOME"], photos.FOLDER, before):
        photos.set_photo(db.session(), member=current_member(), digest=before, now=now())
        flash(_("Your photo is on your page again."))
    return commit_and_redirect(to=url_for(".edit", _anchor="photo"))


@pages.route("/profile/audiences", methods=["GET", "POST"])
@policy("profile.update", current_member)
def audiences() -> ResponseReturnValue:
    form = audiences_form(current_member())
    if form.validate_on_submit():
        chosen = {name: field.data for name, field in form._fields.items() if name != "csrf_token"}
        set_audiences(db.session(), member=current_member(), audiences=chosen, now=now())
        return commit_and_redirect(_("Saved who can see what."), to=url_for(".audiences"))
    return render_template("profile/audiences.html", form=form, me=current_member()), form.status


@pages.get("/profile/as/<any(public, members, chapter, introduced):audience>")
@policy("profile.update", current_member)
def as_others(audience: str) -> ResponseReturnValue:
    return profile_page(visible_to(current_member(), Audience(audience)), preview=Audience(audience))


@pages.post("/profile/capabilities")
@policy("claim.add", my_business)
def add() -> ResponseReturnValue:
    form = ClaimForm(prefix="claim-")

    def keep() -> str:
        capabilities = _meant(form)
        for capability in capabilities:
            claim.claim(db.session(), business=my_business(), capability=capability, by=current_member(), now=now())
        return _("%(capability)s is added.", capability=join_as_list([row.name for row in capabilities]))

    return _keep("claim", form, keep)


@pages.post("/profile/capabilities/<public_id>/add")
@policy("claim.add", my_business)
def take(public_id: str) -> ResponseReturnValue:
    capability = _capability(public_id)
    with suppress(Conflict):  # tapped twice
        claim.claim(db.session(), business=my_business(), capability=capability, by=current_member(), now=now())
    return commit_and_redirect(
        _("%(capability)s is on your list.", capability=capability.name),
        undo=url_for(".remove", public_id=public_id),
        to=url_for(".edit", _anchor="claim"),
    )


@pages.post("/profile/capabilities/<public_id>/remove")
@policy("claim.withdraw", my_business)
def remove(public_id: str) -> ResponseReturnValue:
    capability = _capability(public_id)
    claim.unclaim(db.session(), business=my_business(), capability=capability, by=current_member(), now=now())
    message = _("%(capability)s is removed from your list.", capability=capability.name)
    return commit_and_redirect(
        message, undo=url_for(".take", public_id=public_id), to=url_for(".edit", _anchor="claim")
    )


@pages.post("/profile/capabilities/<public_id>/decline")
@policy("claim.withdraw", my_business)
def decline(public_id: str) -> ResponseReturnValue:
    """Do not offer it again."""
    capability = _capability(public_id)
    claim.decline(db.session(), business=my_business(), capability=capability)
    message = _("We will not suggest %(capability)s again.", capability=capability.name)
    return commit_and_redirect(
        message, undo=url_for(".reconsider", public_id=public_id), to=url_for(".edit", _anchor="offers")
    )


@pages.post("/profile/capabilities/<public_id>/reconsider")
@policy("claim.add", my_business)
def reconsider(public_id: str) -> ResponseReturnValue:
    claim.reconsider(db.session(), business=my_business(), capability=_capability(public_id))
    return commit_and_redirect(to=url_for(".edit", _anchor="offers"))


@pages.post("/profile/wanted")
@policy("wanted.create")
def want() -> ResponseReturnValue:
    form = WantedForm(prefix="wanted-")

    def keep() -> str:
        kind, text, why = WantedKind(form.kind.data), form.text.data or "", form.why.data or ""
        wanted.add_wanted(db.session(), member=current_member(), kind=kind, text=text, why=why, now=now())
        return _("Every member can now see who you want to meet.")

    return _keep("wanted", form, keep)


@pages.post("/wanted/<public_id>/<any(end, resume, share, unshare):act>")
@policy("wanted.update")
def change(public_id: str, act: str) -> ResponseReturnValue:
    row, session = get_permitted_or_404(Wanted, public_id, "wanted.update"), db.session()
    if act == "share" and row.member_id != current_member().id:
        abort(403)  # what stands in public stands there by its owner's consent
    opposite, sentence = {
        "end": ("resume", _("It is removed from your list.")),
        "resume": ("end", _("It is on your list again.")),
        "share": ("unshare", _("It may be in the weekly post.")),
        "unshare": ("share", _("It stays off the weekly post.")),
    }[act]
    match act:
        case "end":
            wanted.end_wanted(session, wanted=row, now=now())
        case "resume":
            wanted.resume_wanted(session, wanted=row)
        case "share":
            wanted.share_wanted(session, wanted=row, now=now())
        case _:
            wanted.unshare_wanted(session, wanted=row, now=now())
    return commit_and_redirect(
        sentence, undo=url_for(".change", public_id=public_id, act=opposite), to=url_for(".edit", _anchor="wanted")
    )


def _keep(part: str, form: Form, keep: Callable[[], str]) -> ResponseReturnValue:
    """Do ``keep`` and come back to its part of the page; or show the page with what was typed and what is wrong."""
    if form.validate_on_submit():
        with blamed(form):
            sentence = keep()
            return commit_and_redirect(sentence, to=url_for(".edit", _anchor=part))
    return _page({part: form}), form.status


def _page(sent: dict[str, Form] | None = None) -> str:
    """The whole page; ``sent`` is the form that came back, by its part."""
    session, person = db.session(), current_member()
    wants = wanted.live_wanteds(session, member=person)
    forms = {part: form(formdata=None, prefix=f"{part}-") for part, form in FORMS.items()} | (sent or {})
    for part, form in forms.items():
        if part not in (sent or {}) and isinstance(form, PartForm):
            form.show(person)
    return render_template(
        "profile/index.html",
        forms=forms,
        sent=next(iter(sent or {}), ""),
        me=person,
        view=member_view(session, reader=person, member=person),
        held=strongest_claims(session, [person.business])[person.business_id],
        offers=offered_capabilities(session, business=person.business),
        wants=wants,
        withheld=withheld_mention.withheld_wants(session, wants=wants),
        withheld_spotlight=withheld_mention.withheld_spotlight(session, member=person),
        choices=capability_choices(session),
    )


def _capability(public_id: str) -> Capability:
    capability = db.session.scalar(select(Capability).where(Capability.public_id == public_id))
    return capability or abort(404)


def _meant(form: ClaimForm) -> list[Capability]:
    """Return what was typed: known capabilities, or the member's own words where they say so.

    Raises Invalid with the nearest ones as ``form.near`` where nothing is known by that name.
    """
    text, session = (form.capability.data or "").strip(), db.session()
    if not text:
        raise Invalid(_("Write what your firm can do, such as WordPress."), field="capability")
    vocabulary = Vocabulary(session)
    if form.is_own.data:
        ids, _new = vocabulary.learn(text, beside=[row.id for row in my_business().capabilities], origin="")
        if not ids:
            message = _("“%(text)s” is not on any list here. Ask your chapter’s lead.", text=text[:80])
            raise Invalid(message, field="capability")
    elif not (ids := list(vocabulary.find(text))):
        if imported := imported_by_name(session, text):
            return [imported]
        form.near = vocabulary.nearest(text)
        raise Invalid(_("We do not know “%(text)s” by that name.", text=text[:80]), field="capability")
    return [session.get_one(Capability, id) for id in ids]
