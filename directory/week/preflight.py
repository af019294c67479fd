"""Pre-flight: a day before, whatever would keep a post from going out is found, and told to who can put it right."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.outbox import mail
from directory.outbox.channel import Channel, ChannelState, kind_of, limits_of
from directory.outbox.channel_connection import people_in_charge, possible_owners
from directory.outbox.kill_switch import stops_of
from directory.outbox.occurrence import Occurrence
from directory.people.tables import Member
from directory.text_length import excess_length
from directory.translation import gettext
from directory.week.mention import mentions_of
from directory.week.opening_closing import pending_frame
from directory.week.post import posts_of, remarks_on
from directory.week.post_card import card_of

AHEAD = timedelta(hours=24)


def occurrences_to_check(session: Session, *, now: datetime) -> list[Occurrence]:
    """The turns within the next day that nobody has looked at yet, the next first."""
    rows = select(Occurrence).where(Occurrence.due_at > now, Occurrence.due_at <= now + AHEAD)
    rows = rows.where(Occurrence.preflight_at.is_(None), Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(rows.order_by(Occurrence.due_at, Occurrence.id)))


def channels_to_check(session: Session, occurrence: Occurrence) -> list[Channel]:
    """The channels that a post is meant for, those that are broken included."""
    meant = (ChannelState.OPEN, ChannelState.BROKEN)
    theirs = (Channel.chapter_id == occurrence.chapter_id, Channel.state.in_(meant))
    return list(session.scalars(select(Channel).where(*theirs).order_by(Channel.id)))


def report_problems(session: Session, *, occurrence: Occurrence, now: datetime) -> int:
    """Write to who is in charge of what is wrong, once for each turn; how many people it were, nobody if all is well.

    The accounts were checked just before.
    """
    occurrence.preflight_at = now
    chapter, told = occurrence.chapter, dict[Member, list[str]]()
    able = possible_owners(session, chapter=chapter)
    own = [member for member in able if any(held.chapter_id == chapter.id for held in member.holds)]
    for sentence in _of_turn(session, occurrence):
        for member in own or able:
            told.setdefault(member, []).append(sentence)
    for channel in channels_to_check(session, occurrence):
        for sentence in _of_channel(session, occurrence, channel):
            for member in people_in_charge(session, channel=channel):
                told.setdefault(member, []).append(f"{channel.name}: {sentence}")
    for member, sentences in told.items():
        words = {
            "chapter": chapter.name,
            "found": "\n".join(f"- {sentence}" for sentence in sentences),
            "path": f"/chapters/{chapter.public_id}/calendar",
        }
        event = f"preflight-{occurrence.public_id}"
        mail.enqueue(session, letter="preflight", to=member, event=event, words=words, now=now)
    return len(told)


def _of_turn(session: Session, occurrence: Occurrence) -> list[str]:
    """What is wrong with the whole turn, in sentences that say what to do."""
    found = []
    if stops_of(session, chapter=occurrence.chapter):
        found.append(gettext("Nothing is posted at all: somebody stopped it. Let it go on in the calendar."))
    if occurrence.held_at is not None:
        found.append(gettext("The post is held. Let it go, or leave this week out."))
    if pending_frame(session, chapter=occurrence.chapter) is not None:
        found.append(gettext("New sentences for your posts wait for a second person; until then the old ones stay."))
    if not channels_to_check(session, occurrence):
        found.append(gettext("No channel is connected, so the post would go nowhere."))
    return found


def _of_channel(session: Session, occurrence: Occurrence, channel: Channel) -> list[str]:
    """What is wrong with a channel's account, or its post."""
    if channel.state is ChannelState.BROKEN:
        return [gettext("The account lets us in no more; connect it again.")]
    found = []
    if channel.is_ok is False:
        found.append(gettext("The account did not answer as it should: %(said)s", said=channel.check_said))
    if channel.has_link and occurrence.chapter.public_at is None:
        found.append(gettext("Its posts shall end with a link, and the chapter has no public page to lead to."))
    for post in posts_of(session, occurrence=occurrence):
        if post.channel_id != channel.id:
            continue
        if over := excess_length(post.text, limits_of(channel)):
            found.append(gettext("The text is %(over)s too long there; make it shorter.", over=over))
        found += [remark.sentence for remark in remarks_on(session, post=post, text=post.text) if remark.is_error]
    if kind_of(channel).has_image:
        card = card_of(mentions_of(session, occurrence=occurrence), "")
        if card is not None and not card.alt.strip():
            found.append(gettext("Its picture has no words for who cannot see it."))
    return found
