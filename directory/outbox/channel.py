"""Channels: the connected accounts of a chapter, each of one kind, their secrets sealed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.secrets import SecretBox
from directory.text_length import LengthLimit
from directory.translation import N_

SEALED = {"table": "channel", "column": "sealed"}
MOST = LengthLimit("characters", 5000)  # where a kind knows no limit


@dataclass(frozen=True)
class ChannelField:
    """What a person fills in to connect an account; a secret one is sealed and never shown again."""

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    is_optional: bool = False


@dataclass(frozen=True)
class ChannelKind:
    """What everybody may know of a kind; the code that talks to it is in ``jobs.channels``. Its words are put into the
    reader's language where they are shown.

    ``limits`` all hold at once; an account may narrow or widen the first in its settings, as ``limit``. ``costs`` are
    in US dollars, of a post and of one with a link. ``page`` is where anybody sees the account, by its name and host.
    What ``is_by_hand`` a person posts, and says so; what ``is_heard`` tells us what people say there.
    """

    kind: str
    label: str
    limits: tuple[LengthLimit, ...] = ()
    fields: tuple[ChannelField, ...] = ()
    help: str = ""
    costs: tuple[Decimal, Decimal] | None = None
    has_image: bool = False
    is_by_hand: bool = False
    is_heard: bool = False
    page: str = ""


X_LIMITS = (LengthLimit("weighted", 280),)
X_COSTS = (Decimal("0.015"), Decimal("0.20"))  # August 2026
X_CLIENT = N_("In X's developer console, your app, Keys and tokens, OAuth 2.0.")
X_KEYS = N_("In X's developer console, your app, Keys and tokens.")

CHANNEL_KINDS = (
    ChannelKind(
        "file", N_("Files in a folder"), help=N_("For trying it out: each post becomes a file, which nobody else sees.")
    ),
    ChannelKind(
        "x",
        "X",
        X_LIMITS,
        (
            ChannelField("client_id", N_("Client ID"), X_CLIENT),
            ChannelField("client_secret", N_("Client secret"), X_CLIENT, is_secret=True),
        ),
        N_(
            "Make an app in X's developer console, of type Web App, that may read and write. Then X asks you, signed "
            "in as the account that shall post, to let it in. X bills each post to the app's owner."
        ),
        X_COSTS,
        has_image=True,
        is_heard=True,
        page="https://x.com/{name}",
    ),
    ChannelKind(
        "x_keys",
        N_("X, with four keys"),
        X_LIMITS,
        (
            ChannelField("consumer_key", N_("API key"), X_KEYS, is_secret=True),
            ChannelField("consumer_secret", N_("API key secret"), X_KEYS, is_secret=True),
            ChannelField("access_token", N_("Access token"), X_KEYS, is_secret=True),
            ChannelField("access_token_secret", N_("Access token secret"), X_KEYS, is_secret=True),
        ),
        N_("For the account that owns the app: set the app to read and write first, then make its access token."),
        X_COSTS,
        has_image=True,
        is_heard=True,
        page="https://x.com/{name}",
    ),
    ChannelKind(
        "mastodon",
        "Mastodon",
        (LengthLimit("tooted", 500),),
        (
            ChannelField(
                "address", N_("Server"), N_("The part after the second @ of the account, such as mastodon.social.")
            ),
        ),
        N_("The server asks you, signed in as the account that shall post, to let Goodword in."),
        has_image=True,
        is_heard=True,
        page="https://{host}/@{name}",
    ),
    ChannelKind(
        "bluesky",
        "Bluesky",
        (LengthLimit("graphemes", 300), LengthLimit("bytes", 3000)),
        (
            ChannelField("handle", N_("Handle"), N_("Such as network.bsky.social.")),
            ChannelField(
                "app_password", N_("App password"), N_("Settings, Privacy and security, App passwords."), True
            ),
            ChannelField(
                "address",
                N_("Server"),
                N_("Leave it empty unless the account lives elsewhere than on Bluesky."),
                is_optional=True,
            ),
        ),
        N_("Make an app password for the account that shall post. Its own password is never needed."),
        has_image=True,
        is_heard=True,
        page="https://bsky.app/profile/{name}",
    ),
    ChannelKind(
        "mail",
        N_("Mailing list"),
        (MOST,),
        (
            ChannelField("address", N_("Address of the list"), N_("Where a mail reaches everybody on it.")),
            ChannelField(
                "unsubscribe",
                N_("Address to unsubscribe"),
                N_("A page or a mail address; empty if there is none."),
                is_optional=True,
            ),
        ),
        N_("The list must take mail from the sender of this installation."),
        has_image=True,
    ),
    ChannelKind(
        "feed",
        N_("Feed of the week"),
        (MOST,),
        help=N_("Readers and other sites follow it. Nothing is to be connected."),
    ),
    ChannelKind(
        "kit",
        N_("Closed group, by hand"),
        (MOST,),
        (ChannelField("address", N_("Address of the group"), N_("Where you post, so that it is one tap away.")),),
        N_("For a group that lets no program in: each week you copy the text, post it, and say that you did."),
        has_image=True,
        is_by_hand=True,
    ),
)


class ChannelState(StrEnum):
    """Whether posts go there. A broken account must be connected again by a person."""

    OPEN = "open"
    PAUSED = "paused"
    BROKEN = "broken"
    GONE = "gone"


class Channel(PublicRow, Base):
    """Where a chapter's posts go. ``settings`` are the fields of its kind; ``sealed`` are its secrets."""

    __tablename__ = "channel"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ChannelState] = mapped_column(default=ChannelState.OPEN)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # who is in charge of it, and is told
    connected_at: Mapped[datetime | None]
    broken_at: Mapped[datetime | None]
    broken_reason: Mapped[str] = mapped_column(String(300), default="")
    has_link: Mapped[bool] = mapped_column(default=False)  # its posts end with the address of the week's page
    listened_at: Mapped[datetime | None]  # when what people say there was last asked for
    heard_until: Mapped[str | None] = mapped_column(String(300))  # the id there of the last thing heard
    listen_said: Mapped[str] = mapped_column(String(300), default="")  # what kept us from hearing, in words
    check_asked_at: Mapped[datetime | None]  # a person wants to know now whether it lets us in
    checked_at: Mapped[datetime | None]
    check_said: Mapped[str] = mapped_column(String(300), default="")  # what the last look found, in words
    is_ok: Mapped[bool | None]  # whether it let us in then

    chapter: Mapped[Chapter] = relationship()
    owner: Mapped[Member | None] = relationship()


