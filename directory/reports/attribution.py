"""Attribution: what a chapter's posts brought, as numbers that name no person.

A post is credited with the visits through its own link; with the replies to it, on the network or as a mail to a
member's public page; and with those whom a visit or a reply led to apply, to bring a lead or to ask for an
introduction. Only the last link that somebody followed counts, for thirty days and for one act. What came by word of
mouth, from another browser, or from a post without a link is not seen.
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

MAX_WEEKS = 12
LATELY = timedelta(weeks=4)


class Credit(NamedTuple):
    """A post and counts of what it brought; ``posts`` is 1 once it arrived.

    The count under a currency code is what the clients of its closed leads meant to spend, in minor units. What they
    paid is stored nowhere.
    """

    post: Delivery
    has_link: bool  # without one, visits are unknown
    counts: Counter[str]


def credits_of(session: Session, *, chapter: Chapter) -> list[Credit]:
    """Return the posts of the chapter's last MAX_WEEKS posted weeks, the newest first; failed ones are left out."""
    weeks = select(Occurrence.id).where(Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_not(None))
    newest = weeks.order_by(Occurrence.due_at.desc()).limit(MAX_WEEKS)
    not_failed = (Delivery.channel_id.is_not(None), Delivery.state != DeliveryState.FAILED)
    rows = select(Delivery).join(Delivery.occurrence).where(*not_failed, Delivery.occurrence_id.in_(newest))
    loaded = rows.options(joinedload(Delivery.channel), joinedload(Delivery.occurrence))
    posts = session.scalars(loaded.order_by(Occurrence.due_at.desc(), Delivery.id)).all()
    counts: dict[int | None, Counter[str]] = {post.id: Counter(posts=post.state == "delivered") for post in posts}
    link, number, is_confirmed = ShortLink.delivery_id, func.count(), Application.confirmed_at.is_not(None)
    for name, counted, post_id in (
        ("visits", select(link, func.sum(ShortLinkClicks.count)).join_from(ShortLink, ShortLinkClicks), link),
        ("replies", select(link, func.sum(ShortLink.letters)), link),
        ("replies", select(Reply.about_id, number), Reply.about_id),
        ("introductions", select(Reply.about_id, number).where(Reply.outcome == "introduction"), Reply.about_id),
        ("applications", select(Application.came_from_id, number).where(is_confirmed), Application.came_from_id),
        ("introductions", select(Introduction.came_from_id, number), Introduction.came_from_id),
    ):
        for id, count in session.execute(counted.where(post_id.in_(counts)).group_by(post_id)):
            counts[id][name] += count
    for lead in session.scalars(select(Lead).where(Lead.came_from_id.in_(counts))):
        is_closed = lead.closed_at is not None and lead.text  # a lead whose bringer was erased is closed without a text
        counts[lead.came_from_id].update(
            leads=1, **({"closed": 1, lead.currency: lead.budget_minor or 0} if is_closed else {})
        )
    with_link = set(session.scalars(select(link).where(link.in_(counts))))
    return [Credit(post, post.id in with_link, counts[post.id]) for post in posts]


def summary_sentence(credits: Sequence[Credit]) -> str:
    """Return a sentence on what these posts brought."""
    sums = _sum(credits)
    leads = ngettext("one lead", "%(count)s leads", sums["leads"])
    parts = {
        "visits": ngettext("one visit", "%(count)s visits", sums["visits"]),
        "replies": ngettext("one reply", "%(count)s replies", sums["replies"]),
        "applications": ngettext(
            "one person who applied to join", "%(count)s who applied to join", sums["applications"]
        ),
        "introductions": ngettext("one introduction", "%(count)s introductions", sums["introductions"]),
        "leads": _("%(leads)s (%(closed)s closed)", leads=leads, closed=sums["closed"]) if sums["closed"] else leads,
    }
    if brought := join_as_list([part for name, part in parts.items() if sums[name]]):
        return ngettext(
            "One post brought %(what)s", "%(count)s posts brought %(what)s", max(1, sums["posts"]), what=brought
        )
    if sums["posts"]:
        return ngettext("One post, and no results yet", "%(count)s posts, and no results yet", sums["posts"])
    return _("Nothing known yet")


def intended_spending(credits: Sequence[Credit]) -> str:
    """Return what the clients of the closed leads meant to spend, by currency; empty where none said."""
    amounts = {currency: minor for currency, minor in sorted(_sum(credits).items()) if currency.isupper()}
    return join_as_list([Money(minor, currency).spoken() for currency, minor in amounts.items()])


def _sum(credits: Sequence[Credit]) -> Counter[str]:
    return sum((credit.counts for credit in credits), Counter())
