"""Channels: where a chapter posts, how each account stands, and connecting one on one guided page."""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import channel_oauth
from app.access import current_member, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect, refuse_and_redirect
from app.db import db
from app.forms import Form, blamed
from app.forms.channel import ChargeForm, form_for
from app.pages.chapter import chapters_run, chosen_chapter
from app.request_time import now
from directory.db import claim_write
from directory.errors import DomainError
from directory.outbox import channel_lifecycle
from directory.outbox.channel import Channel, kind_of
from directory.outbox.channel_kind import CHANNEL_KINDS, kind_named
from directory.people.chapter import Chapter
from directory.secrets import SecretBox

pages = Blueprint("channels", __name__)

KINDS = ",".join(kind.kind for kind in CHANNEL_KINDS)


@pages.get("/chapter/channels")
@policy("chapter.read_room")
def index() -> ResponseReturnValue:
    chapter = chosen_chapter()
    if chapter is None:
        return redirect(url_for("chapter.start"), 303)
    channels = channel_lifecycle.connected_channels(db.session(), chapter=chapter)
    return render_template(
        "channels/index.html",
        chapter=chapter,
        chapters=chapters_run(),
        channels=channels,
        kinds=CHANNEL_KINDS,
        kind_of=kind_of,
        last=channel_lifecycle.last_deliveries(db.session(), channels),
        unsettled=channel_lifecycle.unsettled_deliveries(db.session(), chapters=[chapter.id]),
    )


@pages.route(f"/chapters/<public_id>/channels/<any({KINDS}):kind>", methods=["GET", "POST"])
@policy("channel.connect")
def connect(public_id: str, kind: str) -> ResponseReturnValue:
    return _guided(get_permitted_or_404(Chapter, public_id, "channel.connect"), kind, None)


@pages.route("/channels/<public_id>/connect", methods=["GET", "POST"])
@policy("channel.connect")
def reconnect(public_id: str) -> ResponseReturnValue:
    channel = get_permitted_or_404(Channel, public_id, "channel.connect")
    return _guided(channel.chapter, channel.kind, channel)


def _guided(chapter: Chapter, kind: str, channel: Channel | None) -> ResponseReturnValue:
    about = kind_named(kind)
    form = form_for(about, channel)
    if form.validate_on_submit():
        with blamed(form):
            fields = channel_lifecycle.clean_fields(about, form.texts(*(each.name for each in about.fields)))
            if kind in dict(channel_oauth.HANDSHAKES):
                return _begin(chapter, kind, channel, fields)
            return _connected(chapter, kind, channel, fields, None)
    shown = {"chapter": chapter, "kind": about, "channel": channel, "form": form, "answer_address": _answer_address()}
    page = render_template("channels/connect.html", **shown, has_handshake=kind in dict(channel_oauth.HANDSHAKES))
    return page, form.status


def _begin(chapter: Chapter, kind: str, channel: Channel | None, fields: dict[str, str]) -> str:
    """Ask the network; what is stored until it answers is sealed, since it holds secrets."""
    what = {"chapter": chapter.public_id, "channel": channel and channel.id, "kind": kind, "fields": fields}
    label = _(kind_named(kind).label)
    db.session.rollback()  # nobody waits for us while a network is asked
    address, stored = channel_oauth.begin(kind, fields, _answer_address(), now=now())
    session["connecting"] = _secrets().seal(json.dumps({**what, "stored": stored}), **_place())
    return render_template("channels/leave.html", address=address, label=label)


@pages.get("/chapter/channels/answer")
@policy("channel.connect")
def answered() -> ResponseReturnValue:
    """The network sends the browser back here. What it says is believed once, and only by who began it."""
    begun: dict[str, Any] = {"kind": "", "fields": {}, "stored": {}}
    try:
        begun = json.loads(_secrets().unseal(session.get("connecting", ""), **_place()))
    except (InvalidToken, ValueError):  # nothing was begun, or with a key that is gone
        chapter = next(iter(chapters_run()), Chapter())
        permit("channel.connect", chapter)
    else:
        chapter = get_permitted_or_404(Chapter, begun["chapter"], "channel.connect")
    session.pop("connecting", None)
    try:
        given = channel_oauth.finish(begun["kind"], begun["fields"], begun["stored"], request.args.to_dict(), now=now())
        db.session.rollback()
        claim_write(db.session())
        old = db.session.get_one(Channel, begun["channel"], with_for_update=True) if begun["channel"] else None
        return _connected(db.session.get_one(Chapter, chapter.id), begun["kind"], old, begun["fields"], given)
    except DomainError as error:
        return refuse_and_redirect(error.message, url_for(".index"))


