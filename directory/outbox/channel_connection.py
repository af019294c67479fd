"""Connecting: an account becomes a chapter's channel, pauses, breaks and leaves; whoever is in charge hears of it."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from directory import audit
from directory.errors import Conflict, Invalid
from directory.outbox import mail
from directory.outbox.channel import Channel, ChannelState, kind_of, store_secrets
from directory.outbox.channel_kind import MOST, ChannelKind, kind_named
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.chapter import Chapter
from directory.people.member import holders_of_roles
from directory.people.tables import Member, Role
from directory.secrets import SecretBox
from directory.text import clean_line, strip_hidden
from directory.translation import gettext as _

LONGEST = 2000  # characters of one field; tokens are long
FRESH = timedelta(minutes=10)  # so long a page waits for what it asked the worker, and the worker still answers it
LIVING = (ChannelState.OPEN, ChannelState.PAUSED, ChannelState.BROKEN)


def clean_fields(kind: ChannelKind, said: Mapping[str, str]) -> dict[str, str]:
    """The kind's fields as they may be kept. Raises Invalid for the first that is missing or too long."""
    return {
        field.name: clean_line(
            said.get(field.name, ""),
            field=field.name,
            what=_(field.label),
            limit=LONGEST,
            required=not field.is_optional,
        )
        for field in kind.fields
    }


def connect(
    session: Session,
    *,
    chapter: Chapter,
    kind: str,
    said: Mapping[str, str],
    given: Mapping[str, str] | None = None,
    secrets: SecretBox,
    member: Member,
    channel: Channel | None = None,
    now: datetime,
) -> Channel:
    """A chapter's new channel, or the old ``channel`` connected anew: the same row, which keeps what waits for it.

    ``said`` are the kind's fields, ``given`` the secrets that a hand-shake brought besides. Whether the account
    lets us in is looked up next; one that was known to us does nothing until it is seen to be the same. Raises Invalid.
    """
    about = kind_named(kind)
    clean = clean_fields(about, said)
    typed = {field.name: clean.pop(field.name) for field in about.fields if field.is_secret}
    if channel is None:
        channel = Channel(chapter_id=chapter.id, kind=kind, name=_(about.label), owner_id=member.id)
        channel.has_link = about.is_by_hand and chapter.public_at is not None  # else nobody sees what came of it
        session.add(channel)
    elif channel.kind != kind or channel.state is ChannelState.GONE:
        raise Conflict(_("This channel was disconnected; connect the account as a new one."))
    session.flush()
    before = channel.settings.get("before") or channel.settings.get("account") if about.page else None
    channel.settings = {**clean, **({"before": before} if before else {})}
    if kept := {**typed, **(given or {})}:
        store_secrets(channel, kept, secrets)
    channel.state, channel.connected_at = ChannelState.OPEN, now
    channel.broken_at, channel.broken_reason, channel.is_ok, channel.check_said = None, "", None, ""
    channel.check_asked_at, channel.heard_until = now, None
    coming = (Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_(None))
    session.execute(update(Occurrence).where(*coming).values(drafted_at=None))  # so that its post is written at once
    _note(session, "channel.connect", channel, member, now)
    return channel


def pause(session: Session, *, channel: Channel, member: Member, now: datetime, is_over: bool = False) -> None:
    """Post nothing there, or go on where the pause ``is_over``. Raises Conflict when somebody else was first."""
    was, then = (ChannelState.PAUSED, ChannelState.OPEN) if is_over else (ChannelState.OPEN, ChannelState.PAUSED)
    if channel.state is not was:
        raise Conflict(_("This channel has changed meanwhile; look at it again."))
    channel.state = then
    _note(session, "channel.resume" if is_over else "channel.pause", channel, member, now)


def disconnect(session: Session, *, channel: Channel, member: Member, now: datetime) -> None:
    """Let it go for good: nothing opens it any more, and what still waited for it stays unsent. Raises Conflict.

    The worker has the network take its permission back, where it does so, and wipes the secrets.
    """
    if channel.state is ChannelState.GONE:
        raise Conflict(_("This channel was disconnected before."))
    channel.state, channel.check_asked_at = ChannelState.GONE, None
    waiting = select(Delivery).where(
        Delivery.channel_id == channel.id, Delivery.state.in_((DeliveryState.PENDING, DeliveryState.BY_HAND))
    )
    for row in session.scalars(waiting.with_for_update()):
        row.state, row.settled_at, row.reason = DeliveryState.FAILED, now, _("Its channel was disconnected.")
    mark_sending_unknown(session, channel=channel, now=now)
    _note(session, "channel.disconnect", channel, member, now)


