"""Connecting channels: verbs to connect, check, pause, break and disconnect an account, and their owners."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from directory.audit import record
from directory.errors import Conflict, Invalid
from directory.local_format import date_text
from directory.outbox import mail
from directory.outbox.channel import Channel, ChannelState, kind_of, store_secrets
from directory.outbox.channel_kind import DEFAULT_LIMIT, ChannelField, ChannelKind, kind_named
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.chapter import Chapter
from directory.people.member import holders_of_roles
from directory.people.tables import Member, Role
from directory.secrets import SecretBox
from directory.text import clean_line, strip_hidden
from directory.translation import gettext as _

MAX_FIELD_LENGTH = 2000  # characters; tokens are long
LOOKUP_TIMEOUT = timedelta(minutes=10)  # how long a page waits for the worker's answer, and the worker still gives it
CONNECTED = (ChannelState.OPEN, ChannelState.PAUSED, ChannelState.BROKEN)


def clean_fields(kind: ChannelKind, values: Mapping[str, str]) -> dict[str, str]:
    """Return the cleaned fields of the kind. Raises Invalid for the first that is missing, too long or wrong."""
    return {field.name: _clean_field(field, values.get(field.name, "")) for field in kind.fields}


def _clean_field(field: ChannelField, typed: str) -> str:
    required = not field.is_optional
    line = clean_line(typed, field=field.name, what=_(field.label), limit=MAX_FIELD_LENGTH, required=required)
    try:
        return field.check(line) if line else ""
    except Invalid as error:
        raise Invalid(error.message, field=field.name) from None


def connect(
    session: Session,
    *,
    chapter: Chapter,
    kind: str,
    values: Mapping[str, str],
    extra_secrets: Mapping[str, str] | None = None,
    secrets: SecretBox,
    member: Member,
    channel: Channel | None = None,
    now: datetime,
) -> Channel:
    """Connect a new channel of a chapter, or reconnect ``channel``: the same row, with its pending deliveries.

    ``values`` are the kind's fields, ``extra_secrets`` those that the OAuth flow returned. The worker checks the
    sign-in next. A reconnected channel whose account was known sends nothing until a check has found the same account.
    Raises Invalid, and Conflict for a disconnected channel.
    """
    channel_kind = kind_named(kind)
    fields = clean_fields(channel_kind, values)
    typed_secrets = {field.name: fields.pop(field.name) for field in channel_kind.fields if field.is_secret}
    if channel is None:
        channel = Channel(chapter_id=chapter.id, kind=kind, name=_(channel_kind.label), owner_id=member.id)
        channel.has_link = channel_kind.is_by_hand and chapter.public_at is not None  # otherwise nobody sees its effect
        session.add(channel)
    elif channel.kind != kind or channel.state is ChannelState.GONE:
        raise Conflict(_("This channel was disconnected. Connect the account as a new one."))
    session.flush()
    before = channel.settings.get("before") or channel.settings.get("account") if channel_kind.page else None
    channel.settings = {**fields, **({"before": before} if before else {})}
    if stored := {**typed_secrets, **(extra_secrets or {})}:
        store_secrets(channel, stored, secrets)
    channel.state, channel.connected_at = ChannelState.OPEN, now
    channel.broken_at, channel.broken_reason, channel.is_ok, channel.check_said = None, "", None, ""
    channel.check_asked_at, channel.heard_until = now, None
    upcoming = (Occurrence.chapter_id == chapter.id, Occurrence.posted_at.is_(None))
    session.execute(update(Occurrence).where(*upcoming).values(drafted_at=None))  # so that the post is composed at once
    record(session, actor_id=member.id, action="channel.connect", object=channel, now=now)
    return channel


def pause(session: Session, *, channel: Channel, member: Member, now: datetime, is_over: bool = False) -> None:
    """Pause the channel, or resume it with ``is_over``. Raises Conflict if its state has changed."""
    expected, target = (ChannelState.PAUSED, ChannelState.OPEN) if is_over else (ChannelState.OPEN, ChannelState.PAUSED)
    if channel.state is not expected:
        raise Conflict(_("This channel has changed in the meantime. Check it again."))
    channel.state = target
    action = "channel.resume" if is_over else "channel.pause"
    record(session, actor_id=member.id, action=action, object=channel, now=now)


def disconnect(session: Session, *, channel: Channel, member: Member, now: datetime) -> None:
    """Disconnect it for good: it cannot be opened again, and its pending deliveries fail. Raises Conflict.

    The worker then has the network revoke its permission, if it can, and deletes the secrets.
    """
    if channel.state is ChannelState.GONE:
        raise Conflict(_("This channel is already disconnected."))
    channel.state, channel.check_asked_at = ChannelState.GONE, None
    pending = select(Delivery).where(
        Delivery.channel_id == channel.id, Delivery.state.in_((DeliveryState.PENDING, DeliveryState.BY_HAND))
    )
    for row in session.scalars(pending.with_for_update()):
        row.state, row.settled_at, row.reason = DeliveryState.FAILED, now, _("Its channel was disconnected.")
    mark_sending_unknown(session, channel=channel, now=now)
    record(session, actor_id=member.id, action="channel.disconnect", object=channel, now=now)


def mark_sending_unknown(session: Session, *, channel: Channel, now: datetime) -> None:
    """Mark its deliveries in flight as unknown: they can no longer be looked up, so a person must decide."""
    in_flight = (Delivery.channel_id == channel.id, Delivery.state == DeliveryState.SENDING)
    reason = _("The account it was sent from is no longer connected. Check there.")
    values = {"state": DeliveryState.UNKNOWN, "settled_at": now, "lease_until": None, "reason": reason}
    session.execute(update(Delivery).where(*in_flight).values(**values))


def set_owner(session: Session, *, channel: Channel, owner: Member, member: Member, now: datetime) -> None:
    """Set who is notified of problems. Raises Invalid unless they may own the chapter's channels."""
    if owner not in possible_owners(session, chapter=channel.chapter):
        raise Invalid(_("Choose somebody who runs the chapter."), field="owner")
    channel.owner = owner
    record(session, actor_id=member.id, action="channel.put_in_charge", object=channel, now=now)


