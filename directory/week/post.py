"""Posts: the week's text for each channel, composed, edited by people, and frozen into deliveries when it is due."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory import audit, files
from directory.content_policy import PolicyRemark, check_policy
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid
from directory.local_format import date_text
from directory.outbox.channel import Channel, ChannelState, channels_of, kind_of, limits_of
from directory.outbox.channel_kind import DEFAULT_LIMIT
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence, lock_open
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.outbox.short_link import activate_link, short_link_url
from directory.people.tables import Member
from directory.settings import Settings
from directory.text import clean_text
from directory.text_entities import find_links
from directory.text_length import excess_length
from directory.translation import gettext
from directory.week import post_wording
from directory.week.capability_gap import top_capability_gap
from directory.week.mention_choice import Mention, choose_mentions, mentions_of, still_agreed_items
from directory.week.occurrence_planning import hold
from directory.week.opening_closing import PostFrame, frame_of
from directory.week.post_card import PostCard, card_of
from directory.week.post_item import PostItem
from directory.week.post_wording import OpeningClosing
from directory.week.unconsented_names import UnconsentedNames, names_in, occurs_in


class Post(PublicRow, Base):
    """One text for one channel of one occurrence; ``edited_at`` is set once a person changed the composed text."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("occurrence_id", "channel_id"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    composed_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))

    occurrence: Mapped[Occurrence] = relationship()
    channel: Mapped[Channel] = relationship()


def posts_of(session: Session, *, occurrence: Occurrence) -> list[Post]:
    """Return the posts of an occurrence, in the order of its channels' ids."""
    query = select(Post).where(Post.occurrence_id == occurrence.id).order_by(Post.channel_id)
    return list(session.scalars(query.options(joinedload(Post.channel, innerjoin=True))))


def compose(session: Session, *, occurrence: Occurrence, now: datetime, base_url: str = "") -> list[Post]:
    """Write the occurrence's posts anew from what members consent to now; none where nothing is new.

    A text that a person edited stays, and from then on so does the choice of mentions; if it mentions somebody who no
    longer consents, the occurrence is held. ``base_url`` is the address of this site, for posts that end with a link.
    Raises Conflict when the occurrence is over.
    """
    lock_open(session, occurrence)
    written = {post.channel_id: post for post in posts_of(session, occurrence=occurrence)}
    mentions = mentions_of(session, occurrence=occurrence, include_vetoed=True)
    vetoed = [mention for mention in mentions if mention.vetoed_at is not None]
    current = [mention for mention in mentions if mention.vetoed_at is None]
    edited = [post for post in written.values() if post.edited_at is not None]
    exclude = {mention.member_id for mention in vetoed}
    items = (
        still_agreed_items(session, mentions)
        if edited
        else choose_mentions(session, chapter=occurrence.chapter, now=now, exclude=exclude)
    )
    requested = [need.capability_id for item in items if item.lead is not None for need in item.lead.needs]
    seat = top_capability_gap(session, chapter=occurrence.chapter, now=now, exclude=requested)
    occurrence.seat_id = seat.id if seat is not None else None
    own_frame, mentioned = frame_of(session, chapter=occurrence.chapter), set[int]()
    for channel in channels_of(session, chapter=occurrence.chapter):
        post = written.get(channel.id)
        if post is None or post.edited_at is None:
            frame = _frame(occurrence, channel, base_url, seat.name if seat is not None else "", own_frame)
            mentioned |= {item.member.id for item in _write_post(session, frame, occurrence, channel, post, items, now)}
    if not edited:
        _store_mentions(session, occurrence, current, [item for item in items if item.member.id in mentioned], now)
    elif occurrence.held_at is None and (
        not all(mention.is_agreed for mention in current)
        or any(_unwilling(session, post.text, mentions) for post in edited)
        or any(_is_later(mention.vetoed_at, post.edited_at) for mention in vetoed for post in edited)
    ):
        reason = gettext("The edited text mentions somebody who no longer agrees to it, or an ask that was removed.")
        hold(session, occurrence=occurrence, member=None, now=now, reason=reason)
    session.flush()
    return posts_of(session, occurrence=occurrence)


