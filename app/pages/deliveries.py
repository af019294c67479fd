"""Deliveries of posts: the state of one, resolving an unknown outcome, posting by hand, and the posting status."""

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.pages.chapter import chapters_run
from app.request_time import now
from directory import files
from directory.outbox import channel_lifecycle
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.heartbeat import heartbeats
from directory.outbox.mail_refusal import refused_members
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.people.chapter import Chapter
from directory.week.posting_status import posting_statuses

pages = Blueprint("deliveries", __name__)


@pages.get("/deliveries/<public_id>")
@policy("channel.edit_or_cancel_queued")
def show(public_id: str) -> str:
    row, channel = _get_post_delivery(public_id, "channel.edit_or_cancel_queued")
    group = str(channel.settings.get("address", ""))
    return render_template(
        "channels/delivery.html",
        row=row,
        channel=channel,
        post=PostSnapshot.from_bytes(row.payload) if row.payload else None,
        group=group if group.startswith("https://") else "",
        page=channel_lifecycle.account_page(channel),
        waits=channel_lifecycle.awaits_lookup(row.look_asked_at, now()),
    )


@pages.get("/deliveries/<public_id>/picture.png")
@policy("channel.edit_or_cancel_queued")
def picture(public_id: str) -> Response:
    """Return the image of the post snapshot, for posting by hand; 204 if there is none."""
    row, _channel = _get_post_delivery(public_id, "channel.edit_or_cancel_queued")
    image = PostSnapshot.from_bytes(row.payload).image if row.payload else ""
    try:
        content = files.read_file(current_app.config["HOME"], FOLDER, image)
    except FileNotFoundError:
        return Response(status=204)
    return Response(content, mimetype="image/png", headers={"Cache-Control": "private, no-store"})


@pages.post("/deliveries/<public_id>/look")
@policy("channel.edit_or_cancel_queued")
def look(public_id: str) -> ResponseReturnValue:
    row, _channel = _get_post_delivery(public_id, "channel.edit_or_cancel_queued")
    channel_lifecycle.request_lookup(db.session(), delivery=row, now=now())
    return commit_and_redirect(to=url_for(".show", public_id=public_id))


@pages.post("/deliveries/<public_id>/<any(there,again):act>")
@policy("channel.resolve_unknown")
def resolve(public_id: str, act: str) -> ResponseReturnValue:
    row, _channel = _get_post_delivery(public_id, "channel.resolve_unknown")
    deliveries.resolve_unknown(
        db.session(), delivery=row, has_arrived=act == "there", member=current_member(), now=now()
    )
    message = _("Good. It counts as posted.") if act == "there" else _("It is being posted again.")
    return commit_and_redirect(message, to=url_for(".show", public_id=public_id))


@pages.post("/deliveries/<public_id>/<any(posted,waiting):act>")
@policy("channel.edit_or_cancel_queued")
def by_hand(public_id: str, act: str) -> ResponseReturnValue:
    """Mark a delivery as posted by hand, or as still waiting."""
    row, _channel = _get_post_delivery(public_id, "channel.edit_or_cancel_queued")
    deliveries.mark_posted_by_hand(
        db.session(), delivery=row, member=current_member(), now=now(), is_so=act == "posted"
    )
    here = url_for(".show", public_id=public_id)
    if act == "waiting":
        return commit_and_redirect(_("It is waiting for you again."), to=here)
    undo = url_for(".by_hand", public_id=public_id, act="waiting")
    return commit_and_redirect(_("Thank you. It counts as posted."), undo=undo, to=here)


def _get_post_delivery(public_id: str, action: str) -> tuple[Delivery, Channel]:
    """Return a delivery of a post and its channel. A mail delivery aborts with 404, for an admin too."""
    row = get_permitted_or_404(Delivery, public_id, action)
    return (row, row.channel) if row.channel is not None else abort(404)


@pages.get("/chapter/status")
@policy("chapter.read_room")
def status() -> str:
    chapters = chapters_run()
    permit("chapter.read_room", chapters[0] if chapters else Chapter())
    return render_template(
        "channels/status.html",
        statuses=posting_statuses(db.session(), chapters=chapters, now=now()),
        refused=refused_members(db.session(), chapters=[chapter.id for chapter in chapters]),
        workers=heartbeats(db.session()),
        now=now(),
    )
