"""Pre-flight: a day ahead, find what would keep a post from going out, and mail it to those who can fix it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.outbox import mail
from directory.outbox.channel import Channel, ChannelState, limits_of
from directory.outbox.channel_lifecycle import people_in_charge, possible_owners
from directory.outbox.kill_switch import stops_of
from directory.outbox.occurrence import Occurrence
from directory.people.tables import Member
from directory.text_length import excess_length
from directory.translation import gettext
from directory.week.opening_closing import pending_frame
from directory.week.post import posts_of, remarks_on

CHECK_AHEAD = timedelta(hours=24)


def occurrences_to_check(session: Session, *, now: datetime) -> list[Occurrence]:
    """Return the occurrences due within CHECK_AHEAD that were not checked yet, the earliest first."""
    rows = select(Occurrence).where(Occurrence.due_at > now, Occurrence.due_at <= now + CHECK_AHEAD)
    rows = rows.where(Occurrence.preflight_at.is_(None), Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(rows.order_by(Occurrence.due_at, Occurrence.id)))


def channels_to_check(session: Session, occurrence: Occurrence) -> list[Channel]:
    """Return the channels that a post is meant for: the chapter's open and broken ones."""
    states = (ChannelState.OPEN, ChannelState.BROKEN)
    conditions = (Channel.chapter_id == occurrence.chapter_id, Channel.state.in_(states))
    return list(session.scalars(select(Channel).where(*conditions).order_by(Channel.id)))


def report_problems(session: Session, *, occurrence: Occurrence, now: datetime) -> int:
    """Mail each person in charge the problems of an occurrence, once; return how many people there were.

    Nobody is written to without a problem. The accounts have to be checked just before.
    """
    occurrence.preflight_at = now
    chapter, problems = occurrence.chapter, dict[Member, list[str]]()
    owners = possible_owners(session, chapter=chapter)
    chapter_owners = [member for member in owners if any(role.chapter_id == chapter.id for role in member.holds)]
    for sentence in _occurrence_problems(session, occurrence):
        for member in chapter_owners or owners:
            problems.setdefault(member, []).append(sentence)
    for channel in channels_to_check(session, occurrence):
        for sentence in _channel_problems(session, occurrence, channel):
            for member in people_in_charge(session, channel=channel):
                problems.setdefault(member, []).append(f"{channel.name}: {sentence}")
    for member, sentences in problems.items():
        words = {
            "chapter": chapter.name,
            "found": "\n".join(f"- {sentence}" for sentence in sentences),
            "path": f"/chapters/{chapter.public_id}/calendar",
        }
        event = f"preflight-{occurrence.public_id}"
        mail.enqueue(session, letter="preflight", to=member, event=event, words=words, now=now)
    return len(problems)


def _occurrence_problems(session: Session, occurrence: Occurrence) -> list[str]:
    """The problems of the whole occurrence, in sentences that say what to do."""
    problems = []
    if stops_of(session, chapter=occurrence.chapter):
        problems.append(gettext("All posts are stopped. Resume them in the calendar."))
    if occurrence.held_at is not None:
        problems.append(gettext("The post is on hold. Release it, or skip this week."))
    if pending_frame(session, chapter=occurrence.chapter) is not None:
        problems.append(gettext("New sentences for your posts are waiting for approval. Until then the old ones stay."))
    if not channels_to_check(session, occurrence):
        problems.append(gettext("No channel is connected, so the post would go nowhere."))
    return problems


def _channel_problems(session: Session, occurrence: Occurrence, channel: Channel) -> list[str]:
    """The problems of a channel's account and of its post."""
    if channel.state is ChannelState.BROKEN:
        return [gettext("The account no longer lets us in. Reconnect it.")]
    problems = []
    if channel.is_ok is False:
        problems.append(gettext("The account did not answer as expected: %(said)s", said=channel.check_said))
    if channel.has_link and occurrence.chapter.public_at is None:
        problems.append(gettext("Its posts should end with a link, but the chapter has no public page to link to."))
    for post in posts_of(session, occurrence=occurrence):
        if post.channel_id != channel.id:
            continue
        if excess := excess_length(post.text, limits_of(channel)):
            problems.append(gettext("The text is %(over)s too long there. Shorten it.", over=excess))
        problems += [remark.sentence for remark in remarks_on(session, post=post, text=post.text) if remark.is_error]
    return problems