def mark_sending_unknown(session: Session, *, channel: Channel, now: datetime) -> None:
    """Nobody can look any more where its posts on their way were sent: only a person can tell whether they arrived."""
    on_their_way = (Delivery.channel_id == channel.id, Delivery.state == DeliveryState.SENDING)
    reason = _("The account it was sent from is no longer connected; look there.")
    values = {"state": DeliveryState.UNKNOWN, "settled_at": now, "lease_until": None, "reason": reason}
    session.execute(update(Delivery).where(*on_their_way).values(**values))


def set_owner(session: Session, *, channel: Channel, owner: Member, member: Member, now: datetime) -> None:
    """Say who is written to when something is wrong with it. Raises Invalid where they do not run the chapter."""
    if owner not in possible_owners(session, chapter=channel.chapter):
        raise Invalid(_("Choose somebody who runs the chapter."), field="owner")
    channel.owner = owner
    _note(session, "channel.put_in_charge", channel, member, now)


def set_link(session: Session, *, channel: Channel, has_link: bool, member: Member, now: datetime) -> None:
    """Whether its posts end with the address of the week's page; some networks bill that."""
    channel.has_link = has_link
    _note(session, "channel.link" if has_link else "channel.no_link", channel, member, now)


def request_check(session: Session, *, channel: Channel, now: datetime) -> None:
    """Have the worker look whether the account lets us in. Raises Conflict where there is nothing to look at."""
    if channel.state is ChannelState.GONE:
        raise Conflict(_("This channel was disconnected before."))
    channel.check_asked_at = now


def try_post(session: Session, *, channel: Channel, member: Member, now: datetime) -> Delivery:
    """Send one short post there now, as any other post is sent. Raises Conflict unless the channel is open."""
    if channel.state is not ChannelState.OPEN or kind_of(channel).is_by_hand:
        raise Conflict(_("Nothing can be sent there at the moment."))
    words = _("%(chapter)s posts here every week: asks, offers and good words.", chapter=channel.chapter.name)
    today = now.astimezone(ZoneInfo(channel.chapter.zone)).date()
    said = _("%(words)s This is a first try, on %(day)s.", words=words, day=today.isoformat())
    post = PostSnapshot(channel.chapter.name, channel.public_id, "", today, now, said)
    key = f"post:try-{uuid4().hex[:12]}:{channel.public_id}"
    row = Delivery(key=key, channel_id=channel.id, payload=post.to_bytes(), due_at=now)
    session.add(row)
    session.flush()
    _note(session, "channel.try", channel, member, now)
    return row


def record_check(channel: Channel, *, said: str = "", name: str = "", limit: int | None = None, now: datetime) -> None:
    """Keep what a look found: what the account is called and how much it takes, or what it ``said`` to keep us out."""
    channel.check_asked_at, channel.checked_at, channel.check_said, channel.is_ok = None, now, said[:300], not said
    found = {"account": strip_hidden(name, 120), "limit": min(max(limit or 0, 0), MOST.most)}
    kept = {key: value for key, value in channel.settings.items() if said or key != "before"}
    channel.settings = {**kept, **{key: value for key, value in found.items() if value}}


def wrong_account_message(channel: Channel, name: str) -> str:
    """What to do where the account is not the one that the channel was; empty where it is, or none was known."""
    before, found = str(channel.settings.get("before", "")), strip_hidden(name, 120)
    if not before or before.casefold() == found.casefold():
        return ""
    return _(
        "It is %(found)s now, and was %(before)s: connect that one, or disconnect this and connect the other anew.",
        found=found,
        before=before,
    )


def mark_broken(session: Session, channel: Channel, *, reason: str, now: datetime) -> bool:
    """The account lets us in no more until a person connects it again; tells who is in charge. False if known."""
    session.refresh(channel, with_for_update=True)
    if channel.state not in (ChannelState.OPEN, ChannelState.PAUSED):
        return False
    channel.state, channel.broken_at, channel.broken_reason = ChannelState.BROKEN, now, reason[:300]
    _note(session, "channel.broke", channel, None, now, reason)
    words = {"channel": channel.name, "chapter": channel.chapter.name, "reason": reason}
    words["path"] = f"/channels/{channel.public_id}"
    event = f"broken-{channel.public_id}-{now:%Y%m%d%H%M%S}"
    for person in people_in_charge(session, channel=channel):
        mail.enqueue(session, letter="channel_broken", to=person, event=event, words=words, now=now)
    return True


