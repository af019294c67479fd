"""The social inbox: what people wrote on the networks, for a person to decide about. No reply is sent from here."""

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship

from directory import audit
from directory.db import Base, PublicRow, insert_into
from directory.errors import Conflict, Invalid
from directory.leads.lead import Lead
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.channel_kind import CHANNEL_KINDS
from directory.outbox.channel_lifecycle import account_page
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.profiles.public_page import public_people
from directory.text import strip_hidden
from directory.translation import gettext as _

RETENTION = timedelta(days=90)
LISTEN_INTERVAL = timedelta(minutes=10)  # between two polls of an account
MAX_BACKOFF = timedelta(hours=2)  # where a network asks for a longer pause
PAGE_LIMIT = 50  # replies on a page
MAX_LENGTH, MAX_ID_LENGTH = 4000, 300  # characters; a lead may have as many


class Outcome(StrEnum):
    """What a person decided to make of a reply."""

    LEAD = "lead"
    INTRODUCTION = "introduction"
    INVITATION = "invitation"
    IGNORED = "ignored"


class Reply(PublicRow, Base):
    """What somebody wrote on a network: a reply to our post (``about``), a mention of us, or a post with our hashtag.

    It is a stranger's text, so it is deleted after RETENTION. A reply is pending while it has no ``outcome``; an
    introduction is to ``member``; a ``lead`` that came of it stays.
    """

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("channel_id", "external_id"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    external_id: Mapped[str] = mapped_column(String(MAX_ID_LENGTH))
    kind: Mapped[str] = mapped_column(String(12))  # reply, mention or tag
    author: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(500))
    said_at: Mapped[datetime]
    heard_at: Mapped[datetime] = mapped_column(index=True)
    about_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    outcome: Mapped[Outcome | None]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))

    channel: Mapped[Channel] = relationship(lazy="joined", innerjoin=True)
    about: Mapped[Delivery | None] = relationship()
    lead: Mapped[Lead | None] = relationship()
    member: Mapped[Member | None] = relationship()


def channels_to_listen(session: Session, *, chapter: Chapter | None = None) -> list[Channel]:
    """Return the open channels that can be polled, of one chapter or of all, the longest unpolled first."""
    kinds = [kind.kind for kind in CHANNEL_KINDS if kind.is_heard]
    query = select(Channel).where(Channel.state == ChannelState.OPEN, Channel.kind.in_(kinds))
    if chapter is not None:
        query = query.where(Channel.chapter_id == chapter.id)
    return list(session.scalars(query.order_by(Channel.listened_at.nulls_first(), Channel.id)))


def lease_listening(session: Session, *, channel: Channel, now: datetime) -> bool:
    """Lease the channel for one poll; False where it was polled, or leased by another worker, just before."""
    session.refresh(channel, with_for_update={"of": Channel})
    if channel.listened_at is not None and now - LISTEN_INTERVAL < channel.listened_at < now + MAX_BACKOFF:
        return False  # A time further ahead was written by a clock that has since been set back.
    channel.listened_at = now
    return True


def record_listen_failure(channel: Channel, *, reason: str, until: datetime | None, now: datetime) -> None:
    """Store why the poll failed. The next attempt is at ``until``, between LISTEN_INTERVAL and MAX_BACKOFF from now."""
    channel.listen_said = reason[:300]
    channel.listened_at = max(min(until or now, now + MAX_BACKOFF) - LISTEN_INTERVAL, now)


def store_reply(
    session: Session,
    *,
    channel: Channel,
    external_id: str,
    kind: str,
    author: str,
    text: str,
    address: str,
    said_at: datetime,
    about: str = "",
    now: datetime,
) -> bool:
    """Store a reply once, even among concurrent workers; return whether it was new.

    ``about`` is the id that our post has on the network. A reply older than RETENTION, or with too long an id, is not
    stored.
    """
    if len(external_id) > MAX_ID_LENGTH or said_at <= now - RETENTION:
        return False
    is_our_post = Delivery.external_id == about, Delivery.channel_id == channel.id
    values = {
        "channel_id": channel.id,
        "external_id": external_id,
        "kind": kind,
        "author": strip_hidden(author, 120),
        "text": _plain(text),
        "address": address if _is_on_site(channel, address) else "",
        "said_at": min(said_at, now),
        "heard_at": now,
        "about_id": session.scalar(select(Delivery.id).where(*is_our_post).limit(1)) if about else None,
    }
    insert = insert_into(session, Reply).values(values).on_conflict_do_nothing()
    return session.scalar(insert.returning(Reply.id)) is not None


