"""Attribution: what came of a chapter's posts, in numbers of which none names a person.

A post is credited with the visits through its own link; with the replies to it, there or as a letter to a member's
public page; and with whom a visit or a reply led to apply, to bring a lead or to ask for an introduction. Only the last
link that somebody followed counts, for thirty days and for one act. Nobody sees what came by word of mouth, from
another browser, or of a post without a link.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from directory.language import gettext as _
from directory.language import listed, ngettext
from directory.leads.introduction import Introduction
from directory.leads.lead import Lead
from directory.money import Money
from directory.people.application import Application
from directory.people.chapter import Chapter
from directory.week.delivery import Delivery, DeliveryState
from directory.week.occurrence import Occurrence
from directory.week.short_link import ShortLink, ShortLinkClicks

MOST = 12  # weeks
LATELY = timedelta(weeks=4)
_Counts = dict[int | None, Counter[str]]


class Credit(NamedTuple):
    """A post and what came of it; ``visits`` are not known of one without a link, and none is a post until it is out.

    ``worth`` is what the clients of its closed leads meant to spend, by currency: what they paid nobody writes down.
    """

    post: Delivery
    has_link: bool
    came: Counter[str]
    worth: Counter[str]


def credits_of(session: Session, *, chapter: Chapter) -> list[Credit]:
    """The posts of the chapter's last weeks, the newest first; those that certainly went nowhere are left out."""
    turns = select(Occurrence.id).where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None))
    newest = turns.order_by(Occurrence.due_at.desc()).limit(MOST)
    theirs = (Delivery.channel_id.is_not(None), Delivery.occurrence_id.in_(newest))
    loaded = (joinedload(Delivery.channel), joinedload(Delivery.occurrence))
    rows = select(Delivery).where(*theirs, Delivery.state != DeliveryState.FAILED).options(*loaded)
    posts = session.scalars(rows.join(Delivery.occurrence).order_by(Occurrence.due_at.desc(), Delivery.id)).all()
    came, worth = _came(session, posts)
    linked = set(session.scalars(select(ShortLink.delivery_id).where(ShortLink.delivery_id.in_(came))))
    return [Credit(post, post.id in linked, came[post.id], worth[post.id]) for post in posts]


def told(credits: Sequence[Credit]) -> str:
    """What came of these posts, as one says it."""
    came = sum((each.came for each in credits), Counter[str]())
    leads = ngettext("one lead", "%(count)s leads", came["leads"])
    said = {
        "visits": ngettext("one visit", "%(count)s visits", came["visits"]),
        "replies": ngettext("one reply", "%(count)s replies", came["replies"]),
        "applications": ngettext("one person who asks to join", "%(count)s who ask to join", came["applications"]),
        "introductions": ngettext("one introduction", "%(count)s introductions", came["introductions"]),
        "leads": _("%(leads)s (%(closed)s closed)", leads=leads, closed=came["closed"]) if came["closed"] else leads,
    }
    if brought := listed([words for name, words in said.items() if came[name]]):
        return ngettext("One post brought %(what)s", "%(count)s posts brought %(what)s", came["posts"], what=brought)
    if came["posts"]:
        return ngettext("One post, and nothing seen of it yet", "%(count)s posts, and nothing seen yet", came["posts"])
    return _("Nothing is known yet")


def worth_of(credits: Sequence[Credit]) -> str:
    """What the clients of the closed leads meant to spend, each currency by itself; empty where none said."""
    worth = sum((each.worth for each in credits), Counter[str]())
    return listed([Money(minor, currency).spoken() for currency, minor in sorted(worth.items())])


def _came(session: Session, posts: Sequence[Delivery]) -> tuple[_Counts, _Counts]:
    came: _Counts = {post.id: Counter({"posts": int(post.state is DeliveryState.DELIVERED)}) for post in posts}
    worth: _Counts = defaultdict(Counter)
    clicks = select(ShortLink.delivery_id, func.sum(ShortLinkClicks.count))
    applied = select(Application.came_from_id, func.count())
    counted = (
        ("visits", clicks.join(ShortLinkClicks, ShortLinkClicks.link_id == ShortLink.id), ShortLink.delivery_id),
        ("replies", select(ShortLink.delivery_id, func.sum(ShortLink.letters)), ShortLink.delivery_id),
        ("applications", applied.where(Application.confirmed_at.is_not(None)), Application.came_from_id),
        ("introductions", select(Introduction.came_from_id, func.count()), Introduction.came_from_id),
    )
    for name, rows, post_id in counted:
        for id, count in session.execute(rows.where(post_id.in_(came)).group_by(post_id)):
            came[id][name] += count
    for id, lead in session.execute(select(Lead.came_from_id, Lead).where(Lead.came_from_id.in_(came))):
        came[id]["leads"] += 1
        if lead.closed_at is not None and lead.text:  # whose bringer was erased is only over
            came[id]["closed"] += 1
            worth[id][lead.currency] += lead.budget_minor or 0
    return came, worth