def set_link(session: Session, *, channel: Channel, has_link: bool, member: Member, now: datetime) -> None:
    """Set whether its posts end with the URL of the week's page; some networks charge for links."""
    channel.has_link = has_link
    action = "channel.link" if has_link else "channel.no_link"
    record(session, actor_id=member.id, action=action, object=channel, now=now)


def request_check(session: Session, *, channel: Channel, now: datetime) -> None:
    """Request that the worker checks the sign-in. Raises Conflict for a disconnected channel."""
    if channel.state is ChannelState.GONE:
        raise Conflict(_("This channel is already disconnected."))
    channel.check_asked_at = now


def try_post(session: Session, *, channel: Channel, member: Member, now: datetime) -> Delivery:
    """Queue a short test post, which is sent like any other. Raises Conflict unless the channel is open."""
    if channel.state is not ChannelState.OPEN or kind_of(channel).is_by_hand:
        raise Conflict(_("Nothing can be sent there at the moment."))
    words = _("%(chapter)s posts here every week: asks, offers and good words.", chapter=channel.chapter.name)
    today = now.astimezone(ZoneInfo(channel.chapter.zone)).date()
    text = _(
        "%(words)s This is a first test post, on %(day)s.",
        words=words,
        day=date_text(today, writes=channel.chapter.local_format),
    )
    post = PostSnapshot(channel.chapter.name, channel.public_id, "", today, now, text)
    key = f"post:try-{uuid4().hex[:12]}:{channel.public_id}"
    row = Delivery(key=key, channel_id=channel.id, payload=post.to_bytes(), due_at=now)
    session.add(row)
    session.flush()
    record(session, actor_id=member.id, action="channel.try", object=channel, now=now)
    return row


def record_check(channel: Channel, *, error: str = "", name: str = "", limit: int | None = None, now: datetime) -> None:
    """Store the result of a check: the account's name and text limit, or the ``error`` that prevented it."""
    channel.check_asked_at, channel.checked_at, channel.check_said, channel.is_ok = None, now, error[:300], not error
    details = {"account": strip_hidden(name, 120), "limit": min(max(limit or 0, 0), DEFAULT_LIMIT.maximum)}
    settings = {key: value for key, value in channel.settings.items() if error or key != "before"}
    channel.settings = {**settings, **{key: value for key, value in details.items() if value}}


def wrong_account_message(channel: Channel, name: str) -> str:
    """Return what to do if the account is not the one connected before; empty if it is, or none was known."""
    before, account = str(channel.settings.get("before", "")), strip_hidden(name, 120)
    if not before or before.casefold() == account.casefold():
        return ""
    return _(
        "It is %(found)s now, and was %(before)s. Connect that one, or disconnect this one and connect the "
        "other as new.",
        found=account,
        before=before,
    )


def mark_broken(session: Session, channel: Channel, *, reason: str, now: datetime) -> bool:
    """Mark the channel as broken until a person connects it again, and notify who is in charge of it.

    Locks the row. False if it is broken or disconnected already.
    """
    session.refresh(channel, with_for_update=True)
    if channel.state not in (ChannelState.OPEN, ChannelState.PAUSED):
        return False
    channel.state, channel.broken_at, channel.broken_reason = ChannelState.BROKEN, now, reason[:300]
    record(session, actor_id=None, action="channel.broke", object=channel, reason=reason, now=now)
    words = {"channel": channel.name, "chapter": channel.chapter.name, "reason": reason}
    words["path"] = f"/channels/{channel.public_id}"
    event = f"broken-{channel.public_id}-{now:%Y%m%d%H%M%S}"
    for person in people_in_charge(session, channel=channel):
        mail.enqueue(session, letter="channel_broken", to=person, event=event, words=words, now=now)
    return True