def replies_in(session: Session, *, chapter: Chapter) -> list[Reply]:
    """Return the replies to the chapter's accounts, pending ones first, then the newest; PAGE_LIMIT at most."""
    query = select(Reply).join(Reply.channel).where(Channel.chapter_id == chapter.id)
    loaded = (joinedload(Reply.about).joinedload(Delivery.occurrence), joinedload(Reply.member), joinedload(Reply.lead))
    newest = query.order_by(Reply.outcome.is_not(None), Reply.said_at.desc(), Reply.id.desc()).limit(PAGE_LIMIT)
    return list(session.scalars(newest.options(*loaded)))


class InboxSummary(NamedTuple):
    """What is pending for who runs some chapters: deliveries to settle, channels to reconnect, replies per chapter."""

    unsettled: list[Delivery]
    broken_channels: list[Channel]
    reply_counts: dict[Chapter, int]


def inbox_summary(session: Session, *, chapters: Collection[int]) -> InboxSummary:
    """Return all that is pending for these chapters, in one query, since Today asks for it at every visit."""
    pending = select(func.count()).where(Reply.channel_id == Channel.id, Reply.outcome.is_(None)).scalar_subquery()
    unsettled = Delivery.state.in_((DeliveryState.UNKNOWN, DeliveryState.BY_HAND))
    query = select(Channel, Delivery, pending).outerjoin(Delivery, (Delivery.channel_id == Channel.id) & unsettled)
    loaded = query.options(joinedload(Channel.chapter), contains_eager(Delivery.channel).joinedload(Channel.chapter))
    filtered = loaded.where(Channel.chapter_id.in_(chapters))
    rows = session.execute(filtered.order_by(Delivery.due_at, Delivery.id, Channel.id)).all() if chapters else []
    counts, by_chapter = {channel: count for channel, _row, count in rows}, Counter[Chapter]()
    for channel, count in counts.items():
        by_chapter[channel.chapter] += count
    broken = [channel for channel in counts if channel.state is ChannelState.BROKEN]
    return InboxSummary([row for _channel, row, _count in rows if row], broken, dict(+by_chapter))


def decide_reply(
    session: Session,
    *,
    reply: Reply,
    outcome: Outcome | None,
    by: Member,
    now: datetime,
    lead: Lead | None = None,
    member: Member | None = None,
) -> None:
    """Store what becomes of a reply; None makes it pending again. Nothing is sent.

    Raises Conflict where a lead came of it, which stays; Invalid for an introduction to nobody, or to a member who has
    no public page.
    """
    session.refresh(reply, with_for_update={"of": Reply})
    if reply.lead_id is not None:
        raise Conflict(_("It became a lead. If it was not one, close the lead."))
    if outcome is Outcome.INTRODUCTION and member not in public_people(session, chapter=reply.channel.chapter):
        raise Invalid(_("Choose a member who has a public page."), field="member")
    reply.outcome, reply.lead_id = outcome, lead.id if lead is not None else None
    reply.member_id = member.id if member is not None else None
    audit.record(session, actor_id=by.id, action=f"reply.{outcome or 'wait'}", object=reply, now=now)


def delete_old_replies(session: Session, *, now: datetime) -> None:
    """Delete the replies that were stored RETENTION ago or earlier."""
    session.execute(delete(Reply).where(Reply.heard_at <= now - RETENTION))


def _plain(text: str) -> str:
    lines = "\n".join(strip_hidden(line, MAX_LENGTH) for line in text[: 2 * MAX_LENGTH].splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()[:MAX_LENGTH]


def _is_on_site(channel: Channel, address: str) -> bool:
    """Whether the address is on the account's own site, in ASCII and at most 500 characters."""
    page = account_page(channel)
    site = page[: page.index("/", len("https://")) + 1] if page else ""
    return bool(site) and address.startswith(site) and len(address) <= 500 and address.isascii()