def edit(session: Session, *, post: Post, text: str, member: Member, now: datetime) -> None:
    """Replace the composed text, and delete the mentions that are no longer agreed to.

    Raises Invalid for a text that is empty, too long or no plain text, breaks the content policy, or names somebody who
    does not consent to it; Conflict when the occurrence is over.
    """
    lock_open(session, post.occurrence)
    text = clean_text(text, field="text", what=gettext("the text of the post"), limit=DEFAULT_LIMIT.maximum)
    if excess := excess_length(text, limits_of(post.channel)):
        message = gettext("It is %(over)s too long for %(channel)s.", over=excess, channel=post.channel.name)
        raise Invalid(message, field="text")
    if errors := [remark.sentence for remark in remarks_on(session, post=post, text=text) if remark.is_error]:
        raise Invalid(" ".join(errors), field="text")
    mentions = mentions_of(session, occurrence=post.occurrence, include_vetoed=True)
    if unwilling := _unwilling(session, text, mentions):
        name = unwilling[0]
        message = gettext("%(name)s does not agree to be named in the weekly post. Leave the name out.", name=name)
        raise Invalid(message, field="text")
    for mention in mentions:
        if not mention.is_agreed and mention.vetoed_at is None:
            session.delete(mention)
    post.text, post.edited_at, post.edited_by_id = text, now, member.id
    audit.record(session, actor_id=member.id, action="post.edit", object=post, now=now)
    session.flush()


def remarks_on(session: Session, *, post: Post, text: str) -> list[PolicyRemark]:
    """Return what the content policy says of ``text`` as this post, errors first."""
    costs = kind_of(post.channel).costs
    return check_policy(
        text,
        country=post.occurrence.chapter.country,
        has_link=post.channel.has_link,
        link_cost=f"${costs[1]}" if costs else "",
        is_repeated=_is_duplicate(session, post.occurrence, post.channel, text),
    )


def restore(session: Session, *, post: Post, member: Member, now: datetime, base_url: str = "") -> None:
    """Replace an edited text by the composed one. Raises Conflict when the occurrence is over."""
    lock_open(session, post.occurrence)
    post.edited_at, post.edited_by_id = None, None
    audit.record(session, actor_id=member.id, action="post.restore", object=post, now=now)
    compose(session, occurrence=post.occurrence, now=now, base_url=base_url)


def withdraw_mention(
    session: Session, *, occurrence: Occurrence, member: Member, now: datetime, base_url: str = ""
) -> None:
    """Veto the member's mention in this week's posts, which are composed anew without them.

    Raises Conflict when they are not mentioned, or the occurrence is over.
    """
    lock_open(session, occurrence)
    mine = [mention for mention in mentions_of(session, occurrence=occurrence) if mention.member_id == member.id]
    if not mine:
        raise Conflict(gettext("You are not in this week's post."))
    mine[0].vetoed_at = now
    audit.record(session, actor_id=member.id, action="mention.take_back", object=occurrence, now=now)
    compose(session, occurrence=occurrence, now=now, base_url=base_url)


def restore_mention(
    session: Session, *, occurrence: Occurrence, member: Member, now: datetime, base_url: str = ""
) -> None:
    """Undo the member's veto for this week's posts. Raises Conflict when the occurrence is over."""
    lock_open(session, occurrence)
    vetoed = (Mention.occurrence_id == occurrence.id, Mention.member_id == member.id, Mention.vetoed_at.is_not(None))
    session.execute(delete(Mention).where(*vetoed))
    audit.record(session, actor_id=member.id, action="mention.give_back", object=occurrence, now=now)
    compose(session, occurrence=occurrence, now=now, base_url=base_url)


def freeze(
    session: Session, *, occurrence: Occurrence, now: datetime, settings: Settings | None = None
) -> list[Delivery]:
    """Compose a last time, when due, and write one delivery per post with its final payload.

    Without anything to post, or a channel to post it on, the occurrence is skipped with the reason. Returns an empty
    list then, and while it is held or not due. Without ``settings`` no picture goes along. Raises Conflict when the
    occurrence was posted or skipped before, so that of several attempts only one succeeds.
    """
    base_url = settings.base_url if settings is not None else ""
    posts = compose(session, occurrence=occurrence, now=now, base_url=base_url)
    if occurrence.held_at is not None or occurrence.due_at > now:
        return []
    posts = [post for post in posts if post.channel.state is ChannelState.OPEN]
    if not posts:
        occurrence.skipped = (
            gettext("There was nothing new to post.")
            if channels_of(session, chapter=occurrence.chapter)
            else gettext("No channel is connected.")
        )
        return []
    occurrence.posted_at = now
    is_pictured = any(kind_of(post.channel).has_image for post in posts)
    card = card_of(mentions_of(session, occurrence=occurrence), base_url) if is_pictured else None
    deliveries = [
        Delivery(
            key=f"post:{occurrence.public_id}:{post.channel.public_id}",
            channel_id=post.channel_id,
            occurrence_id=occurrence.id,
            payload=_snapshot(post, card, now, settings).to_bytes(),
            due_at=now,
            state=DeliveryState.BY_HAND if kind_of(post.channel).is_by_hand else DeliveryState.PENDING,
        )
        for post in posts
    ]
    session.add_all(deliveries)
    session.flush()
    for delivery, post in zip(deliveries, posts, strict=True):
        activate_link(session, delivery=delivery, text=post.text, occurrence=occurrence, channel=post.channel)
    return deliveries


