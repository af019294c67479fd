"""Attribution: what came of a chapter's posts, in numbers of which none names a person.

A post is credited with the visits through its own link; with the replies to it, there or as a letter to a member's
public page; and with whom a visit or a reply led to apply, to bring a lead or to ask for an introduction. Only the last
link that somebody followed counts, for thirty days and for one act. Nobody sees what came by word of mouth, from
another browser, or of a post without a link.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from directory.facts.introduction import Introduction
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.money import Money
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.outbox.short_link import ShortLink, ShortLinkClicks
from directory.people.chapter import Chapter
from directory.translation import gettext as _
from directory.translation import join_as_list, ngettext
from directory.week.social_inbox import Reply

MOST = 12  # weeks
LATELY = timedelta(weeks=4)


class Credit(NamedTuple):
    """A post and how much of what came of it; it counts as one of its ``posts`` once it arrived.

    Under a currency stands what the clients of its closed leads meant to spend: what they paid nobody writes down.
    """

    post: Delivery
    has_link: bool  # else nobody knows of visits
    came: Counter[str]


def credits_of(session: Session, *, chapter: Chapter) -> list[Credit]:
    """The posts of the chapter's last weeks, the newest first; those that certainly went nowhere are left out."""
    turns = select(Occurrence.id).where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None))
    newest = turns.order_by(Occurrence.due_at.desc()).limit(MOST)
    theirs = (Delivery.channel_id.is_not(None), Delivery.state != DeliveryState.FAILED)
    rows = select(Delivery).join(Delivery.occurrence).where(*theirs, Delivery.occurrence_id.in_(newest))
    loaded = rows.options(joinedload(Delivery.channel), joinedload(Delivery.occurrence))
    posts = session.scalars(loaded.order_by(Occurrence.due_at.desc(), Delivery.id)).all()
    came: dict[int | None, Counter[str]] = {post.id: Counter(posts=post.state == "delivered") for post in posts}
    link, many, applied = ShortLink.delivery_id, func.count(), Application.confirmed_at.is_not(None)
    for name, counted, post_id in (
        ("visits", select(link, func.sum(ShortLinkClicks.count)).join_from(ShortLink, ShortLinkClicks), link),
        ("replies", select(link, func.sum(ShortLink.letters)), link),
        ("replies", select(Reply.about_id, many), Reply.about_id),
        ("introductions", select(Reply.about_id, many).where(Reply.outcome == "introduction"), Reply.about_id),
        ("applications", select(Application.came_from_id, many).where(applied), Application.came_from_id),
        ("introductions", select(Introduction.came_from_id, many), Introduction.came_from_id),
    ):
        for id, count in session.execute(counted.where(post_id.in_(came)).group_by(post_id)):
            came[id][name] += count
    for lead in session.scalars(select(Lead).where(Lead.came_from_id.in_(came))):
        is_closed = lead.closed_at is not None and lead.text  # whose bringer was erased is only over
        came[lead.came_from_id].update(
            leads=1, **({"closed": 1, lead.currency: lead.budget_minor or 0} if is_closed else {})
        )
    linked = set(session.scalars(select(link).where(link.in_(came))))
    return [Credit(post, post.id in linked, came[post.id]) for post in posts]


def summary_sentence(credits: Sequence[Credit]) -> str:
    """What came of these posts, as one says it."""
    came = _sum(credits)
    leads = ngettext("one lead", "%(count)s leads", came["leads"])
    said = {
        "visits": ngettext("one visit", "%(count)s visits", came["visits"]),
        "replies": ngettext("one reply", "%(count)s replies", came["replies"]),
        "applications": ngettext("one person who asks to join", "%(count)s who ask to join", came["applications"]),
        "introductions": ngettext("one introduction", "%(count)s introductions", came["introductions"]),
        "leads": _("%(leads)s (%(closed)s closed)", leads=leads, closed=came["closed"]) if came["closed"] else leads,
    }
    if brought := join_as_list([words for name, words in said.items() if came[name]]):
        return ngettext(
            "One post brought %(what)s", "%(count)s posts brought %(what)s", max(1, came["posts"]), what=brought
        )
    if came["posts"]:
        return ngettext("One post, and nothing seen of it yet", "%(count)s posts, and nothing seen yet", came["posts"])
    return _("Nothing is known yet")


def intended_spending(credits: Sequence[Credit]) -> str:
    """What the clients of the closed leads meant to spend, each currency by itself; empty where none said."""
    worth = {name: much for name, much in sorted(_sum(credits).items()) if name.isupper()}
    return join_as_list([Money(minor, currency).spoken() for currency, minor in worth.items()])


def _sum(credits: Sequence[Credit]) -> Counter[str]:
    return sum((each.came for each in credits), Counter())