def kind_of(channel: Channel) -> ChannelKind:
    """What is known of the channel's kind."""
    return next(kind for kind in CHANNEL_KINDS if kind.kind == channel.kind)


def limits_of(channel: Channel) -> tuple[LengthLimit, ...]:
    """How long a text may be there: all of these hold."""
    first, *others = kind_of(channel).limits or (MOST,)
    return (LengthLimit(first.unit, channel.settings.get("limit", first.most)), *others)


def channels_of(session: Session, *, chapter: Chapter) -> list[Channel]:
    """The accounts that a chapter's posts go to, in the order they were connected."""
    theirs = (Channel.chapter_id == chapter.id, Channel.state == ChannelState.OPEN)
    return list(session.scalars(select(Channel).where(*theirs).order_by(Channel.id)))


def secrets_of(channel: Channel, secrets: SecretBox) -> dict[str, str]:
    """What the account needs to sign in; only ``jobs`` and the hand-shake of connecting read it."""
    if not channel.sealed:
        return {}
    opened: dict[str, str] = json.loads(
        secrets.unseal(channel.sealed, table="channel", column="sealed", row=channel.id)
    )
    return opened


def store_secrets(channel: Channel, said: Mapping[str, str], secrets: SecretBox) -> None:
    """Seal what the account needs, in place of what was kept. The channel must have its id."""
    channel.sealed = secrets.seal(json.dumps(dict(said)), **SEALED, row=channel.id)


def reencrypt_secrets(session: Session, secrets: SecretBox) -> int:
    """Seal what every channel keeps with the first key; how many keep something."""
    sealed = session.scalars(select(Channel).where(Channel.sealed != "").with_for_update()).all()
    for channel in sealed:
        store_secrets(channel, secrets_of(channel, secrets), secrets)
    return len(sealed)