def _write_post(
    session: Session,
    frame: OpeningClosing,
    occurrence: Occurrence,
    channel: Channel,
    post: Post | None,
    items: Sequence[PostItem],
    now: datetime,
) -> list[PostItem]:
    """Write or delete the channel's post of ``items``; return the items that its text holds.

    Where a link costs and none was chosen, items whose text would become a link are left out.
    """
    is_costly, limits = bool(kind_of(channel).costs) and not channel.has_link, limits_of(channel)
    allowed = [
        item
        for item in items
        if not (is_costly and find_links(post_wording.compose_post_text([item], frame, (DEFAULT_LIMIT,))[0]))
    ]
    text, included = post_wording.compose_post_text(allowed, frame, limits) if allowed or frame.seat else ("", [])
    if text and _is_duplicate(session, occurrence, channel, text):
        text, included = post_wording.compose_post_text(allowed, replace(frame, is_dated=True), limits)
    if not text or (is_costly and find_links(text)):
        if post is not None:
            session.delete(post)
        return []
    if post is None:
        session.add(Post(occurrence_id=occurrence.id, channel_id=channel.id, text=text, composed_at=now))
    elif post.text != text:
        post.text, post.composed_at = text, now
    return included


def _frame(occurrence: Occurrence, channel: Channel, base_url: str, seat: str, own: PostFrame | None) -> OpeningClosing:
    """The frame of a channel's post; with a link to the week's page only where that page is public."""
    has_page = channel.has_link and base_url and occurrence.chapter.public_at is not None
    link = short_link_url(occurrence, channel, base_url) if has_page else ""
    opening, closing = (own.opening, own.closing) if own is not None else ("", "")
    return OpeningClosing(
        occurrence.chapter, occurrence.local_date, seat=seat, link=link, opening=opening, closing=closing
    )


def _is_duplicate(session: Session, occurrence: Occurrence, channel: Channel, text: str) -> bool:
    """Whether another week of the channel has the very same text."""
    same = (Post.channel_id == channel.id, Post.occurrence_id != occurrence.id, Post.text == text)
    with session.no_autoflush:  # pending changes are of this week
        return session.scalar(select(Post.id).where(*same).limit(1)) is not None


def _is_later(vetoed_at: datetime | None, edited_at: datetime | None) -> bool:
    return vetoed_at is not None and edited_at is not None and vetoed_at >= edited_at


def _store_mentions(
    session: Session, occurrence: Occurrence, mentions: Sequence[Mention], items: Sequence[PostItem], now: datetime
) -> None:
    """Store who is mentioned and why, in the order of the text."""
    new = [
        Mention(
            occurrence_id=occurrence.id,
            member_id=person.id,
            wanted_id=item.wanted.id if item.wanted else None,
            lead_id=item.lead.id if item.lead else None,
            case_study_id=item.story.id if item.story else None,
            reason=item.reason(now),
        )
        for item in items
        for person in item.people
    ]
    if [_subject(row) for row in new] != [_subject(row) for row in mentions]:
        for mention in mentions:
            session.delete(mention)
        session.flush()
        session.add_all(new)


def _subject(row: Mention) -> tuple[int | None, ...]:
    return row.member_id, row.wanted_id, row.lead_id, row.case_study_id


def _unwilling(session: Session, text: str, mentions: Sequence[Mention]) -> list[str]:
    """Return the names in ``text`` of members without consent: any full name, and first names of the mentioned."""
    unconsenting = [row.member for row in mentions if row.member.spotlight_at is None or row.vetoed_at is not None]
    by_first_name = [member.name for member in unconsenting if occurs_in(member.first_name, text)]
    vetoed = [row.member.name for row in mentions if row.vetoed_at is not None]
    return UnconsentedNames(session).found_in(text) + names_in(text, vetoed) + by_first_name


def _snapshot(post: Post, card: PostCard | None, now: datetime, settings: Settings | None) -> PostSnapshot:
    week, image, alt = post.occurrence, "", ""
    if card is not None and settings is not None and kind_of(post.channel).has_image:
        image, alt = files.store_file(settings.home, FOLDER, card.png), card.alt
    day = date_text(week.local_date, writes=week.chapter.local_format)
    return PostSnapshot(
        week.chapter.name, post.channel.public_id, week.public_id, week.local_date, now, post.text, image, alt, day
    )
