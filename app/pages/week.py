"""The week's post of a chapter: preview with mentions and reasons; holding, skipping, editing and leaving it."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy
from app.after_action import commit_and_redirect
from app.db import db
from app.forms import blamed
from app.forms.post import PostForm
from app.permissions import Verdict, can
from app.request_time import now
from directory.outbox.channel import channels_of, kind_of, limits_of
from directory.outbox.occurrence import Occurrence
from directory.people.tables import Member
from directory.text_length import lengths
from directory.week import occurrence_planning
from directory.week import post as posts
from directory.week.mention_choice import mention_view, mentions_of
from directory.week.post import Post
from directory.week.post_card import card_of

pages = Blueprint("week", __name__, url_prefix="/week")


@pages.get("")
@policy("occurrence.read")
def show() -> str:
    chapter = current_member().business.chapter
    occurrence = occurrence_planning.upcoming_occurrence(db.session(), chapter=chapter, now=now()) if chapter else None
    permit("occurrence.read", occurrence or Occurrence())
    return _page(occurrence) if occurrence else render_template("week/none.html")


@pages.post("/<public_id>/<any(hold, release, skip):act>")
@policy("channel.edit_or_cancel_queued")
def change(public_id: str, act: str) -> ResponseReturnValue:
    occurrence = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued")
    verb, message, undo = {
        "hold": (occurrence_planning.hold, _("On hold. It is not posted until somebody releases it."), "release"),
        "release": (occurrence_planning.release, _("Released. It goes out at its usual time."), "hold"),
        "skip": (occurrence_planning.skip, _("Skipped. There is no post this week."), "release"),
    }[act]
    verb(db.session(), occurrence=occurrence, member=current_member(), now=now())
    return commit_and_redirect(message, undo=url_for(".change", public_id=public_id, act=undo), to=url_for(".show"))


@pages.post("/<public_id>/posts/<post_id>")
@policy("channel.edit_or_cancel_queued")
def edit(public_id: str, post_id: str) -> ResponseReturnValue:
    occurrence, form = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued"), PostForm()
    post = _get_post_or_404(occurrence, post_id)
    if form.validate_on_submit():
        with blamed(form):
            posts.edit(db.session(), post=post, text=form.text.data or "", member=current_member(), now=now())
            undo = url_for(".restore", public_id=public_id, post_id=post_id)
            return commit_and_redirect(_("Your text is saved."), undo=undo, to=url_for(".show"))
    return _page(occurrence, post, form), form.status


@pages.post("/<public_id>/posts/<post_id>/facts")
@policy("channel.edit_or_cancel_queued")
def text_facts(public_id: str, post_id: str) -> str:
    """Return the length of a text that is being written, and what the content policy says of it; stores nothing."""
    occurrence = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued")
    post = _get_post_or_404(occurrence, post_id)
    text = (PostForm().text.data or "").replace("\r\n", "\n")
    return render_template("week/_text_facts.html", post=post, facts=_text_facts(post, text))


@pages.post("/<public_id>/posts/<post_id>/restore")
@policy("channel.edit_or_cancel_queued")
def restore(public_id: str, post_id: str) -> ResponseReturnValue:
    occurrence = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued")
    post = _get_post_or_404(occurrence, post_id)
    posts.restore(db.session(), post=post, member=current_member(), now=now(), base_url=_base_url())
    return commit_and_redirect(_("Our suggested text is back."), to=url_for(".show"))


@pages.post("/<public_id>/mine/<any(leave, return):act>")
@policy("mention.veto_own")
def mine(public_id: str, act: str) -> ResponseReturnValue:
    """Withdraw the reader's mention from this week's post, or restore it."""
    occurrence = get_permitted_or_404(Occurrence, public_id, "mention.veto_own")
    verb, message, undo = {
        "leave": (posts.withdraw_mention, _("You are not in this week’s post."), "return"),
        "return": (posts.restore_mention, _("You may be in this week’s post again."), ""),
    }[act]
    verb(db.session(), occurrence=occurrence, member=current_member(), now=now(), base_url=_base_url())
    undo_url = url_for(".mine", public_id=public_id, act=undo) if undo else ""
    return commit_and_redirect(message, undo=undo_url, to=url_for(".show"))


@pages.get("/<public_id>/card.png")
@policy("occurrence.read")
def card(public_id: str) -> Response:
    """Return the image of the post, drawn from the current mentions; 204 if there is none."""
    occurrence = get_permitted_or_404(Occurrence, public_id, "occurrence.read")
    image = card_of(mentions_of(db.session(), occurrence=occurrence), _base_url())
    if image is None:
        return Response(status=204)
    return Response(image.png, mimetype="image/png", headers={"Cache-Control": "private, no-store"})


def _base_url() -> str:
    return str(current_app.config["BASE_URL"])


def _get_post_or_404(occurrence: Occurrence, public_id: str) -> Post:
    rows = posts.posts_of(db.session(), occurrence=occurrence)
    return next((post for post in rows if post.public_id == public_id), None) or abort(404)


def _text_facts(post: Post, text: str) -> dict[str, object]:
    return {
        "costs": kind_of(post.channel).costs,
        "lengths": lengths(text, limits_of(post.channel)),
        "remarks": posts.remarks_on(db.session(), post=post, text=text),
    }


def _page(occurrence: Occurrence, edited: Post | None = None, edited_form: PostForm | None = None) -> str:
    """Return the page of an occurrence; ``edited_form`` is a submitted form with errors, of the post ``edited``."""
    session, forms = db.session(), {}
    may_change = can(current_principal(), "channel.edit_or_cancel_queued", occurrence) is Verdict.ALLOW
    rows = posts.posts_of(session, occurrence=occurrence)
    mentions = [row for row in mentions_of(session, occurrence=occurrence) if row.member.is_active]
    kinds = {post.id: kind_of(post.channel) for post in rows}
    for post in rows:
        form = forms[post.id] = (
            edited_form if edited_form is not None and post is edited else PostForm(formdata=None, obj=post)
        )
        form.text.id = f"text-{post.public_id}"
    return render_template(
        "week/show.html",
        occurrence=occurrence,
        due_at=occurrence.due_at.astimezone(ZoneInfo(occurrence.chapter.zone)),
        posts=rows,
        forms=forms,
        kinds=kinds,
        facts={post.id: _text_facts(post, post.text) for post in rows},
        card=card_of(mentions, _base_url()) if any(kind.has_image for kind in kinds.values()) else None,
        mentions=[mention_view(mention, current_member(), may_change) for mention in mentions],
        is_connected=bool(rows or channels_of(session, chapter=occurrence.chapter)),
        held_by=session.get(Member, occurrence.held_by_id) if occurrence.held_by_id else None,
        may_change=may_change,
    )
