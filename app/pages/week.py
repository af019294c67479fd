"""This week: what the chapter will say in public, about whom and why; its leads hold it, leave it out, or reword it."""

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import me, permit, policy, principal, reach
from app.back import done
from app.db import db
from app.forms import blamed
from app.forms.week import PostForm
from app.moment import now
from app.rules import Verdict, can
from directory.people.member import Member
from directory.week import occurrence as occurrences
from directory.week import post as posts
from directory.week.channel import limits_of
from directory.week.counting import COUNTS
from directory.week.mention import shown
from directory.week.occurrence import Occurrence
from directory.week.post import Post

pages = Blueprint("week", __name__, url_prefix="/week")


@pages.get("")
@policy("occurrence.read")
def show() -> str:
    chapter = me().business.chapter
    turn = occurrences.upcoming(db.session(), chapter=chapter, now=now()) if chapter else None
    permit("occurrence.read", turn or Occurrence())
    return _page(turn) if turn else render_template("week/none.html")


@pages.post("/<public_id>/<any(hold, release, skip):act>")
@policy("channel.edit_or_cancel_queued")
def change(public_id: str, act: str) -> ResponseReturnValue:
    turn = reach(Occurrence, public_id, "channel.edit_or_cancel_queued")
    verb, sentence, undo = {
        "hold": (occurrences.hold, _("Held. Nothing is posted until somebody lets it go."), "release"),
        "release": (occurrences.release, _("It goes out at its time."), "hold"),
        "skip": (occurrences.skip, _("There will be no post this week."), "release"),
    }[act]
    verb(db.session(), occurrence=turn, member=me(), now=now())
    return done(sentence, undo=url_for(".change", public_id=public_id, act=undo), to=url_for(".show"))


@pages.post("/<public_id>/posts/<post_id>")
@policy("channel.edit_or_cancel_queued")
def edit(public_id: str, post_id: str) -> ResponseReturnValue:
    turn, form = reach(Occurrence, public_id, "channel.edit_or_cancel_queued"), PostForm()
    post = _post(turn, post_id)
    if form.validate_on_submit():
        with blamed(form):
            posts.edit(db.session(), post=post, text=form.text.data or "", member=me(), now=now())
            undo = url_for(".restore", public_id=public_id, post_id=post_id)
            return done(_("These are your words now."), undo=undo, to=url_for(".show"))
    return _page(turn, post, form), form.status


@pages.post("/<public_id>/posts/<post_id>/restore")
@policy("channel.edit_or_cancel_queued")
def restore(public_id: str, post_id: str) -> ResponseReturnValue:
    turn = reach(Occurrence, public_id, "channel.edit_or_cancel_queued")
    posts.restore(db.session(), post=_post(turn, post_id), member=me(), now=now())
    return done(_("It says again what we suggest."), to=url_for(".show"))


def _post(turn: Occurrence, public_id: str) -> Post:
    found = [post for post in posts.posts_of(db.session(), occurrence=turn) if post.public_id == public_id]
    return found[0] if found else abort(404)


def _page(turn: Occurrence, sent_to: Post | None = None, sent: PostForm | None = None) -> str:
    """The turn as it will look; ``sent`` is the form that came back, for the post ``sent_to``."""
    session, forms = db.session(), {}
    may_change = can(principal(), "channel.edit_or_cancel_queued", turn) is Verdict.ALLOW
    written = posts.posts_of(session, occurrence=turn)
    for post in written:
        form = forms[post.id] = sent if sent is not None and post is sent_to else PostForm(formdata=None, obj=post)
        form.text.id = f"text-{post.public_id}"
    return render_template(
        "week/show.html",
        turn=turn,
        due_at=turn.due_at.astimezone(ZoneInfo(turn.chapter.zone)),
        posts=written,
        forms=forms,
        limits_of=limits_of,
        counts=COUNTS,
        mentions=[
            shown(each, me(), may_change)
            for each in posts.mentions_of(session, occurrence=turn)
            if each.member.is_active
        ],
        held_by=session.get(Member, turn.held_by_id) if turn.held_by_id else None,
        may_change=may_change,
    )
