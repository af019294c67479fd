"""Kinds of channels: limits, fields and costs of each network; ``jobs.channels`` has the code that calls it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from directory import safe_http
from directory.errors import Invalid
from directory.text import clean_email
from directory.text_length import LengthLimit
from directory.translation import N_, gettext

DEFAULT_LIMIT = LengthLimit("characters", 5000)  # for a kind without a limit of its own
SETTLE = timedelta(seconds=90)  # after the lease: a request that was still in flight has arrived by then, or never will


def _clean_server(typed: str) -> str:
    """Return a server, or a full account name on it, as it was typed. Raises Invalid."""
    try:
        origin = safe_http.origin_of(typed)
    except ValueError:
        origin = ""
    if not re.fullmatch(r"https?://[\w-]+(?:\.[\w-]+)+(?::\d+)?", origin):
        raise Invalid(gettext("Enter only the name of the server, such as mastodon.social."))
    return typed


def _clean_handle(typed: str) -> str:
    handle = typed.removeprefix("@")
    if not re.fullmatch(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", handle):
        raise Invalid(gettext("Enter the whole handle, such as network.bsky.social."))
    return handle


def _clean_page(typed: str) -> str:
    address = typed if "://" in typed else f"https://{typed}"
    if not re.fullmatch(r"https?://[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#][!#-;=?-~]*)?", address):
        raise Invalid(gettext("Enter the address of a page, such as https://example.com/group."))
    return address


def _clean_page_or_email(typed: str) -> str:
    address = typed.removeprefix("mailto:")
    return clean_email(address) if "@" in address and "/" not in address else _clean_page(address)


def _clean_key(typed: str) -> str:
    if not re.fullmatch(r"[!-~]+", typed):
        raise Invalid(gettext("Copy all of it, as the network shows it. It has no spaces."))
    return typed


@dataclass(frozen=True)
class ChannelField:
    """A field that a person fills in to connect an account; a secret one is encrypted and never shown again.

    ``check`` returns what is stored of a line that was typed, and raises Invalid for one that cannot be right.
    """

    name: str
    label: str
    help: str = ""
    check: Callable[[str], str] = _clean_key
    is_secret: bool = False
    is_optional: bool = False


@dataclass(frozen=True)
class ChannelKind:
    """The public properties of a kind. Its texts are translated where they are shown.

    All ``limits`` apply; an account's setting ``limit`` replaces the first. ``costs`` are US dollars for a post and for
    a post with a link. ``page`` is the URL pattern of an account's public page, by its name and host; a kind that has
    one refuses another account in an old one's place, and links to the account where a person has to look. With
    ``is_by_hand`` a person posts and confirms it; with ``is_heard`` replies can be read; with ``can_revoke`` the
    network can be told to withdraw its permission. ``settle`` is how long a request may be in flight after its lease.
    """

    kind: str
    label: str
    limits: tuple[LengthLimit, ...] = (DEFAULT_LIMIT,)
    fields: tuple[ChannelField, ...] = ()
    help: str = ""
    costs: tuple[Decimal, Decimal] | None = None
    has_image: bool = False
    is_by_hand: bool = False
    is_heard: bool = False
    can_revoke: bool = False
    page: str = ""
    settle: timedelta = SETTLE


X: dict[str, Any] = {
    "limits": (LengthLimit("weighted", 280),),
    "costs": (Decimal("0.015"), Decimal("0.20")),  # August 2026
    "has_image": True,
    "is_heard": True,
    "page": "https://x.com/{name}",
    "settle": timedelta(minutes=2),  # X may take a minute to handle a post
}
X_CLIENT = N_("In X's developer console, your app, Keys and tokens, OAuth 2.0.")
X_KEYS = N_("In X's developer console, your app, Keys and tokens.")

CHANNEL_KINDS: tuple[ChannelKind, ...] = (
    ChannelKind(
        "file",
        N_("Files in a folder"),
        help=N_("For trying it out: each post becomes a file that nobody else sees."),
        settle=timedelta(0),  # nothing is in flight once the process is gone
    ),
    ChannelKind(
        "x",
        "X",
        fields=(
            ChannelField("client_id", N_("Client ID"), X_CLIENT),
            ChannelField("client_secret", N_("Client secret"), X_CLIENT, is_secret=True),
        ),
        help=N_(
            "Make an app in X's developer console, of type Web App, that can read and write. Sign in to X as the "
            "account that should post, and X asks you to allow it. X bills each post to the app's owner."
        ),
        can_revoke=True,
        **X,
    ),
    ChannelKind(
        "x_keys",
        N_("X, with four keys"),
        fields=(
            ChannelField("consumer_key", N_("API key"), X_KEYS, is_secret=True),
            ChannelField("consumer_secret", N_("API key secret"), X_KEYS, is_secret=True),
            ChannelField("access_token", N_("Access token"), X_KEYS, is_secret=True),
            ChannelField("access_token_secret", N_("Access token secret"), X_KEYS, is_secret=True),
        ),
        help=N_("For the account that owns the app: first set the app to read and write, then make its access token."),
        **X,
    ),
    ChannelKind(
        "mastodon",
        "Mastodon",
        limits=(LengthLimit("tooted", 500),),
        fields=(
            ChannelField(
                "address",
                N_("Server"),
                N_("The part after the second @ of the account, such as mastodon.social."),
                _clean_server,
            ),
        ),
        help=N_("Sign in there as the account that should post, and the server asks you to let Goodword in."),
        has_image=True,
        is_heard=True,
        page="https://{host}/@{name}",
    ),
    ChannelKind(
        "bluesky",
        "Bluesky",
        limits=(LengthLimit("graphemes", 300), LengthLimit("bytes", 3000)),
        fields=(
            ChannelField("handle", N_("Handle"), N_("Such as network.bsky.social."), _clean_handle),
            ChannelField(
                "app_password", N_("App password"), N_("Settings, Privacy and security, App passwords."), is_secret=True
            ),
            ChannelField(
                "address",
                N_("Server"),
                N_("Leave it empty unless the account is not on Bluesky itself."),
                _clean_server,
                is_optional=True,
            ),
        ),
        help=N_("Make an app password for the account that should post. Its own password is never needed."),
        has_image=True,
        is_heard=True,
        page="https://bsky.app/profile/{name}",
    ),
    ChannelKind(
        "mail",
        N_("Mailing list"),
        fields=(
            ChannelField(
                "address",
                N_("Email address of the list"),
                N_("An email to it reaches everybody on the list."),
                clean_email,
            ),
            ChannelField(
                "unsubscribe",
                N_("Unsubscribe address"),
                N_("A page or an email address. Leave it empty if there is none."),
                _clean_page_or_email,
                is_optional=True,
            ),
        ),
        help=N_("The list has to accept email from this site’s sender address."),
        has_image=True,
    ),
    ChannelKind(
        "feed", N_("Feed of the week"), help=N_("People and other sites can follow it. There is nothing to connect.")
    ),
    ChannelKind(
        "kit",
        N_("Closed group, by hand"),
        fields=(
            ChannelField(
                "address", N_("Address of the group"), N_("Where you post, so that it is one tap away."), _clean_page
            ),
        ),
        help=N_(
            "For a group that cannot be posted to automatically: each week you copy the text, post it, and say "
            "that you did."
        ),
        has_image=True,
        is_by_hand=True,
    ),
)


def kind_named(name: str) -> ChannelKind:
    """Return the kind named ``name``. Raises Invalid for an unknown name."""
    match = next((kind for kind in CHANNEL_KINDS if kind.kind == name), None)
    if match is None:
        raise Invalid(gettext("There is no such kind of channel."))
    return match
