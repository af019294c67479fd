"""The inbox: what people said on the networks, kept for a person to decide about. Nobody is ever answered from here."""

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship

from directory import audit
from directory.db import Base, PublicRow, new_public_id
from directory.errors import Conflict, Invalid
from directory.leads.lead import Lead
from directory.outbox.channel import Channel, ChannelState
from directory.outbox.channel_connection import account_page
from directory.outbox.channel_kind import CHANNEL_KINDS
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.rate_limit import INSERT
from directory.text import strip_hidden
from directory.translation import gettext as _

KEPT_FOR = timedelta(days=90)
EACH = timedelta(minutes=10)  # so often each account is listened to
AWAY = timedelta(hours=2)  # at most, where a network asks for more patience
MOST = 50  # that a page shows
LONGEST, LONGEST_ID = 4000, 300  # characters; as many as a lead may have


class Outcome(StrEnum):
    """What a person made of it."""

    LEAD = "lead"
    INTRODUCTION = "introduction"
    INVITATION = "invitation"
    IGNORED = "ignored"


class Reply(PublicRow, Base):
    """What somebody said there: to a post of ours (``about``), to our account, or under a hashtag of the chapter.

    A stranger's words, so they go after KEPT_FOR. It waits while it has no ``outcome``; an introduction is to
    ``member``, and a ``lead`` lives on by itself.
    """

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("channel_id", "external_id"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    external_id: Mapped[str] = mapped_column(String(LONGEST_ID))
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
    """The open channels that can be listened to, of one chapter or of all, who waits longest first."""
    kinds = [kind.kind for kind in CHANNEL_KINDS if kind.is_heard]
    theirs = select(Channel).where(Channel.state == ChannelState.OPEN, Channel.kind.in_(kinds))
    if chapter is not None:
        theirs = theirs.where(Channel.chapter_id == chapter.id)
    return list(session.scalars(theirs.order_by(Channel.listened_at.nulls_first(), Channel.id)))


def lease_listening(session: Session, *, channel: Channel, now: datetime) -> bool:
    """Whether it is time to listen to the channel, and nobody else does; from now on somebody does."""
    session.refresh(channel, with_for_update={"of": Channel})
    if channel.listened_at is not None and now - EACH < channel.listened_at < now + AWAY:
        return False  # What is further ahead was written by a clock that has been put back.
    channel.listened_at = now
    return True


def record_listen_failure(channel: Channel, *, said: str, until: datetime | None, now: datetime) -> None:
    """Keep why nothing was heard. The next try waits ``until`` the network allows it, but not for long."""
    channel.listen_said = said[:300]
    channel.listened_at = max(min(until or now, now + AWAY) - EACH, now)


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
    """Keep what was said, once, whoever else hears it too; whether it was new. ``about`` is our post's id there."""
    if len(external_id) > LONGEST_ID or said_at <= now - KEPT_FOR:
        return False
    post = Delivery.external_id == about, Delivery.channel_id == channel.id
    row = {
        "public_id": new_public_id(),
        "channel_id": channel.id,
        "external_id": external_id,
        "kind": kind,
        "author": strip_hidden(author, 120),
        "text": _plain(text),
        "address": address if _is_there(channel, address) else "",
        "said_at": min(said_at, now),
        "heard_at": now,
        "about_id": session.scalar(select(Delivery.id).where(*post).limit(1)) if about else None,
    }
    insert = INSERT[session.get_bind().dialect.name](Reply).values(row).on_conflict_do_nothing()
    return session.scalar(insert.returning(Reply.id)) is not None


def replies_in(session: Session, *, chapter: Chapter) -> list[Reply]:
    """What the chapter's accounts heard: first what waits, then what was decided; the newest first."""
    theirs = select(Reply).join(Reply.channel).where(Channel.chapter_id == chapter.id)
    loaded = (joinedload(Reply.about).joinedload(Delivery.occurrence), joinedload(Reply.member), joinedload(Reply.lead))
    newest = theirs.order_by(Reply.outcome.is_not(None), Reply.said_at.desc(), Reply.id.desc()).limit(MOST)
    return list(session.scalars(newest.options(*loaded)))


class InboxSummary(NamedTuple):
    """What waits for who runs some chapters: posts to settle, accounts to connect again, how much was said in each."""

    unsettled: list[Delivery]
    out_of_order: list[Channel]
    heard: dict[Chapter, int]


def inbox_summary(session: Session, *, chapters: Collection[int]) -> InboxSummary:
    """All that waits about the channels of these chapters, in one query, since Today asks for it at every visit."""
    said = select(func.count()).where(Reply.channel_id == Channel.id, Reply.outcome.is_(None)).scalar_subquery()
    unsettled = Delivery.state.in_((DeliveryState.UNKNOWN, DeliveryState.BY_HAND))
    found = select(Channel, Delivery, said).outerjoin(Delivery, (Delivery.channel_id == Channel.id) & unsettled)
    loaded = found.options(joinedload(Channel.chapter), contains_eager(Delivery.channel).joinedload(Channel.chapter))
    theirs = loaded.where(Channel.chapter_id.in_(chapters))
    rows = session.execute(theirs.order_by(Delivery.due_at, Delivery.id, Channel.id)).all() if chapters else []
    many, heard = {channel: many for channel, _row, many in rows}, Counter[Chapter]()
    for channel, count in many.items():
        heard[channel.chapter] += count
    broken = [channel for channel in many if channel.state is ChannelState.BROKEN]
    return InboxSummary([row for _channel, row, _many in rows if row], broken, dict(+heard))


def publicly_named_members(session: Session, *, chapter: Chapter) -> list[Member]:
    """The chapter's members who may be named to a stranger: they have a public page."""
    public = (Business.chapter_id == chapter.id, Member.is_active, Member.public_at.is_not(None))
    return list(session.scalars(select(Member).join(Member.business).where(*public).order_by(Member.name, Member.id)))


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
    """Say what becomes of it, or None: it waits again. Nothing is sent.

    Raises Conflict where a lead came of it, which stays; Invalid for an introduction to nobody, or to whom no
    stranger may know of.
    """
    session.refresh(reply, with_for_update={"of": Reply})
    if reply.lead_id is not None:
        raise Conflict(_("A lead came of it; close the lead if it was none."))
    if outcome is Outcome.INTRODUCTION and member not in publicly_named_members(session, chapter=reply.channel.chapter):
        raise Invalid(_("Choose a member who has a public page."), field="member")
    reply.outcome, reply.lead_id = outcome, lead.id if lead is not None else None
    reply.member_id = member.id if member is not None else None
    audit.record(
        session,
        actor_id=by.id,
        action=f"reply.{outcome or 'wait'}",
        object=f"reply {reply.public_id}",
        now=now,
    )


def delete_old_replies(session: Session, *, now: datetime) -> None:
    """Delete what was heard longer ago than KEPT_FOR."""
    session.execute(delete(Reply).where(Reply.heard_at <= now - KEPT_FOR))


def _plain(text: str) -> str:
    lines = "\n".join(strip_hidden(line, LONGEST) for line in text[: 2 * LONGEST].splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()[:LONGEST]


def _is_there(channel: Channel, address: str) -> bool:
    """Whether it leads to where the account is, and nowhere else."""
    page = account_page(channel)
    site = page[: page.index("/", len("https://")) + 1] if page else ""
    return bool(site) and address.startswith(site) and len(address) <= 500 and address.isascii()
