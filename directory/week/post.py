"""Posts: the week's text for a channel, what people change in it, and the moment it is frozen for sending."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory import audit
from directory.db import Base, PublicRow
from directory.errors import Invalid
from directory.language import gettext
from directory.people.member import Member
from directory.text import clean_text
from directory.week import wording
from directory.week.channel import MOST, USUAL_LIMIT, Channel, ChannelState, channels_of, limits_of
from directory.week.counting import excess
from directory.week.delivery import Delivery
from directory.week.frozen import Frozen
from directory.week.mention import Item, Mention, choose, names_in, resume, silent_names, stands
from directory.week.occurrence import Occurrence, hold, lock_open


class Post(PublicRow, Base):
    """One text for one channel of one occurrence; ``edited_at`` says that a person changed the composed text."""

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
    """The posts of a turn, in the order of its channels."""
    return list(session.scalars(select(Post).where(Post.occurrence_id == occurrence.id).order_by(Post.channel_id)))


def mentions_of(session: Session, *, occurrence: Occurrence) -> list[Mention]:
    """Who stands in a turn's posts, in the order they were chosen."""
    return list(session.scalars(select(Mention).where(Mention.occurrence_id == occurrence.id).order_by(Mention.id)))


def compose(session: Session, *, occurrence: Occurrence, now: datetime) -> list[Post]:
    """Write the turn's posts anew from what members agree to now; none when there is nothing new to say.

    A text that a person edited stays, and so does the choice of people from then on; if it speaks of somebody who
    no longer agrees, the turn is held. Raises Conflict when the turn is over.
    """
    lock_open(session, occurrence)
    written = {post.channel_id: post for post in posts_of(session, occurrence=occurrence)}
    mentions = mentions_of(session, occurrence=occurrence)
    edited = [post for post in written.values() if post.edited_at is not None]
    items = resume(session, mentions) if edited else choose(session, chapter=occurrence.chapter, now=now)
    told = 0
    for channel in channels_of(session, chapter=occurrence.chapter):
        post = written.get(channel.id)
        if post is None or post.edited_at is None:
            told = max(told, _write(session, occurrence, channel, post, items, now))
    if not edited:
        _note(session, occurrence, mentions, items[:told], now)
    elif occurrence.held_at is None and (
        not all(mention.is_agreed for mention in mentions)
        or any(_unwilling(session, post.text, mentions) for post in edited)
    ):
        reason = gettext("The edited text speaks of somebody who no longer agrees to it, or of an ask that has ended.")
        hold(session, occurrence=occurrence, member=None, now=now, reason=reason)
    session.flush()
    return posts_of(session, occurrence=occurrence)


def edit(session: Session, *, post: Post, text: str, member: Member, now: datetime) -> None:
    """Replace the composed text; what the post was composed from and is no longer agreed to is forgotten.

    Raises Invalid for an empty, too long or oddly spelled text, or one that names somebody who does not agree to
    it; Conflict when the turn is over.
    """
    lock_open(session, post.occurrence)
    text = clean_text(text, field="text", what=gettext("the text of the post"), limit=MOST.most)
    if over := excess(text, limits_of(post.channel)):
        message = gettext("It is %(over)s too long for %(channel)s.", over=over, channel=post.channel.name)
        raise Invalid(message, field="text")
    mentions = mentions_of(session, occurrence=post.occurrence)
    if unwilling := _unwilling(session, text, mentions):
        who = unwilling[0]
        message = gettext("%(name)s does not agree to be named in the weekly post; leave the name out.", name=who)
        raise Invalid(message, field="text")
    for mention in mentions:
        if not mention.is_agreed:
            session.delete(mention)
    post.text, post.edited_at, post.edited_by_id = text, now, member.id
    audit.record(session, actor_id=member.id, action="post.edit", object=f"post {post.public_id}", now=now)
    session.flush()


def restore(session: Session, *, post: Post, member: Member, now: datetime) -> None:
    """Give up an edited text for the composed one. Raises Conflict when the turn is over."""
    lock_open(session, post.occurrence)
    post.edited_at, post.edited_by_id = None, None
    audit.record(session, actor_id=member.id, action="post.restore", object=f"post {post.public_id}", now=now)
    compose(session, occurrence=post.occurrence, now=now)


def freeze(session: Session, *, occurrence: Occurrence, now: datetime) -> list[Delivery]:
    """At its time: compose a last time, and write one delivery per post with its final bytes.

    Without anything to say, or anywhere to say it, the turn is skipped with the reason. None while it is held or
    its time has not come. Raises Conflict when it was done before: once is enough, whoever tries.
    """
    posts = compose(session, occurrence=occurrence, now=now)
    if occurrence.held_at is not None or occurrence.due_at > now:
        return []
    posts = [post for post in posts if post.channel.state is ChannelState.OPEN]
    if not posts:
        occurrence.skipped = (
            gettext("There was nothing new to say.")
            if channels_of(session, chapter=occurrence.chapter)
            else gettext("No channel is connected.")
        )
        return []
    occurrence.posted_at = now
    deliveries = [
        Delivery(
            key=f"post:{occurrence.public_id}:{post.channel.public_id}",
            channel_id=post.channel_id,
            occurrence_id=occurrence.id,
            payload=_frozen(post, now).to_bytes(),
            due_at=now,
        )
        for post in posts
    ]
    session.add_all(deliveries)
    session.flush()
    return deliveries


def _write(
    session: Session, occurrence: Occurrence, channel: Channel, post: Post | None, items: Sequence[Item], now: datetime
) -> int:
    """Make the post say what ``items`` are, or not be there; how many it tells."""
    text, told = wording.tell(
        items,
        chapter=occurrence.chapter,
        on=occurrence.local_date,
        limits=(USUAL_LIMIT, *limits_of(channel)),
    )
    if not told:
        if post is not None:
            session.delete(post)
    elif post is None:
        session.add(Post(occurrence_id=occurrence.id, channel_id=channel.id, text=text, composed_at=now))
    elif post.text != text:
        post.text, post.composed_at = text, now
    return told


def _note(
    session: Session, occurrence: Occurrence, mentions: Sequence[Mention], items: Sequence[Item], now: datetime
) -> None:
    """Keep who is mentioned and why, in the order of the text."""
    wanted = [(item.member.id, item.wanted and item.wanted.id, item.lead and item.lead.id) for item in items]
    if wanted == [(mention.member_id, mention.wanted_id, mention.lead_id) for mention in mentions]:
        return
    for mention in mentions:
        session.delete(mention)
    session.flush()
    session.add_all(
        Mention(
            occurrence_id=occurrence.id, member=item.member, wanted=item.wanted, lead=item.lead, reason=item.reason(now)
        )
        for item in items
    )


def _unwilling(session: Session, text: str, mentions: Sequence[Mention]) -> list[str]:
    """The names in ``text`` of members who do not agree to be named: full ones, and first ones of the mentioned."""
    mentioned = (mention.member for mention in mentions)
    first = [who.name for who in mentioned if who.spotlight_at is None and stands(who.first_name, text)]
    return names_in(text, silent_names(session)) + first


def _frozen(post: Post, now: datetime) -> Frozen:
    turn = post.occurrence
    return Frozen(turn.chapter.name, post.channel.public_id, turn.public_id, turn.local_date, now, post.text)