def people_in_charge(session: Session, *, channel: Channel) -> list[Member]:
    """Return whom to notify about a channel: its owner if eligible, else the chapter's leads, else the admins."""
    if channel.owner is not None and channel.owner in possible_owners(session, chapter=channel.chapter):
        return [channel.owner]
    leads = holders_of_roles(session, chapter_id=channel.chapter_id, roles=(Role.LEAD,))
    return leads or list(session.scalars(select(Member).where(Member.is_admin, Member.is_active).order_by(Member.id)))


def possible_owners(session: Session, *, chapter: Chapter) -> list[Member]:
    """Return who may own a channel: the chapter's leads and secretaries, and the network's admins."""
    officers = holders_of_roles(session, chapter_id=chapter.id, roles=(Role.LEAD, Role.SECRETARY))
    admins = session.scalars(select(Member).where(Member.is_admin, Member.is_active).order_by(Member.id))
    return list(dict.fromkeys([*officers, *admins]))


def account_page(channel: Channel) -> str:
    """Return the URL of the account's public page; empty if there is none or it was never signed in to."""
    # The account's name comes from its server. It must be a plain name, so that the URL cannot lead elsewhere.
    match = re.fullmatch(r"@([\w.-]+)(?:@([\w.:-]+))?", str(channel.settings.get("account", "")), re.ASCII)
    return kind_of(channel).page.format(name=match[1], host=match[2]) if match else ""


def connected_channels(session: Session, *, chapter: Chapter) -> list[Channel]:
    """Return the chapter's channels that are not disconnected, with their owners, by id."""
    connected = select(Channel).where(Channel.chapter_id == chapter.id, Channel.state.in_(CONNECTED))
    return list(session.scalars(connected.options(joinedload(Channel.owner)).order_by(Channel.id)))


def last_deliveries(session: Session, channels: Sequence[Channel]) -> dict[int, Delivery]:
    """Return the newest delivered post of each channel, by channel id; channels without one are left out."""
    ids = [channel.id for channel in channels]
    delivered = (Delivery.state == DeliveryState.DELIVERED, Delivery.channel_id.in_(ids))
    newest = select(func.max(Delivery.id)).where(*delivered).group_by(Delivery.channel_id)
    rows = session.scalars(select(Delivery).where(Delivery.id.in_(newest)))
    return {row.channel_id: row for row in rows if row.channel_id}


def unsettled_deliveries(session: Session, *, chapters: Collection[int]) -> list[Delivery]:
    """Return the chapters' deliveries that are unknown or to be posted by hand, by due time: a person settles them."""
    waiting = Delivery.state.in_((DeliveryState.UNKNOWN, DeliveryState.BY_HAND))
    conditions = (waiting, Channel.chapter_id.in_(chapters))
    rows = select(Delivery).join(Delivery.channel).where(*conditions).order_by(Delivery.due_at, Delivery.id)
    return list(session.scalars(rows.options(joinedload(Delivery.channel).joinedload(Channel.chapter))))


def request_lookup(session: Session, *, delivery: Delivery, now: datetime) -> None:
    """Request that the worker looks the delivery up once more. Raises Conflict unless it is unknown."""
    if delivery.state is not DeliveryState.UNKNOWN:
        raise Conflict(_("Somebody has already decided this. Check it again."))
    delivery.look_asked_at = now


def awaits_lookup(asked_at: datetime | None, now: datetime) -> bool:
    """Whether a request made at ``asked_at`` may still be answered."""
    return asked_at is not None and now - asked_at < LOOKUP_TIMEOUT


def requested_lookups(session: Session, *, now: datetime) -> tuple[list[int], list[int]]:
    """Return the ids of channels to check or revoke, and of deliveries to look up, oldest request first."""
    to_revoke = and_(Channel.state == ChannelState.GONE, Channel.sealed != "")
    requested = or_(Channel.check_asked_at > now - LOOKUP_TIMEOUT, to_revoke)
    channels = select(Channel.id).where(requested).order_by(Channel.check_asked_at, Channel.id)
    unknown = (Delivery.look_asked_at > now - LOOKUP_TIMEOUT, Delivery.state == DeliveryState.UNKNOWN)
    rows = select(Delivery.id).where(*unknown)
    return list(session.scalars(channels)), list(session.scalars(rows.order_by(Delivery.look_asked_at)))