def _connected(
    chapter: Chapter, kind: str, channel: Channel | None, fields: dict[str, str], given: dict[str, str] | None
) -> ResponseReturnValue:
    what: dict[str, Any] = {
        "chapter": chapter,
        "kind": kind,
        "channel": channel,
        "values": fields,
        "extra_secrets": given,
    }
    row = channel_lifecycle.connect(db.session(), **what, secrets=_secrets(), member=current_member(), now=now())
    return commit_and_redirect(_("%(name)s is connected.", name=row.name), to=url_for(".show", public_id=row.public_id))


@pages.get("/channels/<public_id>")
@policy("channel.edit_or_cancel_queued")
def show(public_id: str) -> ResponseReturnValue:
    return _page(get_permitted_or_404(Channel, public_id, "channel.edit_or_cancel_queued"))


def _page(channel: Channel, sent: Form | None = None) -> ResponseReturnValue:
    form = sent or ChargeForm(formdata=None, owner=channel.owner.public_id if channel.owner else None)
    if isinstance(form, ChargeForm):
        form.offer(channel_lifecycle.possible_owners(db.session(), chapter=channel.chapter))
    return render_template(
        "channels/show.html",
        channel=channel,
        kind=kind_of(channel),
        page=channel_lifecycle.account_page(channel),
        last=channel_lifecycle.last_deliveries(db.session(), [channel]).get(channel.id),
        waits=channel_lifecycle.awaits_lookup(channel.check_asked_at, now()),
        form=form,
    ), form.status


@pages.post("/channels/<public_id>/<any(pause,resume,check,link,unlink):act>")
@policy("channel.edit_or_cancel_queued")
def change(public_id: str, act: str) -> ResponseReturnValue:
    channel = get_permitted_or_404(Channel, public_id, "channel.edit_or_cancel_queued")
    if act == "check":
        channel_lifecycle.request_check(db.session(), channel=channel, now=now())
        return commit_and_redirect(to=url_for(".show", public_id=public_id))
    by: dict[str, Any] = {"channel": channel, "member": current_member(), "now": now()}
    if act in ("link", "unlink"):
        channel_lifecycle.set_link(db.session(), **by, has_link=act == "link")
    else:
        channel_lifecycle.pause(db.session(), **by, is_over=act == "resume")
    sentence, undo = {
        "pause": (_("Paused. Nothing is posted there until you resume."), "resume"),
        "resume": (_("Resumed. It posts again."), "pause"),
        "link": (_("Its posts end with a link to the week’s page."), "unlink"),
        "unlink": (_("Its posts have no link."), "link"),
    }[act]
    back = url_for(".show", public_id=public_id)
    return commit_and_redirect(sentence, undo=url_for(".change", public_id=public_id, act=undo), to=back)


@pages.post("/channels/<public_id>/charge")
@policy("channel.edit_or_cancel_queued")
def charge(public_id: str) -> ResponseReturnValue:
    channel, form = get_permitted_or_404(Channel, public_id, "channel.edit_or_cancel_queued"), ChargeForm()
    people = channel_lifecycle.possible_owners(db.session(), chapter=channel.chapter)
    form.offer(people)
    if form.validate_on_submit():
        owner = next(person for person in people if person.public_id == form.owner.data)
        channel_lifecycle.set_owner(db.session(), channel=channel, owner=owner, member=current_member(), now=now())
        sentence = _("We email %(name)s when something is wrong.", name=owner.name)
        return commit_and_redirect(sentence, to=url_for(".show", public_id=public_id))
    return _page(channel, form)


@pages.post("/channels/<public_id>/try")
@policy("channel.post_or_schedule")
def try_it(public_id: str) -> ResponseReturnValue:
    channel = get_permitted_or_404(Channel, public_id, "channel.post_or_schedule")
    row = channel_lifecycle.try_post(db.session(), channel=channel, member=current_member(), now=now())
    return commit_and_redirect(to=url_for("deliveries.show", public_id=row.public_id))


@pages.post("/channels/<public_id>/disconnect")
@policy("channel.disconnect")
def disconnect(public_id: str) -> ResponseReturnValue:
    channel = get_permitted_or_404(Channel, public_id, "channel.disconnect")
    channel_lifecycle.disconnect(db.session(), channel=channel, member=current_member(), now=now())
    return commit_and_redirect(
        _("%(name)s is disconnected. Its passwords and keys are deleted within seconds.", name=channel.name),
        to=url_for(".index", of=channel.chapter.public_id),
    )


def _answer_address() -> str:
    return f"{current_app.config['BASE_URL']}{url_for('channels.answered')}"


def _place() -> dict[str, Any]:
    """What waits for an answer is sealed for this member alone."""
    return {"table": "account_session", "column": "connecting", "row": current_member().id}


def _secrets() -> SecretBox:
    secrets: SecretBox = current_app.config["SECRETS"]
    return secrets