def people_in_charge(session: Session, *, channel: Channel) -> list[Member]:
    """Whom to write to about a channel: its owner while they are here, else the leads, else the network's admins."""
    if channel.owner is not None and channel.owner in possible_owners(session, chapter=channel.chapter):
        return [channel.owner]
    leads = holders_of_roles(session, chapter_id=channel.chapter_id, roles=(Role.LEAD,))
    return leads or list(session.scalars(select(Member).where(Member.is_admin, Member.is_active).order_by(Member.id)))


def possible_owners(session: Session, *, chapter: Chapter) -> list[Member]:
    """Who may be in charge of a channel: those who lead or keep the chapter, and the network's admins."""
    held = holders_of_roles(session, chapter_id=chapter.id, roles=(Role.LEAD, Role.SECRETARY))
    admins = session.scalars(select(Member).where(Member.is_admin, Member.is_active).order_by(Member.id))
    return list(dict.fromkeys([*held, *admins]))


def account_page(channel: Channel) -> str:
    """Where anybody sees the account; empty where it has no page, or was never let in."""
    # What the server calls the account must not lead to another: it is a name, and the server's own address.
    found = re.fullmatch(r"@([\w.-]+)(?:@([\w.:-]+))?", str(channel.settings.get("account", "")), re.ASCII)
    return kind_of(channel).page.format(name=found[1], host=found[2]) if found else ""


def connected_channels(session: Session, *, chapter: Chapter) -> list[Channel]:
    """The chapter's channels that are not gone, whatever they stand like."""
    theirs = select(Channel).where(Channel.chapter_id == chapter.id, Channel.state.in_(LIVING))
    return list(session.scalars(theirs.options(joinedload(Channel.owner)).order_by(Channel.id)))


def last_deliveries(session: Session, channels: Sequence[Channel]) -> dict[int, Delivery]:
    """What each channel took last, by its id; those that never took a post are left out."""
    arrived = (Delivery.state == DeliveryState.DELIVERED, Delivery.channel_id.in_([each.id for each in channels]))
    newest = select(func.max(Delivery.id)).where(*arrived).group_by(Delivery.channel_id)
    rows = session.scalars(select(Delivery).where(Delivery.id.in_(newest)))
    return {row.channel_id: row for row in rows if row.channel_id}


def unsettled_deliveries(session: Session, *, chapters: Collection[int]) -> list[Delivery]:
    """The posts of these chapters that wait for a person: to look whether they arrived, or to post them by hand."""
    waiting = Delivery.state.in_((DeliveryState.UNKNOWN, DeliveryState.BY_HAND))
    theirs = (waiting, Channel.chapter_id.in_(chapters))
    rows = select(Delivery).join(Delivery.channel).where(*theirs).order_by(Delivery.due_at, Delivery.id)
    return list(session.scalars(rows.options(joinedload(Delivery.channel).joinedload(Channel.chapter))))


def request_lookup(session: Session, *, delivery: Delivery, now: datetime) -> None:
    """Have the worker look once more whether it arrived. Raises Conflict when it is no longer unknown."""
    if delivery.state is not DeliveryState.UNKNOWN:
        raise Conflict(_("Somebody has decided this already; look at it again."))
    delivery.look_asked_at = now


def awaits_lookup(asked_at: datetime | None, now: datetime) -> bool:
    """Whether an answer to what was asked then may still come."""
    return asked_at is not None and now - asked_at < FRESH


def requested_lookups(session: Session, *, now: datetime) -> tuple[list[int], list[int]]:
    """The ids of the channels and of the deliveries that a page wants looked at; and of the channels to be left."""
    to_be_left = and_(Channel.state == ChannelState.GONE, Channel.sealed != "")
    wanted = or_(Channel.check_asked_at > now - FRESH, to_be_left)
    channels = select(Channel.id).where(wanted).order_by(Channel.check_asked_at, Channel.id)
    rows = select(Delivery.id).where(Delivery.look_asked_at > now - FRESH, Delivery.state == DeliveryState.UNKNOWN)
    return list(session.scalars(channels)), list(session.scalars(rows.order_by(Delivery.look_asked_at)))


def _note(
    session: Session, action: str, channel: Channel, member: Member | None, now: datetime, reason: str = ""
) -> None:
    actor = member.id if member else None
    what = f"channel {channel.public_id}"
    audit.record(session, actor_id=actor, action=action, object=what, reason=reason[:300], now=now)
